# shellcheck shell=bash
# Databases, their schemas, and what is in them from the start. Each part leaves a mark when it is done, and is not done again.

make_db() {
  if [ ! -d "$D/mysql/mysql" ]; then
    rm -rf "$D/mysql"; mkdir -p "$D/mysql"
    mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$D/mysql" --skip-test-db \
      --auth-root-authentication-method=normal >"$D/log/db-install.log" 2>&1 || die_of db-install "mariadb-install-db failed"
  fi
  start_one db
  local d
  for d in keystone glance placement neutron nova nova_api nova_cell0; do
    echo "CREATE DATABASE IF NOT EXISTS $d CHARACTER SET utf8;"
  done | cat - <(echo "CREATE USER IF NOT EXISTS oslab@'$OSLAB_IP' IDENTIFIED BY 'oslab'; GRANT ALL ON *.* TO oslab@'$OSLAB_IP';") | sql || die_of db "the databases can't be made"
}

sync_identity() {
  local e=$D/etc
  set -- keystone-manage --config-file "$e/keystone/keystone.conf"
  "$@" db_sync && "$@" fernet_setup --keystone-user "$(id -un)" --keystone-group "$(id -gn)" &&
    "$@" credential_setup --keystone-user "$(id -un)" --keystone-group "$(id -gn)" &&
    OS_BOOTSTRAP_PASSWORD=$OSLAB_ADMIN_PASSWORD "$@" bootstrap --bootstrap-region-id "$OSLAB_REGION" --bootstrap-public-url "$AUTH_URL" \
      --bootstrap-internal-url "$AUTH_URL" --bootstrap-admin-url "$AUTH_URL" &&
    OS_PLACEMENT_CONFIG_DIR=$e/placement placement-manage --config-dir "$e/placement" db sync &&
    entry glance.cmd.manage:main --config-file "$e/glance-api.conf" db_sync
}
sync_network() { entry neutron.db.migration.cli:main --config-file "$D/etc/neutron.conf" --config-file "$D/etc/ml2_conf.ini" upgrade heads; }
sync_compute() {
  set -- entry nova.cmd.manage:main --config-file "$D/etc/nova.conf"
  "$@" api_db sync && "$@" cell_v2 map_cell0 --database_connection "$(db_url nova_cell0)" && "$@" db sync || return 1
  "$@" cell_v2 list_cells | grep -q ' cell1 ' || "$@" cell_v2 create_cell --name cell1
}
sync_dbs() {
  [ -e "$D/.synced" ] && return 0
  local part pid pids=''
  for part in identity network compute; do
    "sync_$part" >"$D/log/sync-$part.log" 2>&1 9>&- & pids="$pids $part:$!"
  done
  for pid in $pids; do wait "${pid#*:}" || die_of "sync-${pid%:*}" "the schema of ${pid%:*} can't be made"; done
  touch "$D/.synced"
}

seed() {   # PART: identity (only keystone is up) or cloud (everything is up)
  [ -e "$D/.seeded-$1" ] && return 0
  OSLAB_PART=$1 OSLAB_AUTH=$AUTH_URL OSLAB_KEYDIR=$D/keys \
  OSLAB_URLS="nova compute http://$OSLAB_IP:$P_NOVA/v2.1
placement placement http://$OSLAB_IP:$P_PLACEMENT
glance image http://$OSLAB_IP:$P_GLANCE
neutron network http://$OSLAB_IP:$P_NEUTRON" \
  env OSLAB_REGION="$OSLAB_REGION" OSLAB_PROJECT="$OSLAB_PROJECT" OSLAB_USER="$OSLAB_USER" OSLAB_PASSWORD="$OSLAB_PASSWORD" \
  OSLAB_ADMIN_PASSWORD="$OSLAB_ADMIN_PASSWORD" OSLAB_SERVICE_PASSWORD="$OSLAB_SERVICE_PASSWORD" OSLAB_INSTANCES="$OSLAB_INSTANCES" OSLAB_CIDR="$OSLAB_CIDR" \
  timeout 300 "$PY" "$D/py/seed.py" >"$D/log/seed-$1.log" 2>&1 || die_of "seed-$1" "the cloud can't be filled ($1)"
  touch "$D/.seeded-$1"
}

# shellcheck shell=bash
# Debian's packages, unmodified. Does nothing when all is there.

PACKAGES="python3-keystone python3-nova python3-neutron python3-glance python3-placement
  python3-openstackclient python3-pymysql uwsgi-core uwsgi-plugin-python3
  mariadb-server-core mariadb-client-core rabbitmq-server curl"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
apt_() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$D/log/apt.log" 2>&1; }

missing_packages() {
  local p
  for p in $PACKAGES; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
  done
}

# No package may start a daemon of its own while being installed. A policy that is there already stays.
POLICY=/usr/sbin/policy-rc.d
forbid_daemons() {
  [ -e "$POLICY" ] && return 0
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null && as_root chmod 755 "$POLICY" && trap 'as_root rm -f "$POLICY"' EXIT
}
allow_daemons() { [ -z "$(trap -p EXIT)" ] || { as_root rm -f "$POLICY"; trap - EXIT; }; }

install_packages() {
  local missing
  missing=$(missing_packages)
  [ -z "$missing" ] || [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || die "packages are missing, and this is neither root nor may it sudo without a password:" $missing
  if [ -n "$missing" ]; then
    forbid_daemons
    # Lists may be absent, or name versions that are gone: then they are fetched, once.
    # shellcheck disable=SC2086
    apt_ install -y --no-install-recommends $missing || { apt_ update; apt_ install -y --no-install-recommends $missing; } || die_of apt "apt-get install failed"
    allow_daemons
  fi
  paste_file nova nova-common ./usr/share/nova-common/api-paste.ini && paste_file glance glance-common ./usr/share/glance-common/glance-api-paste.ini
}

# A WSGI pipeline, out of a package whose installation would ask questions and make users.
paste_file() {   # SERVICE PACKAGE PATH
  local to=$D/etc/$1-api-paste.ini
  [ -s "$to" ] && return 0
  rm -f "$D/debs/$2"_*.deb
  ( cd "$D/debs" && { apt_ download "$2" || { apt_ update; apt_ download "$2"; } } ) || die_of apt "apt-get download $2 failed"
  dpkg-deb --fsys-tarfile "$D/debs/$2"_*.deb | tar -xO "$3" >"$to.new" && [ -s "$to.new" ] && mv "$to.new" "$to" || die "no $3 in the package $2"
}

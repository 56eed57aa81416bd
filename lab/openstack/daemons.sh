# shellcheck shell=bash
# Starting and stopping. Every daemon has a session of its own, a pid file and a log.

ALL_DAEMONS() { echo db epmd rabbit keystone placement glance neutron nova-conductor nova-scheduler nova-api; computes; }
computes() { local i; for i in $(seq 1 "$OSLAB_COMPUTES"); do echo "nova-compute$([ "$i" = 1 ] || echo "-$i")"; done; }

# A pid file holds the pid and the kernel's start time of it, so that a number that was given to somebody else's process in the
# meantime is never signalled. A zombie does not live.
born() { local s; s=$(cat "/proc/$1/stat" 2>/dev/null) || return 1; s=${s##*) }; [ "${s%% *}" != Z ] || return 1; set -- $s; echo "${20}"; }
alive() {
  local pid t
  [ -s "$D/run/$1.pid" ] && read -r pid t <"$D/run/$1.pid" && [ "$(born "$pid")" = "$t" ] && echo "$pid"
}
launch() {   # NAME COMMAND...: its process group is the pid; no inherited descriptors; marked, so that `down` finds whatever is left of it
  local name=$1; shift
  alive "$name" >/dev/null && return 0
  ( cd "$D" && OSLAB_OWNER=$D exec setsid "$@" ) </dev/null >>"$D/log/$name.log" 2>&1 9>&- &
  local pid=$!
  echo "$pid $(born $pid)" >"$D/run/$name.pid"
  disown $pid
}
halt() {   # NAME [SECONDS]: TERM to its process group, KILL after the grace period
  local pid n=0 max=$(( ${2:-15} * 5 ))
  pid=$(alive "$1") || { rm -f "$D/run/$1.pid"; return 0; }
  kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null
  while alive "$1" >/dev/null && [ $n -lt $max ]; do sleep 0.2; n=$((n + 1)); done
  kill -KILL -- "-$pid" 2>/dev/null
  rm -f "$D/run/$1.pid"
}
strays() {   # processes of this lab that no pid file knows
  local f
  for f in /proc/[0-9]*/environ; do
    tr '\0' '\n' <"$f" 2>/dev/null | grep -qxF "OSLAB_OWNER=$D" && { f=${f#/proc/}; echo "${f%/environ}"; }
  done 2>/dev/null
}

port_open() { (exec 3<>"/dev/tcp/$OSLAB_IP/$1") 2>/dev/null; }
port_answers() { port_open "$1"; }
http_answers() { local c; c=$(curl -s -o /dev/null -m 5 -w '%{http_code}' "$1"); [ "$c" -ge 200 ] && [ "$c" -lt 500 ]; }
wait_for() {   # NAME SECONDS CHECK...: until it holds, the daemon has ended, or the time is over
  local name=$1 until=$((SECONDS + $2)) limit=$2; shift 2
  until "$@"; do
    alive "$name" >/dev/null || die_of "$name" "$name ended"
    [ $SECONDS -lt $until ] || die_of "$name" "$name is not ready after $limit s ($*)"
    sleep 0.3
  done
}

entry() { PYTHONPATH=$D/py "$PY" "$D/py/entry.py" "$@"; }
sql() { mariadb --no-defaults --protocol=socket --socket="$D/run/db.sock" -uroot -N -B "$@"; }
wsgi() {   # NAME PORT FILE VARIABLE=VALUE
  launch "$1" env "$4" uwsgi_python3 --master --http-socket "$OSLAB_IP:$2" --wsgi-file "$3" \
    --processes 1 --threads 4 --enable-threads --lazy-apps --die-on-term --need-app \
    --buffer-size 65535 --add-header "Connection: close" --disable-logging --procname-prefix "$1 "
}
python_daemon() { local name=$1; shift; launch "$name" env PYTHONPATH="$D/py" "$PY" "$D/py/entry.py" "$@"; }

start_one() {   # NAME: returns when it is launched; databases, broker and keystone when they answer
  local c=--config-file e=$D/etc n
  case $1 in
    db) launch db mariadbd --no-defaults --user="$(id -un)" --datadir="$D/mysql" --socket="$D/run/db.sock" \
          --pid-file="$D/run/mariadbd" --bind-address="$OSLAB_IP" --port="$P_DB" --skip-name-resolve \
          --default-time-zone=+00:00 --skip-log-bin --max-connections=400 --innodb-flush-log-at-trx-commit=0 --performance-schema=0 \
          --innodb-buffer-pool-size=256M --lc-messages-dir=/usr/share/mysql
        wait_for db 60 port_answers "$P_DB" ;;
    epmd) launch epmd epmd -address 127.0.0.1 -port "$P_EPMD"
        wait_for epmd 20 port_answers "$P_EPMD" ;;
    rabbit) launch rabbit env HOME="$D/rabbit" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$P_EPMD" RABBITMQ_NODENAME=oslab@localhost \
          RABBITMQ_DIST_PORT="$P_ERLANG" RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE="$D/rabbit/rabbitmq.conf" \
          RABBITMQ_MNESIA_BASE="$D/rabbit/mnesia" RABBITMQ_LOG_BASE="$D/log" RABBITMQ_LOGS=- \
          RABBITMQ_ENABLED_PLUGINS_FILE="$D/rabbit/enabled_plugins" RABBITMQ_SCHEDULER_BIND_TYPE=u \
          RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none" \
          /usr/lib/rabbitmq/bin/rabbitmq-server
        wait_for rabbit 120 port_answers "$P_AMQP" ;;
    keystone) wsgi keystone "$P_KEYSTONE" /usr/bin/keystone-wsgi-public OS_KEYSTONE_CONFIG_FILES="$e/keystone/keystone.conf"
        wait_for keystone 90 http_answers "$AUTH_URL" ;;
    placement) wsgi placement "$P_PLACEMENT" /usr/bin/placement-api OS_PLACEMENT_CONFIG_DIR="$e/placement" ;;
    glance) python_daemon glance glance.cmd.api:main $c "$e/glance-api.conf" ;;
    neutron) python_daemon neutron neutron.cmd.eventlet.server:main $c "$e/neutron.conf" $c "$e/ml2_conf.ini" ;;
    nova-api) python_daemon nova-api nova.cmd.api_os_compute:main $c "$e/nova.conf" ;;
    nova-conductor) python_daemon nova-conductor nova.cmd.conductor:main $c "$e/nova.conf" ;;
    nova-scheduler) python_daemon nova-scheduler nova.cmd.scheduler:main $c "$e/nova.conf" ;;
    nova-compute*) n=${1#nova-compute}; n=${n#-}; n=${n:-1}
        printf '[DEFAULT]\nhost = fakehost%s\n' "$n" >"$e/compute-$n.conf"
        OSLAB_NODES=$OSLAB_NODES OSLAB_BUILD_SECONDS=$OSLAB_BUILD_SECONDS python_daemon "$1" oslab_compute:main $c "$e/nova.conf" $c "$e/compute-$n.conf" ;;
    *) die "no daemon is called $1; there are:" $(ALL_DAEMONS) ;;
  esac
}
wait_one() {   # NAME: until it serves
  case $1 in
    placement) wait_for placement 120 http_answers "http://$OSLAB_IP:$P_PLACEMENT/" ;;
    glance) wait_for glance 120 http_answers "http://$OSLAB_IP:$P_GLANCE/" ;;
    neutron) wait_for neutron 150 http_answers "http://$OSLAB_IP:$P_NEUTRON/" ;;
    nova-api) wait_for nova-api 120 http_answers "http://$OSLAB_IP:$P_NOVA/" ;;
    nova-conductor|nova-scheduler|nova-compute*) wait_for "$1" 150 reports "$1" ;;
  esac
}
reports() {   # a daemon without a port: whether it reported to the database since it was launched
  local host=$(hostname) binary=${1%%-[0-9]*} n
  case $1 in nova-compute*) n=${1#nova-compute}; n=${n#-}; host=fakehost${n:-1} ;; esac
  [ "$(sql nova -e "SELECT COUNT(*) FROM services WHERE \`binary\`='$binary' AND host='$host' AND deleted=0
    AND COALESCE(updated_at, created_at) >= FROM_UNIXTIME($(stat -c %Y "$D/run/$1.pid"))" 2>/dev/null)" = 1 ]
}

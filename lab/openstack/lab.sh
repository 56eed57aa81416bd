#!/bin/bash
# A real OpenStack (Zed) control plane on one Debian 12 machine, on loopback only.
#
#   lab.sh up            install what is missing, configure, start, fill; safe to repeat
#   lab.sh status        daemons, memory, credentials; ends with 3 when a daemon is missing
#   lab.sh openrc        the file that a shell logs in with; admin-openrc: the administrator's
#   lab.sh down          stop everything that was started; data and logs are kept
#   lab.sh reset         down, throw the data away, up
#   lab.sh purge         down, delete the state directory (packages stay installed)
#   lab.sh stop NAME     stop one daemon (db, rabbit, keystone, placement, glance, neutron, nova-api, nova-conductor, nova-scheduler, nova-compute)
#   lab.sh start NAME    start it again, and wait until it serves
#   lab.sh restart NAME  both, with the settings given now
#
# keystone, glance, placement, nova and neutron are the unmodified Debian packages. Servers come from nova's fake hypervisor (a subclass of
# it, in python/virt) and ports are bound by the small ML2 driver beside it: there is no hypervisor, no agent, no bridge and no namespace.
#
# Server metadata understood by the fake hypervisor: oslab_build=SECONDS (time spent in BUILD), oslab_fail=1 (the server ends in ERROR).
#
# Settings, from the environment; `up` remembers them, a later call overrides one for itself:
set -u -o pipefail
LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OSLAB_DIR=${OSLAB_DIR:-${TMPDIR:-/tmp}/openstack-lab-$(id -u)}   # all state: databases, configuration, logs, pids
case $OSLAB_DIR in /*) ;; *) OSLAB_DIR=$PWD/$OSLAB_DIR ;; esac
D=$OSLAB_DIR
SETTINGS=()
setting() {   # NAME DEFAULT
  SETTINGS+=("$1")
  [ -n "${!1:-}" ] || printf -v "$1" %s "$(sed -n "s/^$1=//p" "$D/settings" 2>/dev/null)"
  [ -n "${!1}" ] || printf -v "$1" %s "$2"
}
setting OSLAB_IP 127.0.0.1
setting OSLAB_REGION RegionOne
setting OSLAB_PROJECT vmshepherd
setting OSLAB_USER shepherd
setting OSLAB_PASSWORD shepherd-secret          # the non-admin user's
setting OSLAB_ADMIN_PASSWORD admin-secret
setting OSLAB_SERVICE_PASSWORD service-secret
setting OSLAB_TOKEN_TTL 3600                    # seconds a token lives
setting OSLAB_MAX_LIMIT 1000                    # servers on a page of nova's lists, at most
setting OSLAB_COMPUTES 1                        # number of nova-compute processes (hosts)
setting OSLAB_NODES 20                          # fake hypervisors per nova-compute, 1000 vCPU and 800000 MB each
setting OSLAB_BUILD_SECONDS 0                   # how long a server stays in BUILD
setting OSLAB_DRIVER oslab.Driver               # or nova's own fake.FakeDriver, fake.SmallFakeDriver (2 vCPU), ...
setting OSLAB_INSTANCES 2000                    # instance quota of $OSLAB_PROJECT
setting OSLAB_CIDR 127.20.0.0/16                # addresses of the servers: loopback, so that a local HTTP server can answer for them
PORTS="P_KEYSTONE P_NOVA P_PLACEMENT P_GLANCE P_NEUTRON P_AMQP P_DB P_EPMD P_ERLANG"   # free ones, unless given
for v in $PORTS; do setting "$v" ''; done

PY=/usr/bin/python3
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 XDG_CACHE_HOME=$D/cache
unset PYTHONPATH PYTHONHOME http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
for v in $(compgen -e OS_); do unset "$v"; done

say()    { printf '[%s] %s\n' "$(date +%H:%M:%S)" "$*"; }
die()    { say "FAILED: $*" >&2; exit 1; }
die_of() { local log=$D/log/$1.log; shift; { echo "--- the end of $log:"; tail -n 40 "$log"; echo ---; } >&2; die "$*"; }
timed()  { local t=$SECONDS what=$1; shift; "$@" || die "$what"; say "$what: $((SECONDS - t)) s"; }
for v in packages config daemons database; do . "$LAB/$v.sh"; done

choose_ports() {   # below the range that outgoing connections take theirs from, so that they are free tomorrow, too
  local v missing=''
  for v in $PORTS; do [ -n "${!v}" ] || missing="$missing $v"; done
  [ -z "$missing" ] && return 0
  # shellcheck disable=SC2046,SC2086
  set -- $("$PY" - "$OSLAB_IP" $missing <<'EOF'
import random
import socket
import sys

taken, first, last = [], 20000, 32767
while len(taken) < len(sys.argv) - 2:
    s = socket.socket()
    try:
        s.bind((sys.argv[1], random.randint(first, last)))
    except OSError:
        continue
    taken.append(s)
print(*(f"{name}={s.getsockname()[1]}" for name, s in zip(sys.argv[2:], taken)))
EOF
  )
  [ $# -gt 0 ] || die "no free ports"
  for v in "$@"; do printf -v "${v%%=*}" %s "${v#*=}"; done
}
check_ports() {
  local pair
  for pair in db:$P_DB rabbit:$P_AMQP epmd:$P_EPMD keystone:$P_KEYSTONE placement:$P_PLACEMENT glance:$P_GLANCE neutron:$P_NEUTRON nova-api:$P_NOVA; do
    alive "${pair%:*}" >/dev/null || ! port_open "${pair#*:}" || die "port ${pair#*:} (for ${pair%:*}) is taken by somebody else: free it, or choose others by \`lab.sh reset\`"
  done
}
start_all() {
  local d
  for d in epmd rabbit keystone; do start_one "$d"; done
  timed "identity" seed identity
  for d in placement neutron glance nova-conductor nova-scheduler nova-api $(computes); do start_one "$d"; done
  for d in placement neutron glance nova-conductor nova-scheduler nova-api $(computes); do wait_one "$d"; done
  entry nova.cmd.manage:main --config-file "$D/etc/nova.conf" cell_v2 discover_hosts --by-service >>"$D/log/discover.log" 2>&1 || die_of discover "nova does not know its hosts"
}
up() {
  [ ${#D} -le 80 ] || die "the path $D is too long for a socket in it: set OSLAB_DIR"
  mkdir -p "$D"/{etc/keystone,etc/placement,log,run,debs,py,keys/fernet,keys/credential,glance,nova/instances,nova/keys,neutron,lock,tmp/staging,tmp/tasks,rabbit,cache} || die "mkdir $D"
  [ -O "$D" ] || die "$D belongs to somebody else"
  chmod 700 "$D" "$D/keys" "$D/keys/fernet" "$D/keys/credential"
  exec 9>"$D/.lock"; flock -w 900 9 || die "another \`lab.sh up\` in $D does not end"
  local t=$SECONDS
  timed "packages" install_packages
  choose_ports
  AUTH_URL=http://$OSLAB_IP:$P_KEYSTONE/v3
  check_ports
  for v in "${SETTINGS[@]}"; do echo "$v=${!v}"; done >"$D/settings"
  chmod 600 "$D/settings"
  write_config
  timed "database" make_db
  timed "schemas" sync_dbs
  timed "daemons" start_all
  timed "cloud" seed cloud
  say "up in $((SECONDS - t)) s"
  credentials
}
credentials() { cat <<EOF
auth URL   $AUTH_URL    region $OSLAB_REGION    domain Default
user       $OSLAB_USER in project $OSLAB_PROJECT (role member)   . $D/openrc
admin      admin in project admin   . $D/admin-openrc
cloud file $D/clouds.yaml (clouds oslab, oslab-admin)
image ubuntu16 | flavors small, m1.small, m1.medium | network lab-net | security group lab-sg | key pair lab-key
EOF
}
status() {
  local d pid total=0 kb rc=0
  printf '%-16s %8s %10s\n' daemon pid 'RSS (MiB)'
  for d in $(ALL_DAEMONS); do
    if pid=$(alive "$d"); then
      kb=$(ps -o rss= --sid "$pid" | awk '{s+=$1} END {print s+0}'); total=$((total + kb))
      printf '%-16s %8s %10s\n' "$d" "$pid" $((kb / 1024))
    else printf '%-16s %8s\n' "$d" -; rc=3
    fi
  done
  printf '%-16s %8s %10s   (shared pages counted once per process)\n' total '' $((total / 1024))
  [ $rc = 0 ] && credentials
  return $rc
}
down() {
  local d pid
  for d in $(ALL_DAEMONS | tac); do [ "$d" = db ] || [ "$d" = epmd ] || { halt "$d" 20 & }; done; wait
  halt epmd 5; halt db 60
  for d in "$D"/run/*.pid; do [ -e "$d" ] && { d=${d##*/}; halt "${d%.pid}" 10; }; done
  for pid in $(strays); do kill -KILL "$pid" 2>/dev/null && say "killed $pid, which was left over"; done
  say "stopped"
}
forget() { rm -rf "$D"/{mysql,glance,rabbit,nova,neutron,keys,tmp,settings,.synced,.seeded-identity,.seeded-cloud}; }
known() { [ -s "$D/settings" ] || die "there is no lab in $D: lab.sh up"; AUTH_URL=http://$OSLAB_IP:$P_KEYSTONE/v3; }

case ${1:-} in
  up) up ;;
  down) down ;;
  status) known; status ;;
  openrc|admin-openrc) known; echo "$D/$1" ;;
  reset) down; forget; exec "$LAB/lab.sh" up ;;
  purge) down; case $D in /|/root|/home|/tmp) die "refusing to delete $D" ;; esac; rm -rf -- "$D" ;;
  stop) known; halt "${2:?daemon name}" 20 ;;
  start) known; write_config; start_one "${2:?daemon name}"; wait_one "$2" ;;
  restart) known; halt "${2:?daemon name}" 20; write_config; start_one "$2"; wait_one "$2" ;;
  *) sed -n '2,/^# Settings/{s/^# \{0,1\}//;/^Settings/d;p}' "$0"; exit 2 ;;
esac

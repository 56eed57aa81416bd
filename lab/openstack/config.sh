# shellcheck shell=bash
# Configuration of the services, written anew at each start: what is asked for by environment comes into force with a restart.

db_url() { echo "mysql+pymysql://oslab:oslab@$OSLAB_IP:$P_DB/$1?charset=utf8"; }

# The way a service logs in to the others; $1 is the section name.
service_login() { cat <<EOF
[$1]
auth_type = password
auth_url = $AUTH_URL
project_name = service
project_domain_name = Default
username = service
user_domain_name = Default
password = $OSLAB_SERVICE_PASSWORD
region_name = $OSLAB_REGION
EOF
}
token_check() {
  service_login keystone_authtoken
  echo "www_authenticate_uri = $AUTH_URL"
  echo "service_token_roles_required = false"
}

write_config() {
  local e=$D/etc
  cat >"$e/keystone/keystone.conf" <<EOF
[DEFAULT]
use_stderr = true
public_endpoint = http://$OSLAB_IP:$P_KEYSTONE/
[database]
connection = $(db_url keystone)
[token]
provider = fernet
expiration = $OSLAB_TOKEN_TTL
[fernet_tokens]
key_repository = $D/keys/fernet
[credential]
key_repository = $D/keys/credential
[fernet_receipts]
key_repository = $D/keys/fernet
[identity]
password_hash_rounds = 4
[cache]
enabled = true
backend = dogpile.cache.memory
EOF

  cat >"$e/placement/placement.conf" <<EOF
[DEFAULT]
use_stderr = true
[api]
auth_strategy = keystone
[placement_database]
connection = $(db_url placement)
$(token_check)
EOF

  cat >"$e/glance-api.conf" <<EOF
[DEFAULT]
use_stderr = true
bind_host = $OSLAB_IP
bind_port = $P_GLANCE
workers = 1
transport_url = rabbit://guest:guest@$OSLAB_IP:$P_AMQP/
enabled_backends = files:file
[database]
connection = $(db_url glance)
[glance_store]
default_backend = files
[files]
filesystem_store_datadir = $D/glance
[os_glance_staging_store]
filesystem_store_datadir = $D/tmp/staging
[os_glance_tasks_store]
filesystem_store_datadir = $D/tmp/tasks
[paste_deploy]
flavor = keystone
config_file = $e/glance-api-paste.ini
[oslo_messaging_notifications]
driver = noop
[oslo_concurrency]
lock_path = $D/lock
$(token_check)
EOF

  cat >"$e/nova.conf" <<EOF
[DEFAULT]
use_stderr = true
state_path = $D/nova
my_ip = $OSLAB_IP
transport_url = rabbit://guest:guest@$OSLAB_IP:$P_AMQP/
compute_driver = $OSLAB_DRIVER
enabled_apis = osapi_compute
osapi_compute_listen = $OSLAB_IP
osapi_compute_listen_port = $P_NOVA
osapi_compute_workers = 1
sync_power_state_interval = -1
heal_instance_info_cache_interval = -1
shutdown_timeout = 0
[api]
auth_strategy = keystone
max_limit = $OSLAB_MAX_LIMIT
[wsgi]
api_paste_config = $e/nova-api-paste.ini
[api_database]
connection = $(db_url nova_api)
[database]
connection = $(db_url nova)
[conductor]
workers = 1
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 30
[filter_scheduler]
track_instance_changes = false
[compute]
resource_provider_association_refresh = 0
[vnc]
enabled = false
[glance]
api_servers = http://$OSLAB_IP:$P_GLANCE
[oslo_messaging_notifications]
driver = noop
[oslo_concurrency]
lock_path = $D/lock
$(token_check)
$(service_login placement)
$(service_login neutron)
$(service_login service_user)
send_service_user_token = false
EOF

  cat >"$e/neutron.conf" <<EOF
[DEFAULT]
use_stderr = true
state_path = $D/neutron
bind_host = $OSLAB_IP
bind_port = $P_NEUTRON
api_workers = 2
rpc_workers = 0
rpc_state_report_workers = 0
auth_strategy = keystone
core_plugin = ml2
service_plugins =
api_paste_config = /usr/lib/python3/dist-packages/neutron/tests/etc/api-paste.ini
transport_url = rabbit://guest:guest@$OSLAB_IP:$P_AMQP/
dhcp_agent_notification = false
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
[database]
connection = $(db_url neutron)
[quotas]
quota_port = -1
quota_security_group = -1
quota_security_group_rule = -1
[oslo_messaging_notifications]
driver = noop
[oslo_concurrency]
lock_path = $D/lock
$(token_check)
EOF
  cat >"$e/ml2_conf.ini" <<EOF
[ml2]
type_drivers = local,flat
tenant_network_types = local
mechanism_drivers = oslab
extension_drivers = port_security
[ml2_type_flat]
flat_networks = *
[securitygroup]
enable_security_group = true
EOF

  cp -r "$LAB/python/." "$D/py/"
  mkdir -p "$D/py/oslab_ml2-1.0.egg-info"
  printf 'Metadata-Version: 1.0\nName: oslab-ml2\nVersion: 1.0\n' >"$D/py/oslab_ml2-1.0.egg-info/PKG-INFO"
  printf '[neutron.ml2.mechanism_drivers]\noslab = oslab_ml2:LoopbackMechanismDriver\n' >"$D/py/oslab_ml2-1.0.egg-info/entry_points.txt"

  cat >"$D/rabbit/rabbitmq.conf" <<EOF
listeners.tcp.1 = $OSLAB_IP:$P_AMQP
log.console = true
log.console.level = warning
log.file = false
disk_free_limit.absolute = 50MB
EOF
  printf '[].\n' >"$D/rabbit/enabled_plugins"

  login_file "$D/openrc"       "$OSLAB_PROJECT" "$OSLAB_USER" "$OSLAB_PASSWORD"
  login_file "$D/admin-openrc" admin            admin         "$OSLAB_ADMIN_PASSWORD"
  cat >"$D/clouds.yaml" <<EOF
clouds:
$(cloud oslab "$OSLAB_PROJECT" "$OSLAB_USER" "$OSLAB_PASSWORD")
$(cloud oslab-admin admin admin "$OSLAB_ADMIN_PASSWORD")
EOF
  chmod 600 "$D/openrc" "$D/admin-openrc" "$D/clouds.yaml"
}
login_file() { cat >"$1" <<EOF
export OS_AUTH_URL=$AUTH_URL OS_IDENTITY_API_VERSION=3 OS_REGION_NAME=$OSLAB_REGION OS_INTERFACE=public
export OS_PROJECT_NAME=$2 OS_PROJECT_DOMAIN_NAME=Default
export OS_USERNAME=$3 OS_USER_DOMAIN_NAME=Default OS_PASSWORD=$4
EOF
}
cloud() { cat <<EOF
  $1:
    region_name: $OSLAB_REGION
    auth: {auth_url: "$AUTH_URL", project_name: $2, project_domain_name: Default, username: $3, user_domain_name: Default, password: $4}
EOF
}

"""What an operator would have set up: service users, the catalog, a project with its user; then flavors, an image, a network, a key."""
import os

import openstack

e = {k[6:].lower(): v for k, v in os.environ.items() if k.startswith('OSLAB_')}


def login(user, password, project):
    return openstack.connect(load_yaml_config=False, load_envvars=False, auth_url=e['auth'],
                             region_name=e['region'], username=user, password=password, project_name=project,
                             user_domain_name='Default', project_domain_name='Default')


admin = login('admin', e['admin_password'], 'admin')
ident = admin.identity


def role(name):
    return ident.find_role(name) or ident.create_role(name=name)


def project(name):
    return ident.find_project(name) or ident.create_project(name=name, domain_id='default')


def user(name, password):
    return ident.find_user(name) or ident.create_user(name=name, password=password, domain_id='default')


if e['part'] == 'identity':
    svc, mine = project('service'), project(e['project'])
    ident.assign_project_role_to_user(svc, user('service', e['service_password']), role('admin'))
    ident.assign_project_role_to_user(svc, user('service', e['service_password']), role('service'))
    ident.assign_project_role_to_user(mine, user(e['user'], e['password']), role('member'))
    known = {(s.name, s.type): s for s in ident.services()}
    for line in e['urls'].splitlines():
        name, kind, url = line.split()
        s = known.get((name, kind)) or ident.create_service(name=name, type=kind)
        have = {(x.interface, x.region_id) for x in ident.endpoints(service_id=s.id)}
        for face in ('public', 'internal', 'admin'):
            if (face, e['region']) not in have:
                ident.create_endpoint(service_id=s.id, interface=face, region_id=e['region'], url=url)
else:
    pid = project(e['project']).id
    for name, cpu, ram, disk in (('small', 1, 512, 1), ('m1.small', 1, 1024, 5), ('m1.medium', 2, 2048, 10)):
        if not admin.compute.find_flavor(name):
            admin.compute.create_flavor(name=name, vcpus=cpu, ram=ram, disk=disk)
    n = int(e['instances'])
    admin.set_compute_quotas(pid, instances=n, cores=-1, ram=-1, key_pairs=100, server_groups=100)
    if not admin.image.find_image('ubuntu16'):
        admin.create_image('ubuntu16', data=b'not a disk: the fake driver never reads it\n' * 64, disk_format='raw',
                           container_format='bare', visibility='public', wait=True, meta={})
    mine = login(e['user'], e['password'], e['project'])
    net = admin.network.find_network('lab-net') or admin.network.create_network(name='lab-net', is_shared=True)
    if not admin.network.find_subnet('lab-subnet'):
        admin.network.create_subnet(name='lab-subnet', network_id=net.id, ip_version=4, cidr=e['cidr'],
                                    gateway_ip=None, is_dhcp_enabled=False)
    group = mine.network.find_security_group('lab-sg')
    if not group:
        group = mine.network.create_security_group(name='lab-sg', description='ssh and icmp')
        mine.network.create_security_group_rule(security_group_id=group.id, direction='ingress', protocol='tcp',
                                                port_range_min=22, port_range_max=22, remote_ip_prefix='0.0.0.0/0')
        mine.network.create_security_group_rule(security_group_id=group.id, direction='ingress', protocol='icmp',
                                                remote_ip_prefix='0.0.0.0/0')
    if not mine.compute.find_keypair('lab-key'):
        key = mine.compute.create_keypair(name='lab-key')
        path = os.path.join(e['keydir'], 'lab-key.pem')
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
            f.write(key.private_key)

"""nova's fake hypervisor, with three changes.

Many nodes: nova-compute asks placement for the allocations of every server of a node each time it builds one there, so one node with
hundreds of servers gets very slow. Servers are slow to build, or fail, on demand. Servers built before a restart are known again.
"""
import os
import time

from nova.compute import power_state
from nova import exception, objects
from nova.virt import fake


class Driver(fake.FakeDriver):
    def init_host(self, host):
        super().init_host(host)
        self._set_nodes(['%s-%02d' % (host, n + 1) for n in range(int(os.environ.get('OSLAB_NODES', '20')))])

    def spawn(self, context, instance, *args, **kwargs):
        time.sleep(float(instance.metadata.get('oslab_build', os.environ.get('OSLAB_BUILD_SECONDS', '0'))))
        if instance.metadata.get('oslab_fail'):
            raise exception.BuildAbortException(instance_uuid=instance.uuid, reason='oslab_fail was asked for')
        return super().spawn(context, instance, *args, **kwargs)


def known_again(name):
    inner = getattr(fake.FakeDriver, name)

    def method(self, *args, **kwargs):
        for a in list(args) + list(kwargs.values()):
            if isinstance(a, objects.Instance) and a.uuid not in self.instances and a.launched_at:
                state = a.power_state or power_state.RUNNING
                self.instances[a.uuid] = fake.FakeInstance(a.name, state, a.uuid)
        return inner(self, *args, **kwargs)
    return method


for verb in ('get_info', 'power_on', 'power_off', 'reboot', 'pause', 'unpause', 'suspend', 'resume'):
    setattr(Driver, verb, known_again(verb))

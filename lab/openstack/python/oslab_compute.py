"""nova-compute that finds our hypervisor."""
import os

from nova.cmd import compute   # first: it patches the standard library for eventlet
import nova.virt

nova.virt.__path__.append(os.path.join(os.path.dirname(__file__), 'virt'))
main = compute.main

"""A program that answers at once: what a call into it costs is what the way there and back costs."""

import json
import sys

machines = [
    {"id": f"{n:08}-0000-0000-0000-000000000000", "name": "web", "state": "running", "created": "2026-01-01T00:00:00Z", "addresses": [f"10.0.{n // 256}.{n % 256}"],
     "image": "debian-12", "flavor": "m1.small", "metadata": {"vmshepherd_installation": "default", "vmshepherd_preset": "web", "vmshepherd_intent": f"{n:032}"}}
    for n in range(10_000)
]
answers = {"initialize": {"protocol": 1}, "scope": "bench", "list": machines}
ready = {method: json.dumps(answer) for method, answer in answers.items()}

for line in sys.stdin:
    call = json.loads(line)
    if "id" in call:
        sys.stdout.write(f'{{"jsonrpc": "2.0", "id": {json.dumps(call["id"])}, "result": {ready[call["method"]]}}}\n')
        sys.stdout.flush()

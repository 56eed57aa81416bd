"""An IaaS driver for VmShepherd whose machines are processes of this computer. Python's standard library is all it needs.

One JSON-RPC 2.0 message a line: calls come in on standard input, answers go out on standard output, what is for the operator's log goes to
standard error. docs/driver-protocol.md describes the methods.
"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path


class Failure(Exception):
    """What a call is refused with; `data` tells VmShepherd what to do next."""

    def __init__(self, failure, message, effect_unknown=False):
        super().__init__(message)
        self.data = {"failure": failure, "effect_unknown": effect_unknown}


class LocalProcesses:
    """A machine is a file with what is known of it, and a process in a session of its own, so that it outlives us."""

    def __init__(self, options, base_directory):
        self.directory = Path(base_directory, options["directory"])
        self.images = options["images"]
        self.quota = options["quota"]

    def scope(self):
        return f"local-processes:{self.directory}"

    def list(self, presets):
        return [vm for vm in self._machines() if vm["name"] in presets]

    def find(self, id):
        return next((vm for vm in self._machines() if vm["id"] == id), None)

    def create(self, preset, intent_id, image, flavor, metadata, send_before=None, **_):
        require_time(send_before)
        if image not in self.images:
            raise Failure("rejected", f"there is no image '{image}': there are {', '.join(self.images)}")
        machines = self._machines()
        if len(machines) >= self.quota:
            raise Failure("quota_reached", f"{self.quota} machines are allowed, and there are so many")
        id = next((vm["id"] for vm in machines if vm["metadata"].get("vmshepherd_intent") == intent_id), None)
        if id is not None:
            return id  # asked for twice: it is there already
        vm = {
            "id": str(uuid.uuid4()), "name": preset, "state": "running", "created": datetime.now(timezone.utc).isoformat(),
            "addresses": ["127.0.0.1"], "image": image, "flavor": flavor, "metadata": metadata,
        }
        # The record comes first, and the machine runs only once its record names it: whenever we are killed, none is left that nobody knows of.
        self._write(vm, None)
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"read go && {{ {self.images[image]}\n}} </dev/null"], start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with process.stdin:
            self._write(vm, identity(process.pid))
            process.stdin.write(b"go\n")
        return vm["id"]

    def terminate(self, id, send_before=None, **_):
        require_time(send_before)
        file = self._file(id)
        try:
            process = json.loads(file.read_text())["process"]
            if is_alive(process):
                os.killpg(process["pid"], signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            pass  # gone already, which is what was asked for
        except OSError as failed:
            raise Failure("unavailable", f"{file}: {failed}", effect_unknown=True)
        file.unlink(missing_ok=True)

    def _machines(self):
        reap()
        try:
            records = [json.loads(file.read_text()) for file in self.directory.glob("*.json")]
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as failed:
            raise Failure("unavailable", f"{self.directory} can't be read: {failed}")
        return [dict(record["vm"], state="running" if is_alive(record["process"]) else "terminated") for record in records]

    def _write(self, vm, process):
        file = self._file(vm["id"])
        try:
            file.with_suffix(".new").write_text(json.dumps({"vm": vm, "process": process}))
            file.with_suffix(".new").rename(file)
        except OSError as failed:
            raise Failure("unavailable", f"{file} can't be written: {failed}", effect_unknown=True)

    def _file(self, id):
        return self.directory / f"{uuid.uuid5(uuid.NAMESPACE_OID, id)}.json"


def require_time(send_before):
    """Whoever was frozen must not act when it thaws: another VmShepherd may hold the preset by then."""
    if send_before is not None and time.monotonic() >= send_before:
        raise Failure("unavailable", "its time was over")


def identity(pid):
    """A process for good: its number alone is another's after a reboot, or when numbers come round. None: there is no such process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else {"pid": pid, "boot": boot, "started": fields[19]}


def is_alive(process):
    return process is not None and identity(process["pid"]) == process


def reap():
    """Children that have ended are nobody's any more."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass
    except ChildProcessError:
        pass


METHODS = {"scope", "list", "find", "create", "terminate"}


def serve():
    driver = None
    for line in sys.stdin:
        call = json.loads(line)
        if "id" not in call:
            continue  # a notification, as $/cancelRequest: whoever answers at once need not listen to it
        answer = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            parameters = call.get("params") or {}
            if call["method"] == "initialize":
                driver = LocalProcesses(parameters["options"], parameters["base_directory"])
                answer["result"] = {"protocol": 1}
            elif call["method"] in METHODS:
                answer["result"] = getattr(driver, call["method"])(**parameters)
            else:
                answer["error"] = {"code": -32601, "message": f"there is no method '{call['method']}'"}
        except Failure as failure:
            answer["error"] = {"code": -32000, "message": str(failure), "data": failure.data}
        except Exception as unexpected:  # one call fails, not all: whoever dies takes every other call along
            answer["error"] = {"code": -32000, "message": f"{type(unexpected).__name__}: {unexpected}"}
        print(json.dumps(answer), flush=True)


serve()

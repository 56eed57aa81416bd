"""Drivers of the other three kinds, for the conformance suites: a check that dials, a store in a file, a place of presets."""

import base64
import fcntl
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path


class Dialler:
    def __init__(self, options):
        self.port = options["port"]

    def check(self, vm):
        addresses = vm.get("addresses") or []
        if not addresses:
            return {"verdict": "unknown", "reason": "no address"}
        try:
            family = socket.AF_INET6 if ":" in addresses[0] else socket.AF_INET
            address = socket.inet_ntop(family, socket.inet_pton(family, addresses[0]))
        except (OSError, ValueError):
            return {"verdict": "unknown", "reason": "what it has is no address"}
        began, got = time.monotonic(), b""
        try:
            with socket.create_connection((address, self.port), timeout=1) as dial:
                dial.sendall(b"GET / HTTP/1.0\r\n\r\n")
                while time.monotonic() - began < 2 and len(got) < 4096:
                    dial.settimeout(max(0.01, 2 - (time.monotonic() - began)))
                    part = dial.recv(4096)
                    if not part:
                        break
                    got += part
        except OSError as failed:
            return {"verdict": "failed", "reason": type(failed).__name__}
        good = got.startswith(b"HTTP/1.1 200 OK\r\n")
        return {"verdict": "passed" if good else "failed", "reason": None if good else "not what it should answer"}


class FileStore:
    """All presets in one file, under one lock."""

    def __init__(self, options):
        self.directory = Path(options["directory"])

    def __enter__(self):
        self.lock = open(self.directory / "lock", "a+")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        offset = self.directory / "offset"
        self.now = time.time() + (float(offset.read_text()) if offset.exists() else 0)
        file = self.directory / "store.json"
        self.all = json.loads(file.read_text()) if file.exists() else {"counter": 0, "presets": {}}
        return self.all["presets"]

    def __exit__(self, kind, value, trace):
        if kind is None:
            new = self.directory / "store.new"
            new.write_text(json.dumps(self.all))
            new.rename(self.directory / "store.json")
        self.lock.close()

    def _age(self, since):
        return None if since is None else max(0, self.now - since)

    def _is_left_to_another(self, row, instance_id, courtesy):
        courtesy = min(courtesy, row.get("due_in", 0) - courtesy)
        return row.get("last") not in (None, instance_id) and row.get("until") is None and not row.get("requests") and self.now < (row["due"] or 0) + courtesy

    def claim(self, instance_id, presets, max, lease, courtesy):
        with self as stored:
            rows = {name: stored.get(name) or {"due": None} for name in presets}
            free = [(row["due"] or 0, name) for name, row in rows.items() if (row["due"] or 0) <= self.now and (row.get("until") or 0) <= self.now
                    and not self._is_left_to_another(row, instance_id, courtesy)]
            leases = []
            for _, name in sorted(free)[:max]:
                row = stored[name] = rows[name]
                self.all["counter"] += 1
                clean = row.get("until") is None
                row.update(token=self.all["counter"], until=self.now + lease, last=instance_id)
                leases.append({
                    "preset": name, "token": {"timeline": 1, "counter": row["token"]}, "duration": lease, "clean_handover": clean,
                    "since_acted": self._age(row.get("acted")), "since_completed": self._age(row.get("completed")),
                    "state": self._document(row), "requests": row.get("requests", [])})
            return leases

    def _document(self, row):
        return {"version": row["version"], "content": row["state"], "age": self._age(row["written"])} if "state" in row else None

    def _held(self, stored, preset, token):
        row = stored.get(preset)
        return row if row and row.get("token") == token["counter"] and (row.get("until") or 0) > self.now else None

    def _keep(self, row, state):
        row.update(state=state, version=row.get("version", 0) + 1, written=self.now)

    def save(self, preset, token, state, acted):
        with self as stored:
            row = self._held(stored, preset, token)
            if row is None:
                return False
            self._keep(row, state)
            if acted:
                row["acted"] = self.now
            return True

    def complete(self, preset, token, requests, due_in, yields, state=None):
        with self as stored:
            row = self._held(stored, preset, token)
            if row is None:
                return False
            if state is not None:
                self._keep(row, state)
            row["requests"] = row.get("requests", [])[requests:]
            if yields:
                row["last"] = None
            row.update(until=None, completed=self.now, due_in=due_in, due=self.now if row["requests"] else self.now + due_in)
            return True

    def renew(self, leases, lease):
        with self as stored:
            answers = []
            for held in leases:
                row = self._held(stored, held["preset"], held["token"])
                if row is not None:
                    row["until"] = self.now + lease
                answers.append(row is not None)
            return answers

    def read(self, presets):
        with self as stored:
            return {name: self._document(stored[name]) for name in presets if name in stored and "state" in stored[name]}

    def request(self, preset, request):
        with self as stored:
            row = stored.setdefault(preset, {"due": None})
            if len(row.setdefault("requests", [])) >= 1000:
                raise ValueError("too many requests are waiting")
            row["requests"].append(request)
            row["due"] = min(row["due"] or 0, self.now)

    def forget(self, presets):
        with self as stored:
            for name in presets:
                row = stored.pop(name, None)
                if row is not None and (row.get("until") or 0) > self.now:
                    stored[name] = {"due": None, "until": row["until"], "token": -1}


class Place:
    """Each *.yaml in a folder is a preset."""

    def __init__(self, options):
        self.directory = Path(options["directory"])

    def load(self, known_revision=None):
        files = sorted([*self.directory.glob("*.yaml"), *self.directory.glob("*.json")])
        if not self.directory.is_dir():
            return {"revision": "gone", "sources": [], "problems": [f"{self.directory} is not there"]}
        sources = [{"origin": file.name, "revision": str(file.stat().st_mtime_ns), **self._content(file), "files_root": str(self.directory)} for file in files]
        revision = str(hash(tuple((source["origin"], source["revision"]) for source in sources)))
        return {"revision": revision, "unchanged": True} if revision == known_revision else {"revision": revision, "sources": sources}

    def _content(self, file):
        return {"yaml": file.read_text()} if file.suffix == ".yaml" else {"document": json.loads(file.read_text())}

    def read_file(self, origin, path, max_bytes):
        file = (self.directory / path).resolve()
        if self.directory.resolve() not in file.parents:
            raise ValueError(f"{path} leads out of the folder")
        return base64.b64encode(file.read_bytes()[: max_bytes + 1]).decode()


KINDS = {"Dialler": Dialler, "FileStore": FileStore, "Place": Place}
out = threading.Lock()


def answer(driver, call):
    reply = {"jsonrpc": "2.0", "id": call["id"]}
    try:
        reply["result"] = getattr(driver, call["method"])(**call["params"])
    except Exception as failed:
        reply["error"] = {"code": -32000, "message": f"{type(failed).__name__}: {failed}"}
    with out:
        print(json.dumps(reply), flush=True)


driver = None
for line in sys.stdin:
    call = json.loads(line)
    if "id" not in call:
        continue
    if call["method"] == "initialize":
        driver = KINDS[call["params"]["driver"]](call["params"]["options"])
        with out:
            print(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": {"protocol": 1}}), flush=True)
    else:
        threading.Thread(target=answer, args=(driver, call), daemon=True).start()
os._exit(0)

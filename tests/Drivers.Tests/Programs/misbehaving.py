"""A cloud with no machines that does what its options say, and breaks every rule of the protocol on demand."""

import array
import fcntl
import json
import os
import subprocess
import sys
import termios
import time

options = {}


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def answer(call, result):
    say(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}))


def misbehave(how, call):
    if how == "die":
        os._exit(3)
    elif how == "hang":
        print(f"hangs as {os.getpid()} for long", file=sys.stderr, flush=True)
        time.sleep(1000)
    elif how == "late":
        time.sleep(options["seconds"])
        answer(call, "late")
    elif how == "stuffed":
        # Until a call stands half written in the pipe, which holds no whole one, and then until the test has given it up.
        print("reads no more", file=sys.stderr, flush=True)
        queued = array.array("i", [0])
        while queued[0] == 0:
            time.sleep(0.01)
            fcntl.ioctl(0, termios.FIONREAD, queued)
        print("half a call", file=sys.stderr, flush=True)
        while not os.path.exists(options["file"]):
            time.sleep(0.01)
        answer(call, "late")
    elif how == "garbage":
        say("this is no JSON")
    elif how == "flood":
        while True:
            sys.stdout.write("x" * 65536)
    elif how == "flood-answers":
        while True:
            say(json.dumps({"jsonrpc": "2.0", "id": 99999, "result": None}))
    elif how == "call":
        say(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "shutdown", "params": {}}))
    elif how == "call-lines":
        say(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "two\nlines", "params": {}}))
    elif how == "fork":
        child = subprocess.Popen(["/bin/sleep", "1000"])
        with open(options["file"], "w") as file:
            file.write(str(child.pid))
        os._exit(4)
    elif how == "leak":
        kept = []
        while True:
            kept.append(bytearray(8 * 1024 * 1024))
    elif how == "talk":
        for number in range(5000):
            print(f"line {number}", file=sys.stderr)
        sys.stderr.flush()
        answer(call, "talked")
    elif how == "process":
        answer(call, str(os.getpid()))
    elif how == "environment":
        answer(call, json.dumps(dict(os.environ)))
    elif how == "arguments":
        answer(call, open("/proc/self/cmdline").read())
    elif how == "no-result":
        say(json.dumps({"jsonrpc": "2.0", "id": call["id"]}))
    elif how == "wait-for-cancel":
        print("got " + sys.stdin.readline().strip(), file=sys.stderr, flush=True)
        answer(call, "cancelled")
    elif how == "number":
        answer(call, {"not": "a text"})
    elif how == "echo":
        answer(call, json.dumps(options))
    elif how.startswith("fail:"):
        say(json.dumps({"jsonrpc": "2.0", "id": call["id"], "error": {"code": options.get("code", -32000), "message": "as asked", "data": json.loads(how[5:])}}))
    else:
        answer(call, how)


for line in sys.stdin:
    call = json.loads(line)
    if "id" not in call:
        continue
    if call["method"] == "initialize":
        options = call["params"]["options"]
        if "start" in options:
            misbehave(options["start"], call)
        else:
            answer(call, {"protocol": options.get("protocol", 1)})
    elif call["method"] == "scope":
        misbehave(options["scope"], call)
    elif call["method"] == "list":
        count = options.get("count", 0)
        answer(call, [{"id": str(n), "name": call["params"]["presets"][0], "state": "running", "created": "2026-01-01T00:00:00Z", "addresses": [f"10.0.{n // 256}.{n % 256}"],
                       "metadata": {"vmshepherd_intent": "x" * 32, "vmshepherd_preset": "web"}} for n in range(count)])
    else:
        answer(call, None)

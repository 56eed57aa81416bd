"""
Renders templates for VmShepherd with the system's Jinja2, one after another, until its input ends.

Run as `/usr/bin/python3 -I -S -c THIS`, with an empty environment, in `/`. On stdin and stdout are frames: four bytes of length (big-endian), then JSON in UTF-8.
First the worker says {"ready": VERSION}, or {"problem": TEXT} and ends. Then each {"template": VALUE, "values": VALUE, "most": BYTES} is answered by
{"text": TEXT} or {"problem": TEXT, "line": NUMBER or null, "kind": "template" or "memory"}; "spent": true says that the worker ends behind this answer.

A template is anybody's who may write presets. Four walls stand around it, in this order: Jinja2's sandbox; this process, which can open no file and no socket,
start no process and is nobody; the limits on its memory and CPU time; the deadline of its parent, who kills it.
"""
import os
import sys

MEMORY = 512 * 1024 * 1024  # address space
CPU = 5  # seconds a render; the parent's deadline comes first, this ends a worker whose parent was killed
SPENT = 128 * 1024 * 1024  # resident: whoever has grown so much makes room for a fresh one
WORDS = 500  # of an error

os.setsid()  # a Ctrl-C in the terminal is for the parent
os.umask(0o077)
os.dup2(os.open("/dev/null", os.O_RDWR), 2)
sys.path.append("/usr/lib/python3/dist-packages")  # -S leaves it out, with all the hooks that lie there

import base64
import datetime
import json
import struct


def answer(message):
    data = json.dumps(message).encode("ascii")
    sys.stdout.buffer.write(struct.pack(">I", len(data)) + data)
    sys.stdout.buffer.flush()


def refuse(problem):
    answer({"problem": problem})
    sys.exit(1)


try:
    import jinja2
    import jinja2.sandbox
except ImportError:
    refuse("missing")

# Nothing can be imported later: what Jinja2 and methods of strings and dates load when they are first used is loaded now.
import _strptime
import ctypes
import encodings
import html
import importlib
import jinja2.async_utils
import jinja2.constants
import jinja2.debug
import pkgutil
import pprint
import resource
import signal
import textwrap
import unicodedata
import warnings

warnings.simplefilter("ignore")  # a warning loads modules to be shown, and nobody would see it
for module in pkgutil.iter_modules(encodings.__path__):
    if module.name not in ("mbcs", "oem"):  # Windows only
        importlib.import_module("encodings." + module.name)
for language in ("cn", "hk", "iso2022", "jp", "kr", "tw"):
    importlib.import_module("_codecs_" + language)
"".encode("idna")


def lock():
    """Gives up what a template must not have. Nothing of it can be taken back."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if os.getuid() == 0:
        libc.unshare(0x40000000)  # CLONE_NEWNET: an empty network, where the kernel lets us; without descriptors there is none in any case
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        except OSError as error:
            refuse("cannot become the user nobody (%s): run VmShepherd as a user other than root" % error)
    if libc.prctl(38, 1, 0, 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS
        refuse("cannot give up new privileges")
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # those that are open stay; no other can be opened
    # systemd's stop signals every process of the service: the parent still finishes its step, and closes our stdin then.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def moment(year, month, day, hour, minute, second, microsecond, offset):
    zone = None if offset is None else datetime.timezone(datetime.timedelta(seconds=offset))
    return datetime.datetime(year, month, day, hour, minute, second, microsecond, zone)


# What JSON has no word for comes as an object with one key: the type.
TYPES = {
    "dict": lambda items: {value(key): value(item) for key, item in items},
    "set": lambda items: {value(item) for item in items},
    "tuple": lambda items: tuple(value(item) for item in items),
    "int": lambda digits: int(digits, 16),
    "float": float,
    "bytes": base64.b64decode,
    "date": lambda parts: datetime.date(*parts),
    "datetime": lambda parts: moment(*parts),
    "utf16": lambda coded: base64.b64decode(coded).decode("utf-16-le", "surrogatepass"),  # with half of a surrogate pair
}


def value(plain):
    if isinstance(plain, list):
        return [value(item) for item in plain]
    if isinstance(plain, dict):
        [(kind, content)] = plain.items()
        return TYPES[kind](content)
    return plain


def line_of(error):
    """The innermost line of the template that an error went through."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.lineno
    line, at = None, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == "<template>":
            line = at.tb_lineno
        at = at.tb_next
    return line


def describe(error):
    words = error.message if isinstance(error, jinja2.TemplateError) else str(error)
    text = "%s: %s" % (type(error).__name__, words)
    text = text if len(text) <= WORDS else text[:WORDS] + "..."
    return "".join(letter if letter.isprintable() else " " for letter in text)


def problem(text, line=None, kind="template"):
    return {"problem": text, "line": line, "kind": kind}


def render(request):
    """As the original did: jinja2.Template(text).render(**config), but in a sandbox. A fresh environment: nothing is left for the next template."""
    most = request["most"]
    chunks, size = [], 0
    try:
        template = jinja2.sandbox.SandboxedEnvironment().from_string(value(request["template"]))
        for chunk in template.generate(value(request["values"])):
            size += len(chunk)
            if size > most:
                return problem("more than %d bytes come out: no more fit" % most)
            chunks.append(chunk)
        text = "".join(chunks)
        coded = len(text.encode("utf-8"))
    except MemoryError:
        return problem("needs more memory than the %d MiB that a template may have" % (MEMORY >> 20), kind="memory")
    except UnicodeEncodeError as error:
        if error.encoding != "utf-8" or line_of(error) is not None:
            return problem(describe(error), line_of(error))
        return problem("half of a surrogate pair comes out, which is no text")
    except Exception as error:
        try:
            return problem(describe(error), line_of(error))
        except Exception:
            return problem(type(error).__name__)
    if coded > most:
        return problem("%d bytes come out: at most %d fit" % (coded, most))
    return {"text": text}


def limit_cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + CPU, resource.RLIM_INFINITY))


memory = os.open("/proc/self/statm", os.O_RDONLY)
lock()
answer({"ready": jinja2.__version__})
while True:
    limit_cpu()
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        break
    request = json.loads(sys.stdin.buffer.read(struct.unpack(">I", head)[0]))
    result = render(request)
    resident = int(os.pread(memory, 100, 0).split()[1]) * resource.getpagesize()
    result["spent"] = resident > SPENT or result.get("kind") == "memory"
    answer(result)
    request = None
    if result["spent"]:
        break

"""Answers, line by line, what PyYAML's safe_load makes of a base64-coded document."""
import base64
import datetime
import sys

import yaml


def shape(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool:" + str(value)
    if isinstance(value, int):
        return "int:%d" % value
    if isinstance(value, float):
        return "float:" + repr(value)
    if isinstance(value, str):
        return "str:" + value.encode("utf-8", "surrogatepass").hex()
    if isinstance(value, bytes):
        return "bytes:" + value.hex()
    if isinstance(value, (datetime.datetime, datetime.date)):
        return type(value).__name__ + ":" + str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(shape(item) for item in value) + "]"
    if isinstance(value, set):
        return "{" + ",".join(sorted(shape(item) + "=null" for item in value)) + "}"
    return "{" + ",".join(shape(key) + "=" + shape(item) for key, item in value.items()) + "}"


sys.setrecursionlimit(5000)
for line in sys.stdin:
    try:
        print(shape(yaml.safe_load(base64.b64decode(line))), flush=True)
    except Exception as error:
        print("error " + type(error).__name__ + " " + str(error).replace("\n", " "), flush=True)

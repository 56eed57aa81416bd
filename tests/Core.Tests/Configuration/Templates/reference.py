"""What VmShepherd 1 made of userdata, line by line: PyYAML's safe_load and jinja2.Template(...).render(**config), without any wall around them."""
import datetime
import json
import sys

import jinja2
import yaml


def value(plain):
    """Contexts of the corpora are JSON; what JSON has no word for is {"$date": ...} or {"$dict": [[key, value]]}."""
    if isinstance(plain, list):
        return [value(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    if list(plain) == ["$date"]:
        return datetime.date.fromisoformat(plain["$date"])
    if list(plain) == ["$dict"]:
        return {value(key): value(item) for key, item in plain["$dict"]}
    return {key: value(item) for key, item in plain.items()}


for line in sys.stdin:
    asked = json.loads(line)
    if "context" in asked:
        answer = yaml.safe_dump(value(asked["context"]), sort_keys=False, allow_unicode=True)
    else:
        try:
            answer = jinja2.Template(asked["template"]).render(**(yaml.safe_load(asked["yaml"]) or {}))
        except Exception as error:
            answer = "error " + type(error).__name__ + ": " + str(error)
    print(json.dumps(answer), flush=True)

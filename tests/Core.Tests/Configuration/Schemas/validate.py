"""Reads {"schema": ..., "documents": [...]} and answers, line by line, "good" or what is wrong with each document. Fails when the schema itself is wrong."""
import json
import sys

from jsonschema import Draft202012Validator

given = json.load(sys.stdin)
Draft202012Validator.check_schema(given["schema"])
validator = Draft202012Validator(given["schema"])
for document in given["documents"]:
    wrong = next(validator.iter_errors(document), None)
    print("good" if wrong is None else "%s: %s" % (wrong.json_path, wrong.message[:200].replace("\n", " ")))

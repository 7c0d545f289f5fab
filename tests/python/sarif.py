"""Validates a SARIF log against a JSON schema.

Argument: the schema's file. Standard input: the log. Standard output: what is wrong, as `place: reason`.
"""

import json
import sys

from jsonschema import Draft7Validator

with open(sys.argv[1], encoding="utf-8") as file:
    validator = Draft7Validator(json.load(file))
errors = validator.iter_errors(json.load(sys.stdin))
json.dump([f"{error.json_path}: {error.message}" for error in errors], sys.stdout)

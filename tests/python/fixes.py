"""What of the ways to keep a control exists nowhere: members of requests by botocore's model, properties by CloudFormation's schemas.

Standard input: a list of objects with `id`, `with` and `code`; of a diff, `with` is `diff` and `code` the operation and a line. Standard output: a
list of sentences."""

import ast
import json
import re
import sys

import botocore.session
from botocore import xform_name
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

model = botocore.session.get_session().get_service_model("sagemaker")
OPERATIONS = {xform_name(name): name for name in model.operation_names}
TYPES = {"string": str, "boolean": bool, "integer": int, "list": list, "structure": dict}


def request(shape, value, path):
    if not isinstance(value, TYPES[shape.type_name]):
        yield f"{path} is no {shape.type_name}"
    elif shape.type_name == "structure":
        for name, below in value.items():
            if name in shape.members:
                yield from request(shape.members[name], below, f"{path}.{name}")
            else:
                yield f"{path} has no `{name}`"
    elif shape.type_name == "list":
        for element in value:
            yield from request(shape.member, element, f"{path}[]")
    elif getattr(shape, "enum", None) and value not in [*shape.enum, "ALLOWED_TYPE"]:
        yield f"{path} is never `{value}`"


def properties(schema, node, value, path):
    while "$ref" in node:
        found = schema
        for key in node["$ref"].split("/")[1:]:
            found = found[key]
        node = found
    if isinstance(value, list):
        for element in value:
            yield from properties(schema, node.get("items", {}), element, f"{path}[]")
    elif isinstance(value, dict):
        # A union names its members in alternatives.
        members = dict(node.get("properties", {}))
        for one in node.get("oneOf", []) + node.get("anyOf", []):
            members |= one.get("properties", {})
        for name, below in value.items():
            if name in members:
                yield from properties(schema, members[name], below, f"{path}.{name}")
            else:
                yield f"{path} has no `{name}`"


def line(shape, field, path):
    """The shape of a field of a diff: `Name`, `Name.Inner`, `Name[0].Inner`, `Name["key"]`; `Tags[]` is one more element."""
    for name, index in re.findall(r'\.?([^.\[]+)|\[([^\]]*)\]', field):
        if name:
            if shape.type_name == "map":
                shape = shape.value
            elif name in getattr(shape, "members", {}):
                shape = shape.members[name]
            else:
                raise LookupError(f"{path} has no `{name}`")
        elif index.startswith('"'):
            shape = shape.value
        else:
            shape = shape.member
    return shape


def diff(code):
    operation, sign, rest = code.split(" ", 2)
    field, value = rest.split(": ", 1)
    try:
        shape = line(model.operation_model(operation).input_shape, field, operation)
    except (AttributeError, LookupError) as error:
        yield f"{operation}.{field}: {error}"
        return
    if sign == "+":
        yield from request(shape, json.loads(value), f"{operation}.{field}")


def faults(way, code):
    if way == "diff":
        yield from diff(code)
    elif way == "boto3":
        call = ast.parse(code, mode="eval").body
        name = OPERATIONS[call.func.id]
        sent = {argument.arg: ast.literal_eval(argument.value) for argument in call.keywords}
        yield from request(model.operation_model(name).input_shape, sent, name)
    elif way == "CloudFormation":
        resource, own = code.split(" with Properties: ")
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource).schema
        yield from properties(schema, schema, json.loads(own), resource)


found = [f"{one['id']}: {fault}" for one in json.load(sys.stdin) for fault in faults(one["with"], one["code"])]
json.dump(found, sys.stdout)

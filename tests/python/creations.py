"""What SageMaker's operations take, what the entries have that they list, which properties of CloudFormation's schemas no request has, and how Terraform's provider for Cloud
Control calls them.

Reads the names of resources from standard input, each with the operation that creates it."""

import json
import re
import sys

import botocore.session
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

model = botocore.session.get_session().get_service_model("sagemaker")
operations, entries = {}, {}
for name in model.operation_names:
    shape = model.operation_model(name).input_shape
    members = shape.members if shape else {}
    operations[name] = {member: member in shape.required_members for member in members}
    answered = model.operation_model(name).output_shape
    for shape in answered.members.values() if answered else ():
        if shape.type_name == "list" and shape.member.type_name == "structure":
            entries.setdefault(name, set()).update(shape.member.members)


def walk(schema, node, shape, path, renamed):
    while "$ref" in node:
        found = schema
        for key in node["$ref"].split("/")[1:]:
            found = found[key]
        node = found
    if shape.type_name == "structure":
        for name, below in node.get("properties", {}).items():
            if name in shape.members:
                walk(schema, below, shape.members[name], path + [name], renamed)
            else:
                renamed.add(".".join(path + [name]))
    elif shape.type_name == "list" and "items" in node:
        walk(schema, node["items"], shape.member, path, renamed)


def properties(node):
    """The names of all properties in a schema, those of its definitions included."""
    if isinstance(node, dict):
        named = node.get("properties")
        yield from named if isinstance(named, dict) else ()
        for below in node.values():
            yield from properties(below)
    elif isinstance(node, list):
        for below in node:
            yield from properties(below)


def attribute(name):
    """The rule of the provider (`internal/naming` in its repository)."""
    for brand in ("CloudFormation", "CloudFront", "CloudWatch", "FSx"):
        name = name.replace(brand, brand.capitalize())
    words = r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Z])(?=[A-Z][a-z])"
    return re.sub(words, "_", name).lower()


renamed, attributes = {}, {}
for resource, operation in json.load(sys.stdin):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", f"AWS::SageMaker::{resource}").schema
    read_only = {path.split("/")[2] for path in schema.get("readOnlyProperties", []) if path.count("/") == 2}
    own = {name: node for name, node in schema["properties"].items() if name not in read_only}
    attributes |= {name: attribute(name) for name in properties(schema)}
    found = set()
    walk(schema, {"properties": own}, model.operation_model(operation).input_shape, [], found)
    renamed[resource] = sorted(found)
entries = {name: sorted(members) for name, members in entries.items()}
json.dump({"operations": operations, "entries": entries, "renamed": renamed, "attributes": attributes}, sys.stdout)

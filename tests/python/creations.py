"""What SageMaker's operations take, and which properties of CloudFormation's schemas no request has.

Reads the names of resources from standard input, each with the operation that creates it."""

import json
import sys

import botocore.session
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

model = botocore.session.get_session().get_service_model("sagemaker")
operations = {}
for name in model.operation_names:
    shape = model.operation_model(name).input_shape
    members = shape.members if shape else {}
    operations[name] = {member: member in shape.required_members for member in members}


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


renamed = {}
for resource, operation in json.load(sys.stdin):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", f"AWS::SageMaker::{resource}").schema
    read_only = {path.split("/")[2] for path in schema.get("readOnlyProperties", []) if path.count("/") == 2}
    own = {name: node for name, node in schema["properties"].items() if name not in read_only}
    found = set()
    walk(schema, {"properties": own}, model.operation_model(operation).input_shape, [], found)
    renamed[resource] = sorted(found)
json.dump({"operations": operations, "renamed": renamed}, sys.stdout)

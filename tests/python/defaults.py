"""Which members of SageMaker's requests have a default by their documentation.

Reads operations with paths of their inputs from standard input; paths as controls have them."""

import json
import re
import sys

import botocore.session

model = botocore.session.get_session().get_service_model("sagemaker")


def documentation(operation, path):
    shape = model.operation_model(operation).input_shape
    for part in path.split("."):
        if shape.type_name == "list":
            shape = shape.member
        if shape.type_name != "structure":
            return ""
        shape = shape.members.get(part.removesuffix("[]"))
        if shape is None:
            return ""
    return re.sub("<[^>]+>", "", shape.documentation or "")


found = []
for operation, path in json.load(sys.stdin):
    if re.search(r"\bdefault", documentation(operation, path), re.IGNORECASE):
        found.append([operation, path])
json.dump(found, sys.stdout)

"""Holds field paths against AWS's own service model of SageMaker.

Standard input: {operation: [path, ...]}, paths of the operation's answer, `name[]` for each element of a list. Standard output: the
paths that the answer does not have, as `operation: path`.
"""

import json
import sys

from botocore.session import get_session

model = get_session().get_service_model("sagemaker")


def exists(shape, path):
    for part in path.split("."):
        name = part.removesuffix("[]")
        if shape.type_name != "structure" or name not in shape.members:
            return False
        shape = shape.members[name]
        if part.endswith("[]"):
            if shape.type_name != "list":
                return False
            shape = shape.member
    return True


asked = json.load(sys.stdin)
unknown = [
    f"{operation}: {path}"
    for operation, paths in asked.items()
    for path in paths
    if not exists(model.operation_model(operation).output_shape, path)
]
json.dump(unknown, sys.stdout)

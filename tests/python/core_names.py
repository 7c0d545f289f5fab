"""Holds the names that the reader of code knows of sagemaker-core against AWS's own model of SageMaker.

sagemaker-core derives its arguments from the members of the API with two regular expressions (`pascal_to_snake` in its package).
Standard output: what does not become the member again, in sentences.
"""

import json
import re
import sys
from pathlib import Path

from botocore.session import get_session

sys.path.insert(0, str(Path(__file__).parents[2] / "python" / "sagewarden"))
from _source.operations import CORE_MAPS, CORE_METHODS, OPERATIONS, core_name

model = get_session().get_service_model("sagemaker")
#: A member that two shapes spell differently; the other one is an argument of classes that create something.
SPELLED_TWICE = {"ExecutionRoleARN"}


def argument(member):
    split = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", member)
    return re.sub("([a-z0-9])([A-Z])", r"\1_\2", split).lower()


def members(shape, seen):
    if shape.name in seen:
        return
    seen.add(shape.name)
    if shape.type_name == "structure":
        for name, inner in shape.members.items():
            yield name, inner.type_name
            yield from members(inner, seen)
    elif shape.type_name in ("list", "map"):
        yield from members(shape.member if shape.type_name == "list" else shape.value, seen)


faults = set()
for operation in OPERATIONS.values():
    for name, kind in members(model.operation_model(operation).input_shape, set()):
        made = core_name(argument(name))
        if made != name and name not in SPELLED_TWICE:
            faults.add(f"{argument(name)} becomes {made}, not {name}")
        if kind == "map" and name.endswith(("Parameters", "Environment", "Properties")) and name not in CORE_MAPS:
            if not name.startswith("TextGeneration"):
                faults.add(f"{name} is a map")
for operation, _ in CORE_METHODS.values():
    if operation not in model.operation_names:
        faults.add(f"there is no {operation}")
print(json.dumps(sorted(faults)))

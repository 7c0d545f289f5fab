"""Holds field paths and documents against AWS's own service models.

Standard input:
    paths: {operation: [path, ...]}: paths of the operation's answer, `name[]` for each element of a list, `name.key` for a key of a
        map, `*` and `*Name` for each key and each that ends so; a path `Operation:path` is one of another operation's answer.
    fixtures: {name: fixture}: the files of shared/policy/tests/documents. Their documents, answers, and each as its cases change it.
Standard output: what the models do not have, in sentences.
"""

import copy
import json
import sys

from botocore.session import get_session

SERVICES = {
    "GetBucketVersioning": "s3",
    "GetCommit": "codecommit",
    "GetRolePolicy": "iam",
    "ListAttachedRolePolicies": "iam",
}
session = get_session()
models = {}


def answer_of(operation):
    service = SERVICES.get(operation, "sagemaker")
    if service not in models:
        models[service] = session.get_service_model(service)
    shape = models[service].operation_model(operation).output_shape
    # Only here, the description is a part of the answer.
    return shape.members.get("TrainingSessionDetail", shape)


def exists(shape, path):
    if not path:
        return True
    part, _, rest = path.partition(".")
    name = part.removesuffix("[]")
    if shape.type_name == "map":
        inner = [shape.value]
    elif shape.type_name == "structure" and name.startswith("*"):
        inner = [member for key, member in shape.members.items() if key.endswith(name[1:])]
    elif shape.type_name == "structure":
        inner = [shape.members[name]] if name in shape.members else []
    else:
        inner = []
    if part.endswith("[]"):
        inner = [member.member for member in inner if member.type_name == "list"]
    return any(exists(member, rest) for member in inner)


def unknown_paths(paths):
    for default, several in paths.items():
        for path in several:
            operation, _, rest = path.rpartition(":")
            if not exists(answer_of(operation or default), rest):
                yield f"{operation or default} has no `{rest}`"


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# Timestamps and blobs as the protocol and the command line write them.
TYPES = {
    "structure": lambda value: isinstance(value, dict),
    "map": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "blob": lambda value: isinstance(value, str),
    "timestamp": lambda value: is_number(value) or isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: is_number(value) and isinstance(value, int),
    "long": lambda value: is_number(value) and isinstance(value, int),
    "float": is_number,
    "double": is_number,
}


def faults(shape, value, place, whole):
    """What is wrong with a value; `whole` wants the required members, too."""
    if not TYPES[shape.type_name](value):
        yield f"{place} is {json.dumps(value)}, which is no {shape.type_name}"
    elif shape.type_name == "structure":
        for name in value:
            if name not in shape.members:
                yield f"{place} has no member `{name}`"
            else:
                yield from faults(shape.members[name], value[name], f"{place}.{name}", whole)
        missing = [name for name in shape.required_members if name not in value]
        if whole and missing:
            yield f"{place} lacks {', '.join(missing)}"
        if getattr(shape, "is_tagged_union", False) and len(value) > 1:
            yield f"{place} has several of what is one of {', '.join(shape.members)}"
    elif shape.type_name == "list":
        for index, element in enumerate(value):
            yield from faults(shape.member, element, f"{place}[{index}]", whole)
    elif shape.type_name == "map":
        for key, element in value.items():
            yield from faults(shape.key, key, f"{place}.{key}", whole)
            yield from faults(shape.value, element, f"{place}.{key}", whole)
    # An empty text stands for an absent one: CloudTrail writes it so.
    elif shape.type_name == "string" and shape.enum and value and value not in shape.enum:
        yield f"{place} is `{value}`, which is none of {', '.join(shape.enum)}"


def changed(document, at, value):
    """The document with something else at a JSON pointer; null removes it."""
    if not at:
        return value
    *parents, last = at.removeprefix("/").split("/")
    document = copy.deepcopy(document)
    inner = document
    for key in parents:
        inner = inner[int(key) if isinstance(inner, list) else key]
    if isinstance(inner, list):
        inner[int(last)] = value
    elif value is None:
        inner.pop(last, None)
    else:
        inner[last] = value
    return document


def wrong_documents(name, fixture):
    def check(operation, document, place, whole):
        documents = document if isinstance(document, list) else [document]
        for one in documents:
            yield from faults(answer_of(operation), one, f"{name}: {place}{operation}", whole)

    yield from check(fixture["operation"], fixture["document"], "", True)
    for operation, documents in fixture["answers"].items():
        yield from check(operation, documents, "", True)
    for number, case in enumerate(fixture["cases"]):
        operation = case.get("answer_of")
        before = fixture["answers"][operation] if operation else fixture["document"]
        after = changed(before, case["at"], case["value"])
        yield from check(operation or fixture["operation"], after, f"case {number}, ", False)


asked = json.load(sys.stdin)
found = list(unknown_paths(asked.get("paths", {})))
for name, fixture in asked.get("fixtures", {}).items():
    found.extend(wrong_documents(name, fixture))
json.dump(found, sys.stdout)

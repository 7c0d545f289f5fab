"""Lists the fields of AWS's API model that are of the sort that a list of the settings speaks of and that nobody has decided on.

Standard input:
    operations: {kind: [operation, ...]}: what asks for a kind, and what describes it.
    decided: {kind: [path, ...]}: paths as controls have them, without the operation of another answer; `*` as a kind is every kind.
Standard output: what is left, a sentence each, and the decided paths that no model has.
"""

import json
import re
import sys

from botocore.session import get_session

model = get_session().get_service_model("sagemaker")

# By what a field is called, or the shape of its value is.
SORTS = {
    "a role": r"(^|\.)\w*Role(Arn|ARN|Arns)?(\[\])?$|RoleArn$",
    "an S3 location": r"S3\w*(Uri|Path|Location|Url)$|(Uri|Url)$",
    "an image": r"Image(Uri|Arn|VersionArn|Name)?$|AlgorithmImage$|(^|\.)AlgorithmName$",
    "an instance type": r"(Instance|Accelerator)Types?(\[\])?$",
    "a subnet": r"Subnet(Id)?s?(\[\])?$",
    "a security group": r"SecurityGroup(Id)?s?(\[\])?$",
    "a key": r"Kms\w*$",
    "a lifecycle configuration": r"LifecycleConfig\w*(\[\])?$",
    "a file system": r"FileSystemId$|DnsName$",
    "a secret": r"SecretArn$",
    "a topic": r"(SuccessTopic|ErrorTopic|TopicArn)$",
    "a team that labels": r"WorkteamArn$",
    "a destination": r"Destinations\[\]\.ResourceArn$",
    "a group of the model registry": r"ModelPackageGroup(Arn|Name)$",
    "a store": r"DataSetArn$|DatasetArn$|ModelPackageVersionArn$|AthenaDatasetDefinition\.Database$|RedshiftDatasetDefinition\.ClusterId$",
    "a model, package or evaluator": r"(^|\.)(BaseModelArn|EvaluatorArn|SourceModelPackageArn)$",
    "a model of a hub": r"^(PrimaryContainer|Containers\[\])\..*HubContentArn$|^SageMakerPublicHubContentArn$",
    "a document": r"^(JobConfig|HubContent)Document$",
    "a query": r"QueryString$",
    "a type of S3 data": r"S3\w*DataType$",
    "a free text": r"Container(Arguments|Entrypoint)\[\]$|CategoricalParameterRanges\[\]\.Values\[\]$",
    "a tag": r"^Tags\[\]\.Key$",
}


def leaves(shape, path, above):
    """The paths of a shape's values, each with the name of its shape. Shapes within themselves are followed once."""
    if shape.name in above:
        return
    above = (*above, shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from leaves(member, f"{path}.{name}" if path else name, above)
    elif shape.type_name == "list":
        yield from leaves(shape.member, f"{path}[]", above)
    elif shape.type_name == "map":
        if shape.value.type_name == "string":
            yield f"{path}.*", "free text"
        else:
            yield from leaves(shape.value, f"{path}.*", above)
    else:
        yield path, shape.name


def sort(path, shape):
    if shape == "free text":
        return "a free text"
    found = (name for name, pattern in SORTS.items() if re.search(pattern, path) or re.search(pattern, shape))
    return next(found, None)


def fits(pattern, path):
    """Whether a path is one that a pattern speaks of, part by part; a pattern that ends in `**` speaks of all below."""
    if pattern.endswith("**"):
        head = pattern.removesuffix(".**").split(".")
        parts = path.split(".")
        return len(parts) > len(head) and fits(".".join(head), ".".join(parts[: len(head)]))
    wanted, parts = pattern.split("."), path.split(".")
    part_fits = lambda want, part: part.endswith(want[1:]) if want.startswith("*") else part == want
    return len(wanted) == len(parts) and all(part_fits(*pair) for pair in zip(wanted, parts))


asked = json.load(sys.stdin)
found, used = [], set()
for kind, operations in asked["operations"].items():
    patterns = asked["decided"].get(kind, []) + asked["decided"].get("*", [])
    seen = set()
    for operation in operations:
        described = model.operation_model(operation)
        is_request = not operation.startswith("Describe")
        shape = described.input_shape if is_request else described.output_shape
        # Only here, the description is a part of the answer.
        shape = shape.members.get("TrainingSessionDetail", shape)
        for path, name in leaves(shape, "", ()):
            what = sort(path, name)
            if what is None or path in seen:
                continue
            seen.add(path)
            fitting = [pattern for pattern in patterns if fits(pattern, path)]
            used.update((kind, pattern) for pattern in fitting)
            if not fitting:
                found.append(f"{kind}: `{path}` of {operation} is {what}, which nobody has decided on")
for kind, patterns in asked["decided"].items():
    for pattern in patterns:
        kinds = asked["operations"] if kind == "*" else [kind]
        if not any((one, pattern) in used for one in kinds):
            found.append(f"{kind}: no model has `{pattern}`")
json.dump(found, sys.stdout)

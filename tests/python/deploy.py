"""Deploys a SAM template whose functions lie in a folder, as `sam deploy` does: packs and uploads the code, makes the stack.

Standard input: {"template", "artefacts", "stack", "parameters": {...}, "without": [logical ids]}. Standard output: the stack's
outputs as an object.
"""

import io
import json
import os
import sys
import time
import zipfile

import boto3
from cfnlint.decode import cfn_yaml

BUCKET = "sagewarden-code"


def pack(folder):
    """The folder as a zip. Stored, not deflated: it never leaves the machine."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for base, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                path = os.path.join(base, name)
                archive.write(path, os.path.relpath(path, folder))
    return content.getvalue()


def without_owner(part):
    """Takes out the condition on the owner of a bucket: the emulator knows no such key, and would refuse everything."""
    if isinstance(part, list):
        for each in part:
            without_owner(each)
    elif isinstance(part, dict):
        equals = part.get("Condition", {}).get("StringEquals", {}) if isinstance(part.get("Condition"), dict) else {}
        if equals.pop("s3:ResourceAccount", None) is not None and not equals:
            del part["Condition"]
        for each in part.values():
            without_owner(each)


def main():
    request = json.load(sys.stdin)
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    s3 = boto3.client("s3", endpoint_url=endpoint)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]})

    template = json.loads(json.dumps(cfn_yaml.load(request["template"])))
    for name in request["without"]:
        del template["Resources"][name]
    for role in [each for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role"]:
        without_owner(role)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            function = os.path.basename(resource["Properties"]["CodeUri"])
            s3.put_object(Bucket=BUCKET, Key=function, Body=pack(os.path.join(request["artefacts"], function)))
            resource["Properties"]["CodeUri"] = {"Bucket": BUCKET, "Key": function}

    # As `sam deploy` does: a template of this size is too long for a request.
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template))
    stacks = boto3.client("cloudformation", endpoint_url=endpoint)
    stacks.create_stack(
        StackName=request["stack"],
        TemplateURL=f"{endpoint}/{BUCKET}/template.json",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in request["parameters"].items()],
    )
    deadline = time.monotonic() + 120
    while True:
        stack = stacks.describe_stacks(StackName=request["stack"])["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            break
        if time.monotonic() > deadline:
            sys.exit(f"the stack is still {stack['StackStatus']} after two minutes")
        time.sleep(0.2)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = stacks.describe_stack_events(StackName=request["stack"])["StackEvents"]
        failed = [f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason')}" for each in events if "FAILED" in each["ResourceStatus"]]
        sys.exit(f"the stack is {stack['StackStatus']}\n" + "\n".join(failed))
    json.dump({each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}, sys.stdout)


main()

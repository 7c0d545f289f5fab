"""Deploys the template of a project on the emulator, whose CloudFormation makes its policies and its role, and acts as a data scientist with them.

The emulator checks every request against the policies. AWS_ENDPOINT_URL names it; the argument is the template. Prints one JSON document: the
outputs of the stack, and what became of each call: `done`, or the code of the refusal.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

REGION, PROJECT, ENVIRONMENT = "eu-west-1", "credit", "dev"
ACCOUNT = "111122223333"


def client(service, **keys):
    return boto3.client(service, region_name=REGION, **keys)


def parameter(name, value):
    client("ssm").put_parameter(Name=name, Value=value, Type="String")


def bucket(name):
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_object(Bucket=name, Key="raw/data.csv", Body=b"1,2\n")


def attempt(call, **request):
    try:
        call(**request)
        return "done"
    except ClientError as error:
        return error.response["Error"]["Code"]


parameter("sagewarden-wheels-bucket", f"sagewarden-wheels-{ACCOUNT}")
parameter(f"ds-kms-cmk-{PROJECT}-{ENVIRONMENT}-arn", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a2b3c4d-0000-0000-0000-000000000000")
for zone in "abc":
    parameter(f"ds-subnet-{zone}-{PROJECT}-{ENVIRONMENT}-id", f"subnet-0a1b2c3d4e5f6000{zone}")
parameter(f"ds-sagemaker-sg-{PROJECT}-{ENVIRONMENT}-id", "sg-0f1e2d3c4b5a60001")
OWN, OTHER = f"ds-data-bucket-{PROJECT}-dev-7f3a", f"ds-data-bucket-{PROJECT}-prod-7f3a"
bucket(OWN)
bucket(OTHER)

formation = client("cloudformation")
given = {"Project": PROJECT, "Environment": ENVIRONMENT, "OtherBuckets": "arn:aws:s3:::ds-*-prod-*,arn:aws:s3:::ds-*-prod-*/*"}
with open(sys.argv[1], encoding="utf-8") as template:
    formation.create_stack(
        StackName="sagewarden-credit-dev",
        TemplateBody=template.read(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
formation.get_waiter("stack_create_complete").wait(StackName="sagewarden-credit-dev", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
stack = formation.describe_stacks(StackName="sagewarden-credit-dev")["Stacks"][0]
outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

iam = client("iam")
iam.create_user(UserName="jane")
for policy in outputs["ScientistPolicies"].split():
    iam.attach_user_policy(UserName="jane", PolicyArn=policy)
made = iam.create_access_key(UserName="jane")["AccessKey"]
keys = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
s3, roles, notices, network = client("s3", **keys), client("iam", **keys), client("sns", **keys), client("ec2", **keys)
found = {
    "outputs": outputs,
    "role": iam.get_role(RoleName=f"ds-execution-role-{PROJECT}-{ENVIRONMENT}")["Role"]["Arn"],
    "reads own data": attempt(s3.get_object, Bucket=OWN, Key="raw/data.csv"),
    "writes own data": attempt(s3.put_object, Bucket=OWN, Key="train/data.csv", Body=b"1\n"),
    "deletes own data": attempt(s3.delete_object, Bucket=OWN, Key="raw/data.csv"),
    "reads data of production": attempt(s3.get_object, Bucket=OTHER, Key="raw/data.csv"),
    "lists data of production": attempt(s3.list_objects_v2, Bucket=OTHER),
    "makes a role": attempt(roles.create_role, RoleName="own", AssumeRolePolicyDocument="{}"),
    "attaches a policy": attempt(roles.attach_user_policy, UserName="jane", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
    "makes a topic": attempt(notices.create_topic, Name="x"),
    "makes a network interface": attempt(network.create_network_interface, SubnetId="subnet-0a1b2c3d4e5f6000a"),
}
print(json.dumps(found))

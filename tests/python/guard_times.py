"""What the guard costs: the same call of boto3 bare, under the guard without tags, and under the guard, one after the other in each round.

    SAGEWARDEN_BINARY=target/release/sagewarden PYTHONPATH=python python tests/python/guard_times.py

No request leaves the machine: a handler answers it where boto3 would send it. Run it in a checkout with a remote, as a notebook has it.
"""

import os
import statistics
import time

import boto3
import sagewarden

ROUNDS = 300
ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1a2b3c4d-0000-0000-0000-000000000000"
REQUEST = {
    "AlgorithmSpecification": {"TrainingImage": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:{'a' * 64}", "TrainingInputMode": "File"},
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/training",
    "OutputDataConfig": {"S3OutputPath": "s3://ds-model-bucket/o", "KmsKeyId": KEY},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5, "VolumeKmsKeyId": KEY},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "EnableNetworkIsolation": True,
    "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    "ExperimentConfig": {"ExperimentName": "e", "TrialName": "t"},
}


def answered(**_):
    return type("Http", (), {"status_code": 200})(), {"TrainingJobArn": "arn", "ResponseMetadata": {"HTTPStatusCode": 200}}


def client(**options):
    session = boto3.Session(region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")
    if options:
        sagewarden.guard(session, mode="raise", profile="essential", **options)
    made = session.client("sagemaker")
    made.meta.events.register_last("before-call.sagemaker.*", answered)
    return made


def took(caller, number):
    begin = time.perf_counter()
    caller.create_training_job(TrainingJobName=f"job-{number}", **REQUEST)
    return (time.perf_counter() - begin) * 1_000


os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
callers = {"bare": client(), "guard, tag=False": client(tag=False), "guard": client(tag=True)}
first = {name: took(caller, 0) for name, caller in callers.items()}
times = {name: [] for name in callers}
for number in range(1, ROUNDS + 1):
    for name, caller in callers.items():
        times[name].append(took(caller, number))
print(f"{ROUNDS} calls each, in milliseconds")
for name, each in times.items():
    each.sort()
    print(f"{name:<17} first {first[name]:7.2f}   median {statistics.median(each):6.2f}   95 % {each[ROUNDS * 95 // 100]:6.2f}   slowest {each[-1]:6.2f}")

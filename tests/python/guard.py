"""The guard of the Python package, on boto3 and on the session of a client that is already there.

Runs in a checkout of git. Prints one JSON document: what was sent, refused and said, case by case. AWS_ENDPOINT_URL names the
simulator, SAGEWARDEN_BINARY the command.
"""

import json
import os
import sys
import time
import warnings

import boto3
import sagewarden
from botocore.exceptions import ClientError, ParamValidationError

SETTINGS = sys.argv[1]
ROLE = "arn:aws:iam::111122223333:role/training"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-0000-0000-0000-000000000000"


def job(name, **more):
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:{'a' * 64}", "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://ds-model-bucket/o", "KmsKeyId": KEY},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5, "VolumeKmsKeyId": KEY},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "EnableNetworkIsolation": True,
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "ExperimentConfig": {"ExperimentName": "e", "TrialName": "t"},
        **more,
    }


def without_network(name):
    request = job(name)
    del request["VpcConfig"]
    return request


def attempt(call, **request):
    """What became of a call: sent or refused, what AWS said, and what the guard said."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            call(**request)
            outcome = "sent"
        except sagewarden.Refused as refused:
            outcome = f"refused: {refused}"
        except ParamValidationError:
            outcome = "AWS's own check of the parameters"
        except ClientError as error:
            outcome = f"AWS: {error.response['Error']['Code']}"
    return {"outcome": outcome, "said": [str(each.message) for each in said if issubclass(each.category, sagewarden.SagewardenWarning)]}


def tags(client, name):
    arn = client.describe_training_job(TrainingJobName=name)["TrainingJobArn"]
    return {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=arn)["Tags"]}


def main():
    found = {}
    session = boto3.Session()
    guard = sagewarden.guard(session, mode="raise", settings=SETTINGS, profile="essential")
    client = session.client("sagemaker")
    found["compliant"] = attempt(client.create_training_job, **job("good"))
    found["tags"] = tags(client, "good")
    found["verdict"] = str(guard.verdicts[-1]).splitlines()[0]
    found["own_tags"] = attempt(client.create_training_job, **job("own", Tags=[{"Key": "git-commit", "Value": "mine"}]))
    found["own_tags_are"] = tags(client, "own")
    found["refused"] = attempt(client.create_training_job, **without_network("bad"))
    found["not_sent"] = attempt(client.describe_training_job, TrainingJobName="bad")
    with sagewarden.allow("TRN-NET-01", reason="moves next week; see #12"):
        found["asked"] = attempt(client.create_training_job, **without_network("asked"))
    found["asked_tags"] = tags(client, "asked")
    found["after_asking"] = attempt(client.create_training_job, **without_network("after"))
    found["wrong_types"] = attempt(client.create_training_job, **job("wrong", RoleArn=7))
    found["aws_error"] = attempt(client.create_training_job, **job("good"))
    found["no_controls"] = attempt(client.stop_training_job, TrainingJobName="good")
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(49)]
    found["many_tags"] = attempt(client.create_training_job, **job("many", Tags=many))
    found["many_tags_are"] = sorted(set(tags(client, "many")) - {tag["Key"] for tag in many})
    with sagewarden.allow(" trn-net-01", reason="moves next week"), sagewarden.allow("TRN-NET-1", "X", reason="because " * 40):
        found["misspelt"] = attempt(client.create_training_job, **without_network("misspelt"))
    found["misspelt_tags"] = tags(client, "misspelt")
    for folder in (".ipynb_checkpoints", "package/__pycache__", "package/.cache/deep"):
        os.makedirs(folder)
        with open(f"{folder}/copy.py", "w") as copy:
            copy.write("pass\n")
    found["copies"] = attempt(client.create_training_job, **job("copies"))
    for number in range(5):
        with open(f"new{number}.py", "w") as source:
            source.write("pass\n")
    found["untracked"] = attempt(client.create_training_job, **job("untracked"))
    for number in range(5):
        os.remove(f"new{number}.py")
    with open("src.py", "a") as source:
        source.write("# not committed\n")
    found["dirty"] = attempt(client.create_training_job, **job("dirty"))

    # A client that was there before, and a mode that only says it.
    guard.remove()
    found["removed"] = attempt(client.create_training_job, **without_network("removed"))
    sagewarden.guard(client, mode="warn", settings=SETTINGS, profile="essential", tag=False)
    found["warned"] = attempt(client.create_training_job, **without_network("warned"))
    found["warned_tags"] = tags(client, "warned")

    # Times: the first request starts the process.
    judge = sagewarden._judge.judge_of(SETTINGS, "essential", None)
    begin = time.perf_counter()
    for _ in range(50):
        judge.verdicts(job("timed"), "CreateTrainingJob")
    print(f"{(time.perf_counter() - begin) / 50 * 1000:.2f} ms a verdict", file=sys.stderr)

    # A process that dies is started again; a binary that is none says so.
    judge._process._process.kill()
    found["after_death"] = len(judge.verdicts(job("again"), "CreateTrainingJob"))
    os.environ["SAGEWARDEN_BINARY"] = "/nonexistent"
    other = boto3.Session().client("sagemaker")
    sagewarden.guard(other, mode="warn", profile="strict")
    found["no_binary_warn"] = attempt(other.create_training_job, **job("unjudged"))
    strict = boto3.Session().client("sagemaker")
    sagewarden.guard(strict, mode="raise", profile="strict")
    found["no_binary_raise"] = attempt(strict.create_training_job, **job("stopped"))
    os.environ["SAGEWARDEN_BINARY"] = sys.argv[2]

    # Documents, pipelines, and what is none.
    class Pipeline:
        def definition(self):
            return json.dumps({"Version": "2020-12-01", "Steps": [{"Name": "Train", "Type": "Training", "Arguments": without_network("x")}]})

    found["pipeline"] = [(each.kind, each.ok) for each in sagewarden.check(Pipeline(), settings=SETTINGS, profile="essential")]
    found["document"] = sagewarden.check(job("x"), settings=SETTINGS, profile="essential").ok
    found["html"] = sagewarden.check(without_network("<b>"), settings=SETTINGS)._repr_html_()
    for name, document in (("nothing", {"a": 1}), ("no_json", "{")):
        try:
            sagewarden.check(document, settings=SETTINGS)
        except sagewarden.JudgeError as error:
            found[name] = str(error)
    try:
        sagewarden.guard(object())
    except TypeError as error:
        found["no_session"] = str(error)
    print(json.dumps(found))


main()

"""Bad input for the guard and the questions of the Python package. Prints one JSON document: what became of each.

Runs in an empty folder, outside of git, with nothing at the address of AWS. SAGEWARDEN_BINARY names the command; the first argument is a
file with settings that want every change committed.
"""

import json
import os
import sys
import warnings

import boto3
import sagewarden
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from guard_documents import GOOD, JOB


def attempt(session, job=JOB, checks=True, **options):
    """What the caller gets, and what the guard said. Without checks, boto3 sends values of any type."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            sagewarden.guard(session, **options)
            client = session.client("sagemaker", config=Config(retries={"total_max_attempts": 1}, parameter_validation=checks))
            client.create_training_job(**job)
            got = "sent"
        except (sagewarden.Refused, BotoCoreError, TypeError, ValueError) as error:
            got = f"{type(error).__name__}: {error}"
    return {"got": got, "said": [str(each.message) for each in said if issubclass(each.category, sagewarden.SagewardenWarning)]}


def session(**options):
    return boto3.Session(aws_access_key_id="none", aws_secret_access_key="none", **options)


def refusal(call, *arguments, **options):
    try:
        return str(call(*arguments, **options))
    except (sagewarden.JudgeError, sagewarden.NoAnswer, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


found = {}
place = {"region_name": "eu-west-1"}
with open("broken.toml", "w", encoding="utf-8") as file:
    file.write("mode = 7\n")
for mode in ("warn", "raise"):
    found[mode] = {
        "outside_git": attempt(session(**place), mode=mode, profile="essential"),
        "uncommitted": attempt(session(**place), mode=mode, settings=sys.argv[1]),
        "no_settings": attempt(session(**place), mode=mode, settings="nowhere.toml"),
        "broken_settings": attempt(session(**place), mode=mode, settings="broken.toml"),
        "no_region": attempt(session(), mode=mode),
        "no_network": attempt(session(**place), GOOD, mode=mode, profile="essential", tag=False),
        "checked_types": attempt(session(**place), {**GOOD, "RoleArn": 7}, mode=mode, profile="essential", tag=False),
        "wrong_types": attempt(session(**place), {**GOOD, "ResourceConfig": {**GOOD["ResourceConfig"], "VolumeKmsKeyId": 7}}, False, mode=mode, profile="essential", tag=False),
    }
found["mode"] = attempt(session(**place), mode="loud")
found["settings"] = attempt(session(**place), settings=7)
found["profile"] = attempt(session(**place), profile=["strict"])

os.system("git init --quiet . && git -c user.name=n -c user.email=n@example.com commit --quiet --allow-empty --message first")
for mode in ("warn", "raise"):
    found[mode]["no_remote"] = attempt(session(**place), GOOD, mode=mode, profile="essential")

# A command for another machine, and none at all. A guard of other settings starts a process of its own.
with open("foreign", "wb") as file:
    file.write(b"\x7fELF of another machine")
os.chmod("foreign", 0o755)
command = os.environ["SAGEWARDEN_BINARY"]
for mode in ("warn", "raise"):
    for case, named in (("foreign_binary", os.path.abspath("foreign")), ("no_binary", os.path.abspath("nowhere"))):
        os.environ["SAGEWARDEN_BINARY"] = named
        found[mode][case] = attempt(session(**place), GOOD, mode=mode, profile="strict")
os.environ["SAGEWARDEN_BINARY"] = command

found["wrong_types"] = str(sagewarden.check({**JOB, "RoleArn": 7, "ResourceConfig": "x"}, profile="essential"))
found["document"] = refusal(sagewarden.check, 7)
found["text"] = refusal(sagewarden.check, "{")
found["no_operation"] = refusal(sagewarden.check, JOB, operation="CreateFoo")
found["other_operation"] = refusal(sagewarden.check, JOB, operation="CreateModel")
found["operation"] = refusal(sagewarden.check, JOB, operation=7)
found["steps"] = refusal(sagewarden.check, {"Version": "2020-12-01", "Steps": [{"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}]})
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    sagewarden.guard(session(**place), settings="broken.toml", mode="raise")
found["at_once"] = {"said": [str(each.message) for each in said]}
PIPELINE = {"PipelineName": "p", "PipelineDefinition": "{", "RoleArn": GOOD["RoleArn"]}
found["pipeline"] = refusal(sagewarden.check, PIPELINE, operation="CreatePipeline")
step = {"Name": "t", "Type": "Training", "Arguments": "x"}
found["step"] = str(sagewarden.check({"Version": "2020-12-01", "Steps": [{"Name": "g", "Type": "Training", "Arguments": GOOD}, step]}, profile="essential"))
found["other_client"] = refusal(sagewarden.guard, session(**place).client("s3"))
found["no_reason"] = refusal(lambda: sagewarden.allow("TRN-NET-01", reason=None).__enter__())
# boto3's default session keeps what its user gave it.
boto3.setup_default_session(region_name="eu-north-1", aws_access_key_id="mine", aws_secret_access_key="mine")
sagewarden.guard(profile="essential")
found["default_session"] = boto3.client("sagemaker").meta.region_name + " " + boto3.DEFAULT_SESSION.get_credentials().access_key
found["entity"] = refusal(sagewarden.lineage, 7)
found["no_store"] = refusal(sagewarden.history, "training-job/x", store="nowhere.db")
found["no_frame"] = refusal(sagewarden.drift, "nowhere", {"a": 1})
print(json.dumps(found))

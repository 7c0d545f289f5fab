"""What `sagewarden check` takes for many files, and for one large one, beside other tools: seconds and megabytes, the best of a few rounds.

    cargo build --release -p sagewarden
    python shared/policy/benches/check.py target/release/sagewarden /tmp/bench   # pip install c7n hobofan-regorus checkov: those that are there

Each program is started anew for each round. The inputs are always the same."""

import json
import os
import subprocess
import sys
import time

FILES, STEPS, TEMPLATES, ROUNDS = 10_000, 10_000, 1_000, 5
KEY = "arn:aws:kms:eu-west-1:111122223333:alias/ds"


def job(number):
    """A request of 1 KB; one in five breaks a control."""
    request = {
        "TrainingJobName": f"train-{number:05}",
        "RoleArn": "arn:aws:iam::111122223333:role/ds-train",
        "AlgorithmSpecification": {"TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:" + "0" * 64, "TrainingInputMode": "File"},
        "HyperParameters": {f"parameter-{index}": str(number * index) for index in range(8)},
        "InputDataConfig": [
            {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://ds-data/{name}/{number}"}}}
            for name in ("train", "validation")
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://ds-models/{number}", "KmsKeyId": KEY},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1 + number % 3, "VolumeSizeInGB": 50, "VolumeKmsKeyId": KEY},
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "EnableNetworkIsolation": number % 5 > 0,
        "EnableInterContainerTrafficEncryption": True,
        "ExperimentConfig": {"ExperimentName": "credit"},
        "Tags": [{"Key": "Owner", "Value": "jane"}],
    }
    return request


def template(number):
    """A CloudFormation template of three resources, which Checkov reads as well; one notebook in five has no key."""
    notebook = {
        "RoleArn": "arn:aws:iam::111122223333:role/ds",
        "InstanceType": "ml.t3.medium",
        "SubnetId": "subnet-1",
        "SecurityGroupIds": ["sg-1"],
        "DirectInternetAccess": "Disabled",
        "RootAccess": "Disabled",
    }
    if number % 5:
        notebook["KmsKeyId"] = KEY
    variant = {"VariantName": "a", "ModelName": f"m-{number}", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, "InitialVariantWeight": 1}
    model = {
        "ModelName": f"m-{number}",
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/ds",
        "EnableNetworkIsolation": True,
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "PrimaryContainer": {"Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:" + "0" * 64},
    }
    resources = {
        "Notebook": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": notebook},
        "Model": {"Type": "AWS::SageMaker::Model", "Properties": model},
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"KmsKeyId": KEY, "ProductionVariants": [variant]}},
    }
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def write(folder):
    jobs = os.path.join(folder, "jobs")
    os.makedirs(jobs, exist_ok=True)
    for number in range(FILES):
        with open(os.path.join(jobs, f"{number:05}.json"), "w", encoding="utf-8") as file:
            json.dump(job(number), file, indent=2)
    templates = os.path.join(folder, "templates")
    os.makedirs(templates, exist_ok=True)
    for number in range(TEMPLATES):
        with open(os.path.join(templates, f"{number:05}.json"), "w", encoding="utf-8") as file:
            json.dump(template(number), file, indent=2)
    steps = [{"Name": f"s{number}", "Type": "Training", "Arguments": job(number)} for number in range(STEPS)]
    with open(os.path.join(folder, "pipeline.json"), "w", encoding="utf-8") as file:
        json.dump({"Version": "2020-12-01", "Steps": steps}, file, indent=1)


# Four rules, as each tool has them: inside a VPC, isolated, a key for the volume, a key for the output.
PEERS = {
    "c7n": """
import glob, json, sys
from c7n.filters.core import ValueFilter
rules = [{"key": "VpcConfig.Subnets", "value": "empty"}, {"key": "EnableNetworkIsolation", "op": "ne", "value": True},
         {"key": "ResourceConfig.VolumeKmsKeyId", "value": "absent"}, {"key": "OutputDataConfig.KmsKeyId", "value": "absent"}]
filters = [ValueFilter({"type": "value", **rule}) for rule in rules]
broken = 0
for path in glob.glob(sys.argv[1] + "/jobs/*.json"):
    with open(path) as file:
        job = json.load(file)
    broken += sum(bool(each(job)) for each in filters)
print(broken)
""",
    "hobofan_regorus": """
import glob, sys
import hobofan_regorus as regorus
policy = '''package check
import rego.v1
broken contains "vpc" if not input.VpcConfig.Subnets
broken contains "isolation" if not input.EnableNetworkIsolation
broken contains "volume" if not input.ResourceConfig.VolumeKmsKeyId
broken contains "output" if not input.OutputDataConfig.KmsKeyId
'''
engine = regorus.Engine()
engine.add_policy("check.rego", policy)
broken = 0
for path in glob.glob(sys.argv[1] + "/jobs/*.json"):
    with open(path) as file:
        engine.set_input_json(file.read())
    broken += len(engine.eval_rule("data.check.broken"))
print(broken)
""",
}


def measured(command):
    """Seconds, and the megabytes that the process had at most."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise RuntimeError(f"{command[0]}: {process.stderr.read().decode()[-300:]}")
    process.stderr.close()
    return seconds, usage.ru_maxrss / 1024


def main():
    program, folder = sys.argv[1], sys.argv[2]
    write(folder)
    jobs, pipeline = os.path.join(folder, "jobs"), os.path.join(folder, "pipeline.json")
    commands = {f"{FILES} files, {form}": [program, "check", jobs, "--format", form] for form in ("text", "json", "sarif")}
    commands |= {f"a pipeline of {STEPS} steps, {form}": [program, "check", pipeline, "--format", form] for form in ("text", "json", "sarif")}
    for name, code in PEERS.items():
        if subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0:
            commands[f"{FILES} files, four rules in {name}"] = [sys.executable, "-c", code, folder]
    templates = os.path.join(folder, "templates")
    commands[f"{TEMPLATES} templates, text"] = [program, "check", templates]
    checkov = os.path.join(os.path.dirname(sys.executable), "checkov")
    if os.path.exists(checkov):
        # All its checks of CloudFormation.
        commands[f"{TEMPLATES} templates in checkov"] = [sys.executable, checkov, "-d", templates, "--framework", "cloudformation", "--quiet", "--compact"]
    best = {name: (float("inf"), 0.0) for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            best[name] = min(best[name], measured(command))
    for name, (seconds, megabytes) in best.items():
        print(f"| {name} | {seconds:.2f} | {megabytes:.0f} |")


main()

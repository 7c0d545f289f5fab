"""`sagewarden scan` beside Prowler's checks of SageMaker, on one account of moto's server in the same run.

    python tests/benches/prowler.py target/release/sagewarden PROWLER MOTO 1000

PROWLER and MOTO are Pythons with `prowler` and with `moto[server]`. Each command looks at the same training jobs, of which one in ten has
no VPC. Prints seconds and the most memory of each command, three times in turn, and how many jobs each found to be without a VPC.
"""

import csv
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

REGION = "eu-west-1"
SCRIPT = """
import sys, boto3
sagemaker = boto3.client("sagemaker")
for number in range(int(sys.argv[1])):
    vpc = {"Subnets": ["subnet-0a1b2c3d"], "SecurityGroupIds": ["sg-0a1b2c3d"]}
    sagemaker.create_training_job(
        TrainingJobName=f"job-{number}",
        AlgorithmSpecification={"TrainingImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1", "TrainingInputMode": "File"},
        RoleArn="arn:aws:iam::123456789012:role/ds",
        OutputDataConfig={"S3OutputPath": "s3://models/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
        **({} if number % 10 == 0 else {"VpcConfig": vpc}),
    )
"""


def run(arguments, environment, folder):
    """Seconds, and megabytes of the largest process."""
    began = time.time()
    with open(folder / "said", "wb") as said:
        child = subprocess.Popen(arguments, env=environment, cwd=folder, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
        sys.exit((folder / "said").read_text())
    return time.time() - began, usage.ru_maxrss // 1024


def of_prowler(folder):
    found = set()
    for file in (folder / "prowler").glob("*.csv"):
        with open(file) as rows:
            for row in csv.DictReader(rows, delimiter=";"):
                if row["CHECK_ID"] == "sagemaker_training_jobs_vpc_settings_configured" and row["STATUS"] == "FAIL":
                    found.add(row["RESOURCE_NAME"])
    return len(found)


def of_sagewarden(folder):
    items = json.loads((folder / "scan" / "findings.json").read_text())["items"]
    failed = lambda item: any(finding["control"] == "TRN-NET-01" for finding in item["findings"])
    return sum(1 for item in items if failed(item))


def main(command, prowler, moto, number):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    server = subprocess.Popen(
        [moto, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.1)
        subprocess.run([prowler, "-c", SCRIPT, number], env=environment, check=True)
        print(f"| {number} jobs | s | MB | jobs without a VPC |\n|---|---|---|---|")
        for _ in range(3):
            with tempfile.TemporaryDirectory() as name:
                folder = pathlib.Path(name)
                scan = [command, "scan", "--region", REGION, "--endpoint-url", url, "--kinds", "training-job", "--rate", "100000"]
                seconds, memory = run([*scan, "--no-data", "--out", "scan"], environment, folder)
                print(f"| sagewarden | {seconds:.1f} | {memory} | {of_sagewarden(folder)} |", flush=True)
                peer = pathlib.Path(prowler).parent / "prowler"
                checks = [peer, "aws", "--service", "sagemaker", "--region", REGION, "--no-banner", "--output-formats", "csv"]
                seconds, memory = run([*checks, "--output-directory", "prowler"], environment, folder)
                print(f"| prowler | {seconds:.1f} | {memory} | {of_prowler(folder)} |", flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(*[os.path.abspath(one) for one in sys.argv[1:4]], sys.argv[4])

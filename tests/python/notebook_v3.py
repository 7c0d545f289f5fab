"""The training of the workshop's notebook 01 with the SageMaker SDK 3, while the guard is on: what SDK 3 has of the notebooks.

Runs as notebook_v2.py does, and prints one JSON document.
"""

import boto3
import sagewarden
from notebook_steps import *
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.shapes import OutputDataConfig
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, Networking, StoppingCondition

found = {}
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:0.90-1-cpu-py3"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ds-notebook-role-credit-dev-ana"
DATA_PLACE = InputData(channel_name="train", data_source=f"s3://{DATA}/{PREFIX}/train_data", content_type="csv")
IN_NETWORK = Networking(subnets=SUBNETS, security_group_ids=GROUPS)


def trainer(session, name, networking=None, key=None):
    return ModelTrainer(
        sagemaker_session=session,
        role=ROLE,
        base_job_name=name,
        training_image=IMAGE,
        compute=Compute(instance_type="ml.m4.xlarge", instance_count=1, volume_size_in_gb=30, volume_kms_key_id=key, enable_managed_spot_training=True),
        networking=networking,
        stopping_condition=StoppingCondition(max_runtime_in_seconds=3600, max_wait_time_in_seconds=3600),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{MODELS}/{PREFIX}/models"),
        hyperparameters=HYPERPARAMETERS,
    )


boto_session = boto3.Session()
guard = sagewarden.guard(boto_session, mode="raise")
session = Session(boto_session=boto_session, default_bucket=DATA)
sm = boto_session.client("sagemaker")
found["commit"] = git("rev-parse", "HEAD")

found["refused"] = refused(trainer(session, "three-without-network").train, [DATA_PLACE], wait=False)
jobs = lambda: sorted(job["TrainingJobName"] for job in sm.list_training_jobs(NameContains="three", MaxResults=100)["TrainingJobSummaries"])
found["not_sent"] = [name for name in jobs() if name.startswith("three")]

good = trainer(session, "three-in-network", IN_NETWORK, KEY)
good.train([DATA_PLACE], wait=True, logs=False)
job = good._latest_training_job
described = sm.describe_training_job(TrainingJobName=job.training_job_name)
found["status"] = described["TrainingJobStatus"]
found["spot"] = described["EnableManagedSpotTraining"]
found["tags"] = {tag["Key"]: tag["Value"] for tag in sm.list_tags(ResourceArn=described["TrainingJobArn"])["Tags"]}
found["history"] = until(
    lambda: sagewarden.history(f"training-job/{job.training_job_name}", store=STORE).data, "the history of the job"
)

# Under a guard that only warns, the account stops the job, and the guard says why.
loose_boto_session = boto3.Session()
loose = sagewarden.guard(loose_boto_session, mode="warn")
loose_session = Session(boto_session=loose_boto_session, default_bucket=DATA)
found["stopped"] = shown_in_ipython(
    "trainer.train([data], wait=True, logs=False)", trainer=trainer(loose_session, "three-stopped"), data=DATA_PLACE
)
found["verdicts"] = sorted({(verdict.kind, verdict.outcome) for verdict in [*guard.verdicts, *loose.verdicts]})
answer(found)

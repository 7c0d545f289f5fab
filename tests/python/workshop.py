"""Records the requests of AWS's secure data-science workshop, as the SageMaker SDK sends them, into a folder: no network is used.

    pip install 'sagemaker<3' && python tests/python/workshop.py shared/policy/tests/workshop

The arguments are those of the workshop's two notebooks (data scientist and DevOps). The transform job and the pipeline, which it does not
have, use what it has. boto3's `before-call` answers every request. Installing the SDK takes 300 MB and minutes, therefore the requests are
kept, and no test runs this."""

import io
import json
import os
import re
import sys
import tempfile

# The SDK would report each call to its makers.
with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as config:
    config.write("SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n")
os.environ.update(
    AWS_DEFAULT_REGION="eu-west-1", AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", SAGEMAKER_ADMIN_CONFIG_OVERRIDE=config.name
)

import boto3
from sagemaker import Session
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput, TransformInput
from sagemaker.model import Model
from sagemaker.model_monitor import CronExpressionGenerator, DataCaptureConfig, DefaultModelMonitor
from sagemaker.network import NetworkConfig
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.transformer import Transformer
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.steps import ProcessingStep, TrainingStep, TransformStep

FOLDER = sys.argv[1]
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ds-notebook-role-credit-dev-jane"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
GROUPS, SUBNETS = ["sg-0a1b2c3d4e5f60001"], ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
DATA, MODELS = "s3://ds-data-bucket-credit-dev/secure-sagemaker-demo", "s3://ds-model-bucket-credit-dev/secure-sagemaker-demo"


class Recorder:
    """Keeps what is sent, and answers that all went well."""

    def __init__(self):
        self.sent = []

    def __call__(self, model, params, **_):
        operation = model.name
        answers = model.output_shape.members if model.output_shape else {}
        answer = {name: f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:x/y" for name in answers if name.endswith("Arn")}
        answer["ResponseMetadata"] = {"HTTPStatusCode": 200}
        if model.service_model.service_name == "sagemaker" and operation.startswith("Create"):
            self.sent.append((operation, json.loads(params["body"])))
        if operation == "GetCallerIdentity":
            answer |= {"Account": ACCOUNT, "Arn": ROLE}
        if operation == "GetObject":
            answer["Body"] = io.BytesIO(b"{}")  # The baseline, which the SDK reads.
        return type("Http", (), {"status_code": 200})(), answer


def write(name, request):
    """Writes a request, without the time of day that the SDK adds to names."""
    text = json.dumps(request, indent=1, sort_keys=True) + "\n"
    with open(os.path.join(FOLDER, f"{name}.json"), "w", encoding="utf-8") as file:
        file.write(re.sub(r"-\d{4}(-\d\d){5}-\d{3}", "", text))


def sklearn(session):
    return SKLearnProcessor(
        framework_version="0.20.0",
        role=ROLE,
        instance_type="ml.c4.xlarge",
        instance_count=1,
        network_config=NetworkConfig(security_group_ids=GROUPS, subnets=SUBNETS),
        volume_kms_key=KEY,
        sagemaker_session=session,
    )


def preprocess(processor):
    output = lambda name, source, to: ProcessingOutput(output_name=name, source=f"/opt/ml/processing/{source}", destination=f"{DATA}/{to}")
    return processor.run(
        code=f"{DATA}/code/preprocessing.py",
        inputs=[ProcessingInput(source=f"{DATA}/data", destination="/opt/ml/processing/input")],
        outputs=[
            output("train_data", "train", "train_data"),
            output("test_data", "test", "test_data"),
            output("train_data_headers", "train_headers", "train_headers"),
        ],
        arguments=["--train-test-split-ratio", "0.2"],
        wait=False,
    )


def xgboost(session):
    return Estimator(
        image_uri="141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:0.90-1-cpu-py3",
        role=ROLE,
        instance_count=1,
        instance_type="ml.m4.xlarge",
        max_run=3600,
        max_wait=3600,
        use_spot_instances=True,
        output_path=f"{MODELS}/models",
        subnets=SUBNETS,
        security_group_ids=GROUPS,
        volume_kms_key=KEY,
        encrypt_inter_container_traffic=False,
        hyperparameters={"max_depth": 5, "eta": 0.2, "objective": "binary:logistic", "num_round": 100, "verbosity": 0},
        sagemaker_session=session,
    )


def train(estimator, **more):
    channel = TrainingInput(f"{DATA}/train_data", content_type="csv")
    return estimator.fit({"train": channel}, wait=False, **more)


def transformer(session):
    return Transformer(
        model_name="credit-model",
        instance_count=1,
        instance_type="ml.m4.xlarge",
        output_path=f"{DATA}/scored",
        volume_kms_key=KEY,
        sagemaker_session=session,
    )


def sent(step):
    """What a step of the workshop sends, without the SDK's own session."""
    recorder = Recorder()
    boto_session = boto3.Session()
    boto_session.events.register("before-call", recorder)
    step(Session(boto_session=boto_session, default_bucket="ds-data-bucket-credit-dev"))
    return dict(recorder.sent)


def deploy(session):
    model = Model(
        image_uri="141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:0.90-1-cpu-py3",
        model_data=f"{MODELS}/models/credit-train/output/model.tar.gz",
        role=ROLE,
        name="credit-model",
        vpc_config={"SecurityGroupIds": GROUPS, "Subnets": SUBNETS},
        enable_network_isolation=False,
        sagemaker_session=session,
    )
    capture = DataCaptureConfig(
        enable_capture=True,
        sampling_percentage=100,
        destination_s3_uri=f"{DATA}/monitoring/datacapture",
        capture_options=["Output", "Input"],
        csv_content_types=["text/csv"],
        json_content_types=["application/json"],
    )
    model.deploy(1, "ml.m5.xlarge", endpoint_name="credit-endpoint", data_capture_config=capture, wait=False)


def monitor(session):
    monitor = DefaultModelMonitor(
        role=ROLE,
        instance_count=1,
        instance_type="ml.m5.xlarge",
        volume_size_in_gb=20,
        max_runtime_in_seconds=3600,
        network_config=NetworkConfig(security_group_ids=GROUPS, subnets=SUBNETS),
        volume_kms_key=KEY,
        sagemaker_session=session,
    )
    results = f"{MODELS}/credit-model/baselining/results"
    monitor.create_monitoring_schedule(
        monitor_schedule_name="credit-monitor",
        endpoint_input="credit-endpoint",
        output_s3_uri=f"{MODELS}/reports",
        statistics=f"{results}/statistics.json",
        constraints=f"{results}/constraints.json",
        schedule_cron_expression=CronExpressionGenerator.hourly(),
        enable_cloudwatch_metrics=True,
    )


def pipeline():
    boto_session = boto3.Session()
    boto_session.events.register("before-call", Recorder())
    session = PipelineSession(boto_session=boto_session, default_bucket="ds-data-bucket-credit-dev")
    steps = [
        ProcessingStep(name="Preprocess", step_args=preprocess(sklearn(session))),
        TrainingStep(name="Train", step_args=train(xgboost(session))),
        TransformStep(name="Score", step_args=transformer(session).transform(f"{DATA}/test_data", content_type="text/csv", wait=False)),
    ]
    return json.loads(Pipeline(name="credit", steps=steps, sagemaker_session=session).definition())


experiment = {"TrialName": "cc-fraud-training-job-1", "TrialComponentDisplayName": "Training"}
write("processing-job", sent(lambda session: preprocess(sklearn(session)))["CreateProcessingJob"])
training = sent(lambda session: train(xgboost(session), job_name="credit-train", experiment_config=experiment))
write("spot-training-job", training["CreateTrainingJob"])
deployed = sent(deploy)
write("model", deployed["CreateModel"])
write("endpoint-config-with-capture", deployed["CreateEndpointConfig"])
write("endpoint", deployed["CreateEndpoint"])
monitored = sent(monitor)
write("data-quality-job-definition", monitored["CreateDataQualityJobDefinition"])
write("monitoring-schedule", monitored["CreateMonitoringSchedule"])
scored = sent(lambda session: transformer(session).transform(f"{DATA}/test_data", content_type="text/csv", job_name="credit-score", wait=False))
write("transform-job", scored["CreateTransformJob"])
write("pipeline", pipeline())

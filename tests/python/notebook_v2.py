"""The workshop's two notebooks, step for step, with the SageMaker SDK 2, sagemaker-experiments and boto3, while the guard is on.

The names and the order of the steps are those of AWS's secure data-science workshop. Runs in a checkout of the project's repository;
AWS_ENDPOINT_URL names the account, SAGEWARDEN_STORE the store of Sagewarden. Prints one JSON document: what the notebooks found.
"""

import json
import subprocess
import tarfile
import time

import boto3
import pandas
import sagemaker
import sagemaker.session
import sagewarden
from notebook_steps import *
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model_monitor import CronExpressionGenerator, DefaultModelMonitor
from sagemaker.model_monitor.dataset_format import DatasetFormat
from sagemaker.network import NetworkConfig
from sagemaker.predictor import Predictor
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.steps import TrainingStep
from smexperiments.experiment import Experiment
from smexperiments.tracker import Tracker
from smexperiments.trial import Trial

sagemaker.session.time = Patience()
found = {}

# Notebook 01, sections 1 to 3: the guard, the role, the environment.
boto_session = boto3.Session()
guard = sagewarden.guard(boto_session, mode="raise")
sess = sagemaker.Session(boto_session=boto_session, default_bucket=DATA)
sm = boto_session.client("sagemaker")
# `get_execution_role` names the address of STS itself; these are its two calls.
caller = boto_session.client("sts").get_caller_identity()["Arn"]
role = boto_session.client("iam").get_role(RoleName=caller.split("/")[1])["Role"]["Arn"]
network_config = NetworkConfig(security_group_ids=GROUPS, subnets=SUBNETS)
found["role"] = role

# The raw data, and the script that prepares it.
rows = list(clients(1_500))
with open("rawdata.csv", "w", encoding="utf-8") as file:
    file.write(table(rows, COLUMNS))
raw_data_location = sess.upload_data("rawdata.csv", bucket=DATA, key_prefix=f"{PREFIX}/data")
source_commit = commit("Added Trained model\n\nPreprocessing and training.", preprocessing="# splits the raw data\n", train="# XGBoost\n")
codeupload = sess.upload_data("preprocessing.py", bucket=DATA, key_prefix=f"{PREFIX}/code")
place = {name: f"s3://{DATA}/{PREFIX}/{name}" for name in ("train_data", "test_data", "train_headers")}

# Section 4: processing.
sklearn_processor = SKLearnProcessor(
    framework_version="0.20.0",
    role=role,
    instance_type="ml.c4.xlarge",
    instance_count=1,
    network_config=network_config,
    volume_kms_key=KEY,
    sagemaker_session=sess,
)
output = lambda name, source, to: ProcessingOutput(output_name=name, source=f"/opt/ml/processing/{source}", destination=place[to])
sklearn_processor.run(
    code=codeupload,
    inputs=[ProcessingInput(source=raw_data_location, destination="/opt/ml/processing/input")],
    outputs=[
        output("train_data", "train", "train_data"),
        output("test_data", "test", "test_data"),
        output("train_data_headers", "train_headers", "train_headers"),
    ],
    arguments=["--train-test-split-ratio", "0.2"],
    logs=False,
)
processing_job = sklearn_processor.jobs[-1].describe()
found["processing"] = processing_job["ProcessingJobStatus"]

# Section 5: the experiment, the tracker, and the job without a network.
cc_experiment = Experiment.create(
    experiment_name=f"CreditCardDefault-{int(time.time())}",
    description="Predict credit card default from payments data",
    sagemaker_boto_client=sm,
)
with Tracker.create(display_name="Preprocessing", sagemaker_boto_client=sm, boto3_session=boto_session) as tracker:
    tracker.log_parameters({"train_test_split_ratio": 0.2})
    tracker.log_input(name="ccdefault-raw-dataset", media_type="s3/uri", value=raw_data_location)
    tracker.log_input(name="ccdefault-train-dataset", media_type="s3/uri", value=place["train_data"])
    tracker.log_input(name="ccdefault-test-dataset", media_type="s3/uri", value=place["test_data"])

image = sagemaker.image_uris.retrieve("xgboost", boto_session.region_name, "0.90-1")
train_input = TrainingInput(place["train_data"], content_type="csv")


def xgboost(session, **network):
    return Estimator(
        image_uri=image,
        role=role,
        instance_count=1,
        instance_type="ml.m4.xlarge",
        max_run=3600,
        max_wait=3600,
        use_spot_instances=True,
        output_path=f"s3://{MODELS}/{PREFIX}/models",
        encrypt_inter_container_traffic=False,
        hyperparameters=HYPERPARAMETERS,
        sagemaker_session=session,
        **network,
    )


found["refused"] = refused(xgboost(sess).fit, {"train": train_input}, job_name="cc-without-network")
found["not_sent"] = [job["TrainingJobName"] for job in sm.list_training_jobs()["TrainingJobSummaries"]]

# The same job as the step of a pipeline: the definition is judged as it stands, and the guard hears of its creation.
pipeline_session = PipelineSession(boto_session=boto_session, default_bucket=DATA)
step = TrainingStep(name="Train", step_args=xgboost(pipeline_session).fit({"train": train_input}))
pipeline = Pipeline(name="credit", steps=[step], sagemaker_session=pipeline_session)
found["pipeline"] = str(sagewarden.check(pipeline))
found["pipeline_refused"] = refused(pipeline.create, role_arn=role)

# The same job under a guard that only warns: the account stops it, and the guard says why.
loose_boto_session = boto3.Session()
sagewarden.guard(loose_boto_session, mode="warn")
loose = sagemaker.Session(boto_session=loose_boto_session, default_bucket=DATA)
found["stopped"] = shown_in_ipython(
    'estimator.fit({"train": train_input}, job_name="cc-stopped", wait=True, logs="All")',
    estimator=xgboost(loose),
    train_input=train_input,
)
found["why"] = until(
    lambda: sagewarden.why("training-job/cc-stopped", store=STORE).data, "the verdict on the job without a network"
)

# The job with a network, on spot capacity, in a trial.
trial_name = f"cc-fraud-training-job-{int(time.time())}"
cc_trial = Trial.create(trial_name=trial_name, experiment_name=cc_experiment.experiment_name, sagemaker_boto_client=sm)
cc_trial.add_trial_component(tracker.trial_component)
training_job = f"cc-training-job-{int(time.time())}"
estimator = xgboost(sess, subnets=SUBNETS, security_group_ids=GROUPS, volume_kms_key=KEY)
_, found["training_said"] = said(
    estimator.fit,
    {"train": train_input},
    job_name=training_job,
    experiment_config={"TrialName": trial_name, "TrialComponentDisplayName": "Training"},
    wait=True,
)
training = sm.describe_training_job(TrainingJobName=training_job)
found["training"] = {name: training[name] for name in ("TrainingJobStatus", "TrainingTimeInSeconds", "BillableTimeInSeconds")}
found["tags"] = {tag["Key"]: tag["Value"] for tag in sm.list_tags(ResourceArn=training["TrainingJobArn"])["Tags"]}
found["commits"] = [source_commit]

# Section 6: the model's archive is found through the trial component, and its SHAP values are computed.
component = sm.describe_trial_component(TrialComponentName=f"{training_job}-aws-training-job")
artifact = component["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"]
s3 = boto_session.client("s3")
s3.download_file(MODELS, artifact.split("/", 3)[3], "model.tar.gz")
found["archive"] = tarfile.open("model.tar.gz").getnames()
s3.download_file(DATA, f"{PREFIX}/train_headers/train_data_headers.csv", "train_data_headers.csv")
explained = subprocess.run(
    [sagewarden.binary(), "explain", "--model", "model.tar.gz", "train_data_headers.csv", "--label", "Label", "--format", "json"],
    capture_output=True,
    text=True,
)
assert explained.returncode == 0, explained.stderr
found["explained"] = json.loads(explained.stdout)

# Notebook 02: model, configuration with capture, endpoint.
deploy_commit = commit("Added Model Deployment Notebook", deploy="# endpoint with data capture\n")
found["commits"].append(deploy_commit)
latest = sm.list_training_jobs(MaxResults=1, SortBy="CreationTime", SortOrder="Descending")["TrainingJobSummaries"][0]
assert latest["TrainingJobName"] == training_job, latest
model_name, endpoint_name = f"{training_job}-model", f"{training_job}-endpoint"
found["endpoint"] = endpoint_name
sm.create_model(
    ModelName=model_name,
    PrimaryContainer={"Image": training["AlgorithmSpecification"]["TrainingImage"], "ModelDataUrl": training["ModelArtifacts"]["S3ModelArtifacts"]},
    VpcConfig={"SecurityGroupIds": GROUPS, "Subnets": SUBNETS},
    ExecutionRoleArn=role,
    EnableNetworkIsolation=False,
)
capture = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{DATA}/{PREFIX}/monitoring/datacapture",
    "CaptureOptions": [{"CaptureMode": "Output"}, {"CaptureMode": "Input"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
}
variant = {"VariantName": "AllTraffic", "ModelName": model_name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.xlarge", "InitialVariantWeight": 1.0}
sm.create_endpoint_config(EndpointConfigName=f"{endpoint_name}-config", ProductionVariants=[variant], DataCaptureConfig=capture)
sm.create_endpoint(EndpointName=endpoint_name, EndpointConfigName=f"{endpoint_name}-config")
sess.wait_for_endpoint(endpoint_name)

# Ten rows of the test data, and what was captured of them.
s3.download_file(DATA, f"{PREFIX}/test_data/test_data.csv", "test_data.csv")
test = [line.rstrip("\n").split(",") for line in open("test_data.csv", encoding="utf-8")]
predictor = Predictor(endpoint_name, sagemaker_session=sess, serializer=CSVSerializer())
found["scores"] = [float(predictor.predict(",".join(row[1:]))) for row in test[:10]]
captured = until(
    lambda: s3.list_objects(Bucket=DATA, Prefix=f"{PREFIX}/monitoring/datacapture/{endpoint_name}/AllTraffic").get("Contents"),
    "captured traffic",
)
lines = s3.get_object(Bucket=DATA, Key=captured[-1]["Key"])["Body"].read().decode().splitlines()
found["captured"] = sorted(json.loads(lines[0])["captureData"])

# Section 7: baseline and schedule.
my_default_monitor = DefaultModelMonitor(
    role=role,
    instance_count=1,
    instance_type="ml.m5.xlarge",
    volume_size_in_gb=20,
    max_runtime_in_seconds=3600,
    network_config=network_config,
    volume_kms_key=KEY,
    sagemaker_session=sess,
)
results = f"s3://{MODELS}/{PREFIX}/{model_name}/baselining/results"
my_default_monitor.suggest_baseline(
    baseline_dataset=f"{place['train_headers']}/train_data_headers.csv",
    dataset_format=DatasetFormat.csv(header=True),
    output_s3_uri=results,
    wait=True,
    logs=False,
)
baseline_job = my_default_monitor.latest_baselining_job
schema = pandas.json_normalize(baseline_job.baseline_statistics().body_dict["features"])
found["baseline"] = list(schema["name"])
found["constraints"] = len(baseline_job.suggested_constraints().body_dict["features"])
schedule_name = "xgb-credit-score-model-monitor-schedule-" + time.strftime("%Y-%m-%d-%H-%M-%S", time.gmtime())
my_default_monitor.create_monitoring_schedule(
    monitor_schedule_name=schedule_name,
    endpoint_input=endpoint_name,
    output_s3_uri=f"s3://{MODELS}/{PREFIX}/reports",
    statistics=my_default_monitor.baseline_statistics(),
    constraints=my_default_monitor.suggested_constraints(),
    schedule_cron_expression=CronExpressionGenerator.hourly(),
    enable_cloudwatch_metrics=True,
)
schedule = my_default_monitor.describe_schedule()
found["schedule"] = schedule["MonitoringScheduleStatus"]


def time_in_the_account():
    s3.put_object(Bucket=DATA, Key="clock", Body=b"")
    return s3.list_objects(Bucket=DATA, Prefix="clock")["Contents"][0]["LastModified"]


# A baseline counts for the hours that begin after its schedule was made.
until(lambda: (time_in_the_account() - schedule["CreationTime"]).total_seconds() > 3_000 or None, "the next hour")

# Synthetic drift: half of the limits are a thousandth, three quarters of the codes of education negative.
runtime = boto_session.client("sagemaker-runtime")
for number, row in enumerate(test):
    row = row[1:]
    if number % 2:
        row[0] = str(int(row[0]) / 1_000)
    if number % 4:
        row[2] = str(-int(row[2]))
    runtime.invoke_endpoint(EndpointName=endpoint_name, ContentType="text/csv", Body=",".join(row))
executions = until(my_default_monitor.list_executions, "an execution of the schedule", 60)
executions[-1].wait(logs=False)
found["execution"] = executions[-1].describe()["ExitMessage"]
violations = my_default_monitor.latest_monitoring_constraint_violations().body_dict["violations"]
found["violations"] = sorted({violation["feature_name"] for violation in violations})

# Section 8: two commits by hand, as trackers, and the lineage as a data frame.
codecommit = boto_session.client("codecommit")
repository = codecommit.list_repositories()["repositories"][0]["repositoryName"]


def track(name, commit_id, **inputs):
    commit = codecommit.get_commit(repositoryName=repository, commitId=commit_id)["commit"]
    with Tracker.create(display_name=name, sagemaker_boto_client=sm, boto3_session=boto_session) as tracked:
        first_line = commit["message"].replace("-", "_").split("\n")[0]
        tracked.log_parameters(
            {"commit": commit["commitId"], "author": commit["author"]["email"], "date": commit["author"]["date"], "message": first_line}
        )
        for input_name, value in inputs.items():
            tracked.log_input(name=input_name.replace("_", "-"), value=value)
    cc_trial.add_trial_component(tracked.trial_component)


track("source-control-lineage", source_commit)
track("prod-endpoint-lineage", deploy_commit, endpoint_name=endpoint_name)
by_hand = ExperimentAnalytics(
    sagemaker_session=sess,
    search_expression={"Filters": [{"Name": "Parents.TrialName", "Operator": "Equals", "Value": trial_name}]},
    sort_by="CreationTime",
    sort_order="Ascending",
).dataframe()

# The same by itself.
lineage = sagewarden.lineage(f"endpoint/{endpoint_name}", store=STORE)
by_itself = lineage.df
is_absent = lambda value: value is None or value is pandas.NA or value != value or value in ("", [])
rows_of = lambda frame: [{name: value for name, value in row.items() if not is_absent(value)} for row in frame.to_dict("records")]
found["by_hand"], found["by_itself"] = rows_of(by_hand), rows_of(by_itself)
found["columns"] = list(by_itself.columns)
found["types"] = {name: str(by_itself[name].dtype) for name in ("SageMaker.InstanceCount", "SpotSavingPercent", "eta", "num_round") if name in by_itself}
found["component"] = {
    name: value.get("StringValue") or value.get("NumberValue")
    for name, value in sm.describe_trial_component(TrialComponentName=f"{training_job}-aws-training-job")["Parameters"].items()
}
with open("lineage.html", "w", encoding="utf-8") as file:
    file.write(lineage.html)
found["history"] = str(sagewarden.history(f"endpoint/{endpoint_name}", store=STORE))
found["job_history"] = str(sagewarden.history(f"training-job/{training_job}", store=STORE))
found["verdicts"] = sorted({(verdict.kind, verdict.outcome) for verdict in guard.verdicts})
answer(found)

"""The guard where MLflow tracks on SageMaker: `MLFLOW_TRACKING_URI` is the ARN of a tracking server, and sagemaker-mlflow signs.

Plays the tracking server itself, with a run without the guard and one beneath it. Runs in a checkout with changes that are not committed.
Prints one JSON document: what arrived at the server each time, and what became of boto3's calls. The first argument is a file with settings,
SAGEWARDEN_BINARY names the command.
"""

import json
import os
import sys
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

arrived = []


class TrackingServer(BaseHTTPRequestHandler):
    """As much of MLflow's REST API as a run needs."""

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        path = self.path.split("?")[0]
        arrived.append(
            {
                "call": f"{self.command} {path.rsplit('/mlflow/')[-1]}",
                "body": json.loads(body) if body else None,
                "signed": (self.headers.get("Authorization") or "").startswith("AWS4-HMAC-SHA256"),
                "arn": self.headers.get("x-mlflow-sm-tracking-server-arn"),
            }
        )
        experiment = {"experiment_id": "1", "name": "credit", "artifact_location": "s3://b/mlflow", "lifecycle_stage": "active"}
        info = {"run_id": "r1", "run_uuid": "r1", "experiment_id": "1", "user_id": "ana", "status": "RUNNING", "start_time": 1}
        info.update({"artifact_uri": "s3://b/mlflow/r1", "lifecycle_stage": "active", "run_name": "first"})
        run = {"info": info, "data": {}}
        document = {
            "get-by-name": {"experiment": experiment},
            "experiments/get": {"experiment": experiment},
            "runs/create": {"run": run},
            "runs/get": {"run": run},
            "runs/update": {"run_info": info},
        }
        found = next((value for name, value in document.items() if path.endswith(name)), {})
        text = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *_):
        pass


ARN = "arn:aws:sagemaker:eu-west-1:111122223333:mlflow-tracking-server/credit"
server = ThreadingHTTPServer(("127.0.0.1", 0), TrackingServer)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["MLFLOW_TRACKING_URI"] = ARN
os.environ["SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"

import boto3  # noqa: E402
import mlflow  # noqa: E402
import sagewarden  # noqa: E402


def track():
    """What a notebook tracks, and what arrived of it."""
    arrived.clear()
    mlflow.set_experiment("credit")
    with mlflow.start_run(run_name="first"):
        mlflow.log_param("eta", "0.2")
        mlflow.log_metric("auc", 0.77)
        mlflow.set_tag("CommitId", "abc")
    return [{**each, "body": without_times(each["body"])} for each in arrived]


def without_times(body):
    if isinstance(body, dict):
        return {name: without_times(value) for name, value in body.items() if name not in ("timestamp", "start_time", "end_time")}
    return [without_times(each) for each in body] if isinstance(body, list) else body


def answered(session):
    """A client whose calls end where boto3 would send them, and what would have been sent."""
    sent = []

    def answer(model, params, **_):
        sent.append({"operation": model.name, "body": json.loads(params["body"])})
        parsed = {"AuthorizedUrl": "https://mlflow", "TrainingJobArn": "arn", "TrackingServerArn": ARN, "ResponseMetadata": {}}
        return type("Http", (), {"status_code": 200})(), parsed

    client = session.client("sagemaker")
    client.meta.events.register_last("before-call.sagemaker.*", answer)
    return client, sent


def attempt(call, **request):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            call(**request)
            outcome = "sent"
        except sagewarden.Refused as refused:
            outcome = f"refused: {refused}"
    return {"outcome": outcome, "said": [str(each.message) for each in said if issubclass(each.category, sagewarden.SagewardenWarning)]}


JOB = {
    "TrainingJobName": "j",
    "AlgorithmSpecification": {"TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1", "TrainingInputMode": "File"},
    "RoleArn": "arn:aws:iam::111122223333:role/r",
    "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "Environment": {"MLFLOW_TRACKING_URI": ARN, "MLFLOW_EXPERIMENT_NAME": "credit", "MLFLOW_RUN_ID": "r1"},
}

found = {"bare": track()}
for mode in ("warn", "raise"):
    session = boto3.Session()
    guard = sagewarden.guard(session, mode=mode, settings=sys.argv[1])
    default = sagewarden.guard(mode=mode, settings=sys.argv[1])
    client, sent = answered(session)
    found[mode] = {
        "tracked": track(),
        "address": attempt(client.create_presigned_mlflow_tracking_server_url, TrackingServerName="credit"),
        "server": attempt(client.create_mlflow_tracking_server, TrackingServerName="credit", ArtifactStoreUri="s3://b/mlflow", RoleArn=JOB["RoleArn"]),
        "job": attempt(client.create_training_job, **JOB),
        "sent": sent,
    }
    guard.remove()
    default.remove()
checked = sagewarden.check(JOB, settings=sys.argv[1])
found["checked"] = [[finding.control, finding.field] for finding in checked.findings]
named = sagewarden.check({**JOB, "MlflowConfig": {"MlflowResourceArn": ARN, "MlflowExperimentName": "credit"}}, settings=sys.argv[1])
found["named"] = [finding.control for finding in named.findings]
print(json.dumps(found))

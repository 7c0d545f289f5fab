"""The questions of benches/lineage, asked of MLflow on SQLite: `python mlflow_lineage.py <folder> [runs]`.

Needs `pip install mlflow-skinny sqlalchemy alembic`. 10,000 runs with parameters, metrics and the tag that MLflow itself sets for
the commit; four runs in a row have the same one. Each run is then a version of a registered model.
"""

import statistics
import sys
import tempfile
import time

from mlflow.tracking import MlflowClient

RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000


def timed(what, times, work):
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    print(f"MLflow, {RUNS} runs: {what:<40} {statistics.median(taken):8.2f} ms p50 {taken[int((times - 1) * 0.99)]:8.2f} ms p99", flush=True)


def main():
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
        client = MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db", registry_uri=f"sqlite:///{folder}/mlflow.db")
        experiment = client.create_experiment("credit", artifact_location=f"{folder}/artifacts")
        runs = []

        def record(number):
            commit = f"{number // 4:040x}"
            run = client.create_run(experiment, tags={"mlflow.source.git.commit": commit})
            for index in range(10):
                client.log_param(run.info.run_id, f"parameter_{index}", f"0.{number + index}")
            client.log_metric(run.info.run_id, "auc", 0.9)
            client.set_terminated(run.info.run_id)
            runs.append(run.info.run_id)

        def fill(number):
            """As `record`, in batches: the runs are what counts, not how they came there."""
            from mlflow.entities import Metric, Param

            commit = f"{number // 4:040x}"
            run = client.create_run(experiment, tags={"mlflow.source.git.commit": commit})
            params = [Param(f"parameter_{index}", f"0.{number + index}") for index in range(10)]
            client.log_batch(run.info.run_id, params=params, metrics=[Metric("auc", 0.9, 0, 0)])
            client.set_terminated(run.info.run_id)
            runs.append(run.info.run_id)

        measured = 200
        for number in range(RUNS - measured):
            fill(number)
        timed("record a run", measured, lambda number: record(RUNS - measured + number))
        client.create_registered_model("credit")
        versions = [client.create_model_version("credit", f"{folder}/model", run_id=run) for run in runs[:200]]
        timed(
            "find a model's run",
            200,
            lambda number: client.get_run(client.get_model_version("credit", versions[number].version).run_id),
        )

        def models_of_commit(number):
            commit = f"{number // 4:040x}"
            found = client.search_runs([experiment], f"tags.`mlflow.source.git.commit` = '{commit}'")
            for run in found:
                client.search_model_versions(f"run_id = '{run.info.run_id}'")

        timed("find the models of a commit", 100, models_of_commit)


main()

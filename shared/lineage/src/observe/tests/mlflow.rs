use super::*;
use crate::edge::LOGGED;

const APP: &str = "arn:aws:sagemaker:eu-west-1:111122223333:mlflow-app/app-1";

/// What a training job says of MLflow: the run, and the gaps.
fn logged(status: &str, config: Json, details: Json) -> (Option<String>, Vec<(String, String)>) {
    let document = json!({ "TrainingJobStatus": status, "MlflowConfig": config, "MlflowDetails": details });
    let found = seen(ResourceKind::TrainingJob, document);
    (found.run.map(|run| run.id().to_string()), found.gaps)
}

#[test]
fn a_job_names_the_run_that_it_logs_to_by_server_experiment_and_run() {
    let details = json!({ "MlflowExperimentId": "12", "MlflowRunId": "0a1b" });
    let named = |arn: &str| logged("InProgress", json!({ "MlflowResourceArn": arn }), details.clone());
    let of_app = "mrun#111122223333/eu-west-1/mlflow-app/app-1/12/0a1b";
    assert_eq!(named(APP), (Some(of_app.to_owned()), vec![]));
    let server = "arn:aws-cn:sagemaker:cn-north-1:444455556666:mlflow-tracking-server/runs";
    let of_server = "mrun#444455556666/cn-north-1/mlflow-tracking-server/runs/12/0a1b";
    assert_eq!(named(server), (Some(of_server.to_owned()), vec![]));
}

#[test]
fn a_name_is_no_identity_and_a_run_that_nobody_names_is_a_gap_once_the_job_has_ended() {
    let config =
        json!({ "MlflowResourceArn": APP, "MlflowExperimentName": "credit", "MlflowRunName": "nightly" });
    let gap = |words: &str| (None, vec![(LOGGED.to_owned(), words.to_owned())]);
    let unnamed = gap("it logs to MLflow app `app-1`, but its description names no run");
    for details in
        [json!(null), json!({}), json!({ "MlflowRunId": "0a1b" }), json!({ "MlflowExperimentId": "12" })]
    {
        let running = logged("InProgress", config.clone(), details.clone());
        assert_eq!(running, (None, vec![]), "a later event may name it: {details}");
        assert_eq!(logged("Completed", config.clone(), details.clone()), unnamed, "{details}");
    }
    let long = json!({ "MlflowExperimentId": "12", "MlflowRunId": "a".repeat(257) });
    assert_eq!(logged("Completed", config, long), unnamed, "the API allows no such id");
}

#[test]
fn a_run_without_its_server_is_a_gap() {
    let details = json!({ "MlflowExperimentId": "12", "MlflowRunId": "0a1b" });
    let gap = vec![(
        LOGGED.to_owned(),
        "it logs to run `0a1b` of an MLflow server that it does not name".to_owned(),
    )];
    for config in [
        json!(null),
        json!({ "MlflowResourceArn": "app-1" }),
        json!({ "MlflowResourceArn": "arn:aws:sagemaker:eu-west-1:111122223333:model/app-1" }),
    ] {
        assert_eq!(logged("InProgress", config.clone(), details.clone()), (None, gap.clone()), "{config}");
    }
    assert_eq!(logged("Completed", json!({}), json!({})), (None, vec![]), "it does not log to MLflow");
}

#[test]
fn what_a_request_asked_for_is_kept_beside_the_run() {
    let config =
        json!({ "MlflowResourceArn": APP, "MlflowExperimentName": "credit", "MlflowRunName": "nightly" });
    let job = seen(ResourceKind::TrainingJob, json!({ "MlflowConfig": config }));
    let expect = facts(&[
        (node::MLFLOW, text(APP)),
        (node::MLFLOW_EXPERIMENT, text("credit")),
        (node::MLFLOW_RUN, text("nightly")),
    ]);
    assert_eq!(job.facts, expect);
    let execution = json!({ "MLflowConfig": { "MlflowResourceArn": APP, "MlflowExperimentName": "credit" } });
    let execution = seen(ResourceKind::PipelineExecution, execution);
    let expect = facts(&[(node::MLFLOW, text(APP)), (node::MLFLOW_EXPERIMENT, text("credit"))]);
    assert_eq!((execution.facts, execution.run, execution.gaps), (expect, None, vec![]));
}

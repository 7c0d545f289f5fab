//! MLflow tracking servers and apps: judged, marked, and left as they are. Their runs, in the lineage of the jobs that log to them.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use futures::executor::block_on;
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::{Ask, POLICY_VIOLATION, Question, answer};
use sagewarden_lineage::answer::Reply;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, endpoint_config, model, training_job};
use serde_json::{Value, json};

const BUCKETS: &str = "\n[artifacts]\nallowed_buckets = [\"models\"]\n";

fn world() -> Result<Local> {
    Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{BUCKETS}"))?)
}

/// The controls of the one finding on a resource, and what was done about it.
fn found(local: &Local, resource: &Resource) -> Result<(Vec<String>, Value)> {
    let sent = local.sent()?;
    let own: Vec<_> =
        sent.iter().filter(|notice| notice.detail["resource"]["arn"] == resource.arn().as_str()).collect();
    let [notice] = own.as_slice() else { return Err(format!("{} findings", own.len()).into()) };
    assert_eq!(notice.detail_type, POLICY_VIOLATION);
    let findings = notice.detail["findings"].as_array().into_iter().flatten();
    let controls = findings.filter_map(|finding| finding["control"].as_str()).map(str::to_owned);
    Ok((controls.collect(), notice.detail["remediation"]["action"].clone()))
}

#[test]
fn a_server_with_a_foreign_bucket_is_found_and_marked() -> Result<()> {
    let local = world()?;
    let request = json!({
        "TrackingServerName": "runs", "ArtifactStoreUri": "s3://elsewhere/mlflow", "RoleArn": "arn:aws:iam::111122223333:role/r",
    });
    let server = local.create(ResourceKind::TrackingServer, &request, 0)?;
    local.settle()?;
    assert_eq!(found(&local, &server)?, (vec!["MLS-ART-01".to_owned()], json!("AddTags")));
    assert!(local.system.account.tag_map(&server)?.contains_key("sagewarden:violation"));
    Ok(())
}

/// The service names an app. Only the answer to the call has that name.
#[test]
fn an_app_is_judged_under_the_name_that_the_service_gave_it() -> Result<()> {
    let local = world()?;
    let request = json!({
        "Name": "runs", "ArtifactStoreUri": "s3://models/mlflow", "RoleArn": "arn:aws:iam::111122223333:role/r",
        "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "ModelRegistrationMode": "AutoModelRegistrationEnabled",
    });
    let app = local.create(ResourceKind::MlflowApp, &request, 0)?;
    assert!(app.name.starts_with("app-"), "{app}");
    local.settle()?;
    assert_eq!(found(&local, &app)?, (vec!["MLA-ART-02".to_owned()], json!("AddTags")));
    Ok(())
}

const RUN: &str = "mrun#111122223333/eu-west-1/mlflow-app/app-1/7/0a1b2c3d";

fn ask(local: &Local, ask: Ask, entity: &str) -> Result<Reply> {
    Ok(block_on(answer(&local.system.store, &Question { ask, ..Question::about(entity) }, &|| false))?)
}

/// A training job that logs to an MLflow app, and the endpoint `prod` that serves its model. The description names the run `named` seconds
/// into the story, if at all; every event is delivered.
fn logged(named: Option<i64>) -> Result<Local> {
    let local = Local::new()?;
    let account = &local.system.account;
    let mut request = training_job("train", &[]);
    request["MlflowConfig"] = json!({
        "MlflowResourceArn": "arn:aws:sagemaker:eu-west-1:111122223333:mlflow-app/app-1",
        "MlflowExperimentName": "credit", "MlflowRunName": "nightly",
    });
    let details = json!({ "MlflowDetails": { "MlflowExperimentId": "7", "MlflowRunId": "0a1b2c3d" } });
    let job = local.create(ResourceKind::TrainingJob, &request, 10)?;
    if named.is_some_and(|named| named < 60) {
        account.update(&job, &details, at(20))?;
    }
    local.settle()?;
    account.put_object("models", "out/train/output/model.tar.gz", b"weights", at(50))?;
    account.finish_training(&job, at(60))?;
    let ended = account.drain_events()?;
    ended.iter().try_for_each(|event| local.deliver(&event.to_string()).map(drop))?;
    let mut model = model("m");
    model["PrimaryContainer"]["ModelDataUrl"] = json!("s3://models/out/train/output/model.tar.gz");
    local.create(ResourceKind::Model, &model, 70)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c", "m"), 71)?;
    let endpoint = local.create(
        ResourceKind::Endpoint,
        &json!({ "EndpointName": "prod", "EndpointConfigName": "c" }),
        72,
    )?;
    account.finish_endpoint(&endpoint, at(100))?;
    local.settle()?;
    if named.is_some_and(|named| named >= 60) {
        account.update(&job, &details, at(120))?;
        ended.iter().try_for_each(|event| local.deliver(&event.to_string()).map(drop))?;
    }
    Ok(local)
}

#[test]
fn a_run_is_in_the_lineage_of_what_the_job_made_and_leads_to_the_endpoints_that_serve_it() -> Result<()> {
    for named in [20, 120] {
        let local = logged(Some(named))?;
        let inputs = local.inputs("endpoint/prod", "training-job")?;
        assert!(inputs.contains(&("mlflow-run".to_owned(), "0a1b2c3d".to_owned())), "{named}: {inputs:?}");
        for entity in ["mlflow-run/0a1b2c3d", RUN] {
            let Reply::Impact(impact) = ask(&local, Ask::Impact, entity)? else { panic!("no impact") };
            assert!(impact.complete, "{:?}", impact.missing);
            let endpoints: Vec<&str> = impact.endpoints.iter().map(|live| live.endpoint.as_str()).collect();
            assert_eq!(endpoints, ["prod"], "{named}: {entity}");
        }
        let Reply::Lineage(answer) = ask(&local, Ask::Lineage, "endpoint/prod")? else {
            panic!("no lineage")
        };
        assert!(answer.graph.gaps().iter().all(|gap| !gap.contains("MLflow")), "{:?}", answer.graph.gaps());
        let Reply::History(history) = ask(&local, Ask::History, RUN)? else { panic!("no history") };
        assert!(history.complete, "{history:?}");
    }
    Ok(())
}

/// Names in MLflow are not unique, so a name makes no node.
#[test]
fn a_run_that_no_description_names_is_a_gap_and_no_node() -> Result<()> {
    let local = logged(None)?;
    let Reply::Lineage(answer) = ask(&local, Ask::Lineage, "endpoint/prod")? else { panic!("no lineage") };
    assert!(answer.graph.nodes.values().all(|node| node.id.kind().word() != "mlflow-run"));
    let gap = "training job `train`: it logs to MLflow app `app-1`, but its description names no run";
    assert!(answer.graph.gaps().contains(&gap.to_owned()), "{:?}", answer.graph.gaps());
    Ok(())
}

//! The two notebooks of AWS's secure data-science workshop, played by the clients that people use, with the guard on. The steps that the
//! notebooks do by hand happen without them.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is missing"
)]

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use sagewarden_govern::DRIFT_ALERT;
use sagewarden_tests::aws::client_environment;
use sagewarden_tests::python::{self, Sdk};
use sagewarden_tests::workshop::Workshop;
use sagewarden_tests::{Result, root};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The rules of the workshop's project. Only what the workshop itself demands is judged.
fn settings() -> String {
    format!(
        r#"mode = "enforce"
profile = "essential"

[network]
allowed_subnets = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
allowed_security_groups = ["sg-0f1e2d3c4b5a60001"]

[encryption]
allowed_key_accounts = ["111122223333"]

[traceability]
refuse_uncommitted = true

[lineage]
write_back_commit = true

[drift.detect]
reports = "s3://{}/{}"

[drift.training]
baseline = "make"

# The workshop's buckets encrypt what is written with the project's key by default, and its endpoints use the default key.
[controls]
EPC-ENC-01 = "off"
MSC-ENC-02 = "off"
PRC-ENC-02 = "off"
TRN-ENC-02 = "off"
"#,
        Workshop::MODELS,
        Workshop::REPORTS
    )
}

fn git(folder: &Path, arguments: &[&str]) -> Result<()> {
    let output = Command::new("git").current_dir(folder).args(arguments).output()?;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A notebook's folder: a checkout of the project's repository, with the rules and the owner's name.
fn checkout(workshop: &Workshop, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let repository = workshop.system.git.path(Workshop::REPOSITORY);
    git(folder, &["clone", "--quiet", &repository.to_string_lossy(), "."])?;
    for (key, value) in [("user.name", "Ana Ruiz"), ("user.email", "ana@example.com")] {
        git(folder, &["config", key, value])?;
    }
    fs::write(folder.join("sagewarden.toml"), settings())?;
    let ignored = "*.csv\n*.tar.gz\n*.html\nsagewarden.toml\n";
    Ok(fs::write(folder.join(".gitignore"), ignored)?)
}

/// The results of a notebook, and the folder that it leaves.
fn play(workshop: &mut Workshop, sdk: Sdk, script: &str, folder: &Path) -> Result<Value> {
    checkout(workshop, folder)?;
    let [out, error, answer] = ["out", "err", "json"].map(|name| folder.with_extension(name));
    let store = folder.parent().unwrap_or(folder).join(Workshop::STORE);
    let mut notebook = python::notebook_script(sdk, script, &folder.with_extension("yaml"))?
        .current_dir(folder)
        .env("PYTHONPATH", root().join("python"))
        .env("SAGEWARDEN_BINARY", &workshop.command)
        .env("SAGEWARDEN_STORE", store)
        .env("SAGEWARDEN_FOUND", &answer)
        .env("HOME", folder)
        .envs(client_environment(&workshop.simulator.url()))
        .stdout(File::create(&out)?)
        .stderr(File::create(&error)?)
        .spawn()?;
    let lived = workshop.live_beside(&mut notebook);
    if lived.is_err() {
        notebook.kill()?;
    }
    let status = notebook.wait()?;
    let [printed, said] = [fs::read_to_string(&out)?, fs::read_to_string(&error)?];
    assert!(lived.is_ok() && status.success(), "{lived:?} {status}: {printed}\n{said}");
    Ok(serde_json::from_str(&fs::read_to_string(&answer)?)?)
}

/// The rows of a frame that have this display name.
fn rows<'a>(found: &'a Value, frame: &str, display: &str) -> Vec<&'a Value> {
    let rows = found[frame].as_array().into_iter().flatten();
    rows.filter(|row| row["DisplayName"] == display).collect()
}

/// Whether a cell says the same. A place by itself names the object and its version below the place that was written by hand.
fn is_same(by_hand: &Value, by_itself: &Value) -> bool {
    match (by_hand, by_itself) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::String(one), Value::String(other)) if one.starts_with("s3://") => {
            other.starts_with(one.as_str())
        }
        (one, other) => one == other,
    }
}

/// Each column of the row that was made by hand, with the one that has the same content by itself.
fn check_columns(by_hand: &Value, by_itself: &Value, names: &[(&str, &str)], elsewhere: &[&str]) {
    for (column, cell) in by_hand.as_object().into_iter().flatten() {
        if elsewhere.contains(&column.as_str()) {
            continue;
        }
        let own = names.iter().find(|(named, _)| named == column).map_or(column.as_str(), |(_, own)| own);
        assert!(is_same(cell, &by_itself[own]), "{column}: {cell} {}", by_itself[own]);
    }
}

fn the_frames_have_the_same_content(found: &Value) {
    let [training] = rows(found, "by_hand", "Training")[..] else { panic!("{found:#}") };
    let [own] = rows(found, "by_itself", "Training")[..] else { panic!("{found:#}") };
    // The commit of a job has a row of its own. Its volume has no column, and the media type of a channel is the media type of its place.
    let elsewhere = ["author", "commit", "date", "message", "SageMaker.VolumeSizeInGB", "train - MediaType"];
    check_columns(training, own, &[], &elsewhere);
    assert_eq!(own["SpotSavingPercent"], 67, "{own:#}");
    // The importances that the notebook plots. The data of the training has no names of columns; late payments are the sixth feature.
    let top = own["TopFeatures"].as_str().unwrap_or_default();
    assert!(top.starts_with("_c6 0.41") && top.matches(", ").count() == 4, "{own:#}");

    let [tracked] = rows(found, "by_hand", "Preprocessing")[..] else { panic!("{found:#}") };
    let [own] = rows(found, "by_itself", "Preprocessing")[..] else { panic!("{found:#}") };
    let names = [
        ("ccdefault-raw-dataset - MediaType", "input-1 - MediaType"),
        ("ccdefault-raw-dataset - Value", "input-1 - Value"),
        ("ccdefault-train-dataset - MediaType", "train_data - MediaType"),
        ("ccdefault-train-dataset - Value", "train_data - Value"),
    ];
    // A tracker is no job, and the data of the test is not what the model was made from.
    let elsewhere = [
        "TrialComponentName",
        "train_test_split_ratio",
        "ccdefault-test-dataset - MediaType",
        "ccdefault-test-dataset - Value",
        "Trials",
        "Experiments",
    ];
    check_columns(tracked, own, &names, &elsewhere);
    assert_eq!(own["ContainerArguments"], "--train-test-split-ratio 0.2", "{own:#}");

    // The date is written as CodeCommit has it; it is compared as a commit.
    let elsewhere = ["TrialComponentName", "Trials", "Experiments", "date"];
    for display in ["source-control-lineage", "prod-endpoint-lineage"] {
        let [tracked] = rows(found, "by_hand", display)[..] else { panic!("{found:#}") };
        let own = rows(found, "by_itself", display);
        let own = own.into_iter().find(|row| row["commit"] == tracked["commit"]);
        check_columns(tracked, own.expect("the commit is there by itself"), &[], &elsewhere);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_notebooks_do_by_hand_is_there_by_itself() -> Result<()> {
    let folder = TempDir::new()?;
    let mut workshop = Workshop::start(folder.path(), &settings()).await?;
    let found = play(&mut workshop, Sdk::Two, "notebook_v2.py", &folder.path().join("notebook"))?;
    let says = |key: &str, words: &[&str]| {
        let text = found[key].as_str().unwrap_or_default();
        words.iter().for_each(|word| assert!(text.contains(word), "{key}: {word}: {text}"));
    };

    // The guard comes first: no request that fails is sent.
    // The fix is there as a diff of the request, and as code for the SDK that made it.
    says(
        "refused",
        &[
            "CreateTrainingJob was not sent",
            "FAILED TRN-NET-01",
            "fix:    pass a VpcConfig",
            "diff:   + VpcConfig.Subnets: [\"subnet-0a1b2c3d4e5f60001\",",
            "code:   Estimator(..., subnets=[\"subnet-0a1b2c3d4e5f60001\",",
        ],
    );
    assert_eq!(found["not_sent"], json!([]));
    let pipeline = ["FAILED TRN-NET-01", "code:   Estimator(..., subnets=["];
    says("pipeline", &pipeline);
    says("pipeline_refused", &["CreatePipeline was not sent", "FAILED TRN-NET-01"]);
    // Under a guard that only warns, the account stops the job, and somebody who waits for it reads why.
    says(
        "stopped",
        &[
            "training-job/cc-stopped was stopped by Sagewarden: it failed TRN-ENC-01 TRN-NET-01 (finding ",
            "fix:",
        ],
    );
    assert_eq!(found["why"]["remedy"]["action"], "StopTrainingJob");

    // The results of the notebooks' steps.
    assert_eq!(
        (&found["processing"], &found["training"]["TrainingJobStatus"]),
        (&json!("Completed"), &json!("Completed"))
    );
    assert_eq!(
        (&found["archive"], &found["captured"]),
        (&json!(["xgboost-model"]), &json!(["endpointInput", "endpointOutput"]))
    );
    assert_eq!(found["explained"]["features"][0]["name"], "PAY_0");
    assert_eq!((&found["baseline"][1], &found["constraints"]), (&json!("LIMIT_BAL"), &json!(24)));
    assert_eq!(found["schedule"], "Scheduled");
    says("execution", &["CompletedWithViolations"]);
    assert!(found["violations"].as_array().is_some_and(|all| all.contains(&json!("LIMIT_BAL"))), "{found:#}");

    // The manual steps are not needed: commits, the lineage, the drift.
    let [source, deployment] = [&found["commits"][0], &found["commits"][1]];
    assert_eq!(found["tags"], json!({ "CommitId": source, "Repository": Workshop::REPOSITORY }));
    assert_eq!(
        (&found["component"]["commit"], &found["component"]["author"]),
        (source, &json!("ana@example.com"))
    );
    assert_ne!(source, deployment);
    the_frames_have_the_same_content(&found);
    let types = json!({ "SageMaker.InstanceCount": "Int64", "SpotSavingPercent": "Int64", "eta": "float64", "num_round": "Int64" });
    assert_eq!(found["types"], types);
    says("history", &["EDUCATION", "LIMIT_BAL", "came into force, with model"]);
    says("job_history", &["became Completed", "was judged compliant", "created by arn:aws:sts::"]);
    let sent = workshop.system.notices.sent()?;
    let alert = sent.iter().find(|notice| notice.detail_type == DRIFT_ALERT).ok_or("no alert")?;
    let text = alert.detail.to_string();
    assert!(text.contains("LIMIT_BAL") && text.contains(source.as_str().unwrap_or("-")), "{text}");

    a_notebook_of_the_third_generation_hears_the_same(&mut workshop, &folder.path().join("third"), deployment)
}

/// SDK 3 has the training of the notebooks.
fn a_notebook_of_the_third_generation_hears_the_same(
    workshop: &mut Workshop,
    folder: &Path,
    commit: &Value,
) -> Result<()> {
    let found = play(workshop, Sdk::Three, "notebook_v3.py", folder)?;
    let says = |key: &str, words: &str| {
        assert!(found[key].as_str().is_some_and(|text| text.contains(words)), "{key}: {found:#}");
    };
    says("refused", "FAILED TRN-NET-01");
    says("refused", "code:   ModelTrainer(..., networking=Networking(subnets=[");
    assert_eq!(
        (&found["not_sent"], &found["status"], &found["spot"]),
        (&json!([]), &json!("Completed"), &json!(true))
    );
    assert_eq!(found["tags"], json!({ "CommitId": commit, "Repository": Workshop::REPOSITORY }));
    assert_eq!(found["history"]["complete"], true);
    says("stopped", "was stopped by Sagewarden: it failed TRN-ENC-01 TRN-NET-01 (finding ");
    Ok(())
}

//! From a job or deployment to its commit, its data and its image, and from one deployment to the next.

use sagewarden_events::{Repository, ResourceKind};
use sagewarden_govern::ports::Table;
use sagewarden_govern::{Question, Way, lookup_lineage};
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::rows::ClosureRow;
use sagewarden_lineage::table::{Item, Write};
use sagewarden_local::{LocalGit, NewCommit, Story};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, endpoint_config, model, training_job};
use serde_json::{Value, json};

const REPOSITORY: &str = "ds-source-credit-dev";
const PROJECT: [(&str, &str); 2] = [("ProjectName", "credit"), ("EnvironmentType", "dev")];

/// Pushes a commit and announces it; returns its id.
fn push(local: &Local, message: &str, after: i64) -> Result<String> {
    let git = &local.system.git;
    git.create_repository(REPOSITORY)?;
    let files = [("train.py", message)];
    let new = NewCommit {
        branch: "main",
        files: &files,
        message,
        author: ("Ana", "ana@example.com"),
        at: at(after),
    };
    let (commit, old) = git.push(REPOSITORY, &new)?;
    let repository =
        Repository { account: Story::ACCOUNT.into(), region: Story::REGION.into(), name: REPOSITORY.into() };
    let event = LocalGit::push_event(
        &repository,
        "main",
        &commit,
        old.as_ref(),
        "arn:aws:iam::111122223333:user/ana",
        at(after),
    );
    local.system.account.announce_event(&event)?;
    Ok(commit.to_string())
}

/// The commit of a training job: how it was found, and its seven digits.
fn commit_of(local: &Local, job: &str) -> Result<Vec<(String, String)>> {
    let inputs = local.inputs(&format!("training-job/{job}"), "training-job")?;
    Ok(inputs.into_iter().filter(|(role, _)| role.starts_with("source/")).collect())
}

fn short(commit: &str) -> String {
    commit.chars().take(7).collect()
}

#[test]
fn a_commit_is_named_by_tag_environment_hyperparameter_or_experiment() -> Result<()> {
    let local = Local::new()?;
    let named = push(&local, "named", 0)?;
    push(&local, "head", 10)?;
    let with = |name: &str, pointer: &str, value: Value| {
        let mut request = training_job(name, &PROJECT);
        request[pointer] = value;
        request
    };
    let both = [PROJECT[0], PROJECT[1], ("git_commit", named.as_str())];
    local.create(ResourceKind::TrainingJob, &training_job("by-tag", &both), 20)?;
    local.create(
        ResourceKind::TrainingJob,
        &with("by-environment", "Environment", json!({ "GIT_COMMIT_ID": named })),
        20,
    )?;
    local.create(
        ResourceKind::TrainingJob,
        &with("by-hyperparameter", "HyperParameters", json!({ "commitSha": named })),
        20,
    )?;
    let trial = json!({ "TrialName": "trial", "ExperimentName": "e", "MetadataProperties": { "CommitId": named, "Repository": REPOSITORY } });
    local.create(ResourceKind::Trial, &trial, 15)?;
    let experiment = json!({ "ExperimentName": "e", "TrialName": "trial" });
    local.create(ResourceKind::TrainingJob, &with("by-experiment", "ExperimentConfig", experiment), 20)?;
    local.settle()?;
    for (job, role) in [
        ("by-tag", "source/tag"),
        ("by-environment", "source/environment"),
        ("by-hyperparameter", "source/hyperparameter"),
        ("by-experiment", "source/experiment"),
    ] {
        assert_eq!(commit_of(&local, job)?, [(role.to_owned(), short(&named))], "{job}");
    }
    Ok(())
}

#[test]
fn a_commit_that_nobody_named_is_the_head_before_the_job() -> Result<()> {
    let local = Local::new()?;
    let before = push(&local, "before", 0)?;
    local.create(ResourceKind::TrainingJob, &training_job("t", &PROJECT), 20)?;
    local.settle()?;
    let inferred = |commit: &str| vec![("source/branch-head".to_owned(), short(commit))];
    assert_eq!(commit_of(&local, "t")?, inferred(&before));

    // A push whose event is late was made before the job all the same; a push after the job changes nothing.
    let late = push(&local, "late", 10)?;
    push(&local, "after", 30)?;
    local.settle()?;
    assert_eq!(commit_of(&local, "t")?, inferred(&late));

    // Without tags there is no repository to look in, and the answer says what to do.
    local.create(ResourceKind::TrainingJob, &training_job("bare", &[]), 40)?;
    local.settle()?;
    assert_eq!(commit_of(&local, "bare")?, []);
    let lineage = local.lineage("training-job/bare")?;
    assert!(lineage.to_string().contains("no commit: add the tags `CommitId` and `Repository`"), "{lineage}");
    Ok(())
}

#[test]
fn an_abbreviated_commit_is_no_claim_and_that_is_said_until_it_is_whole() -> Result<()> {
    let local = Local::new()?;
    let (account, git) = (&local.system.account, &local.system.git);
    git.create_repository("r")?;
    let new = NewCommit {
        branch: "main",
        files: &[("train.py", "1")],
        message: "Train",
        author: ("Ana", "ana@example.com"),
        at: at(0),
    };
    let commit = git.push("r", &new)?.0.to_string();
    let short: String = commit.chars().take(7).collect();
    let job = local.create(
        ResourceKind::TrainingJob,
        &training_job("t", &[("CommitId", &short), ("Repository", "r")]),
        20,
    )?;
    let events = account.drain_events()?;
    let tell = || -> Result<Value> {
        for event in &events {
            local.deliver(&event.to_string())?;
        }
        local.lineage("training-job/t")
    };
    let said = format!("its tag names commit `{short}`, which is not a whole commit id: name all 40 digits");
    let lineage = tell()?;
    assert!(lineage["missing"].to_string().contains(&said), "{lineage}");
    let named = |lineage: &Value| lineage["edges"].to_string().contains("\"found_by\":\"tag\"");
    assert!(!named(&lineage), "{lineage}");

    let tags = [("CommitId", commit.as_str()), ("Repository", "r")];
    let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    account.take_in(&job, &account.describe_document(&job)?, &tags)?;
    let lineage = tell()?;
    assert!(named(&lineage) && !lineage["missing"].to_string().contains("whole commit id"), "{lineage}");
    Ok(())
}

#[test]
fn a_claim_that_the_repository_cannot_confirm_says_so() -> Result<()> {
    let local = Local::new()?;
    push(&local, "first", 0)?;
    let claimed = "0123456789abcdef0123456789abcdef01234567";
    let tags = [PROJECT[0], PROJECT[1], ("CommitId", claimed)];
    local.create(ResourceKind::TrainingJob, &training_job("t", &tags), 20)?;
    local.settle()?;
    let commits = commit_of(&local, "t")?;
    assert!(
        commits.iter().any(|(role, name)| role == "source/tag" && name.ends_with(claimed)),
        "{commits:?}"
    );
    let lineage = local.lineage("training-job/t")?.to_string();
    assert!(
        lineage.contains(&format!(
            "its tag names commit `{claimed}`, which repository `{REPOSITORY}` does not have"
        )),
        "{lineage}"
    );
    Ok(())
}

#[test]
fn data_is_what_stood_there_when_the_job_began() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    let first = account.put_object("data", "train/a.csv", b"one", at(0))?.ok_or("no version")?;
    let mut request = training_job("t", &PROJECT);
    let source = json!({ "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://data/train" } });
    request["InputDataConfig"] = json!([{ "ChannelName": "train", "DataSource": source }]);
    local.create(ResourceKind::TrainingJob, &request, 10)?;
    account.put_object("data", "train/a.csv", b"two", at(20))?;
    local.settle()?;
    let lineage = local.lineage("training-job/t")?;
    let datasets: Vec<&Value> =
        lineage["nodes"].as_array().into_iter().flatten().filter(|node| node["kind"] == "dataset").collect();
    assert_eq!(datasets.len(), 1);
    assert!(datasets[0]["id"].as_str().is_some_and(|id| id.ends_with(&format!("@{first}"))), "{lineage}");
    Ok(())
}

#[test]
fn a_gap_that_a_later_delivery_fills_is_reported_no_more() -> Result<()> {
    let local = Local::new()?;
    // Tagged before it was pushed, and read before the object was there to be seen.
    let id = {
        let elsewhere = Local::new()?;
        push(&elsewhere, "first", 0)?
    };
    let tags = [PROJECT[0], PROJECT[1], ("CommitId", id.as_str())];
    let job = local.create(ResourceKind::TrainingJob, &training_job("t", &tags), 20)?;
    local.settle()?;
    let missing = |local: &Local| -> Result<String> {
        let lineage = local.lineage("training-job/t")?;
        Ok(lineage.get("missing").map(ToString::to_string).unwrap_or_default())
    };
    assert!(
        missing(&local)?.contains("which repository `ds-source-credit-dev` does not have"),
        "{}",
        missing(&local)?
    );
    assert_eq!(push(&local, "first", 0)?, id, "the same commit");
    local.settle()?;
    local.system.account.finish_training(&job, at(60))?;
    local.settle()?;
    assert!(!missing(&local)?.contains("does not have"), "{}", missing(&local)?);
    Ok(())
}

#[test]
fn an_output_is_a_folder_and_not_its_neighbour() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    let output = |name: &str| {
        let place =
            json!({ "S3Uri": format!("s3://data/{name}"), "LocalPath": "/o", "S3UploadMode": "EndOfJob" });
        json!({ "OutputName": name, "S3Output": place })
    };
    let request = json!({
        "ProcessingJobName": "p",
        "AppSpecification": { "ImageUri": "i@sha256:1" },
        "ProcessingOutputConfig": { "Outputs": [output("train"), output("train_labels")] },
    });
    let job = local.create(ResourceKind::ProcessingJob, &request, 0)?;
    for key in ["train/a.csv", "train_labels/a.csv"] {
        account.put_object("data", key, key.as_bytes(), at(10))?;
    }
    account.finish_processing(&job, None, at(20))?;
    local.settle()?;
    for (key, role) in [("train/a.csv", "output/train"), ("train_labels/a.csv", "output/train_labels")] {
        let inputs = local.inputs(&format!("s3://data/{key}"), "dataset")?;
        assert_eq!(inputs, [(role.to_owned(), "p".to_owned())], "{key}");
    }
    Ok(())
}

#[test]
fn a_closure_that_is_only_half_there_is_not_taken_for_whole() -> Result<()> {
    let local = Local::new()?;
    push(&local, "first", 0)?;
    local.serve()?;
    local.settle()?;
    let told = || -> Result<Value> {
        let mut answer = local.lineage("endpoint/prod")?;
        // Walking takes more requests than reading the closure.
        answer.as_object_mut().map(|answer| answer.remove("requests"));
        Ok(answer)
    };
    let whole = told()?;
    let items = local.system.store.items()?;
    let mut closure = items.iter().filter(|item| item.key.sk.starts_with("A#"));
    let holds_model = |item: &&Item| ClosureRow::members(item).any(|id| id.kind() == NodeKind::Model);
    let key =
        closure.find(holds_model).map(|item| item.key.clone()).ok_or("the model is not in the closure")?;
    futures::executor::block_on(local.system.store.write(&[Write::Delete(key)]))?;
    assert_eq!(told()?, whole, "the graph is walked instead");
    Ok(())
}

#[test]
fn a_name_that_is_used_again_is_another_job() -> Result<()> {
    let local = Local::new()?;
    let first = push(&local, "first", 0)?;
    let job = local.create(ResourceKind::TrainingJob, &training_job("t", &PROJECT), 10)?;
    local.settle()?;
    let older = local.lineage("training-job/t")?["root"].as_str().unwrap_or_default().to_owned();
    local.system.account.delete(&job, at(20))?;
    let second = push(&local, "second", 30)?;
    local.create(ResourceKind::TrainingJob, &training_job("t", &PROJECT), 40)?;
    local.settle()?;
    // The name means the newer one; the older one is still there under its identity.
    assert_eq!(commit_of(&local, "t")?, [("source/branch-head".to_owned(), short(&second))]);
    let inputs = local.inputs(&older, "training-job")?;
    assert!(inputs.contains(&("source/branch-head".to_owned(), short(&first))), "{inputs:?}");
    Ok(())
}

#[test]
fn an_update_makes_a_second_deployment_and_a_deletion_ends_it() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    for name in ["blue", "green"] {
        local.create(ResourceKind::Model, &model(name), 0)?;
        local.create(ResourceKind::EndpointConfig, &endpoint_config(name, name), 1)?;
    }
    let endpoint = local.create(
        ResourceKind::Endpoint,
        &json!({ "EndpointName": "Prod", "EndpointConfigName": "blue" }),
        2,
    )?;
    local.settle()?;
    account.finish_endpoint(&endpoint, at(100))?;
    local.settle()?;
    let models = || -> Result<Vec<String>> {
        let inputs = local.inputs("endpoint/prod", "endpoint-config")?;
        Ok(inputs.into_iter().map(|(_, name)| name).collect())
    };
    assert_eq!(models()?, ["blue"]);
    account.update_endpoint("Prod", "green", None, at(200))?;
    local.settle()?;
    assert_eq!(models()?, ["blue"], "until the new one is in service");
    account.finish_endpoint(&endpoint, at(300))?;
    local.settle()?;
    assert_eq!(models()?, ["green"]);
    account.delete(&endpoint, at(400))?;
    local.settle()?;
    let lineage = local.lineage("endpoint/prod")?;
    assert_eq!(lineage["nodes"].as_array().map(Vec::len), Some(1), "nothing runs there now: {lineage}");
    Ok(())
}

#[test]
fn a_model_that_a_later_job_begins_with_is_followed_to_the_job_that_made_it() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    let train = |name: &str, channel: Option<&str>, from: i64| -> Result<()> {
        let mut request = training_job(name, &PROJECT);
        if let (Some(uri), Some(request)) = (channel, request.as_object_mut()) {
            let source = json!({ "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": uri } });
            request
                .insert("InputDataConfig".into(), json!([{ "ChannelName": "model", "DataSource": source }]));
        }
        let job = local.create(ResourceKind::TrainingJob, &request, from)?;
        let key = format!("out/{name}/output/model.tar.gz");
        account.put_object("models", &key, name.as_bytes(), at(from + 10))?;
        Ok(account.finish_training(&job, at(from + 20))?)
    };
    train("first", None, 0)?;
    train("second", Some("s3://models/out/first/output/model.tar.gz"), 100)?;
    // In either order.
    local.settle()?;
    let answer = local.lineage("training-job/second")?;
    let kinds = local.inputs("training-job/second", "training-job")?;
    assert!(kinds.iter().any(|(role, _)| role == "channel/model"), "{kinds:?}");
    assert!(answer.to_string().contains("training-job/first"), "{answer:#}");
    let down = Question { direction: Way::Downstream, ..Question::about("training-job/second") };
    let down = futures::executor::block_on(lookup_lineage(&local.system.store, &down))?;
    assert_eq!(
        down.graph.nodes.len(),
        2,
        "the job and its artifact, which nobody has read: {:?}",
        down.graph
    );
    assert_eq!(down.graph.gaps(), Vec::<String>::new());
    Ok(())
}

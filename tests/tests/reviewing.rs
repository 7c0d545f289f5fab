//! A push is judged, and its commit gets a comment: which files count, the text of the comment, and that there is only one.

use futures::executor::block_on;
use sagewarden_codecommit::CodeCommit;
use sagewarden_events::{CommitId, Repository, decode};
use sagewarden_govern::route;
use sagewarden_govern::{BundleInForce, Failure, Moment};
use sagewarden_local::{LocalGit, NewCommit, PostedComment, Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_tests::local::{Local, at, model, training_job};
use sagewarden_tests::simulator::Simulator;
use sagewarden_tests::{Result, emulator};
use serde_json::{Value, json};

const REPOSITORY: &str = "r";

/// A training job's request without a VPC.
fn broken(name: &str) -> String {
    let mut request = training_job(name, &[]);
    if let Some(fields) = request.as_object_mut() {
        fields.remove("VpcConfig");
    }
    request.to_string()
}

/// Pushes files to a branch; returns CodeCommit's event of it.
fn push(local: &Local, branch: &str, files: &[(&str, &str)], after: i64) -> Result<Value> {
    let git = &local.system.git;
    git.create_repository(REPOSITORY)?;
    let new = NewCommit { branch, files, message: "Work", author: ("Ana", "ana@example.com"), at: at(after) };
    let (commit, old) = git.push(REPOSITORY, &new)?;
    Ok(event(branch, &commit, old.as_ref(), after))
}

fn event(branch: &str, commit: &CommitId, old: Option<&CommitId>, after: i64) -> Value {
    let repository =
        Repository { account: Story::ACCOUNT.into(), region: Story::REGION.into(), name: REPOSITORY.into() };
    let caller = "arn:aws:iam::111122223333:user/ana";
    LocalGit::push_event(&repository, branch, commit, old, caller, at(after))
}

fn comments(local: &Local) -> Result<Vec<PostedComment>> {
    Ok(local.system.git.comments(REPOSITORY)?)
}

/// Pushes files to a new repository and delivers that; returns the comment.
fn said(files: &[(&str, &str)]) -> Result<Option<String>> {
    let local = Local::new()?;
    let event = push(&local, "main", files, 0)?;
    local.deliver(&event.to_string())?;
    Ok(comments(&local)?.pop().map(|comment| comment.text))
}

#[test]
fn a_failed_request_is_commented_once_however_often_the_push_is_delivered() -> Result<()> {
    let local = Local::new()?;
    let first = push(&local, "main", &[("train.py", "")], 0)?;
    assert_eq!(local.deliver(&first.to_string())?.len(), 1);
    assert_eq!(comments(&local)?, []);
    let event = push(&local, "main", &[("jobs/train.json", &broken("t"))], 10)?;
    let done = local.deliver(&event.to_string())?;
    assert!(done[0].ends_with("; commented on it: 1 request in 1 file: 1 violating"), "{done:?}");
    for _ in 0..2 {
        let again = local.deliver(&event.to_string())?;
        assert!(again[0].contains("recorded commit") && !again[0].contains("commented"), "{again:?}");
    }
    let comments = comments(&local)?;
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0].commit.as_str(), event["detail"]["commitId"]);
    assert_eq!(comments[0].parent.as_ref().map(CommitId::as_str), first["detail"]["commitId"].as_str());
    for words in [
        "`jobs/train.json`: training job `t`: 1 failed of 8 controls",
        "- `TRN-NET-01` (high): ",
        "    - actual: `absent`",
        "    - wanted: `subnets subnet-0a1b2c3d4e5f60001, ",
        "    - fix: `pass a VpcConfig",
    ] {
        assert!(comments[0].text.contains(words), "`{words}` is not in\n{}", comments[0].text);
    }
    Ok(())
}

#[test]
fn a_delivery_that_died_before_its_receipt_was_settled_did_not_post_for_nothing() -> Result<()> {
    let local = Local::new()?;
    let event = push(&local, "main", &[("train.json", &broken("t"))], 0)?;
    local.deliver(&event.to_string())?;
    // The same repositories, and a table that knows nothing of it.
    let forgetful = System { store: Store::in_memory()?, ..local.system.clone() };
    let handled = block_on(forgetful.deliver(&event.to_string(), at(0)))?;
    assert!(handled.iter().all(|each| each.outcome.is_ok()), "{handled:?}");
    assert_eq!(comments(&local)?.len(), 1);

    // Other policies have another opinion.
    let bundle = Bundle::embedded()?.with_settings("mode = \"observe\"\n")?;
    let other = System { bundle: bundle.into(), ..local.system.clone() };
    block_on(other.deliver(&event.to_string(), at(0)))?;
    assert_eq!(comments(&local)?.len(), 2);
    Ok(())
}

#[test]
fn only_what_the_push_added_or_changed_is_judged() -> Result<()> {
    let local = Local::new()?;
    push(&local, "main", &[("old.json", &broken("old")), ("kept.json", &broken("kept"))], 0)?;
    let event = push(&local, "main", &[("old.json", &broken("renamed"))], 10)?;
    local.deliver(&event.to_string())?;
    let text = &comments(&local)?[0].text;
    assert!(text.contains("training job `renamed`") && !text.contains("kept"), "{text}");

    Ok(())
}

#[test]
fn a_new_branch_is_compared_with_the_last_commit_that_came_with_an_earlier_push() -> Result<()> {
    let local = Local::new()?;
    for (file, after) in [("first.json", 0), ("second.json", 10)] {
        let event = push(&local, "main", &[(file, &broken("main"))], after)?;
        local.deliver(&event.to_string())?;
    }
    assert_eq!(comments(&local)?.len(), 2);
    let head = local.system.git.head(REPOSITORY, "main")?.ok_or("no branch")?;
    local.deliver(&event("feature", &head, None, 20).to_string())?;
    assert_eq!(comments(&local)?.len(), 2, "it brings nothing that was not judged with main");

    // The last commit is harmless, and so is what stood in the branch before.
    push(&local, "main", &[("hidden.json", &broken("hidden"))], 30)?;
    let last = push(&local, "main", &[("README", "harmless")], 40)?;
    let head = CommitId::parse(last["detail"]["commitId"].as_str().unwrap_or_default())?;
    local.deliver(&event("other", &head, None, 50).to_string())?;
    let comments = comments(&local)?;
    assert_eq!(comments.len(), 3, "{comments:?}");
    let text = &comments[2].text;
    assert!(text.contains("training job `hidden`") && !text.contains("training job `main`"), "{text}");
    Ok(())
}

#[test]
fn everything_in_a_new_repository_is_judged_whichever_commit_brought_it() -> Result<()> {
    let local = Local::new()?;
    push(&local, "main", &[("first.json", &broken("first"))], 0)?;
    let last = push(&local, "main", &[("README", "harmless")], 10)?;
    let head = CommitId::parse(last["detail"]["commitId"].as_str().unwrap_or_default())?;
    local.deliver(&event("main", &head, None, 20).to_string())?;
    let text = comments(&local)?.pop().map(|comment| comment.text).unwrap_or_default();
    assert!(text.contains("training job `first`"), "{text}");
    Ok(())
}

#[test]
fn tags_and_deletions_get_no_comment() -> Result<()> {
    let local = Local::new()?;
    let pushed = push(&local, "main", &[("train.json", &broken("t"))], 0)?;
    let mut tag = pushed.clone();
    tag["detail"]["referenceType"] = "tag".into();
    let mut deletion = pushed;
    deletion["detail"]["event"] = "referenceDeleted".into();
    for event in [tag, deletion] {
        let done = local.deliver(&event.to_string())?;
        assert!(done[0].starts_with("record-commit done: recorded"), "{done:?}");
    }
    assert_eq!(comments(&local)?, []);
    Ok(())
}

#[test]
fn files_that_are_none_of_ours_are_passed_over_in_silence() -> Result<()> {
    let yaml = broken("yaml");
    let others = [("package.json", "{\"name\": \"x\"}"), ("list.json", "[1]"), ("train.yaml", yaml.as_str())];
    assert_eq!(said(&others)?, None);
    let good = training_job("t", &[]).to_string();
    let model = model("m").to_string();
    let text = said(&[others.as_slice(), &[("a.json", &good), ("b.JSON", &model)]].concat())?;
    let text = text.ok_or("no comment")?;
    assert!(
        text.starts_with(
            "**Sagewarden**: 2 requests in 2 files: no control failed; 2 controls were not checked here\n"
        ),
        "{text}"
    );
    assert!(!text.contains("package.json") && !text.contains("list.json"), "{text}");
    Ok(())
}

#[test]
fn a_pipeline_is_judged_step_by_step_for_the_repositorys_account() -> Result<()> {
    let mut arguments = training_job("t", &[]);
    // No role says whose the step is: it is the repository's account that the key is held against.
    arguments["OutputDataConfig"]["KmsKeyId"] = json!("arn:aws:kms:eu-west-1:999988887777:key/x");
    // A value that is known only when the pipeline runs neither fails nor is undecided.
    arguments["ResourceConfig"]["VolumeKmsKeyId"] = json!({ "Get": "Parameters.Key" });
    let steps = [
        json!({ "Name": "train", "Type": "Training", "Arguments": arguments }),
        json!({ "Name": "wait", "Type": "Callback" }),
    ];
    let definition = json!({ "Version": "2020-12-01", "Parameters": [{ "Name": "Key", "Type": "String" }], "Steps": steps });
    let text = said(&[("pipeline.json", &definition.to_string())])?.ok_or("no comment")?;
    for words in [
        "`pipeline.json` `Steps[0]`: training job `train`: 1 failed of ",
        "- `TRN-ENC-02` (high)",
        "wanted: `a KMS key of account 111122223333`",
        "- `pipeline.json`: `'Parameters.Key' is known only when the pipeline runs`",
        "- `pipeline.json`: `Steps[1]: no controls for steps of type 'Callback'`",
        "for account `111122223333`",
    ] {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
    assert!(!text.contains("TRN-ENC-01"), "{text}");
    Ok(())
}

#[test]
fn what_is_left_out_is_said() -> Result<()> {
    let large = format!("{{\"TrainingJobName\": \"{}\"}}", "x".repeat(256 * 1024));
    let good = training_job("t", &[]).to_string();
    let names: Vec<String> = (0..302).map(|number| format!("{number:03}.json")).collect();
    let mut files = vec![("000-large.json", large.as_str())];
    files.extend(names.iter().map(|name| (name.as_str(), good.as_str())));
    let text = said(&files)?.ok_or("no comment")?;
    assert!(text.starts_with("**Sagewarden**: 299 requests in 299 files: no control failed; 598 controls were not checked here\n"), "{text}");
    assert!(text.contains("- not read, larger than 256 KB: `000-large.json`\n"), "{text}");
    assert!(text.contains("- not read: 3 JSON files beyond the first 300\n"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_comment_that_is_refused_keeps_no_commit_from_being_recorded() -> Result<()> {
    let local = Local::new()?;
    let event = push(&local, "main", &[("train.json", &broken("t"))], 0)?;
    let simulator = Simulator::start(local.system.account.clone(), local.system.git.clone()).await?;
    let source = CodeCommit::new(&emulator::config(&simulator.url()).await);
    let world = local.system.world().with_source(source);
    let judging = local.system.judging();
    let event = decode(&event.to_string())?.pop().ok_or("no event")?;
    let record = async |owner: &str, reviewing: Option<&BundleInForce>| {
        let moment = Moment { now: at(0), owner: owner.to_owned() };
        let outcome = route::record_commit(&world, reviewing, &event, &moment).await;
        outcome.unwrap_or_else(|| Err(Failure::Reject("the event is not for it".to_owned())))
    };

    for operation in ["GetDifferences", "GetBlob", "PostCommentForComparedCommit"] {
        simulator.refuse_next(&format!("CodeCommit_20150413.{operation}"));
        let failure = record(operation, Some(&judging.in_force)).await.err().ok_or("it was not refused")?;
        assert!(
            matches!(&failure, Failure::Retry(error) if error.to_string().contains("AccessDenied")),
            "{failure}"
        );
    }
    let commits = local.system.store.items()?.into_iter().filter(|item| item.key.pk.contains("commit"));
    assert!(commits.count() > 0, "the commit is not recorded");
    assert_eq!(comments(&local)?, []);

    let done = record("last", Some(&judging.in_force)).await?;
    assert!(done.text().contains("; commented on it: 1 request"), "{done:?}");
    assert_eq!(comments(&local)?.len(), 1);
    assert!(!record("silent", None).await?.text().contains("comment"));
    Ok(())
}

//! Reads small documents in the API's own shape. This file has the tests for all kinds, and the files beside it the tests for each family
//! of kinds.

mod automation;
mod hub;
mod jobs;
mod mlflow;
mod registry;
mod serving;

use serde_json::json;

use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba98";

/// The time this many seconds after the creation.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis((1_772_442_600 + seconds) * 1_000)
}

/// The same time, as descriptions write it.
fn seconds_after(seconds: i64) -> Json {
    json!(1_772_442_600 + seconds)
}

fn resource(kind: ResourceKind, name: &str) -> Resource {
    Resource::in_region(kind, "111122223333", "eu-west-1", name)
}

fn tagged(kind: ResourceKind, mut document: Json, tags: &[(&str, &str)]) -> Observation {
    document["CreationTime"] = seconds_after(0);
    let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    observe(&resource(kind, "x"), &document, &tags).unwrap()
}

fn seen(kind: ResourceKind, document: Json) -> Observation {
    tagged(kind, document, &[])
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn facts(pairs: &[(&str, Value)]) -> Attributes {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

/// Inputs, in their versions at the creation.
fn read(role: &str, uri: &str, single: bool, manifest: Option<ManifestKind>) -> DataReference {
    let location = S3Location::parse(uri).unwrap();
    DataReference { role: role.to_owned(), location, as_of: at(0), since: None, single, manifest }
}

/// Outputs, written between the creation and the end.
fn wrote(role: &str, uri: &str, ended: i64, single: bool) -> DataReference {
    DataReference { as_of: at(ended), since: Some(at(0)), ..read(role, uri, single, None) }
}

fn source(role: &str, kind: ResourceKind, name: &str) -> ResourceReference {
    ResourceReference { role: role.to_owned(), resource: resource(kind, name) }
}

fn claim(commit: &str, found_by: FoundBy) -> CommitClaim {
    CommitClaim { commit: CommitId::parse(commit).unwrap(), found_by }
}

fn mark(status: Status, seconds: i64, reason: Option<&str>) -> Option<StatusMark> {
    Some(StatusMark { status, at: at(seconds), reason: reason.map(str::to_owned) })
}

#[test]
fn what_has_no_creation_time_or_no_node_is_refused() {
    let refused = |kind, document: Json| {
        observe(&resource(kind, "x"), &document, &BTreeMap::new()).unwrap_err().to_string()
    };
    let job = refused(ResourceKind::TrainingJob, json!({ "TrainingJobStatus": "Completed" }));
    assert!(
        job.ends_with(
            "has no readable `CreationTime`, so it cannot be distinguished from others of the same name"
        ),
        "{job}"
    );
    let notebook = refused(ResourceKind::NotebookInstance, json!({ "CreationTime": seconds_after(0) }));
    assert!(notebook.ends_with("has no place in the lineage"), "{notebook}");
}

#[test]
fn a_description_that_says_nothing_else_is_read_as_an_incarnation() {
    for kind in [
        ResourceKind::TrainingJob,
        ResourceKind::ProcessingJob,
        ResourceKind::TransformJob,
        ResourceKind::TuningJob,
        ResourceKind::AutoMlJob,
        ResourceKind::LabelingJob,
        ResourceKind::OptimizationJob,
        ResourceKind::Model,
        ResourceKind::ModelPackage,
        ResourceKind::PipelineExecution,
        ResourceKind::FeatureGroup,
        ResourceKind::Experiment,
        ResourceKind::EndpointConfig,
        ResourceKind::Endpoint,
    ] {
        let mut found = seen(kind, json!({}));
        let id = NodeId::resource(&resource(kind, "x"), at(0)).unwrap();
        assert_eq!((&found.id, found.created_at), (&id, at(0)), "{kind:?}");
        if kind == ResourceKind::TrainingJob {
            assert_eq!(found.detail.remove("Request"), Some(json!({})));
        }
        assert!(found.detail.is_empty() && found.facts.is_empty() && found.status.is_none(), "{found:?}");
        assert!(found.inputs.is_empty() && found.outputs.is_empty() && found.images.is_empty(), "{found:?}");
        assert!(
            found.claims.is_empty()
                && found.sources.is_empty()
                && found.run.is_none()
                && found.gaps.is_empty()
                && found.made.is_empty()
                && found.approval.is_none(),
            "{found:?}"
        );
        assert!(
            !found.experiment.is_some() && found.config.is_none() && found.schedule.is_none(),
            "{found:?}"
        );
    }
}

#[test]
fn a_commit_is_claimed_under_the_names_that_people_give_it() {
    let quoted = format!(" \"{COMMIT}\" ");
    let check = |key: &str, value: &str, claims: &[CommitClaim], unclear: &[(FoundBy, String)]| {
        let found = tagged(ResourceKind::Model, json!({}), &[("team", "risk"), (key, value)]);
        assert_eq!((found.claims.as_slice(), found.unclear.as_slice()), (claims, unclear), "{key}: {value}");
    };
    for key in ["CommitId", "git_commit", "GIT-COMMIT-ID", "commitSha", "commit id"] {
        check(key, COMMIT, &[claim(COMMIT, FoundBy::Tag)], &[]);
    }
    check("CommitId", &quoted, &[claim(COMMIT, FoundBy::Tag)], &[]);
    for key in ["Commit", "sha", "CommitId2"] {
        check(key, COMMIT, &[], &[]);
    }
    for digits in [7, 39] {
        let short: String = COMMIT.chars().take(digits).collect();
        check("CommitId", &short, &[], &[(FoundBy::Tag, short.clone())]);
    }
    for value in ["012345", "latest-version", &format!("{COMMIT}0"), "", "\"\""] {
        check("CommitId", value, &[], &[]);
    }
}

#[test]
fn claims_stand_in_the_order_of_their_worth_and_the_first_repository_counts() {
    let document = json!({
        "HyperParameters": { "commit_id": format!("\"{OTHER}\""), "repository": "\"third\"" },
        "Environment": { "GIT_COMMIT": COMMIT, "GIT_REPOSITORY": "https://git.host/v1/repos/second.git" },
    });
    let found = tagged(ResourceKind::TrainingJob, document.clone(), &[("CommitId", OTHER)]);
    let claims = [
        claim(OTHER, FoundBy::Tag),
        claim(COMMIT, FoundBy::Environment),
        claim(OTHER, FoundBy::Hyperparameter),
    ];
    assert_eq!((found.claims.as_slice(), found.repository.as_deref()), (claims.as_slice(), Some("second")));
    let found = tagged(ResourceKind::TrainingJob, document, &[("Repository", "first")]);
    assert_eq!((found.claims.as_slice(), found.repository.as_deref()), (&claims[1..], Some("first")));
    let alone = json!({ "Environment": { "GIT_REPOSITORY": "a" } });
    assert_eq!(seen(ResourceKind::TrainingJob, alone).repository, None, "of no commit");
}

#[test]
fn a_repository_is_the_last_part_of_its_url() {
    let check = |text: &str, expect: &str| assert_eq!(repository_name(text), expect, "{text}");
    check("credit", "credit");
    check("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/credit", "credit");
    check("ssh://git.host/a/credit.git/", "credit");
    check("credit.git", "credit");
    check("", "");
}

#[test]
fn a_trial_claims_the_commit_that_its_metadata_name() {
    let trial =
        json!({ "MetadataProperties": { "CommitId": COMMIT, "Repository": "https://git.host/credit.git" } });
    let expect = (claim(COMMIT, FoundBy::Experiment), Some("credit".to_owned()));
    assert_eq!(trial_claim(&trial), Some(expect));
    let alone = json!({ "MetadataProperties": { "CommitId": COMMIT } });
    assert_eq!(trial_claim(&alone), Some((claim(COMMIT, FoundBy::Experiment), None)));
    for nothing in [json!({}), json!({ "MetadataProperties": { "CommitId": "main" } })] {
        assert_eq!(trial_claim(&nothing), None, "{nothing}");
    }
}

#[test]
fn a_job_belongs_to_any_part_of_an_experiment_that_is_named() {
    let place = |experiment: &str, trial: &str, run: &str| {
        let named = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        ExperimentPlace { experiment: named(experiment), trial: named(trial), run: named(run) }
    };
    assert!(!place("", "", "").is_some());
    for one in [place("e", "", ""), place("", "t", ""), place("", "", "r")] {
        assert!(one.is_some(), "{one:?}");
    }
}

#[test]
fn experiments_and_trial_components_are_known_by_their_display_name() {
    for kind in [ResourceKind::Experiment, ResourceKind::TrialComponent] {
        let found = seen(kind, json!({ "DisplayName": "Credit 2026" }));
        assert_eq!(found.facts, facts(&[(node::DISPLAY_NAME, text("Credit 2026"))]));
    }
}

//! Every file in `events/` is decoded; a snapshot beside it has the result.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sagewarden_events::{Event, RefChange, RefKind, Status, Undecodable, decode};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

/// Events, files that hold none, in the order of their paths.
fn files() -> Vec<PathBuf> {
    let mut folders = vec![folder()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json" || extension == "txt") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn read(name: &str) -> Vec<Event> {
    decode(&fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

#[test]
fn every_event_is_read_as_its_snapshot_says() {
    let files = files();
    assert!(files.len() > 60, "only {} files were found", files.len());
    for path in files {
        let read = decode(&fs::read_to_string(&path).unwrap());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        insta::with_settings!({
            snapshot_path => path.parent().unwrap(),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_debug_snapshot!(name, read);
        });
    }
}

#[test]
fn bad_events_are_refused_and_others_are_none_of_ours() {
    for path in files() {
        let read = decode(&fs::read_to_string(&path).unwrap());
        let folder = path.parent().unwrap().file_name().unwrap();
        if folder == "bad" {
            assert!(read.is_err(), "{}", path.display());
        } else if folder == "not-ours" {
            let read = read.unwrap();
            assert!(read.iter().all(|event| matches!(event, Event::NotOurs { .. })), "{}", path.display());
        } else {
            assert!(read.is_ok(), "{}: {read:?}", path.display());
        }
    }
}

/// The one resource change of a file of `aws.sagemaker`.
macro_rules! changed {
    ($name:expr) => {{
        let mut read = read(&format!("aws.sagemaker/{}.json", $name));
        assert_eq!(read.len(), 1);
        let Some(Event::ResourceChanged(changed)) = read.pop() else { panic!("{}", $name) };
        changed
    }};
}

#[test]
fn in_service_is_one_state_in_both_spellings() {
    let event = changed!("endpoint-state-change/in-service");
    let api = changed!("endpoint-state-change/in-service-in-the-spelling-of-the-api");
    assert_eq!(event.status, Some(Status::InService));
    assert_eq!(event, api);
}

#[test]
fn times_are_read_in_every_spelling() {
    let check = |name: &str, created: i64| {
        assert_eq!(
            changed!(name).created_at.map(sagewarden_events::Timestamp::millis),
            Some(created),
            "{name}"
        );
    };
    check("training-job-state-change/in-progress", 1_772_442_600_554);
    check("training-job-state-change/times-as-text", 1_583_831_889_050);
    check("training-job-state-change/times-as-iso", 1_772_442_600_554);
    check("endpoint-state-change/creating", 1_592_411_992_203);
    assert_eq!(changed!("endpoint-state-change/time-as-number").time.millis(), 1_592_411_994_000);
}

#[test]
fn tags_are_a_map_and_empty_is_absent() {
    let tags = changed!("training-job-state-change/in-progress").tags;
    assert_eq!(tags.get("ProjectName").map(String::as_str), Some("credit"));
    let empty = changed!("training-job-state-change/empty-is-absent");
    assert!(empty.tags.is_empty());
    assert_eq!((empty.created_at, empty.modified_at, empty.failure_reason), (None, None, None));
}

#[test]
fn a_resource_keeps_the_case_of_its_name() {
    assert_eq!(changed!("training-job-state-change/arn-in-lower-case").resource.name, "Credit-Train-002");
    assert_eq!(
        changed!("training-job-state-change/only-the-resource-names-it").resource.name,
        "credit-train-002"
    );
}

#[test]
fn a_refused_call_says_so_and_a_call_without_parameters_is_known_by_its_answer() {
    let call = |name: &str| match read(&format!("aws.sagemaker/api-call-via-cloudtrail/{name}.json")).pop() {
        Some(Event::CallMade(call)) => call,
        other => panic!("{other:?}"),
    };
    assert_eq!(call("create-training-job-denied").error_code.as_deref(), Some("AccessDenied"));
    let null = call("create-training-job-request-null");
    assert_eq!(null.request, Value::Null);
    assert_eq!(null.resource.unwrap().name, "credit-train-001");
    assert_eq!(call("create-training-job-all-null").resource, None);
    assert_eq!(
        call("create-training-job-source-identity").actor.source_identity.as_deref(),
        Some("ana.ruiz")
    );
}

#[test]
fn the_user_of_identity_center_is_known_with_and_without_a_role() {
    let name = |name: &str| match read(&format!("aws.sagemaker/api-call-via-cloudtrail/{name}.json")).pop() {
        Some(Event::CallMade(call)) => call.actor.name().unwrap_or_default(),
        other => panic!("{other:?}"),
    };
    let user = "Identity Center user 544894e8-80c1-707f-60e3-3ba6510dfac1";
    assert_eq!(name("create-training-job-by-an-identity-center-user"), user);
    let session = name("create-training-job-on-behalf-of-a-user");
    assert!(session.starts_with("arn:aws:sts::") && session.ends_with(&format!(" for {user}")), "{session}");
    // Whoever assumed the role kept a name.
    assert_eq!(name("create-training-job-source-identity"), "ana.ruiz");
}

#[test]
fn a_trigger_names_each_reference() {
    let read = read("aws.codecommit/trigger/two-references.json");
    let references: Vec<_> = read
        .iter()
        .map(|event| match event {
            Event::ReferenceChanged(push) => (push.kind, push.name.as_str(), push.change),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        references,
        [(RefKind::Branch, "main", RefChange::Updated), (RefKind::Tag, "v1.0", RefChange::Created)]
    );
}

#[test]
fn what_is_wrong_is_named() {
    let reason =
        |name: &str| decode(&fs::read_to_string(folder().join("bad").join(name)).unwrap()).unwrap_err();
    assert_eq!(reason("no-detail.json"), Undecodable::Missing { field: "detail".into() });
    assert_eq!(reason("push-without-commit.json").to_string(), "the event has no `detail.commitId`");
    assert_eq!(
        reason("commit-id-is-no-commit-id.json").to_string(),
        "the event's `detail.commitId` is `HEAD`: expected a commit id of 40 hexadecimal digits"
    );
    assert!(matches!(reason("no-json.txt"), Undecodable::NotJson { line: 1, .. }));
}

#[test]
fn a_megabyte_is_read_like_a_kilobyte() {
    let path = folder().join("aws.sagemaker/training-job-state-change/in-progress.json");
    let mut event: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    event["detail"]["HyperParameters"] = serde_json::json!({ "text": "x".repeat(1 << 20) });
    assert_eq!(decode(&event.to_string()).unwrap().len(), 1);
}

/// Replaces one value somewhere in an event.
fn replaced(event: &Value, path: &[usize], with: &Value) -> Value {
    let Some((step, rest)) = path.split_first() else { return with.clone() };
    let mut event = event.clone();
    match &mut event {
        Value::Object(fields) if !fields.is_empty() => {
            let index = step % fields.len();
            if let Some(field) = fields.values_mut().nth(index) {
                *field = replaced(field, rest, with);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let index = step % list.len();
            list[index] = replaced(&list[index], rest, with);
        }
        _ => return with.clone(),
    }
    event
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        Just(serde_json::json!({})),
        Just(serde_json::json!([])),
        Just(serde_json::json!([{ "Key": "a", "Value": 1 }])),
    ]
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,300}") {
        // Whatever comes is read or refused.
        prop_assert!(decode(&text).is_err() || !text.is_empty());
    }

    #[test]
    fn no_value_in_any_place_of_an_event_makes_it_panic(
        file in any::<prop::sample::Index>(),
        path in prop::collection::vec(0usize..64, 1..5),
        value in any_value(),
    ) {
        let files: Vec<PathBuf> = files().into_iter().filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
        let text = fs::read_to_string(&files[file.index(files.len())]).unwrap();
        let event = replaced(&serde_json::from_str(&text).unwrap(), &path, &value);
        if let Err(error) = decode(&event.to_string()) {
            // A refusal is short enough for a log line, however long the event is.
            prop_assert!(error.to_string().len() < 500);
        }
    }
}

//! Whatever arrives: rejected with a reason, or acknowledged as none of ours. Never a panic, never a retry loop.

use sagewarden_tests::local::Local;
use sagewarden_tests::{Result, root};
use serde_json::{Value, json};

#[test]
fn every_bad_event_is_kept_with_its_reason() -> Result<()> {
    for entry in std::fs::read_dir(root().join("events/bad"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "snap") {
            continue;
        }
        let local = Local::new()?;
        let body = std::fs::read_to_string(&path)?;
        let outcomes = local.deliver(&body)?;
        assert!(
            !outcomes.is_empty() && outcomes.iter().all(|text| text.contains(" reject: ")),
            "{path:?}: {outcomes:?}"
        );
        let kept = local.system.quarantine.kept()?;
        assert_eq!(kept.len(), outcomes.len(), "{path:?}");
        assert_eq!(kept[0]["body"], body);
        assert!(kept[0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    }
    Ok(())
}

#[test]
fn what_is_none_of_ours_is_acknowledged() -> Result<()> {
    for name in ["unknown-source", "unknown-detail-type", "other-trigger"] {
        let local = Local::new()?;
        let body = std::fs::read_to_string(root().join(format!("events/not-ours/{name}.json")))?;
        assert_eq!(local.deliver(&body)?, Vec::<String>::new(), "{name}");
        assert_eq!(local.system.quarantine.kept()?, Vec::<Value>::new());
        assert!(local.system.store.items()?.is_empty());
    }
    Ok(())
}

#[test]
fn a_resource_that_no_longer_exists_is_rejected_by_whoever_needs_it() -> Result<()> {
    let local = Local::new()?;
    let path = "events/aws.sagemaker/processing-job-state-change/completed.json";
    let outcomes = local.deliver(&std::fs::read_to_string(root().join(path))?)?;
    let functions: Vec<&str> = outcomes.iter().filter_map(|text| text.split(" reject: ").next()).collect();
    assert_eq!(functions, ["enforce-policy", "record-lineage", "alert-drift"], "{outcomes:?}");
    assert!(outcomes.iter().all(|text| text.contains("does not exist (any more)")), "{outcomes:?}");
    Ok(())
}

#[test]
fn a_commit_that_was_deleted_with_its_repository_is_rejected() -> Result<()> {
    let local = Local::new()?;
    let path = "events/aws.codecommit/repository-state-change/branch-updated.json";
    let outcomes = local.deliver(&std::fs::read_to_string(root().join(path))?)?;
    assert_eq!(outcomes.len(), 1);
    assert!(
        outcomes[0].starts_with("record-commit reject: repository `ds-source-credit-dev` has no commit"),
        "{outcomes:?}"
    );
    Ok(())
}

#[test]
fn a_megabyte_is_handled_and_a_megabyte_of_nonsense_is_kept() -> Result<()> {
    let local = Local::new()?;
    let path = root().join("events/aws.sagemaker/training-job-state-change/in-progress.json");
    let mut event: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    local.system.account.adopt(&event)?;
    event["detail"]["HyperParameters"] = json!({ "text": "x".repeat(1 << 20) });
    let outcomes = local.deliver(&event.to_string())?;
    assert!(outcomes.iter().all(|text| text.contains(" done: ")), "{outcomes:?}");
    let nonsense = "[".repeat(1 << 20);
    let outcomes = local.deliver(&nonsense)?;
    assert!(outcomes[0].starts_with("decode reject: the event is no JSON"), "{}", &outcomes[0]);
    Ok(())
}

//! A version that skips a stage: the description has the present stage, and the table has those before.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is missing"
)]

mod cases;

use cases::{of, strict};
use sagewarden_policy::join::RECORDED_STAGES;
use sagewarden_policy::{Bundle, FindingStatus};
use serde_json::{Value, json};

fn bundle() -> Bundle {
    let settings = cases::STRICT
        .replace("serving_stage", "stages = [\"Development\", \"QA\", \"Production\"]\nserving_stage");
    strict().with_settings(&settings).unwrap()
}

/// What becomes of the control; nothing if it passes.
fn status(stage: &str, recorded: Option<&[&str]>) -> Option<FindingStatus> {
    let mut kept = of("model-package")
        .but("/ModelLifeCycle", json!({ "Stage": stage, "StageStatus": "PendingApproval" }));
    if let Some(recorded) = recorded {
        let rows: Vec<Value> = recorded.iter().map(|stage| json!({ "Stage": stage })).collect();
        kept.answers.insert(RECORDED_STAGES.to_owned(), Value::Array(rows));
    }
    let verdict = kept.verdict(&bundle());
    let found = verdict.findings.iter().find(|finding| finding.control == "MPK-ART-05");
    found.map(|finding| finding.status)
}

#[test]
fn a_stage_may_be_reached_only_from_the_one_before_or_from_a_later_one() {
    use FindingStatus::{Unknown, Violation};
    for (stage, recorded, expect) in [
        ("Development", Some(&[][..]), None),
        ("QA", Some(&["Development"][..]), None),
        ("Production", Some(&["Development", "QA"][..]), None),
        ("Production", Some(&["Development"][..]), Some(Violation)),
        // Its own record is no stage before.
        ("Production", Some(&["Development", "Production", "Production"][..]), Some(Violation)),
        ("Production", Some(&["Development", "QA", "Production"][..]), None),
        // It was there before, and came back.
        ("QA", Some(&["Development", "QA", "Production"][..]), None),
        // Nobody recorded where it was before.
        ("Production", Some(&[][..]), Some(Unknown)),
        ("Production", Some(&["Production"][..]), Some(Unknown)),
        ("Production", Some(&["Proposal"][..]), Some(Unknown)),
        ("Archived", Some(&["Development"][..]), Some(Unknown)),
    ] {
        assert_eq!(status(stage, recorded), expect, "{stage} after {recorded:?}");
    }
}

#[test]
fn without_a_table_only_the_first_stage_is_decided() {
    assert_eq!(status("Development", None), None);
    assert_ne!(status("QA", None), Some(FindingStatus::Violation));
}

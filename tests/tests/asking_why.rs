//! Why was it stopped? What the verdicts, the remedy and CloudTrail's call say of one resource.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use futures::executor::block_on;
use sagewarden_events::{Actor, ResourceKind};
use sagewarden_govern::ports::Table;
use sagewarden_govern::{Ask, NoAnswer, Question, answer};
use sagewarden_lineage::answer::{Reply, Why};
use sagewarden_local::Story;
use sagewarden_policy::Bundle;
use sagewarden_settings::Mode;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, notebook, training_job};
use sagewarden_tests::played::Played;

static STORY: LazyLock<Played> = LazyLock::new(|| Played::new().unwrap());

fn ask(table: &impl Table, entity: &str) -> std::result::Result<Why, NoAnswer> {
    match block_on(answer(table, &Question { ask: Ask::Why, ..Question::about(entity) }, &|| false))? {
        Reply::Why(why) => Ok(*why),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_stopped_job_says_what_failed_who_started_it_and_what_was_done() {
    let why = ask(&STORY.system.store, "training-job/credit-train-001").unwrap();
    assert_eq!(why.state.as_deref(), Some("Stopped"));
    assert!(why.started_by.as_deref().unwrap().ends_with("/ana"), "{:?}", why.started_by);
    let remedy = why.remedy.as_ref().unwrap();
    assert_eq!((remedy.action.as_str(), remedy.result.as_str()), ("StopTrainingJob", "stop requested"));
    let verdict = why.verdict.as_ref().unwrap();
    let failed = verdict.findings.iter().filter_map(|finding| finding.get("control")?.as_str());
    assert_eq!(failed.collect::<Vec<_>>(), ["TRN-ENC-01", "TRN-NET-01", "TRN-REP-01"]);
    let text = why.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "training job credit-train-001  [Stopped]");
    assert_eq!(
        lines[1],
        "  Sagewarden called StopTrainingJob because it fails TRN-ENC-01, TRN-NET-01, TRN-REP-01"
    );
    assert!(text.contains("\n    fix     pass a VpcConfig with private subnets"), "{text}");
    assert!(text.ends_with("sagewarden policy explain TRN-ENC-01\ncomplete\n"), "{text}");
}

#[test]
fn of_a_compliant_job_it_says_that_nothing_was_done() {
    let why = ask(&STORY.system.store, "training-job/credit-train-002").unwrap();
    assert!(why.remedy.is_none() && why.verdict.as_ref().unwrap().findings.is_empty());
    assert!(why.text().contains("\n  Nothing failed. Sagewarden changed nothing\n"), "{}", why.text());
    let never = ask(&STORY.system.store, &format!("endpoint/{}", Story::ENDPOINT)).unwrap();
    assert!(never.verdict.is_some());
    let commit = ask(&STORY.system.store, "experiment/credit-default").unwrap();
    assert!(commit.verdict.is_none() && commit.text().contains("Sagewarden never judged it"));
}

#[test]
fn a_resource_without_lineage_is_asked_for_by_its_arn() -> Result<()> {
    let local = Local::with(Bundle::embedded()?.with_settings(SETTINGS)?.with_mode(Mode::Observe))?;
    local.create(ResourceKind::NotebookInstance, &notebook(), 0)?;
    local.settle()?;
    let resource = local.system.account.resource(ResourceKind::NotebookInstance, "ana");
    let why = ask(&local.system.store, &resource.arn()).unwrap();
    assert_eq!(why.name, "notebook instance ana");
    assert!(why.created_at.is_some() && why.remedy.is_none());
    assert!(why.text().contains("Sagewarden reported that, and changed nothing"), "{}", why.text());
    let unknown = ask(&local.system.store, &resource.arn().replace("/ana", "/bob"));
    assert!(matches!(unknown, Err(NoAnswer::Unknown(_))), "{unknown:?}");
    Ok(())
}

#[test]
fn an_earlier_verdict_stays_readable() -> Result<()> {
    let settings = format!("{SETTINGS}\n[traceability]\nrequired_tags = [\"Owner\"]\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?.with_mode(Mode::Observe))?;
    local.serve()?;
    let events = local.system.account.drain_events()?;
    let model = local.system.account.resource(ResourceKind::Model, "m");
    for (seconds, has_owner) in [(100, false), (200, true)] {
        if has_owner {
            local
                .system
                .account
                .add_tags(&model, BTreeMap::from([("Owner".to_owned(), "ana".to_owned())]))?;
        }
        for event in &events {
            block_on(local.system.deliver(&event.to_string(), at(seconds)))?;
        }
    }
    let why = ask(&local.system.store, "model/m").unwrap();
    assert_eq!(why.verdict.as_ref().unwrap().outcome, "compliant");
    let earlier: Vec<&str> = why.earlier.iter().map(|verdict| verdict.text.as_str()).collect();
    assert_eq!(earlier, ["violating; failed: MDL-TRC-01"]);
    assert!(why.text().contains("\n  earlier    "), "{}", why.text());
    Ok(())
}

#[test]
fn a_time_and_a_cursor_are_refused() {
    let of = |question: Question| {
        let question = Question { ask: Ask::Why, ..question };
        block_on(answer(&STORY.system.store, &question, &|| false)).unwrap_err().to_string()
    };
    let job = || Question::about("training-job/credit-train-001");
    assert!(of(Question { at: Some("2026-03-02".into()), ..job() }).contains("`at` is not for `why`"));
    assert!(of(Question { cursor: Some("x".into()), ..job() }).contains("`cursor` is for"));
}

/// Everybody in the domain works in the same session of the same role.
#[test]
fn the_user_of_identity_center_behind_a_shared_session_is_named_everywhere() -> Result<()> {
    let local = Local::with(Bundle::embedded()?.with_settings(SETTINGS)?.with_mode(Mode::Observe))?;
    let session = "arn:aws:sts::111122223333:assumed-role/ds-studio/SageMaker";
    let user = "544894e8-80c1-707f-60e3-3ba6510dfac1";
    let caller = Actor { arn: Some(session.into()), on_behalf_of: Some(user.into()), ..Actor::default() };
    let mut request = training_job("t", &[]);
    request.as_object_mut().unwrap().insert("EnableNetworkIsolation".into(), false.into());
    local.system.account.create(ResourceKind::TrainingJob, &request, Some(&caller), at(0))?;
    local.settle()?;
    let person = format!("{session} for Identity Center user {user}");
    let why = ask(&local.system.store, "training-job/t").unwrap();
    assert_eq!(why.started_by.as_deref(), Some(person.as_str()));
    let finding = local.sent()?.remove(0).detail;
    let said = |path: &str| finding.pointer(path).and_then(serde_json::Value::as_str);
    assert_eq!((said("/started_by"), said("/actor/on_behalf_of")), (Some(person.as_str()), Some(user)));
    // The lineage has who created it, as CloudTrail names them.
    let question = Question::about("training-job/t");
    let Reply::Lineage(found) = block_on(answer(&local.system.store, &question, &|| false))? else {
        return Err("it is no lineage".into());
    };
    let text = format!("{found:?}");
    assert!(text.contains(&format!("{session} (Identity Center user {user})")), "{text}");
    Ok(())
}

//! Which resources are stopped, which are deleted, and which are only reported.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::cell::Cell;

use std::collections::BTreeMap;
use std::rc::Rc;

use futures::FutureExt;
use futures::executor::block_on;
use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_govern::{
    Ask, Failure, Moment, POLICY_VIOLATION, Question, REMEDIATION_DONE, REMEDIATION_FAILED, answer, route,
};
use sagewarden_lineage::answer::Reply;
use sagewarden_lineage::rows::{JudgementRow, VerdictRow};
use sagewarden_local::{Call, Fate, Guard, Guarded};
use sagewarden_policy::Bundle;
use sagewarden_settings::Mode;
use sagewarden_tests::local::{Local, SETTINGS, at, endpoint_config, model, training_job};
use sagewarden_tests::{Result, guarded};
use serde_json::{Value, json};

fn without_network(mut request: Value) -> Value {
    request["VpcConfig"] = Value::Null;
    request
}

fn status(local: &Local, name: &str) -> Result<Value> {
    let job = local.system.account.resource(ResourceKind::TrainingJob, name);
    Ok(local.system.account.describe_document(&job)?["TrainingJobStatus"].clone())
}

#[test]
fn a_forbidden_job_is_stopped_and_published_once() -> Result<()> {
    let local = Local::new()?;
    local.create(ResourceKind::TrainingJob, &without_network(training_job("t", &[])), 0)?;
    local.settle()?;
    assert_eq!(status(&local, "t")?, "Stopping");
    let sent = local.sent()?;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].detail_type, POLICY_VIOLATION);
    assert_eq!(sent[0].detail["started_by"], "arn:aws:iam::111122223333:user/ana");
    assert_eq!(
        sent[0].detail["remediation"],
        json!({ "action": "StopTrainingJob", "result": "stop requested", "failed": false, "after_ms": 0 })
    );
    Ok(())
}

#[test]
fn a_finding_names_whom_it_concerns() -> Result<()> {
    let settings =
        SETTINGS.replace("[encryption]", "[access]\nowner_tags = [\"Owner\", \"Team\"]\n\n[encryption]");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let tags = |list: &[(&str, &str)]| -> Value {
        list.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    };
    let cases = [
        ("by-tags", vec![("Team", "Credit"), ("Owner", "Kay@example.com"), ("Repository", "Credit-Model")]),
        ("by-template", vec![("Team", "Credit"), ("ProjectName", "credit"), ("EnvironmentType", "dev")]),
        ("by-caller", vec![]),
        (
            "by-studio",
            vec![(
                "sagemaker:user-profile-arn",
                "arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-1/Jo",
            )],
        ),
    ];
    for (second, (name, list)) in cases.iter().enumerate() {
        let mut request = without_network(training_job(name, &[]));
        request["Tags"] = tags(list);
        local.create(ResourceKind::TrainingJob, &request, i64::try_from(second)?)?;
    }
    local.settle()?;
    let sent = local.sent()?;
    let of = |name: &str, field: &str| {
        let one = sent.iter().find(|notice| notice.detail["resource"]["name"] == name);
        one.map_or(Value::Null, |notice| notice.detail[field].clone())
    };
    let expected = [
        ("by-tags", json!(["ana", "kay", "kay@example.com"]), json!(["credit-model"])),
        ("by-template", json!(["ana", "credit"]), json!(["ds-source-credit-dev"])),
        ("by-caller", json!(["ana"]), json!([])),
        ("by-studio", json!(["ana", "jo"]), json!([])),
    ];
    for (name, people, repositories) in expected {
        assert_eq!((of(name, "people"), of(name, "repositories")), (people, repositories), "{name}");
    }
    Ok(())
}

/// A job cannot be changed, but its tags can: of two judgements the later one counts, whatever their findings hash to, and the first
/// stays readable.
#[test]
fn of_two_judgements_of_one_job_the_later_counts_and_the_first_stays_readable() -> Result<()> {
    let settings = format!("{SETTINGS}\n[traceability]\nrequired_tags = [\"Owner\"]\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let tagged = |owned: bool| BTreeMap::from_iter(owned.then(|| ("Owner".to_owned(), "ana".to_owned())));
    for number in 0..24 {
        for owned_at_first in [true, false] {
            let name = format!("t-{number}-{owned_at_first}");
            let other = format!("Tag{number}");
            let mut tags = vec![(other.as_str(), "x")];
            tags.extend(owned_at_first.then_some(("Owner", "ana")));
            let job = local.create(ResourceKind::TrainingJob, &training_job(&name, &tags), 0)?;
            let event =
                local.system.account.drain_events()?.pop().ok_or("nothing was announced")?.to_string();
            block_on(local.system.deliver(&event, at(1)))?;
            local.system.account.delete_tags(&job, &["Owner"])?;
            local.system.account.add_tags(&job, tagged(!owned_at_first))?;
            block_on(local.system.deliver(&event, at(100)))?;
            let items = local.system.store.items()?;
            let of_job = |pk: &str| pk.contains(&format!("/{name}@"));
            let outcome = |verdict: VerdictRow| of_job(&verdict.pk).then_some(verdict.outcome);
            let newest: Vec<String> =
                items.iter().filter_map(VerdictRow::parse).filter_map(outcome).collect();
            let then = if owned_at_first { ["compliant", "violating"] } else { ["violating", "compliant"] };
            assert_eq!(newest, [then[1]], "{name}");
            let mut judgements: Vec<VerdictRow> =
                items.iter().filter_map(JudgementRow::parse).map(|row| row.0).collect();
            judgements.retain(|verdict| of_job(&verdict.pk));
            judgements.sort_by_key(|verdict| verdict.judged_at);
            let all: Vec<String> = judgements.into_iter().filter_map(outcome).collect();
            assert_eq!(all, then, "{name}");
        }
    }
    Ok(())
}

#[test]
fn a_history_ends_with_the_verdict_that_holds() -> Result<()> {
    let settings = format!("{SETTINGS}\n[traceability]\nrequired_tags = [\"Owner\"]\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?.with_mode(Mode::Observe))?;
    local.serve()?;
    let events = local.system.account.drain_events()?;
    let model = local.system.account.resource(ResourceKind::Model, "m");
    let deliver = |seconds| -> Result<()> {
        for event in &events {
            block_on(local.system.deliver(&event.to_string(), at(seconds)))?;
        }
        Ok(())
    };
    let owner = || BTreeMap::from([("Owner".to_owned(), "ana".to_owned())]);
    local.system.account.add_tags(&model, owner())?;
    deliver(100)?;
    local.system.account.delete_tags(&model, &["Owner"])?;
    deliver(200)?;
    local.system.account.add_tags(&model, owner())?;
    deliver(300)?;
    let question = Question { ask: Ask::History, ..Question::about("endpoint/prod") };
    let Reply::History(history) = block_on(answer(&local.system.store, &question, &|| false))? else {
        return Err("it is no history".into());
    };
    let of_model = history.entries.iter().filter_map(|entry| entry.text.strip_prefix("model m was judged "));
    // The newest first. The state before any failure is not a finding.
    assert_eq!(of_model.collect::<Vec<_>>(), ["compliant", "violating; failed: MDL-TRC-01"]);
    Ok(())
}

#[test]
fn in_observe_mode_it_is_published_and_runs_on() -> Result<()> {
    let bundle = Bundle::embedded()?.with_settings(SETTINGS)?.with_mode(Mode::Observe);
    let local = Local::with(bundle)?;
    local.create(ResourceKind::TrainingJob, &without_network(training_job("t", &[])), 0)?;
    local.settle()?;
    assert_eq!(status(&local, "t")?, "InProgress");
    let sent = local.sent()?;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].detail["remediation"]["result"], "the mode is observe");
    assert_eq!(sent[0].detail["mode"], "observe");
    Ok(())
}

/// A person who may tag a job chooses its environment. But with a tag they can neither stop another's job nor keep their own running.
#[test]
fn a_tag_that_comes_later_stops_nothing_and_saves_nothing() -> Result<()> {
    let environments = "[[environments]]\nname = \"strict\"\ntag = \"Stage=strict\"\nmode = \"enforce\"\n\
                        [environments.network]\nallowed_subnets = [\"subnet-7\"]\n\
                        [[environments]]\nname = \"lax\"\ntag = \"Stage=lax\"\nmode = \"observe\"\n\
                        [environments.controls]\nTRN-NET-01 = \"off\"\n";
    let settings = format!("{SETTINGS}\n{environments}");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let tag = |stage: &str| BTreeMap::from([("Stage".to_owned(), stage.to_owned())]);
    let kept = local.create(ResourceKind::TrainingJob, &training_job("kept", &[]), 0)?;
    local.system.account.add_tags(&kept, tag("strict"))?;
    let open = without_network(training_job("open", &[]));
    let open = local.create(ResourceKind::TrainingJob, &open, 1)?;
    local.system.account.add_tags(&open, tag("lax"))?;
    let strict =
        local.create(ResourceKind::TrainingJob, &training_job("strict", &[("Stage", "strict")]), 2)?;
    local.system.account.delete_tags(&strict, &["Stage"])?;
    local.settle()?;
    assert_eq!(
        [status(&local, "kept")?, status(&local, "open")?, status(&local, "strict")?],
        ["InProgress", "Stopping", "Stopping"]
    );
    let sent = local.sent()?;
    let found = sent.iter().find(|notice| notice.detail["resource"]["name"] == "kept");
    let found = &found.ok_or("what the tag forbids is published")?.detail;
    assert_eq!(found["environment"], "strict");
    assert_eq!(
        found["remediation"]["result"],
        "nobody knows whether it was created with the tag of the environment `strict`"
    );
    Ok(())
}

#[test]
fn a_waived_violation_is_recorded_and_left_alone() -> Result<()> {
    let waiver = "[[waivers]]\ncontrol = \"TRN-NET-01\"\nresource = \"arn:aws:sagemaker:*:111122223333:training-job/legacy-*\"\nreason = \"migration\"\n\
                  approver = \"jo\"\ngranted = 2026-01-01\nexpires = 2026-03-02\n";
    let settings = format!("{}\n{waiver}", SETTINGS);
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    local.create(ResourceKind::TrainingJob, &without_network(training_job("legacy-1", &[])), 0)?;
    local.create(ResourceKind::TrainingJob, &without_network(training_job("new-1", &[])), 0)?;
    // A day later the waiver has run out.
    local.create(ResourceKind::TrainingJob, &without_network(training_job("legacy-2", &[])), 86_400)?;
    local.settle()?;
    assert_eq!(status(&local, "legacy-1")?, "InProgress");
    assert_eq!(status(&local, "new-1")?, "Stopping");
    assert_eq!(status(&local, "legacy-2")?, "Stopping");
    assert_eq!(local.sent()?.len(), 2);
    let verdicts: Vec<String> = local
        .system
        .store
        .items()?
        .iter()
        .filter_map(VerdictRow::parse)
        .filter(|row| row.pk.contains("legacy-1"))
        .map(|row| row.outcome)
        .collect();
    assert_eq!(verdicts, ["waived"]);
    Ok(())
}

#[test]
fn a_model_is_deleted_only_while_no_endpoint_configuration_uses_it() -> Result<()> {
    let local = Local::new()?;
    let unused = local.create(ResourceKind::Model, &without_network(model("unused")), 0)?;
    local.settle()?;
    assert!(local.system.account.describe_document(&unused).is_err(), "it is gone");

    // Used before its event arrives.
    let used = local.create(ResourceKind::Model, &without_network(model("used")), 10)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c", "used"), 10)?;
    local.settle()?;
    assert!(local.system.account.describe_document(&used).is_ok(), "an endpoint may serve it");
    let results: Vec<Value> =
        local.sent()?.iter().map(|notice| notice.detail["remediation"]["result"].clone()).collect();
    assert_eq!(
        results,
        [json!("deleted"), json!("kept: endpoint configuration c uses it; an endpoint may serve it")]
    );
    Ok(())
}

/// Makes a configuration that names the model, once somebody has looked whether there is one; and may refuse to look again.
struct Meanwhile<'a> {
    local: &'a Local,
    looks: Cell<usize>,
    refuses: bool,
}

impl Guard for Meanwhile<'_> {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        match call.method {
            "Remedies::model_use" if self.refuses && self.looks.get() == 1 => {
                Err(PortError::new(PortErrorKind::Throttled, "list", "asked to slow down"))
            }
            _ => Ok(()),
        }
    }

    fn after(&self, call: Call<'_>) -> Fate {
        if call.method == "Remedies::model_use" && self.looks.replace(self.looks.get() + 1) == 0 {
            let made = self.local.create(ResourceKind::EndpointConfig, &endpoint_config("c", "m"), 5);
            assert!(made.is_ok(), "{made:?}");
        }
        Fate::Goes
    }
}

#[test]
fn a_configuration_that_was_made_while_its_model_was_deleted_is_named_with_what_to_do() -> Result<()> {
    let names = "deleted, but endpoint configuration c was created at the same moment and names it: before an endpoint uses that configuration, delete it, or create the model again under its name so that it passes its controls";
    let unseen = "deleted; check whether an endpoint configuration that was created at the same moment names it: Sagewarden could not look (list: asked to slow down)";
    for (refuses, expected) in [(false, names), (true, unseen)] {
        let local = Local::new()?;
        local.create(ResourceKind::Model, &without_network(model("m")), 0)?;
        let event = local.system.account.drain_events()?.pop().ok_or("nothing was announced")?;
        let event = sagewarden_events::decode(&event.to_string())?.remove(0);
        let guard = Meanwhile { local: &local, looks: Cell::new(0), refuses };
        let world = local.system.world().with_remedies(Guarded::new(local.system.account.clone(), guard));
        let moment = Moment { now: at(5), owner: "test".to_owned() };
        for _ in 0..2 {
            let judging = local.system.judging();
            let outcome = block_on(route::enforce_policy(&world, &judging, &event, &moment));
            assert!(matches!(outcome, Some(Ok(_))), "{outcome:?}");
        }
        let sent = local.sent()?;
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].detail["remediation"]["result"], expected);
        assert_eq!(sent[0].detail["remediation"]["action"], "DeleteModel");
    }
    Ok(())
}

#[test]
fn an_observed_violation_is_stopped_and_published_again_once_it_is_enforced() -> Result<()> {
    let settings = SETTINGS;
    let local = Local::with(Bundle::embedded()?.with_settings(settings)?.with_mode(Mode::Observe))?;
    local.create(ResourceKind::TrainingJob, &without_network(training_job("t", &[])), 0)?;
    let event = local.system.account.drain_events()?.pop().ok_or("nothing was announced")?.to_string();
    local.deliver(&event)?;
    let mut enforcing = local.system.clone();
    enforcing.bundle = Bundle::clone(&enforcing.bundle).with_mode(Mode::Enforce).into();
    block_on(enforcing.deliver(&event, at(1)))?;
    assert_eq!(status(&local, "t")?, "Stopping");
    let results: Vec<Value> =
        local.sent()?.iter().map(|notice| notice.detail["remediation"]["result"].clone()).collect();
    assert_eq!(results, [json!("the mode is observe"), json!("stop requested")]);
    Ok(())
}

#[test]
fn a_model_that_is_deleted_before_it_is_recorded_is_no_error() -> Result<()> {
    let local = Local::new()?;
    local.create(ResourceKind::Model, &without_network(model("m")), 0)?;
    let outcomes = local.settle()?;
    assert!(!outcomes.iter().any(|text| text.contains(" reject: ")), "{outcomes:?}");
    assert_eq!(local.system.quarantine.kept()?, Vec::<Value>::new());
    Ok(())
}

#[test]
fn a_call_that_was_refused_stops_nothing() -> Result<()> {
    let local = Local::new()?;
    let events = sagewarden_tests::root().join("events/aws.sagemaker/api-call-via-cloudtrail");
    let denied = std::fs::read_to_string(events.join("create-training-job-denied.json"))?;
    assert_eq!(local.deliver(&denied)?, Vec::<String>::new());
    assert!(local.sent()?.is_empty());
    Ok(())
}

/// Refuses stops until somebody grants the permission.
#[derive(Default)]
struct Refusing {
    granted: Cell<bool>,
}

impl Guard for Refusing {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if self.granted.get() || call.method != "Remedies::stop" {
            return Ok(());
        }
        let context = format!("stop `{}`", call.about);
        Err(PortError::new(PortErrorKind::Denied, context, "AccessDeniedException: no permission"))
    }
}

#[tokio::test]
async fn a_failed_stop_is_a_finding_of_its_own_and_is_tried_again() -> Result<()> {
    let local = Local::new()?;
    local.create(ResourceKind::TrainingJob, &without_network(training_job("t", &[])), 0)?;
    let event = local.system.account.drain_events()?.pop().ok_or("nothing was announced")?;
    let event = sagewarden_events::decode(&event.to_string())?.remove(0);
    let refusing = Guarded::new(local.system.account.clone(), Refusing::default());
    let world = local.system.world().with_remedies(refusing);
    let judging = local.system.judging();
    let enforce = async |moment: &Moment| {
        let outcome = route::enforce_policy(&world, &judging, &event, moment).await;
        outcome.unwrap_or_else(|| Err(Failure::Reject("the event is not for it".to_owned())))
    };
    for attempt in 0..3 {
        let moment = Moment { now: at(attempt), owner: format!("attempt-{attempt}") };
        let outcome = enforce(&moment).await;
        assert!(
            matches!(&outcome, Err(Failure::Retry(error)) if error.to_string().contains("no permission")),
            "{outcome:?}"
        );
    }
    let types: Vec<String> = local.sent()?.into_iter().map(|notice| notice.detail_type).collect();
    assert_eq!(types, [POLICY_VIOLATION, REMEDIATION_FAILED], "each is told once");

    world.remedies.guard.granted.set(true);
    let moment = Moment { now: Timestamp::from_millis(at(9).millis()), owner: "later".to_owned() };
    let done = enforce(&moment).await?;
    assert!(done.text().ends_with("StopTrainingJob: stop requested"), "{}", done.text());
    assert_eq!(status(&local, "t")?, "Stopping");
    let last = local.sent()?.pop().ok_or("nothing was sent")?;
    assert_eq!((last.detail_type.as_str(), local.sent()?.len()), (REMEDIATION_DONE, 3));
    assert_eq!(last.detail["remediation"]["result"], "stop requested");
    Ok(())
}

/// Handles an event whole, once somebody else has described the resource that it is about.
struct HandledBetween<'a> {
    local: &'a Local,
    event: String,
    is_done: Cell<bool>,
    stops: Cell<usize>,
}

impl Guard for HandledBetween<'_> {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        self.stops.set(self.stops.get() + usize::from(call.method == "Remedies::stop"));
        Ok(())
    }

    fn after(&self, call: Call<'_>) -> Fate {
        if call.method == "Account::describe" && !self.is_done.replace(true) {
            let handled = self.local.system.deliver(&self.event, at(4)).now_or_never();
            assert!(matches!(handled, Some(Ok(_))), "{handled:?}");
        }
        Fate::Goes
    }
}

#[test]
fn a_job_that_another_delivery_stops_after_this_one_has_looked_is_reported_once() -> Result<()> {
    let local = Local::new()?;
    local.create(ResourceKind::TrainingJob, &without_network(training_job("t", &[])), 0)?;
    let event = local.system.account.drain_events()?.pop().ok_or("nothing was announced")?.to_string();
    let guard = Rc::new(HandledBetween {
        local: &local,
        event: event.clone(),
        is_done: Cell::new(false),
        stops: Cell::new(0),
    });
    let world = guarded::world(&local.system, &guard);
    let moment = Moment { now: at(5), owner: "slow".to_owned() };
    let judging = local.system.judging();
    let event = sagewarden_events::decode(&event)?.remove(0);
    let outcome = block_on(route::enforce_policy(&world, &judging, &event, &moment));
    assert!(matches!(outcome, Some(Ok(_))), "{outcome:?}");
    let sent: Vec<String> = local.sent()?.into_iter().map(|notice| notice.detail_type).collect();
    assert_eq!(sent, ["Sagewarden Policy Violation"]);
    // A service may take a second stop as well as the first: that would be reported as another remedy.
    assert_eq!(guard.stops.get(), 0);
    Ok(())
}

#[test]
fn what_is_gone_says_nothing_and_stops_nothing() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    let open = model("open");
    local.create(ResourceKind::Model, &open, 0)?;
    let transform = |name: &str| {
        json!({
            "TransformJobName": name, "ModelName": "open",
            "TransformInput": { "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://ds-data/in" } } },
            "TransformOutput": { "S3OutputPath": "s3://ds-data/out" },
            "TransformResources": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1 },
        })
    };
    local.create(ResourceKind::TransformJob, &transform("gone"), 1)?;
    account.delete(&account.resource(ResourceKind::Model, "open"), at(1))?;
    local.settle()?;
    let notice =
        local.sent()?.into_iter().find(|notice| notice.detail["resource"].to_string().contains("gone"));
    let findings = notice.ok_or("no notice")?.detail["findings"].clone();
    let isolation =
        findings.as_array().into_iter().flatten().find(|finding| finding["control"] == "TRF-NET-01");
    let isolation = isolation.ok_or("nothing is said of the model")?;
    assert_eq!(isolation["status"], "unknown");
    assert_eq!(isolation["actual"], "DescribeModel: describe model `open`: it was not found");
    Ok(())
}

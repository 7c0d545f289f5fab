//! Every fault at every call of every port, in flows with each kind of remedy: whatever fails, and wherever the process dies, the
//! flow ends in the same state, and whoever reads the notices knows what was found and what was done about it.
//!
//! Between publishing a notice and noting that, no order of the two is safe: there a notice may leave twice, with one `notice_id`.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use sagewarden_events::ResourceKind;
use sagewarden_govern::{REMEDIATION_DONE, REMEDIATION_FAILED};
use sagewarden_lineage::rows::{NoticeRow, ReceiptRow, ReceiptState, VerdictRow};
use sagewarden_lineage::table::Item;
use sagewarden_local::SentNotice;
use sagewarden_policy::Bundle;
use sagewarden_tests::WHEN;
use sagewarden_tests::flows::{FLOWS, Flow};
use sagewarden_tests::guarded;
use sagewarden_tests::local::Local;
use sagewarden_tests::one_fault::{Fault, OneFault};
use serde_json::Value;

/// How a flow ended.
struct Ended {
    calls: Vec<&'static str>,
    /// Each attribute of each row of the table.
    attributes: BTreeSet<String>,
    /// What has been claimed, and not settled.
    claimed: Vec<String>,
    sent: Vec<SentNotice>,
    /// What the account has in the end.
    account: String,
}

fn play(flow: &Flow, bundle: &Arc<Bundle>, fault: OneFault) -> Ended {
    let local = Local::with(Arc::clone(bundle)).unwrap();
    let guard = Rc::new(fault);
    flow.play(&local, &guarded::world(&local.system, &guard)).unwrap();
    let items = local.system.store.items().unwrap();
    let receipts = items.iter().filter_map(ReceiptRow::parse).map(|row| (row.cause, row.state));
    let notices = items.iter().filter_map(NoticeRow::parse).map(|row| (row.cause, row.state));
    let claimed = receipts.chain(notices).filter(|(_, state)| matches!(state, ReceiptState::Claimed { .. }));
    Ended {
        calls: guard.calls(),
        claimed: claimed.map(|(cause, _)| cause).collect(),
        attributes: items.iter().flat_map(attributes).collect(),
        sent: local.sent().unwrap(),
        account: account(&local),
    }
}

/// When a remedy was made, and what the service answered, is known only to the delivery that made it.
const OF_ONE_DELIVERY: [&str; 2] = [VerdictRow::REMEDY_AFTER_MS, VerdictRow::REMEDY_RESULT];

fn attributes(item: &Item) -> Vec<String> {
    let Item { key, attributes } = item;
    let kept = attributes
        .iter()
        .filter(|(name, _)| !OF_ONE_DELIVERY.contains(&name.as_str()) && !WHEN.contains(&name.as_str()));
    kept.map(|(name, value)| format!("{} {} {name} = {value:?}", key.pk, key.sk)).collect()
}

/// The resources, but not when they were changed last: a change whose answer was lost is made again.
fn account(local: &Local) -> String {
    let kinds = [
        ResourceKind::TrainingJob,
        ResourceKind::TuningJob,
        ResourceKind::Model,
        ResourceKind::NotebookInstance,
        ResourceKind::Space,
        ResourceKind::App,
        ResourceKind::ModelPackage,
    ];
    let mut documents: Vec<Value> =
        kinds.iter().flat_map(|kind| local.system.account.list(*kind).unwrap()).collect();
    for document in documents.iter_mut().filter_map(Value::as_object_mut) {
        document.remove("LastModifiedTime");
    }
    documents.iter().map(|document| format!("{document}\n")).collect()
}

fn detail<'a>(notice: &'a SentNotice, pointer: &str) -> &'a str {
    notice.detail.pointer(pointer).and_then(Value::as_str).unwrap_or("nothing")
}

/// What people learn from the notices: each once, whoever sent it twice.
fn learned(sent: &[SentNotice]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let once = sent.iter().filter(|notice| seen.insert(detail(notice, "/notice_id").to_owned()));
    let mut lines: Vec<String> = once
        .map(|notice| {
            let about = detail(notice, "/about").rsplit(':').next().unwrap();
            let findings = notice.detail.get("findings").and_then(Value::as_array);
            let controls: Vec<&str> =
                findings.into_iter().flatten().filter_map(|each| each.get("control")?.as_str()).collect();
            let action = detail(notice, "/remediation/action");
            let failed = notice.detail.pointer("/remediation/failed") == Some(&Value::Bool(true));
            let failed = if failed { " failed" } else { "" };
            format!("{}: {about} {} {action}{failed}", notice.detail_type, controls.join(" "))
        })
        .collect();
    lines.sort();
    lines
}

/// The resource that a line is about.
fn about(line: &str) -> &str {
    line.split(": ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or(line)
}

/// A remedy whose answer said that it failed is reported as failed, and later as done: what is learned in the end.
fn in_the_end(lines: Vec<String>, expected: &[String]) -> Vec<String> {
    let (failures, others): (Vec<String>, Vec<String>) =
        lines.into_iter().partition(|line| line.starts_with(REMEDIATION_FAILED));
    let mut others: Vec<String> =
        others.into_iter().map(|line| line.trim_end_matches(" failed").to_owned()).collect();
    for failure in failures {
        let done = failure.trim_end_matches(" failed").replace(REMEDIATION_FAILED, REMEDIATION_DONE);
        let count = |lines: &[String]| lines.iter().filter(|line| **line == done).count();
        match others.iter().position(|line| *line == done) {
            Some(place) if count(&others) > count(expected) => drop(others.remove(place)),
            Some(_) => {}
            // What came after it says how the resource stands by then.
            None if others.iter().filter(|line| line.contains(about(&failure))).count() > 1 => {}
            None => others.push(format!("nobody hears of the end of `{failure}`")),
        }
    }
    others.sort();
    others
}

#[test]
fn every_fault_at_every_call_ends_as_if_there_were_none() {
    let mut faults = Vec::new();
    let mut counts: BTreeMap<(&str, Fault), usize> = BTreeMap::new();
    for flow in &FLOWS {
        let bundle = flow.bundle().unwrap();
        let straight = play(flow, &bundle, OneFault::none());
        assert!(straight.claimed.is_empty(), "{}: {:?}", flow.name, straight.claimed);
        for (call, method) in straight.calls.iter().enumerate() {
            for fault in Fault::ALL.into_iter().filter(|fault| fault.may_strike(method)) {
                *counts.entry((method, fault)).or_default() += 1;
                let ended = play(flow, &bundle, OneFault::at(call, fault));
                let mut wrong = differences(&straight, &ended, method, fault);
                if !wrong.is_empty() {
                    wrong.insert(0, format!("{}: {fault:?} at call {call}, {method}:", flow.name));
                    faults.push(wrong.join("\n    "));
                }
            }
        }
    }
    let cells: usize = counts.values().sum();
    eprintln!("{cells} faults in {} flows: {counts:?}", FLOWS.len());
    assert!(cells > 1_500, "flows have lost their calls: {cells}");
    assert!(faults.is_empty(), "{} of {cells} faults end otherwise:\n{}", faults.len(), faults.join("\n"));
}

fn differences(straight: &Ended, ended: &Ended, method: &str, fault: Fault) -> Vec<String> {
    let mut wrong = Vec::new();
    // The end of a remedy that failed stays owed while the resource breaks other controls.
    let may_stay = |cause: &&String| method.starts_with("Remedies::") && cause.starts_with("remedied#");
    let left = ended.claimed.iter().filter(|cause| !may_stay(cause));
    wrong.extend(left.map(|cause| format!("left claimed: {cause}")));
    let expected = learned(&straight.sent);
    let mut got = learned(&ended.sent);
    if method.starts_with("Remedies::") {
        got = in_the_end(got, &expected);
    }
    if got != expected {
        wrong.push(format!("notices {got:#?} instead of {expected:#?}"));
    }
    // Only where a notice may have left without a note of it may it leave again.
    let may_repeat = matches!(method, "Bus::publish" if fault.is_after()) || method == "Table::settle";
    let ids: Vec<&str> = ended.sent.iter().map(|notice| detail(notice, "/notice_id")).collect();
    let distinct = ids.iter().collect::<BTreeSet<_>>().len();
    if ids.contains(&"nothing") || (distinct != ids.len() && !may_repeat) {
        wrong.push(format!("sent twice: {ids:?}"));
    }
    if ended.account != straight.account {
        wrong.push(format!("the account: {}\n    instead of {}", ended.account, straight.account));
    }
    // A remedy that was reported as failed has two notices more, which were compared above.
    let counts = |attribute: &&String| {
        let of_failure = [" E#remediation#", " E#remedied#", " remedy = "];
        !(method.starts_with("Remedies::") && of_failure.iter().any(|part| attribute.contains(part)))
    };
    let more = ended.attributes.difference(&straight.attributes).filter(counts);
    wrong.extend(more.map(|attribute| format!("+ {attribute}")));
    let fewer = straight.attributes.difference(&ended.attributes).filter(counts);
    wrong.extend(fewer.map(|attribute| format!("- {attribute}")));
    wrong
}

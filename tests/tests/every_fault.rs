//! Every fault at every call of every port, in flows with each kind of remedy, of deployments and of monitoring. Whatever fails, and
//! wherever the process dies, the flow ends in the same state, and the notices name the finding and the remedy. Then two faults in one run,
//! at calls that a seed draws.
//!
//! A process may die between publishing a notice and noting that. Then the notice may be published twice, with one `notice_id`.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Instant;

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_govern::ports::Objects as _;
use sagewarden_govern::{
    BASELINE_MISSING, DRIFT_ALERT, MONITORING_FAILED, POLICY_VIOLATION, REMEDIATION_DONE, REMEDIATION_FAILED,
    RETRAINING_SUGGESTED,
};
use sagewarden_lineage::audit::{Defect, Ledger};
use sagewarden_lineage::rows::{NoticeRow, ReceiptRow, ReceiptState, VerdictRow};
use sagewarden_lineage::table::Item;
use sagewarden_local::{SentNotice, Store, System};
use sagewarden_measure::Chance;
use sagewarden_policy::Bundle;
use sagewarden_tests::WHEN;
use sagewarden_tests::flows::{FLOWS, Flow};
use sagewarden_tests::guarded;
use sagewarden_tests::local::{Local, at};
use sagewarden_tests::strikes::{Fault, Strike, Strikes};
use sagewarden_tests::watched_flows::WATCHED;
use serde_json::Value;

/// How a flow ended.
struct Ended {
    calls: Vec<&'static str>,
    struck: Vec<(&'static str, Fault)>,
    /// Each attribute of each row of the table.
    attributes: BTreeSet<String>,
    /// Claims that are not settled.
    claimed: Vec<String>,
    /// Which function rejected what.
    rejected: BTreeSet<String>,
    sent: Vec<SentNotice>,
    /// The state of the account at the end.
    account: String,
    /// The problems that `sagewarden verify` finds in the verdicts.
    gaps: Vec<Defect>,
}

/// A flow with its bundle, and how it ends without a fault.
struct Played {
    flow: Flow,
    bundle: Arc<Bundle>,
    straight: Ended,
}

/// Part of the names of the flows to play; absent for all flows.
fn wanted() -> String {
    std::env::var("SAGEWARDEN_FLOW").unwrap_or_default()
}

static PLAYED: LazyLock<Vec<Played>> = LazyLock::new(|| {
    let flows = FLOWS.iter().chain(&WATCHED).copied().filter(|flow| flow.name.contains(&wanted()));
    flows
        .map(|flow| {
            let bundle = flow.bundle().unwrap();
            let straight = play(&flow, &bundle, &[], Store::in_memory().unwrap());
            assert!(straight.claimed.is_empty(), "{}: {:?}", flow.name, straight.claimed);
            assert!(straight.gaps.is_empty(), "{}: {:?}", flow.name, straight.gaps);
            // The template brings record-lineage nothing that has no place in the lineage; a baseline that cannot be used is one flow.
            let is_meant = |reason: &String| {
                ["has no place in the lineage", "cannot be used"].iter().any(|part| reason.contains(part))
            };
            assert!(straight.rejected.iter().all(is_meant), "{}: {:?}", flow.name, straight.rejected);
            Played { flow, bundle, straight }
        })
        .collect()
});

fn play(flow: &Flow, bundle: &Arc<Bundle>, strikes: &[Strike], store: Store) -> Ended {
    let local = Local::on(store, Arc::clone(bundle)).unwrap();
    let guard = Rc::new(Strikes::new(strikes));
    let rejected = flow.play(&local, &guarded::world(&local.system, &guard));
    let rejected = rejected.unwrap_or_else(|error| BTreeSet::from([error.to_string()]));
    let items = local.system.store.items().unwrap();
    let receipts = items.iter().filter_map(ReceiptRow::parse).map(|row| (row.cause, row.state));
    let notices = items.iter().filter_map(NoticeRow::parse).map(|row| (row.cause, row.state));
    let claimed = receipts.chain(notices).filter(|(_, state)| matches!(state, ReceiptState::Claimed { .. }));
    Ended {
        calls: guard.calls(),
        struck: guard.struck(),
        claimed: claimed.map(|(cause, _)| cause).collect(),
        attributes: items.iter().flat_map(attributes).collect(),
        rejected,
        sent: local.sent().unwrap(),
        account: account(&local) + &written(&local),
        gaps: gaps(&items),
    }
}

fn gaps(items: &[Item]) -> Vec<Defect> {
    let mut ledger = Ledger::default();
    items.iter().for_each(|item| ledger.add(item));
    ledger.finish().defects().cloned().collect()
}

/// The files that the functions wrote into their own buckets.
fn written(local: &Local) -> String {
    let far = at(365 * 86_400);
    let listed =
        |bucket| block_on(local.system.account.versions(bucket, "", far, usize::MAX)).unwrap().objects;
    let objects = [System::EVIDENCE_BUCKET, System::WORKING_BUCKET].into_iter().flat_map(listed);
    objects.map(|object| format!("{} {}\n", object.key, object.etag)).collect()
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

/// The resources and the tags of the job, but not when they were changed last: a change whose answer was lost is made again.
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
    let job = local.system.account.resource(ResourceKind::TrainingJob, "t");
    let tags = format!("{:?}\n", local.system.account.tag_map(&job).unwrap());
    documents.iter().map(|document| format!("{document}\n")).chain([tags]).collect()
}

fn detail<'a>(notice: &'a SentNotice, pointer: &str) -> &'a str {
    notice.detail.pointer(pointer).and_then(Value::as_str).unwrap_or("nothing")
}

/// The content of the notices, each once, even if it was published twice.
fn learned(sent: &[SentNotice]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let once = sent.iter().filter(|notice| seen.insert(detail(notice, "/notice_id").to_owned()));
    let mut lines: Vec<String> = once
        .map(|notice| {
            let about = detail(notice, "/about").rsplit(':').next().unwrap();
            let findings = notice.detail.get("findings").and_then(Value::as_array);
            let controls: Vec<&str> =
                findings.into_iter().flatten().filter_map(|each| each.get("control")?.as_str()).collect();
            if findings.is_none() {
                // A notice of monitoring is compared by its sentence.
                return format!("{}: {about} {}", notice.detail_type, detail(notice, "/text"));
            }
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

/// If the answer says that a remedy failed, Sagewarden reports the failure, in a notice of its own or in the finding. If the remedy took
/// effect after all, Sagewarden reports that later.
fn in_the_end(lines: Vec<String>, expected: &[String]) -> Vec<String> {
    let (mut failures, others): (Vec<String>, Vec<String>) =
        lines.into_iter().partition(|line| line.starts_with(REMEDIATION_FAILED));
    let findings =
        others.iter().filter(|line| line.starts_with(POLICY_VIOLATION) && line.ends_with(" failed"));
    let as_failure = findings.map(|line| line.replacen(POLICY_VIOLATION, REMEDIATION_FAILED, 1));
    let unsaid: Vec<String> = as_failure.filter(|line| !failures.contains(line)).collect();
    failures.extend(unsaid);
    let mut others: Vec<String> =
        others.into_iter().map(|line| line.trim_end_matches(" failed").to_owned()).collect();
    for failure in failures {
        let done = failure.trim_end_matches(" failed").replace(REMEDIATION_FAILED, REMEDIATION_DONE);
        let count = |lines: &[String]| lines.iter().filter(|line| **line == done).count();
        match others.iter().position(|line| *line == done) {
            Some(place) if count(&others) > count(expected) => drop(others.remove(place)),
            Some(_) => {}
            // The notice after it says the state of the resource by then.
            None if others.iter().filter(|line| line.contains(about(&failure))).count() > 1 => {}
            None => others.push(format!("nobody hears of the end of `{failure}`")),
        }
    }
    // A finding may have said that the remedy was begun, and another notice that it was done.
    let is_end = |line: &String| {
        let finding = line.replacen(REMEDIATION_DONE, POLICY_VIOLATION, 1);
        line.starts_with(REMEDIATION_DONE) && !expected.contains(line) && expected.contains(&finding)
    };
    if let Some(end) = others.iter().position(is_end) {
        others.remove(end);
    }
    others.sort();
    others
}

/// Plays all of these side by side; returns the runs that ended differently than without a fault, and counts the faults that happened.
fn strike(cells: &[(usize, Vec<Strike>)], counts: &Mutex<BTreeMap<Cell, usize>>) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    let work = || {
        // A store is made once for each thread: making one takes a quarter of the time of a short flow.
        let store = Store::in_memory().unwrap();
        while let Some((flow, strikes)) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Played { flow, bundle, straight } = &PLAYED[*flow];
            let ended = play(flow, bundle, strikes, store.clone());
            for (method, fault) in &ended.struck {
                let port = method.split("::").next().unwrap();
                *counts.lock().unwrap().entry((flow.name, port, *fault)).or_default() += 1;
            }
            let wrong = differences(straight, &ended);
            if !wrong.is_empty() {
                let cell = format!("{}: {strikes:?} struck {:?}:", flow.name, ended.struck);
                eprintln!("{cell}\n    {}", wrong.join("\n    "));
                faults.lock().unwrap().push(cell);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(work);
        }
    });
    faults.into_inner().unwrap()
}

/// Flow, port and fault.
type Cell = (&'static str, &'static str, Fault);

/// Prints how often each fault struck each port in each flow; returns how often in all.
fn report(counts: Mutex<BTreeMap<Cell, usize>>, since: Instant) -> usize {
    let counts = counts.into_inner().unwrap();
    let mut lines: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for ((flow, port, fault), count) in &counts {
        lines.entry((flow, port)).or_default().push_str(&format!(" {fault:?} {count}"));
    }
    for ((flow, port), line) in lines {
        eprintln!("{flow} | {port} |{line}");
    }
    let all = counts.values().sum();
    eprintln!("{all} faults in {} flows, in {} s", PLAYED.len(), since.elapsed().as_secs());
    all
}

#[test]
fn each_flow_of_what_is_watched_publishes_what_its_name_says() {
    let published = |flow: &Flow| -> Vec<String> {
        let straight = play(flow, &flow.bundle().unwrap(), &[], Store::in_memory().unwrap());
        let mut types: Vec<String> = straight.sent.into_iter().map(|notice| notice.detail_type).collect();
        types.sort();
        types
    };
    let expected: [&[&str]; WATCHED.len()] = [
        &[],
        &[],
        &[],
        &[BASELINE_MISSING],
        &[],
        // Its baseline has no statistics: until a check finds something, that is all that is known.
        &[BASELINE_MISSING, DRIFT_ALERT, RETRAINING_SUGGESTED],
        &[BASELINE_MISSING],
        &[BASELINE_MISSING],
        &[MONITORING_FAILED],
        // Nothing is said of a baseline of its data.
        &[BASELINE_MISSING, DRIFT_ALERT, RETRAINING_SUGGESTED],
        &[BASELINE_MISSING, MONITORING_FAILED],
        // Its data and its reasons.
        &[DRIFT_ALERT, DRIFT_ALERT, RETRAINING_SUGGESTED],
        &[DRIFT_ALERT, RETRAINING_SUGGESTED],
        &[MONITORING_FAILED],
        &[MONITORING_FAILED, MONITORING_FAILED],
    ];
    for (flow, expected) in WATCHED.iter().zip(expected) {
        assert_eq!(published(flow), expected, "{}", flow.name);
    }
}

#[test]
fn every_fault_at_every_call_ends_as_if_there_were_none() {
    let (began, counts) = (Instant::now(), Mutex::default());
    let mut cells = Vec::new();
    for (number, played) in PLAYED.iter().enumerate() {
        for (call, method) in played.straight.calls.iter().enumerate() {
            cells.extend(faults_at(call, method).into_iter().map(|fault| (number, vec![(call, fault)])));
        }
    }
    let faults = strike(&cells, &counts);
    let struck = report(counts, began);
    assert_eq!(struck, cells.len(), "the same calls come in the same order until one is struck");
    assert!(struck > 4_000 || !wanted().is_empty(), "flows have lost their calls: {struck}");
    assert!(faults.is_empty(), "{} of {struck} faults end otherwise:\n{}", faults.len(), faults.join("\n"));
}

/// The faults of a call. Among the errors that prevent the call, one is used at a time, a different one at each call; all of them if the
/// variable says so.
fn faults_at(call: usize, method: &str) -> Vec<Fault> {
    let all = Fault::ALL.into_iter().filter(|fault| fault.may_strike(method));
    let (errors, mut others): (Vec<Fault>, Vec<Fault>) = all.partition(|fault| fault.leaves_nothing_done());
    if std::env::var("SAGEWARDEN_FAULTS").is_ok_and(|text| text == "all") {
        others.extend(errors);
    } else {
        others.extend(errors.get(call % errors.len().max(1)));
    }
    others
}

/// Pairs of faults in a run.
const PAIRS: u64 = 300;

#[test]
fn two_faults_in_one_run_end_as_if_there_were_none() {
    let (began, counts) = (Instant::now(), Mutex::default());
    let variable = |name: &str, else_: u64| std::env::var(name).map_or(else_, |text| text.parse().unwrap());
    let first = variable("SAGEWARDEN_FIRST_PAIR", 0);
    let cells: Vec<_> = (first..first + variable("SAGEWARDEN_PAIRS", PAIRS)).map(pair).collect();
    let faults = strike(&cells, &counts);
    let struck = report(counts, began);
    assert!(struck > cells.len(), "hardly any second fault struck: {struck}");
    assert!(faults.is_empty(), "{} of {} end otherwise:\n{}", faults.len(), cells.len(), faults.join("\n"));
}

/// A flow, a call of it and one that comes later, each with a fault. The second call is one of a run that the first fault has changed.
fn pair(seed: u64) -> (usize, Vec<Strike>) {
    let mut chance = Chance::new(seed);
    let mut below = |limit: usize| usize::try_from(chance.below(limit as u64)).unwrap();
    let flow = below(PLAYED.len());
    let calls = &PLAYED[flow].straight.calls;
    let first = below(calls.len());
    let meets: Vec<Fault> = Fault::ALL.into_iter().filter(|fault| fault.may_strike(calls[first])).collect();
    let second = first + 1 + below((calls.len() - first).min(40));
    let strikes = [(first, meets[below(meets.len())]), (second, Fault::ALL[below(Fault::ALL.len())])];
    (flow, strikes.into())
}

fn differences(straight: &Ended, ended: &Ended) -> Vec<String> {
    let mut wrong: Vec<String> = ended.gaps.iter().map(|gap| format!("a gap: {gap:?}")).collect();
    let is_remedy = ended.struck.iter().any(|(method, _)| method.starts_with("Remedies::"));
    // The end of a remedy that failed stays owed while the resource breaks other controls.
    // So does the claim of who was about to publish that a baseline may not be read, once it may.
    let was_refused = ended.struck.iter().any(|(_, fault)| matches!(fault, Fault::Denied | Fault::Refused));
    let may_stay = |cause: &&String| {
        is_remedy && cause.starts_with("remedied#") || was_refused && cause.starts_with("baseline#")
    };
    let left = ended.claimed.iter().filter(|cause| !may_stay(cause));
    wrong.extend(left.map(|cause| format!("left claimed: {cause}")));
    if ended.rejected != straight.rejected {
        wrong.push(format!("rejected {:?} instead of {:?}", ended.rejected, straight.rejected));
    }
    let expected = learned(&straight.sent);
    let mut got = learned(&ended.sent);
    if is_remedy {
        got = in_the_end(got, &expected);
    }
    // If a fault that people must fix keeps traffic from being judged, it is published, and the traffic is judged later.
    let is_refused =
        |line: &String| [Fault::DENIAL, Fault::REFUSAL].iter().any(|words| line.ends_with(words));
    let told = got.iter().filter(|line| is_refused(line)).count();
    got.retain(|line| !is_refused(line));
    if got != expected {
        wrong.push(format!("notices {got:#?} instead of {expected:#?}"));
    }
    // Only where a notice may have left without a note of it may it leave again.
    let may_repeat = ended.struck.iter().any(|(method, fault)| {
        matches!(*method, "Bus::publish" if fault.is_after()) || *method == "Table::settle"
    });
    let ids: Vec<&str> = ended.sent.iter().map(|notice| detail(notice, "/notice_id")).collect();
    let distinct = ids.iter().collect::<BTreeSet<_>>().len();
    if ids.contains(&"nothing") || (distinct != ids.len() && !may_repeat) {
        wrong.push(format!("sent twice: {ids:?}"));
    }
    if ended.account != straight.account {
        wrong.push(format!("the account: {}\n    instead of {}", ended.account, straight.account));
    }
    // An attempt that succeeds deletes the notes of the attempts that died; if a baseline cannot be used, no attempt succeeds.
    let is_unusable = straight.rejected.iter().any(|reason| reason.contains("cannot be used"));
    // A remedy that was reported as failed has two notices more, which were compared above.
    let counts = |attribute: &&String| {
        let of_failure = [" E#remediation#", " E#remedied#", " remedy = "];
        let is_of_failure = is_remedy && of_failure.iter().any(|part| attribute.contains(part));
        let is_told = (told > 0 || was_refused) && attribute.starts_with("E#baseline#");
        let is_attempt = is_unusable && attribute.starts_with("K#attempt#");
        !(is_of_failure || is_told || is_attempt)
    };
    let more = ended.attributes.difference(&straight.attributes).filter(counts);
    wrong.extend(more.map(|attribute| format!("+ {attribute}")));
    let fewer = straight.attributes.difference(&ended.attributes).filter(counts);
    wrong.extend(fewer.map(|attribute| format!("- {attribute}")));
    wrong
}

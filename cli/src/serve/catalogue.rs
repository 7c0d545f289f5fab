//! The catalogue of controls, with the verdicts in the store on each.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_govern::EntryState;
use sagewarden_lineage::rows::{FoundControl, VerdictRow};
use sagewarden_local::Store;
use sagewarden_policy::{Bundle, Control};
use sagewarden_view::explorer::{Address, ControlEntry, ControlsPage};
use serde_json::{Value as Json, json};

use crate::serve::answered::{Refused, SentPage};
use crate::serve::explorer::Explorer;
use crate::serve::lists;

/// How many resources fail a control.
#[derive(Clone, Copy, Default)]
struct Broken {
    open: usize,
    ever: usize,
}

pub(super) fn page(explorer: &Explorer, address: &Address) -> Result<SentPage, Refused> {
    let (broken, requests) = match explorer.rows.store() {
        Some(store) => (broken(store)?, 0),
        None => counted(explorer)?,
    };
    let bundle = &explorer.bundle;
    let entry =
        |control: &Control| entry(bundle, control, broken.get(&control.id).copied().unwrap_or_default());
    let controls: Vec<ControlEntry> = bundle.controls().map(entry).collect();
    for (name, of) in
        [("severity", (|one| &one.severity) as fn(&ControlEntry) -> &String), ("chapter", |one| &one.chapter)]
    {
        let known: BTreeSet<&String> = controls.iter().map(of).collect();
        if let Some(wrong) = address.get(name).filter(|asked| !known.iter().any(|one| one == asked)) {
            let known: Vec<&str> = known.into_iter().map(String::as_str).collect();
            return Err(Refused::wrong(format!("`{name}` is `{wrong}`: write one of {}", known.join(", "))));
        }
    }
    let page = ControlsPage { controls, bundle: bundle.hash().to_owned() };
    explorer.shown(&page, address, requests)
}

fn entry(bundle: &Bundle, control: &Control, broken: Broken) -> ControlEntry {
    let waivers = bundle.settings().waivers.iter().filter(|waiver| waiver.control == control.id).count();
    ControlEntry {
        id: control.id.clone(),
        chapter: control.chapter().to_owned(),
        severity: json!(control.severity).as_str().unwrap_or_default().to_owned(),
        profile: control.profile.name().to_owned(),
        title: control.title.clone(),
        risk: control.risk.clone(),
        wanted: bundle.wanted(control, ""),
        fix: control.fix.clone(),
        remedy: control.remedy.explain().to_owned(),
        mode: json!(bundle.control_mode(control)).as_str().unwrap_or_default().to_owned(),
        also: control.also.clone(),
        waivers,
        open: broken.open,
        ever: broken.ever,
    }
}

/// The counts of a stack: of its index of findings.
fn counted(explorer: &Explorer) -> Result<(BTreeMap<String, Broken>, usize), Refused> {
    let mut counts: BTreeMap<String, Broken> = BTreeMap::new();
    let (open, first) = lists::by_control(explorer, EntryState::Open)?;
    let (ever, second) = lists::by_control(explorer, EntryState::All)?;
    open.into_iter().for_each(|(control, resources)| counts.entry(control).or_default().open = resources);
    ever.into_iter().for_each(|(control, resources)| counts.entry(control).or_default().ever = resources);
    Ok((counts, first + second))
}

/// Counts resources of a store: by their newest verdict, and by any.
fn broken(store: &Store) -> Result<BTreeMap<String, Broken>, Refused> {
    let mut newest: BTreeMap<String, (VerdictRow, BTreeSet<String>)> = BTreeMap::new();
    let mut ever: BTreeSet<(String, String)> = BTreeSet::new();
    store.each_within(VerdictRow::PARTITIONS, |item| {
        if let Some(row) = VerdictRow::parse(&item) {
            let failed = failed(&row);
            ever.extend(failed.iter().map(|control| (control.clone(), row.pk.clone())));
            let is_newer = |(known, _): &(VerdictRow, _)| {
                (known.modified_at, known.judged_at) < (row.modified_at, row.judged_at)
            };
            if newest.get(&row.pk).is_none_or(is_newer) {
                newest.insert(row.pk.clone(), (row, failed));
            }
        }
        true
    })?;
    let mut counts: BTreeMap<String, Broken> = BTreeMap::new();
    for control in newest.into_values().flat_map(|(_, failed)| failed) {
        counts.entry(control).or_default().open += 1;
    }
    for (control, _) in ever {
        counts.entry(control).or_default().ever += 1;
    }
    Ok(counts)
}

/// The controls that failed or are undecided, as the lists of findings count them.
fn failed(row: &VerdictRow) -> BTreeSet<String> {
    let findings: Vec<Json> = serde_json::from_str(&row.findings).unwrap_or_default();
    let text =
        |finding: &Json, key: &str| finding.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    findings
        .iter()
        .filter(|finding| text(finding, "status") != FoundControl::WAIVED)
        .map(|finding| text(finding, "control"))
        .collect()
}

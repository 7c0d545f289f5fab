//! The catalogue of controls, with the verdicts in the store on each.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_govern::EntryState;
use sagewarden_policy::{Bundle, Control};
use sagewarden_view::explorer::{Address, ControlEntry, ControlsPage};
use serde_json::json;

use crate::serve::answered::{Refused, SentPage};
use crate::serve::broken::Broken;
use crate::serve::explorer::Explorer;
use crate::serve::lists;

pub(super) fn page(explorer: &Explorer, address: &Address) -> Result<SentPage, Refused> {
    let (broken, requests) = match explorer.rows.store() {
        Some(store) => (explorer.gathered(store)?.broken.clone(), 0),
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
    if let Some(wrong) = address.get("show").filter(|show| *show != "broken") {
        return Err(Refused::wrong(format!("`show` is `{wrong}`: write broken, or leave it out")));
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

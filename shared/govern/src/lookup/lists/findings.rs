//! The lists of findings: open ones, the worst first, and all findings ever, the newest first within a severity.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{Actor, Resource, Timestamp};
use sagewarden_lineage::answer::TakenRemedy;
use sagewarden_lineage::listing::{About, CountItem, ErasedItem, FindingItem, Items, RemedyItem, WaiverItem};
use sagewarden_lineage::rows::{
    ArrivedRow, ErasedRow, FoundControl, FoundRow, HistoryRow, OpenFindingRow, SEVERITIES, VerdictRow,
    WaivedRow, severity_rank,
};
use sagewarden_lineage::table::{Item, Key};

use super::filter::Filter;
use super::walker::{Size, Walker};
use crate::lookup::arrived::BESIDE;
use crate::lookup::question::{CountBy, EntryState, NoAnswer, Question};
use crate::lookup::reading::{Interrupted, KEYS, Reading};
use crate::ports::Table;

/// Rows whose verdicts are read at once, with what closed their findings. The open entry of a resource may stand under any severity.
const AT_ONCE: usize = KEYS / (SEVERITIES.len() + 2);

/// The states of a finding.
const OPEN: &str = "open";
const CLOSED: &str = "closed";
/// Its job ended long ago, and nobody can fix it.
const HISTORY: &str = "closed: history";

/// Answers `findings`. On the first page of open findings, also with what sweeps have counted, if that was read.
pub(super) async fn findings<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<(Items, Walker, Option<Vec<ArrivedRow>>), NoAnswer> {
    let entries = if question.by.is_some() { usize::MAX } else { question.page_size()? };
    let state = question.state.unwrap_or(match question.would_have_been_stopped {
        true => EntryState::All,
        false => EntryState::Open,
    });
    let asks_ever = state != EntryState::Open || question.would_have_been_stopped;
    let (items, walker, beside) = if asks_ever {
        let (items, walker) = ever(reading, question, state, entries).await?;
        (items, walker, None)
    } else {
        open(reading, question, entries).await?
    };
    let items = match question.by {
        Some(by) => Items::Counts(counted(by, &items)),
        None => Items::Findings(items),
    };
    Ok((items, walker, beside))
}

/// The lists have everything that the answer needs: one request a page.
async fn open<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    entries: usize,
) -> Result<(Vec<FindingItem>, Walker, Option<Vec<ArrivedRow>>), NoAnswer> {
    let filter = Filter::of(question)?;
    // What sweeps have counted stands before the accounts.
    let begins = question.cursor.is_none() && filter.account().is_none();
    let counts = RefCell::new(Vec::new());
    let shards = OpenFindingRow::at_least(filter.least_severity(), filter.account(), filter.region());
    let mut walker = Walker::new(question, shards)?;
    let size = Size {
        entries,
        at_once: usize::MAX,
        beside: if begins { BESIDE } else { 0 },
        is_filtered: filter.is_any(),
    };
    let items = walker
        .collect(reading, size, async |rows| {
            counts.borrow_mut().extend(rows.iter().filter_map(ArrivedRow::parse));
            Ok(rows
                .iter()
                .map(|row| {
                    OpenFindingRow::parse(row).map(|row| open_items(&filter, &row)).unwrap_or_default()
                })
                .collect())
        })
        .await?;
    Ok((items, walker, begins.then(|| counts.into_inner())))
}

fn open_items(filter: &Filter, row: &OpenFindingRow) -> Vec<FindingItem> {
    let Some(about) = VerdictRow::resource(&row.subject).map(|resource| About::of(&resource)) else {
        return Vec::new();
    };
    if !filter.wants(&about, Some(row.since), row.owner.as_deref()) {
        return Vec::new();
    }
    let item = |found: &FoundControl| FindingItem {
        control: found.control.clone(),
        severity: found.severity.clone(),
        status: found.status.clone(),
        state: OPEN.to_owned(),
        about: about.clone(),
        since: row.since,
        owner: row.owner.clone(),
        bundle: row.bundle.clone(),
        mode: None,
        would: None,
    };
    filter.controls(&row.controls).map(item).collect()
}

/// All findings ever, each with its present state.
async fn ever<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    state: EntryState,
    entries: usize,
) -> Result<(Vec<FindingItem>, Walker), NoAnswer> {
    let filter = Filter::of(question)?;
    let mut walker = found_walker(question, &filter)?;
    let has_states = state != EntryState::All || question.by.is_none();
    let at_once = if has_states { AT_ONCE } else { KEYS };
    let size = Size { entries, at_once, beside: 0, is_filtered: true };
    let mut items = walker
        .collect(reading, size, async |rows| {
            let is_wanted = |row: &FoundRow| {
                !question.would_have_been_stopped || matches!(row.would.as_deref(), Some("stop" | "delete"))
            };
            let rows: Vec<Option<FoundRow>> =
                rows.iter().map(|row| FoundRow::parse(row).filter(is_wanted)).collect();
            let beside = Beside::of(reading, rows.iter().flatten(), has_states).await?;
            Ok(rows
                .iter()
                .map(|row| row.as_ref().map(|row| beside.items(&filter, state, row)).unwrap_or_default())
                .collect())
        })
        .await?;
    // Two verdicts on one state may have a control in common.
    let mut seen = BTreeSet::new();
    items.retain(|item| seen.insert((item.about.arn.clone(), item.control.clone(), item.since)));
    Ok((items, walker))
}

fn found_walker(question: &Question, filter: &Filter) -> Result<Walker, NoAnswer> {
    let shards = filter.severities().map(|severity| FoundRow::between(severity, filter.since, None));
    Walker::new(question, shards.collect())
}

/// Other rows that are read for the list of all findings: the verdicts, the open findings, and which jobs are history.
struct Beside(Vec<Item>);

impl Beside {
    async fn of<'r, T: Table>(
        reading: &Reading<'_, T>,
        rows: impl Iterator<Item = &'r FoundRow>,
        with_open: bool,
    ) -> Result<Self, Interrupted> {
        let mut keys: BTreeSet<Key> = BTreeSet::new();
        for row in rows {
            keys.insert(VerdictRow::key(&row.subject, &row.bundle));
            if with_open {
                keys.extend(open_keys(&row.subject));
                keys.insert(HistoryRow::key(&row.subject));
            }
        }
        Ok(Self(reading.get(&keys.into_iter().collect::<Vec<_>>()).await?))
    }

    fn owner(&self, row: &FoundRow) -> Option<String> {
        let key = VerdictRow::key(&row.subject, &row.bundle);
        let item = self.0.iter().find(|item| item.key == key)?;
        let actor: Actor = serde_json::from_str(item.text(VerdictRow::ACTOR)?).ok()?;
        actor.name()
    }

    /// The controls of the resource that are open now, in the state that the row is about.
    fn open(&self, row: &FoundRow) -> BTreeSet<String> {
        let open = self.0.iter().filter_map(OpenFindingRow::parse).filter(|open| open.subject == row.subject);
        open.filter(|open| open.since >= row.at)
            .flat_map(|open| open.controls)
            .map(|each| each.control)
            .collect()
    }

    /// The controls that the last verdict on a job has, if its findings are history.
    fn history(&self, row: &FoundRow) -> BTreeSet<String> {
        let mut histories = self.0.iter().filter_map(HistoryRow::parse);
        let Some(history) = histories.find(|history| history.subject == row.subject) else {
            return BTreeSet::new();
        };
        let key = VerdictRow::key(&row.subject, &row.bundle);
        let verdict = self.0.iter().find(|item| item.key == key).and_then(VerdictRow::parse);
        let is_last = |verdict: &VerdictRow| (row.at..=history.until).contains(&verdict.modified_at);
        let open = verdict.filter(is_last).and_then(|verdict| OpenFindingRow::of_verdict(&verdict, None));
        open.into_iter().flat_map(|open| open.controls).map(|each| each.control).collect()
    }

    fn items(&self, filter: &Filter, state: EntryState, row: &FoundRow) -> Vec<FindingItem> {
        let Some(about) = VerdictRow::resource(&row.subject).map(|resource| About::of(&resource)) else {
            return Vec::new();
        };
        let (owner, open, history) = (self.owner(row), self.open(row), self.history(row));
        if !filter.wants(&about, Some(row.at), owner.as_deref()) {
            return Vec::new();
        }
        let is_wanted = |found: &&FoundControl| match state {
            EntryState::All => true,
            EntryState::Open => open.contains(&found.control),
            EntryState::Closed => !open.contains(&found.control),
        };
        let state_of = |control: &String| match control {
            open_now if open.contains(open_now) => OPEN,
            old if history.contains(old) => HISTORY,
            _ => CLOSED,
        };
        let item = |found: &FoundControl| FindingItem {
            control: found.control.clone(),
            severity: found.severity.clone(),
            status: found.status.clone(),
            state: state_of(&found.control).to_owned(),
            about: about.clone(),
            since: row.at,
            owner: owner.clone(),
            bundle: row.bundle.clone(),
            mode: Some(row.mode.clone()),
            would: row.would.clone(),
        };
        filter.controls(&row.controls).filter(is_wanted).map(item).collect()
    }
}

pub(super) fn open_keys(subject: &str) -> Vec<Key> {
    let Some(resource) = VerdictRow::resource(subject) else { return Vec::new() };
    SEVERITIES.iter().map(|severity| OpenFindingRow::key(severity, &resource, subject)).collect()
}

/// Findings that share something, the most frequent first.
fn counted(by: CountBy, items: &[FindingItem]) -> Vec<CountItem> {
    let value = |item: &FindingItem| match by {
        CountBy::Owner => item.owner.clone().unwrap_or_else(|| "unknown".to_owned()),
        CountBy::Control => item.control.clone(),
        CountBy::Kind => item.about.kind.clone(),
        CountBy::Week => monday(item.since).day(),
    };
    let mut groups: BTreeMap<String, Vec<&FindingItem>> = BTreeMap::new();
    for item in items {
        groups.entry(value(item)).or_default().push(item);
    }
    let word = match by {
        CountBy::Owner => "owner",
        CountBy::Control => "control",
        CountBy::Kind => "kind",
        CountBy::Week => "week",
    };
    let mut counts: Vec<CountItem> = groups
        .into_iter()
        .map(|(value, items)| {
            let controls: BTreeSet<&str> = items.iter().map(|item| item.control.as_str()).collect();
            let resources: BTreeSet<(&str, &str)> =
                items.iter().map(|item| (item.about.kind.as_str(), item.about.arn.as_str())).collect();
            let worst =
                items.iter().map(|item| item.severity.as_str()).min_by_key(|word| severity_rank(word));
            CountItem {
                by: word.to_owned(),
                value,
                findings: items.len(),
                resources: resources.len(),
                controls: controls.into_iter().map(str::to_owned).collect(),
                severity: worst.unwrap_or_default().to_owned(),
            }
        })
        .collect();
    counts.sort_by(|one, other| other.findings.cmp(&one.findings).then_with(|| one.value.cmp(&other.value)));
    counts
}

/// The Monday of the week of a time. 1970-01-01 was a Thursday.
fn monday(time: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000;
    let days = time.millis().div_euclid(DAY);
    Timestamp::from_millis((days - (days + 3).rem_euclid(7)) * DAY)
}

/// Answers `waivers`.
pub(super) async fn waivers<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<(Items, Walker), NoAnswer> {
    let filter = Filter::of(question)?;
    let mut walker = Walker::new(question, vec![WaivedRow::of(filter.account(), filter.region())])?;
    let size =
        Size { entries: question.page_size()?, at_once: usize::MAX, beside: 0, is_filtered: filter.is_any() };
    let items = walker
        .collect(reading, size, async |rows| {
            Ok(rows
                .iter()
                .map(|row| WaivedRow::parse(row).map(|row| waived(&filter, row)).unwrap_or_default())
                .collect())
        })
        .await?;
    Ok((Items::Waivers(items), walker))
}

fn waived(filter: &Filter, row: WaivedRow) -> Vec<WaiverItem> {
    let Some(about) = VerdictRow::resource(&row.subject).map(|resource| About::of(&resource)) else {
        return Vec::new();
    };
    if !filter.wants(&about, Some(row.since), row.owner.as_deref()) {
        return Vec::new();
    }
    let wanted = row.waived.into_iter().filter(|each| filter.wants_control(&each.control, &each.severity));
    wanted
        .map(|each| WaiverItem {
            control: each.control,
            severity: each.severity,
            approver: each.approver,
            reason: each.reason,
            expires: each.expires,
            about: about.clone(),
            since: row.since,
            owner: row.owner.clone(),
        })
        .collect()
}

/// Answers `remedies`: the remedies in the verdicts. A verdict that was found in several states of a resource counts once.
pub(super) async fn remedies<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<(Items, Walker), NoAnswer> {
    let filter = Filter::of(question)?;
    let mut walker = found_walker(question, &filter)?;
    let size = Size { entries: question.page_size()?, at_once: KEYS, beside: 0, is_filtered: true };
    let mut items: Vec<RemedyItem> = walker
        .collect(reading, size, async |rows| {
            let rows: Vec<Option<FoundRow>> = rows.iter().map(FoundRow::parse).collect();
            let beside = Beside::of(reading, rows.iter().flatten(), false).await?;
            let remedy = |row: &FoundRow| remedy(&filter, &beside, row);
            Ok(rows.iter().map(|row| row.as_ref().and_then(remedy).into_iter().collect()).collect())
        })
        .await?;
    let mut seen = BTreeSet::new();
    items.retain(|item| seen.insert((item.about.arn.clone(), item.action.clone(), item.after_ms)));
    Ok((Items::Remedies(items), walker))
}

fn remedy(filter: &Filter, beside: &Beside, row: &FoundRow) -> Option<RemedyItem> {
    let key = VerdictRow::key(&row.subject, &row.bundle);
    let taken = beside.0.iter().find(|item| item.key == key).and_then(TakenRemedy::of)?;
    let about = About::of(&VerdictRow::resource(&row.subject)?);
    let owner = beside.owner(row);
    let controls: Vec<String> = filter.controls(&row.controls).map(|each| each.control.clone()).collect();
    let is_wanted = filter.wants(&about, Some(row.at), owner.as_deref()) && !controls.is_empty();
    is_wanted.then(|| RemedyItem {
        action: taken.action,
        result: taken.result,
        after_ms: taken.after_ms,
        controls,
        severity: FoundControl::worst(&row.controls).unwrap_or_default().to_owned(),
        about,
        since: row.at,
        owner,
    })
}

/// Answers `erased`.
pub(super) async fn erased<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<(Items, Walker), NoAnswer> {
    let filter = Filter::of(question)?;
    let mut walker = Walker::new(question, vec![ErasedRow::between(filter.since, None)])?;
    let size =
        Size { entries: question.page_size()?, at_once: usize::MAX, beside: 0, is_filtered: filter.is_any() };
    let items = walker
        .collect(reading, size, async |rows| {
            let item = |row: &Item| {
                let ErasedRow { at, arn, call, by } = ErasedRow::parse(row)?;
                let about = About::of(&Resource::parse_arn(&arn).ok()?);
                filter.wants(&about, Some(at), by.as_deref()).then_some(ErasedItem { at, call, by, about })
            };
            Ok(rows.iter().map(|row| item(row).into_iter().collect()).collect())
        })
        .await?;
    Ok((Items::Erased(items), walker))
}

//! Takes the rows of a table in any order. Keeps digests of verdicts, not the verdicts.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::Timestamp;

use super::anchor::{Anchor, AnchoredChain, of_all};
use super::defect::{Defect, Problem};
use super::digest::VerdictDigest;
use super::link::{VerdictChain, VerdictLink};
use super::said::contradiction;
use crate::rows::{
    ComplianceRow, DeletedRow, FoundRow, JudgedRow, JudgementRow, NoticeRow, VerdictCause, VerdictRow,
    bundle_mark, is_about_verdicts,
};
use crate::table::{Item, Key};

/// The outcome of a resource whose findings are waived.
const WAIVED: &str = "waived";
/// How many defects are named. For a table that somebody emptied, there would be as many as it had verdicts.
const MOST: usize = 10_000;

/// Everything in the rows about verdicts.
#[derive(Debug, Default)]
pub struct Ledger {
    resources: BTreeMap<String, Kept>,
    notices: usize,
    defects: Defects,
}

/// The facts that are kept of a resource. There are many resources with few facts each, so these are lists, which take only the room that
/// they need.
#[derive(Debug, Default)]
struct Kept {
    /// The judgements, in the order of their names.
    links: Vec<VerdictLink>,
    /// The newest verdict by each bundle.
    newest: Vec<Newest>,
    /// Bundles whose controls the resource passed, all of them, at some time.
    kept_by: Vec<String>,
    /// Verdicts that notices name.
    published: Vec<String>,
    /// Verdicts in the list of everything that was found.
    listed: Vec<String>,
    /// Verdicts with a published finding, for resources that cannot be changed.
    found: Vec<String>,
    /// Verdicts that are waived.
    waived: Vec<String>,
    /// Whether a row says that the resource was judged.
    is_judged: bool,
}

/// The newest verdict by a bundle.
#[derive(Debug)]
struct Newest {
    bundle: String,
    version: Version,
}

/// If a bundle has two verdicts, the verdict with the greater version is the newer.
type Version = (Timestamp, Timestamp, String);

impl Kept {
    /// Adds a link. Returns the earlier link of that name, if there was one.
    fn link(&mut self, link: &VerdictLink) -> Option<VerdictLink> {
        match self.place(&link.verdict) {
            Ok(place) => self.links.get_mut(place).map(|before| std::mem::replace(before, link.clone())),
            Err(place) => {
                self.links.insert(place, link.clone());
                None
            }
        }
    }

    fn has(&self, verdict: &str) -> bool {
        self.place(verdict).is_ok()
    }

    fn place(&self, verdict: &str) -> Result<usize, usize> {
        self.links.binary_search_by(|link| link.verdict.as_str().cmp(verdict))
    }

    fn newest_by(&self, bundle: &str) -> Option<&Version> {
        self.newest.iter().rfind(|newest| newest.bundle == bundle).map(|newest| &newest.version)
    }
}

impl Ledger {
    /// Takes a row. Ignores rows that are not about verdicts.
    pub fn add(&mut self, item: &Item) {
        let is_known = self.judgement(item)
            || self.newest(item)
            || self.compliance(item)
            || self.judged(item)
            || self.notice(item)
            || self.found(item)
            || DeletedRow::parse(item).is_some();
        if !is_known && !is_without_verdict(item) {
            self.unreadable(&item.key);
        }
    }

    /// Takes the key of a row that could not be read. Ignores keys that are not about verdicts.
    pub fn unreadable(&mut self, key: &Key) {
        if !is_about_verdicts(key) {
            return;
        }
        let text = format!("the row `{}` cannot be read", key.sk);
        self.defects.add(Defect::new(
            VerdictRow::subject(key).unwrap_or(&key.pk),
            Problem::Unreadable,
            None,
            text,
        ));
    }

    fn judgement(&mut self, item: &Item) -> bool {
        let Some(row) = JudgementRow::parse(item) else { return false };
        let (link, pk) = (VerdictLink::of(&row), &row.0.pk);
        let id = link.verdict.clone();
        let said = contradiction(&row.0).or_else(|| misplaced(item, &row.item()));
        let said = said.map(|text| (Problem::Contradiction, text));
        let kept = self.kept(pk);
        if row.0.outcome == WAIVED {
            kept.waived.push(id.clone());
        }
        let before = kept.link(&link);
        let twice = before.filter(|before| *before != link);
        let twice = twice.map(|_| (Problem::Twice, "it occurs twice, with different contents".to_owned()));
        for (problem, text) in said.into_iter().chain(twice) {
            self.defects.add(Defect::new(pk, problem, Some(&id), text));
        }
        true
    }

    fn newest(&mut self, item: &Item) -> bool {
        let Some(row) = VerdictRow::parse(item) else { return false };
        let verdict = row.id();
        if row.outcome == WAIVED {
            self.kept(&row.pk).waived.push(verdict.clone());
        }
        if let Some(text) = contradiction(&row).or_else(|| misplaced(item, &row.item())) {
            let text = format!("the newest verdict: {text}");
            self.defects.add(Defect::new(&row.pk, Problem::Contradiction, Some(&verdict), text));
        }
        let (bundle, version) =
            (bundle_mark(&row.bundle).to_owned(), (row.modified_at, row.judged_at, verdict));
        self.kept(&row.pk).newest.push(Newest { bundle, version });
        true
    }

    fn compliance(&mut self, item: &Item) -> bool {
        let Some(row) = ComplianceRow::parse(item) else { return false };
        self.kept(&row.pk).kept_by.push(row.bundle);
        true
    }

    fn judged(&mut self, item: &Item) -> bool {
        let Some(row) = JudgedRow::parse(item) else { return false };
        self.kept(&row.verdicts).is_judged = true;
        row.incarnations.iter().for_each(|pk| self.kept(pk).is_judged = true);
        true
    }

    fn found(&mut self, item: &Item) -> bool {
        let Some(row) = FoundRow::parse(item) else { return false };
        self.kept(&row.subject).listed.push(row.verdict());
        true
    }

    fn notice(&mut self, item: &Item) -> bool {
        let Some(row) = NoticeRow::parse(item) else { return false };
        if let Some(cause) = VerdictCause::parse(&row.cause) {
            self.notices += 1;
            let kept = self.kept(&cause.pk);
            if cause.what == VerdictCause::FINDING && cause.times.is_none() {
                kept.found.push(cause.verdict());
            }
            kept.published.push(cause.verdict());
        }
        true
    }

    fn kept(&mut self, pk: &str) -> &mut Kept {
        if !self.resources.contains_key(pk) {
            self.resources.insert(pk.to_owned(), Kept::default());
        }
        self.resources.entry(pk.to_owned()).or_default()
    }

    /// The result of all rows together.
    #[must_use]
    pub fn finish(self) -> Audit {
        let Self { resources, notices, mut defects } = self;
        let mut chains = BTreeMap::new();
        for (resource, kept) in resources {
            nameless(&resource, &kept, &mut defects);
            turned_back(&resource, &kept, &mut defects);
            if !kept.links.is_empty() {
                chains.insert(resource, VerdictChain::of(kept.links));
            }
        }
        Audit { chains, notices, defects, notes: Defects::default() }
    }
}

/// Answers find a row by its key. If it is under another key, nothing reads it.
fn misplaced(item: &Item, said: &Item) -> Option<String> {
    (item.key != said.key)
        .then(|| format!("its key is `{}`, but it belongs to `{}`", item.key.sk, said.key.sk))
}

/// The row of a verdict has the creator of the resource before it has a verdict.
fn is_without_verdict(item: &Item) -> bool {
    VerdictRow::is(&item.key) && item.text(VerdictRow::AS_OF).is_none()
}

/// Every verdict that other rows name must exist.
fn nameless(resource: &str, kept: &Kept, defects: &mut Defects) {
    let published = kept.published.iter().map(|verdict| (verdict, "a notice that was published"));
    let newest = kept.newest.iter().map(|Newest { version: (.., verdict), .. }| verdict);
    let newest = newest.map(|verdict| (verdict, "the newest verdict of its bundle"));
    let listed = kept.listed.iter().map(|verdict| (verdict, "the list of everything that was found"));
    for (verdict, by) in published.chain(newest).chain(listed).filter(|(verdict, _)| !kept.has(verdict)) {
        let text = format!("{by} names it, and it is gone");
        defects.add(Defect::new(resource, Problem::NoVerdict, Some(verdict), text));
    }
    // A waiver covers an unchangeable resource from its creation on, or never. If a waiver covers it, no finding was published.
    for verdict in kept.found.iter().filter(|verdict| kept.waived.contains(verdict)) {
        let text = "a finding about it was published, although its verdict says waived";
        defects.add(Defect::new(resource, Problem::Contradiction, Some(verdict), text));
    }
    if kept.is_judged && kept.links.is_empty() {
        let text = "a row says that the resource was judged, and none of its verdicts is there";
        defects.add(Defect::new(resource, Problem::NoVerdict, None, text));
    }
}

/// A verdict and its judgement are written together. So the newest verdict is at least as new as every judgement.
fn turned_back(resource: &str, kept: &Kept, defects: &mut Defects) {
    let mut last: BTreeMap<&str, Version> = BTreeMap::new();
    for link in &kept.links {
        let bundle = link.verdict.split('#').next().unwrap_or_default();
        let version = (link.modified_at, link.judged_at, link.verdict.clone());
        let before = last.remove(bundle);
        last.insert(bundle, before.filter(|before| *before > version).unwrap_or(version));
    }
    let mut add = |verdict: Option<&str>, text: String| {
        defects.add(Defect::new(resource, Problem::TurnedBack, verdict, text));
    };
    for (bundle, version) in last {
        match kept.newest_by(bundle) {
            None => add(Some(&version.2), "the row of the newest verdict by its bundle is gone".to_owned()),
            Some(newest) if *newest < version => {
                add(
                    Some(&version.2),
                    "the row of the newest verdict by its bundle holds an older one".to_owned(),
                );
            }
            Some(_) => {}
        }
    }
    for bundle in kept.kept_by.iter().filter(|bundle| kept.newest_by(bundle).is_none()) {
        add(
            None,
            format!("it passed every control of bundle {bundle}, but there is no verdict by that bundle"),
        );
    }
}

/// The defects that are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Defects {
    named: BTreeSet<Defect>,
    more: usize,
}

impl Defects {
    fn add(&mut self, defect: Defect) {
        if self.named.len() < MOST {
            self.named.insert(defect);
        } else if !self.named.contains(&defect) {
            self.more += 1;
        }
    }
}

/// The result of an audit of a table's verdicts.
#[derive(Debug)]
pub struct Audit {
    chains: BTreeMap<String, VerdictChain>,
    notices: usize,
    defects: Defects,
    notes: Defects,
}

impl Audit {
    /// The chains by the partitions of their verdicts.
    #[must_use]
    pub fn chains(&self) -> &BTreeMap<String, VerdictChain> {
        &self.chains
    }

    /// How many verdicts there are.
    #[must_use]
    pub fn verdicts(&self) -> usize {
        self.chains.values().map(|chain| chain.links().len()).sum()
    }

    /// How many notices name a verdict.
    #[must_use]
    pub fn notices(&self) -> usize {
        self.notices
    }

    /// The defects.
    pub fn defects(&self) -> impl Iterator<Item = &Defect> {
        self.defects.named.iter()
    }

    /// Notes: not gaps, but worth knowing.
    pub fn notes(&self) -> impl Iterator<Item = &Defect> {
        self.notes.named.iter()
    }

    /// How many more defects, and how many more notes, there are than the named ones.
    #[must_use]
    pub fn unnamed(&self) -> [usize; 2] {
        [self.defects.more, self.notes.more]
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.defects.named.is_empty()
    }

    /// The digest of all chains, and of their anchor.
    #[must_use]
    pub fn digest(&self) -> VerdictDigest {
        let heads =
            self.chains.iter().filter_map(|(resource, chain)| Some((resource.as_str(), chain.head()?)));
        of_all(heads)
    }

    /// An anchor of the table as it is now.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        Anchor::of(self.chains.iter())
    }

    /// Compares the chains with an earlier anchor: each of its links must still exist and be unchanged. Returns how many
    /// verdicts have come since.
    pub fn against(&mut self, anchor: &Anchor) -> usize {
        let mut kept = 0;
        for (resource, then) in &anchor.resources {
            let Some(now) = self.chains.get(resource) else {
                let text = format!("all its verdicts are gone: the anchor has {}", then.links);
                self.defects.add(Defect::new(resource, Problem::Missing, None, text));
                continue;
            };
            kept += compare(resource, then, now, &mut self.defects, &mut self.notes);
        }
        self.verdicts() - kept
    }
}

/// Returns how many links of the anchor are there.
fn compare(
    resource: &str,
    then: &AnchoredChain,
    now: &VerdictChain,
    defects: &mut Defects,
    notes: &mut Defects,
) -> usize {
    let mut new: BTreeMap<&str, &VerdictLink> =
        now.links().iter().map(|link| (link.verdict.as_str(), link)).collect();
    for link in &then.verdicts {
        let verdict = Some(link.verdict.as_str());
        let was = format!("the anchor has it as of {}", link.judged_at);
        match new.remove(link.verdict.as_str()) {
            None => {
                defects.add(Defect::new(resource, Problem::Missing, verdict, format!("it is gone: {was}")));
            }
            Some(now) if now == link => {}
            Some(now) if now.content == link.content && now.judged_at < link.judged_at => {
                let text = format!("it was known earlier, as of {}: {was}", now.judged_at);
                notes.add(Defect::new(resource, Problem::Earlier, verdict, text));
            }
            Some(now) => {
                let text = if now.content == link.content {
                    format!("its times were changed, to {}: {was}", now.judged_at)
                } else {
                    format!("it says something else now, as of {}: {was}", now.judged_at)
                };
                defects.add(Defect::new(resource, Problem::Changed, verdict, text));
            }
        }
    }
    let last = then.verdicts.last().map(|link| link.judged_at);
    for link in new.values().filter(|link| Some(link.judged_at) <= last) {
        let text = format!("it was added as of {}, before the last verdict of the anchor", link.judged_at);
        notes.add(Defect::new(resource, Problem::Added, Some(&link.verdict), text));
    }
    now.links().len() - new.len()
}

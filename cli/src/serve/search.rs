//! One search for everything: an ARN, a name or a part of one, digits of a commit, an object, a digest, a person.

use std::collections::BTreeSet;

use futures::executor::block_on;
use futures::future::try_join_all;
use sagewarden_events::Resource;
use sagewarden_govern::ports::Table as _;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{AUTHOR, EMAIL, MESSAGE};
use sagewarden_lineage::rows::{Alias, AliasRow, JudgedRow, NodeRow};
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::table::{Item, Query};
use sagewarden_local::Store;
use sagewarden_view::explorer::{Address, Hit, SearchPage, node_page, resource_page};

use crate::ask::names;
use crate::serve::answered::{Refused, SentPage};
use crate::serve::explorer::{Explorer, LOOKED, entity_page};
use crate::serve::kinds;
use crate::serve::people::{self, Deed};
use crate::serve::source::ReadTable;

/// Results of one page.
const HITS: usize = 100;
/// Names of a kind that one search looks at, and other rows. In a larger store, a whole name or an ARN is still found.
const NAMES: usize = 60_000;
const OTHERS: usize = 10_000;
/// The fewest letters of a person or of a commit's message.
const LETTERS: usize = 3;
/// The fewest digits of a digest.
const DIGITS: usize = 7;

pub(super) fn page(explorer: &Explorer, address: &Address) -> Result<SentPage, Refused> {
    let words = address.get("q").unwrap_or_default().trim().to_owned();
    let mut search = Search { words: words.to_lowercase(), hits: BTreeSet::new(), is_cut: false };
    let mut requests = 0;
    match explorer.rows.store() {
        _ if words.is_empty() => {}
        Some(store) => {
            search.look_up(&explorer.rows, &words)?;
            search.look(store)?;
        }
        None => requests = search.look_up(&explorer.rows, &words)?,
    }
    let is_cut = search.hits.len() > HITS || search.is_cut;
    let hits: Vec<Hit> = search.hits.into_iter().take(HITS).map(|(_, hit)| hit).collect();
    if let [only] = hits.as_slice()
        && address.get("format").is_none()
        && let Some(found) = Address::parse(&only.address)
    {
        return Ok(SentPage::moved(&address.get("at").map_or(found.clone(), |at| found.with("at", at))));
    }
    let near = if hits.is_empty() && !words.is_empty() { near(explorer, &words)? } else { Vec::new() };
    let finds_parts = explorer.rows.store().is_some();
    explorer.shown(&SearchPage { words, hits, is_cut, near, finds_parts }, address, requests)
}

fn near(explorer: &Explorer, words: &str) -> Result<Vec<(Address, String)>, Refused> {
    let Some(store) = explorer.rows.store() else { return Ok(Vec::new()) };
    let names = names::nearest(store, &kinds::corrected(words), LOOKED)?.names();
    Ok(names.into_iter().filter_map(|name| Some((entity_page(&name)?, name))).collect())
}

/// The first digits of a digest, with or without the name of its algorithm.
fn digest(words: &str) -> Option<String> {
    let digits = words.strip_prefix("sha256:").unwrap_or(words);
    let is_one = digits.len() >= DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_one.then(|| format!("sha256:{digits}"))
}

/// A part of the words that every row with them has: keys write addresses in another way. If there is no such part, every row may fit.
fn part(words: &str) -> &str {
    let is_plain =
        words.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') && !words.contains(['"', '\\']);
    let rest = words.strip_prefix("s3://").or_else(|| words.strip_prefix("commit/")).unwrap_or(words);
    let rest = rest.split("?versionid=").next().unwrap_or(rest);
    let rest = if words.starts_with("arn:") { rest.rsplit('/').next().unwrap_or(rest) } else { rest };
    if is_plain { rest } else { "" }
}

/// How well something fits: the whole name, its beginning, a part of it, or something about it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Whole,
    Beginning,
    Part,
    Around,
}

struct Search {
    /// In lower case.
    words: String,
    hits: BTreeSet<(Fit, Hit)>,
    /// Whether the store has more rows than the search looked at.
    is_cut: bool,
}

impl Search {
    /// Looks up what the rows are indexed by: a whole name, an ARN, digits of a commit, an object, an identity, a digest. Returns the
    /// number of requests.
    fn look_up(&mut self, rows: &ReadTable, words: &str) -> Result<usize, Refused> {
        let digest = self.words.starts_with("sha256:").then(|| NodeId::image_of_digest(&self.words));
        let mut requests = 0;
        if let Some(id) = NodeId::parse(words).or(digest) {
            requests += 1;
            if !block_on(rows.get(&[NodeRow::key(&id)]))?.is_empty() {
                self.add_node(Fit::Whole, &id, String::new());
            }
        }
        let mut queries: Vec<Query> = Vec::new();
        let name = words.split_once('/').filter(|(kind, _)| kinds::named().any(|known| known == *kind));
        if let Ok(resource) = Resource::parse_arn(words) {
            queries.push(AliasRow::named(resource.kind.segment(), &resource.name));
        } else if let Some(S3Location { bucket, key }) =
            S3Location::parse(words.split("?versionId=").next().unwrap_or(words))
        {
            queries.push(AliasRow::versions(&bucket, &key));
        } else if let Some((kind, name)) = name {
            queries.push(AliasRow::named(kind, name));
        } else {
            queries.extend(kinds::named().map(|kind| AliasRow::named(kind, words)));
        }
        queries.extend(AliasRow::commits(self.words.strip_prefix("commit/").unwrap_or(&self.words)));
        let pages = block_on(try_join_all(queries.iter().map(|query| rows.query(query))))?;
        pages
            .iter()
            .flat_map(|page| &page.items)
            .filter_map(AliasRow::parse)
            .for_each(|row| self.alias(&row));
        Ok(requests + queries.len())
    }

    fn look(&mut self, store: &Store) -> Result<(), Refused> {
        if let Some(id) = NodeId::parse(&self.words) {
            self.add_node(Fit::Whole, &id, String::new());
        }
        if let Some(begin) = digest(&self.words) {
            store.each_within(NodeId::image_of_digest(&begin).as_str(), |item| {
                if let Some(id) = NodeRow::id_of(&item.key) {
                    self.add_node(Fit::Whole, &id, String::new());
                }
                self.hits.len() <= HITS
            })?;
        }
        if self.words.starts_with("sha256:") {
            return Ok(());
        }
        for partition in AliasRow::PARTITIONS {
            self.in_rows(store, partition, |search, item| {
                if let Some(row) = AliasRow::parse(item) {
                    search.alias(&row);
                }
            })?;
        }
        self.in_rows(store, JudgedRow::PREFIX, |search, item| search.judged(item))?;
        self.in_rows(store, &NodeRow::partitions(NodeKind::Commit), |search, item| search.commit(item))?;
        if self.words.len() >= LETTERS {
            for partition in people::partitions() {
                self.in_rows(store, &partition, |search, item| search.deeds(item))?;
            }
        }
        Ok(())
    }

    /// What a person did, once for each thing.
    fn deeds(&mut self, item: &Item) {
        for Deed { who, hit } in people::deeds(item) {
            let is_known = |(_, known): &(Fit, Hit)| {
                (&known.kind, &known.name) == (&hit.kind, &hit.name) && !known.why.is_empty()
            };
            if who.to_lowercase().contains(&self.words) && !self.hits.iter().any(is_known) {
                self.hits.insert((Fit::Around, hit));
            }
        }
    }

    fn in_rows(
        &mut self,
        store: &Store,
        partition: &str,
        mut each: impl FnMut(&mut Self, &Item),
    ) -> Result<(), Refused> {
        let text = part(&self.words).to_owned();
        let most = if AliasRow::PARTITIONS.contains(&partition) { NAMES } else { OTHERS };
        self.is_cut |= !store.each_with(partition, &text, most, |item| each(self, &item))?;
        Ok(())
    }

    fn fit(&self, name: &str) -> Option<Fit> {
        match name {
            name if name == self.words => Some(Fit::Whole),
            name if name.starts_with(&self.words) => Some(Fit::Beginning),
            name if name.contains(&self.words) => Some(Fit::Part),
            _ => None,
        }
    }

    /// A name fits as it is, with its kind, or as the end of an ARN.
    fn alias(&mut self, row: &AliasRow) {
        match &row.alias {
            Alias::Name { kind, name } => {
                let is_arn = self.words.starts_with("arn:");
                let named = Resource::parse_arn(&self.words).ok().filter(|_| is_arn);
                let fit = match &named {
                    Some(resource) => {
                        (resource.kind.segment() == kind && resource.name == *name && row.id.is_at(resource))
                            .then_some(Fit::Whole)
                    }
                    None => self.fit(name).or_else(|| self.fit(&format!("{kind}/{name}"))),
                };
                if let Some(fit) = fit {
                    self.add_node(fit, &row.id, String::new());
                }
            }
            Alias::Commit { .. } => {
                let hash = row.id.commit_id().unwrap_or_default().to_owned();
                let digits = self.words.strip_prefix("commit/").unwrap_or(&self.words);
                let is_hash = digits.len() >= 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                if is_hash && hash.starts_with(digits) {
                    self.add_node(Fit::Whole, &row.id, String::new());
                }
            }
            Alias::Object { bucket, key, version } => {
                let place = format!("s3://{bucket}/{key}").to_lowercase();
                let exact = format!("{place}?versionid={}", version.to_lowercase());
                let fit = if exact == self.words { Some(Fit::Whole) } else { self.fit(&place) };
                if let Some(fit) = fit {
                    self.add_node(fit, &row.id, format!("version {version}"));
                }
            }
        }
    }

    fn judged(&mut self, item: &Item) {
        let Some(row) = JudgedRow::parse(item) else { return };
        let Ok(resource) = Resource::parse_arn(&row.arn) else { return };
        // A resource that has a node is found by its name.
        let has_node = NodeId::parse(&row.verdicts).is_some();
        if let Some(fit) = self.fit(&row.arn).or_else(|| self.fit(&resource.name)).filter(|_| !has_node) {
            let address = resource_page(&row.arn).to_string();
            let hit = Hit { kind: resource.kind.to_string(), name: resource.name, why: row.arn, address };
            self.hits.insert((fit, hit));
        }
    }

    /// Commits of an author, or with these words.
    fn commit(&mut self, item: &Item) {
        let Some(id) = NodeRow::id_of(&item.key) else { return };
        let texts: Vec<&str> =
            [AUTHOR, EMAIL, MESSAGE].into_iter().filter_map(|name| item.text(name)).collect();
        let fits = texts.iter().find(|text| text.to_lowercase().contains(&self.words));
        if let Some(text) = fits.filter(|_| self.words.len() >= LETTERS) {
            let why = text.lines().next().unwrap_or_default().to_owned();
            self.add_node(Fit::Around, &id, why);
        }
    }

    fn add_node(&mut self, fit: Fit, id: &NodeId, why: String) {
        // A version of a model package has the name of its group, too.
        let name = id.as_resource().map_or_else(|| id.last_name().to_owned(), |resource| resource.name);
        let name = id.commit_id().map_or(name, |commit| commit.chars().take(12).collect());
        let is_known = self.hits.iter().any(|(_, hit)| hit.address == node_page(id).to_string());
        if !is_known {
            self.hits.insert((
                fit,
                Hit { kind: id.kind().to_string(), name, why, address: node_page(id).to_string() },
            ));
        }
    }
}

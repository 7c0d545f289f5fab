//! One search for everything: an ARN, a name or a part of one, digits of a commit, an object, a digest, a person.

use std::collections::BTreeSet;

use futures::executor::block_on;
use futures::future::try_join_all;
use sagewarden_events::Resource;
use sagewarden_govern::ports::Table as _;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{AUTHOR, EMAIL, MESSAGE};
use sagewarden_lineage::rows::{Alias, AliasRow, NodeRow};
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::table::{Item, Key, Query};
use sagewarden_local::Store;
use sagewarden_view::explorer::{Address, Hit, SearchPage, node_page, resource_page};

use crate::ask::names;
use crate::serve::answered::{Refused, SentPage};
use crate::serve::explorer::Explorer;
use crate::serve::kinds;
use crate::serve::name_index::{Fit, HITS};
use crate::serve::people::{self, Deed};
use crate::serve::source::ReadTable;

/// The fewest letters of a person or of a commit's message.
const LETTERS: usize = 3;
/// The longest words: the key of an object has at most 1,024 bytes ("Naming Amazon S3 objects", user guide), and a bucket and a version come to it.
const LONGEST: usize = 4_096;
/// The fewest digits of a digest.
const DIGITS: usize = 7;

pub(super) fn page(explorer: &Explorer, address: &Address) -> Result<SentPage, Refused> {
    let words = address.get("q").unwrap_or_default().trim().to_owned();
    if words.len() > LONGEST {
        return Err(Refused::wrong(format!("`q` has {} bytes: the longest name has {LONGEST}", words.len())));
    }
    let mut search =
        Search { words: words.to_lowercase(), written: words.clone(), hits: BTreeSet::new(), is_cut: false };
    let mut requests = 0;
    match explorer.rows.store() {
        _ if words.is_empty() => {}
        Some(store) => {
            search.look_up(&explorer.rows)?;
            search.look(explorer, store)?;
        }
        None => requests = search.look_up(&explorer.rows)?,
    }
    let is_cut = search.hits.len() > HITS || search.is_cut;
    let hits: Vec<Hit> = search.hits.into_iter().take(HITS).map(|(_, hit)| hit).collect();
    if let [only] = hits.as_slice()
        && address.get("format").is_none()
        && let Some(found) = Address::parse(&only.address)
    {
        return Ok(SentPage::moved(&address.get("at").map_or(found.clone(), |at| found.with("at", at))));
    }
    let near = if hits.is_empty() && !words.is_empty() { explorer.near(&words)? } else { Vec::new() };
    let finds_parts = explorer.rows.store().is_some();
    explorer.shown(&SearchPage { words, hits, is_cut, near, finds_parts }, address, requests)
}

/// The first digits of a digest, with or without the name of its algorithm.
fn digest(words: &str) -> Option<String> {
    let digits = words.strip_prefix("sha256:").unwrap_or(words);
    let is_one = digits.len() >= DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_one.then(|| format!("sha256:{digits}"))
}

struct Search {
    /// In lower case.
    words: String,
    /// As somebody wrote them.
    written: String,
    hits: BTreeSet<(Fit, Hit)>,
    /// Whether there are more matches.
    is_cut: bool,
}

impl Search {
    /// Looks up what the rows are indexed by: a whole name, an ARN, digits of a commit, an object, an identity, a digest. Returns the
    /// number of requests.
    fn look_up(&mut self, rows: &ReadTable) -> Result<usize, Refused> {
        let words = self.written.clone();
        let digest = self.words.starts_with("sha256:").then(|| NodeId::image_of_digest(&self.words));
        let mut requests = 0;
        if let Some(id) = NodeId::parse(&words).or(digest) {
            requests += 1;
            if !block_on(rows.get(&[NodeRow::key(&id)]))?.is_empty() {
                self.add_node(Fit::Whole, &id, String::new());
            }
        }
        let mut queries: Vec<Query> = Vec::new();
        let name = names::with_kind(&words);
        if let Ok(resource) = Resource::parse_arn(&words) {
            queries.push(AliasRow::named(resource.kind.segment(), &resource.name));
        } else if let Some(S3Location { bucket, key }) =
            S3Location::parse(words.split("?versionId=").next().unwrap_or(&words))
        {
            queries.push(AliasRow::versions(&bucket, &key));
        } else if let Some((kind, name)) = name {
            queries.push(AliasRow::named(kind, name));
        } else {
            queries.extend(kinds::named().map(|kind| AliasRow::named(kind, &words)));
        }
        queries.extend(AliasRow::commits(self.words.strip_prefix("commit/").unwrap_or(&self.words)));
        let pages = block_on(try_join_all(queries.iter().map(|query| rows.query(query))))?;
        pages.iter().flat_map(|page| &page.items).for_each(|item| self.alias(item));
        Ok(requests + queries.len())
    }

    /// Looks through what the rows are not indexed by: parts of names, persons, messages.
    fn look(&mut self, explorer: &Explorer, store: &Store) -> Result<(), Refused> {
        if let Some(begin) = digest(&self.words) {
            store.each_partition(NodeId::image_of_digest(&begin).as_str(), |partition| {
                if let Some(id) = NodeId::parse(partition) {
                    self.add_node(Fit::Whole, &id, String::new());
                }
                self.hits.len() <= HITS
            })?;
        }
        if self.words.starts_with("sha256:") {
            return Ok(());
        }
        let words = self.words.clone();
        let digits = words.strip_prefix("commit/").unwrap_or(&words);
        if let Some(partitions) = AliasRow::commit_partitions(digits) {
            store.each_within(&partitions, |item| {
                self.alias(&item);
                self.hits.len() <= HITS
            })?;
        }
        let gathered = explorer.gathered(store)?;
        let names = gathered.names.names(&words, HITS);
        let place = words.split("?versionid=").next().unwrap_or(&words);
        let objects = gathered.names.objects(place, HITS);
        self.is_cut |= names.is_cut || objects.is_cut;
        let named = names.best.iter().filter_map(|(_, named)| named.split_once('/'));
        let queries = named.map(|(kind, name)| AliasRow::named(kind, name));
        let placed = objects.best.iter().filter_map(|(_, place)| S3Location::parse(place));
        let placed = placed.map(|S3Location { bucket, key }| AliasRow::versions(&bucket, &key));
        for query in queries.chain(placed) {
            let found = block_on(store.query(&Query { limit: Some(HITS + 1), ..query }))?;
            self.is_cut |= found.next.is_some();
            found.items.iter().for_each(|item| self.alias(item));
        }
        let judged = gathered.names.judged(&words, HITS);
        self.is_cut |= judged.is_cut;
        judged.best.iter().for_each(|(fit, arn)| self.judged(*fit, arn));
        if words.len() >= LETTERS {
            self.around(store, gathered.names.around(&words))?;
        }
        Ok(())
    }

    /// What people did, and the commits whose message has the words.
    fn around<'i>(&mut self, store: &Store, keys: impl Iterator<Item = &'i Key>) -> Result<(), Refused> {
        for key in keys {
            for item in block_on(store.get(std::slice::from_ref(key)))? {
                self.commit(&item);
                self.deeds(&item);
            }
            if self.hits.len() > HITS {
                break;
            }
        }
        Ok(())
    }

    /// What a person did, once for each thing.
    fn deeds(&mut self, item: &Item) {
        for Deed { who, hit } in people::deeds(item) {
            if who.to_lowercase().contains(&self.words) {
                self.add(Fit::Around, hit);
            }
        }
    }

    /// A name fits as it is, with its kind, or as the end of an ARN.
    fn alias(&mut self, item: &Item) {
        let Some(row) = AliasRow::parse(item) else { return };
        match &row.alias {
            Alias::Name { kind, name } => {
                let is_arn = self.words.starts_with("arn:");
                let named = Resource::parse_arn(&self.words).ok().filter(|_| is_arn);
                let fit = match &named {
                    Some(resource) => {
                        (resource.kind.segment() == kind && resource.name == *name && row.id.is_at(resource))
                            .then_some(Fit::Whole)
                    }
                    None => Fit::of_named(&self.words, &format!("{kind}/{name}")),
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
                // The ids of two versions may differ in capital letters only.
                let fit = match self.written.rsplit_once("?versionId=") {
                    Some((asked, of)) => {
                        (asked.to_lowercase() == place && of == version).then_some(Fit::Whole)
                    }
                    None => Fit::of(&self.words, &place),
                };
                if let Some(fit) = fit {
                    self.add_node(fit, &row.id, format!("version {version}"));
                }
            }
        }
    }

    /// A resource that was judged and has no node.
    fn judged(&mut self, fit: Fit, arn: &str) {
        let Ok(resource) = Resource::parse_arn(arn) else { return };
        let address = resource_page(arn).to_string();
        let hit = Hit { kind: resource.kind.to_string(), name: resource.name, why: arn.to_owned(), address };
        self.hits.insert((fit, hit));
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
        // A branch is named with its repository, and the key of a folder ends with a slash.
        let name =
            if id.kind() == NodeKind::Reference || name.is_empty() { id.tail().to_owned() } else { name };
        self.add(fit, Hit { kind: id.kind().to_string(), name, why, address: node_page(id).to_string() });
    }

    /// Adds a result, unless its page is one already.
    fn add(&mut self, fit: Fit, hit: Hit) {
        if !self.hits.iter().any(|(_, known)| known.address == hit.address) {
            self.hits.insert((fit, hit));
        }
    }
}

//! The names of a store, in memory: what a search and "did you mean" look through.
//!
//! The names lie one after the other in few long texts, so that a part of one is found at the speed of reading memory. A name takes some
//! fifty bytes here. Rows are read from the store again before anything of them is shown.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use memchr::memmem;
use sagewarden_events::Resource;
use sagewarden_govern::ports::PortError;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{AUTHOR, EMAIL, MESSAGE};
use sagewarden_lineage::rows::{Alias, AliasRow, JudgedRow, NodeRow};
use sagewarden_lineage::table::{Item, Key};
use sagewarden_local::Store;

use crate::ask::names::{self, NearNames};
use crate::input::nearest::Nearest;
use crate::serve::people::{self, Deed};

/// Results of one search.
pub(super) const HITS: usize = 100;
/// Letters that most misspelt names have right.
const LIKELY: usize = 4;

/// How well something fits: the whole name, its beginning, a part of it, or something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    Whole,
    Beginning,
    Part,
    Around,
}

impl Fit {
    /// How well a name fits the words; both are in lower case.
    pub(super) fn of(words: &str, name: &str) -> Option<Self> {
        match name {
            name if name == words => Some(Self::Whole),
            name if name.starts_with(words) => Some(Self::Beginning),
            name if name.contains(words) => Some(Self::Part),
            _ => None,
        }
    }

    /// How well `<kind>/<name>` fits: as the name alone, or with its kind.
    pub(super) fn of_named(words: &str, named: &str) -> Option<Self> {
        let (_, name) = named.split_once('/')?;
        Self::of(words, name).or_else(|| Self::of(words, named))
    }
}

/// The best matches, and whether there are more.
pub(super) struct Matches<'i> {
    pub(super) best: Vec<(Fit, &'i str)>,
    pub(super) is_cut: bool,
}

/// The names of a store.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    /// `<kind>/<name>` of nodes, in lower case.
    names: Texts,
    /// Seven digits of each commit.
    commits: Texts,
    /// `s3://<bucket>/<key>`.
    objects: Texts,
    /// The ARNs, in lower case, of what was judged and has no node.
    judged: Texts,
    /// `<kind>/<name>` of the same.
    judged_names: Texts,
    /// Persons, and messages of commits, in lower case, with rows that have them.
    around: BTreeMap<String, Vec<Key>>,
}

impl NameIndex {
    /// Reads the names of a store.
    pub(super) fn of(store: &Store) -> Result<Self, PortError> {
        let mut index = Self::default();
        let mut known = HashSet::new();
        for partition in AliasRow::PARTITIONS {
            store.each_within(partition, |item| {
                match AliasRow::parse(&item).map(|row| row.alias) {
                    Some(Alias::Name { kind, name }) => index.names.push(&format!("{kind}/{name}")),
                    Some(Alias::Commit { digits }) => index.commits.push(&digits),
                    Some(Alias::Object { bucket, key, .. }) => {
                        index.objects.push(&format!("s3://{bucket}/{key}"))
                    }
                    None => {}
                }
                true
            })?;
        }
        store.each_within(JudgedRow::PREFIX, |item| {
            let row = JudgedRow::parse(&item).filter(|row| NodeId::parse(&row.verdicts).is_none());
            let resource = row.and_then(|row| Resource::parse_arn(&row.arn).ok());
            if let Some(resource) = resource {
                index.judged.push(&resource.arn());
                index.judged_names.push(&format!("{}/{}", resource.kind.segment(), resource.name));
            }
            true
        })?;
        store.each_within(&NodeRow::partitions(NodeKind::Commit), |item| {
            if NodeRow::id_of(&item.key).is_some() {
                let texts = [AUTHOR, EMAIL, MESSAGE].into_iter().filter_map(|name| item.text(name));
                texts.for_each(|text| index.note(text, &item, || true));
            }
            true
        })?;
        for partition in people::partitions() {
            store.each_within(&partition, |item| {
                for Deed { who, hit } in people::deeds(&item) {
                    // Of each thing, one row is enough.
                    index.note(&who, &item, || known.insert((who.to_lowercase(), hit.address)));
                }
                true
            })?;
        }
        Ok(index)
    }

    fn note(&mut self, text: &str, item: &Item, is_new: impl FnOnce() -> bool) {
        let rows = self.around.entry(text.to_lowercase()).or_default();
        // One more shows that there are more.
        if rows.len() <= HITS && is_new() {
            rows.push(item.key.clone());
        }
    }

    /// The names `<kind>/<name>` that fit best.
    pub(super) fn names(&self, words: &str, most: usize) -> Matches<'_> {
        self.names.best(words, most, |named| Fit::of_named(words, named))
    }

    /// The objects that fit best, as `s3://<bucket>/<key>`.
    pub(super) fn objects(&self, words: &str, most: usize) -> Matches<'_> {
        self.objects.best(words, most, |place| Fit::of(words, &place.to_lowercase()))
    }

    /// The resources without a node that fit best, by their ARN or by their name.
    pub(super) fn judged(&self, words: &str, most: usize) -> Matches<'_> {
        self.judged.best(words, most, |arn| {
            Fit::of(words, arn).or_else(|| Fit::of(words, &Resource::parse_arn(arn).ok()?.name))
        })
    }

    /// Rows that name a person, or a commit whose message has the words.
    pub(super) fn around<'i>(&'i self, words: &'i str) -> impl Iterator<Item = &'i Key> {
        self.around.iter().filter(move |(text, _)| text.contains(words)).flat_map(|(_, rows)| rows)
    }

    /// The ARNs of the resources without a node that have this name, and this kind if it is said.
    pub(super) fn judged_as(&self, entity: &str) -> Vec<String> {
        let name = names::with_kind(entity).map_or(entity, |(_, name)| name).to_lowercase();
        let found = self.judged.containing(&name).filter_map(|arn| Resource::parse_arn(arn).ok());
        found.filter(names::called(entity)).map(|resource| resource.arn()).collect()
    }

    /// The names that are nearest to one that nothing has. If there are things of the same kind, the others count only if they have the very
    /// name.
    pub(super) fn nearest(&self, entity: &str) -> Nearest {
        let mut near = NearNames::to(entity);
        let ending = format!("/{}", near.bare);
        self.names
            .containing(&ending)
            .filter(|named| named.ends_with(&ending))
            .for_each(|named| near.name(named));
        self.judged_names.iter().for_each(|named| near.name(named));
        let of_kind = names::with_kind(entity).map(|(kind, _)| self.names.beginning(&format!("{kind}/")));
        let of_kind = of_kind.unwrap_or_default();
        if !of_kind.is_empty() {
            // Names that begin alike come first: the nearer one of them is, the fewer others are worth comparing.
            let lower = entity.to_lowercase();
            let (head, name) = lower.split_at(lower.len() - near.bare.len());
            let begin: String = head.chars().chain(name.chars().take(LIKELY)).collect();
            let likely = self.names.beginning(&begin);
            likely.chain(of_kind).for_each(|place| near.name(self.names.get(place)));
            return near.nearest;
        }
        self.names.iter().for_each(|named| near.name(named));
        self.commits.iter().for_each(|digits| near.commit(digits));
        self.objects.iter().for_each(|place| near.object(place));
        near.nearest
    }
}

/// Many texts, one after the other.
#[derive(Debug, Default)]
struct Texts {
    written: String,
    /// The same in lower case, if that differs anywhere. A text that is longer or shorter in lower case is kept in lower case only.
    lower: Option<String>,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl Texts {
    /// Adds a text, unless it is the last one again.
    fn push(&mut self, text: &str) {
        if !self.ends.is_empty() && self.get(self.ends.len() - 1) == text {
            return;
        }
        let lower = text.to_lowercase();
        let text = if lower.len() == text.len() { text } else { &lower };
        if self.lower.is_none() && lower != text {
            self.lower = Some(self.written.clone());
        }
        self.written.push_str(text);
        if let Some(all) = &mut self.lower {
            all.push_str(&lower);
        }
        self.ends.push(self.written.len());
    }

    fn range(&self, place: usize) -> std::ops::Range<usize> {
        let start = place.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0);
        start..self.ends.get(place).copied().unwrap_or(start)
    }

    fn get(&self, place: usize) -> &str {
        self.written.get(self.range(place)).unwrap_or_default()
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|place| self.get(place))
    }

    /// The places of the texts that begin with this one. The texts are sorted.
    fn beginning(&self, begin: &str) -> std::ops::Range<usize> {
        let from = self.first(|text| text >= begin);
        from..self.first(|text| text >= begin && !text.starts_with(begin)).max(from)
    }

    /// The first place whose text fits, if all behind it fit as well.
    fn first(&self, fits: impl Fn(&str) -> bool) -> usize {
        let (mut from, mut to) = (0, self.ends.len());
        while from < to {
            let middle = from + (to - from) / 2;
            if fits(self.get(middle)) { to = middle } else { from = middle + 1 }
        }
        from
    }

    /// The texts that have a part, which is in lower case.
    fn containing(&self, part: &str) -> impl Iterator<Item = &str> {
        let all = self.lower.as_ref().unwrap_or(&self.written).as_bytes();
        let finder = memmem::Finder::new(part).into_owned();
        let length = part.len();
        let mut from = 0;
        std::iter::from_fn(move || {
            while let Some(found) = all.get(from..).and_then(|rest| finder.find(rest)) {
                let start = from + found;
                let place = self.ends.partition_point(|end| *end <= start);
                if place >= self.ends.len() {
                    return None;
                }
                let range = self.range(place);
                if start + length <= range.end {
                    // What follows in the same text is the same text.
                    from = range.end;
                    return Some(self.get(place));
                }
                from = start + 1;
            }
            None
        })
    }

    fn best(&self, part: &str, most: usize, fit: impl Fn(&str) -> Option<Fit>) -> Matches<'_> {
        let mut best: BTreeSet<(Fit, &str)> = BTreeSet::new();
        let mut is_cut = false;
        for text in self.containing(part) {
            let Some(fit) = fit(text) else { continue };
            if best.len() < most || best.last().is_some_and(|last| (fit, text) < *last) {
                best.insert((fit, text));
            } else {
                is_cut = true;
            }
            if best.len() > most {
                best.pop_last();
                is_cut = true;
            }
        }
        Matches { best: best.into_iter().collect(), is_cut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Texts {
        let mut texts = Texts::default();
        all.iter().for_each(|text| texts.push(text));
        texts
    }

    #[test]
    fn a_part_is_found_within_a_text_and_never_across_two() {
        let texts = texts(&["model/ab", "model/ba", "model/ba", "Bucket/Key", "model/abab"]);
        let found = |part: &str| texts.containing(part).collect::<Vec<_>>();
        assert_eq!(found("ab"), ["model/ab", "model/abab"]);
        assert_eq!(found("abmodel"), [""; 0]);
        assert_eq!(found("bucket"), ["Bucket/Key"]);
        assert_eq!(found("abab"), ["model/abab"]);
        assert_eq!(found(""), texts.iter().collect::<Vec<_>>());
        assert_eq!(texts.iter().count(), 4);
    }

    #[test]
    fn a_text_whose_small_letters_take_more_bytes_is_found() {
        // `İ` has two bytes, and three in lower case.
        let texts = texts(&["a/İx", "b/Y"]);
        assert_eq!(texts.containing("x").collect::<Vec<_>>(), ["a/i\u{307}x"]);
        assert_eq!(texts.containing("y").collect::<Vec<_>>(), ["b/Y"]);
    }

    #[test]
    fn texts_that_begin_alike_lie_together() {
        let texts = texts(&["a/x", "b/x", "b/y", "b0/z", "c/x"]);
        assert_eq!(texts.beginning("b/"), 1..3);
        assert_eq!(texts.beginning("a/"), 0..1);
        assert_eq!(texts.beginning("c/"), 4..5);
        assert!(texts.beginning("bb/").is_empty() && texts.beginning("z").is_empty());
    }

    #[test]
    fn the_best_matches_are_kept_and_more_are_said() {
        let texts = texts(&["k/xab", "k/ab", "k/abx", "k/yab"]);
        let best = |most| {
            let Matches { best, is_cut } = texts.best("ab", most, |named| Fit::of_named("ab", named));
            (best.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), is_cut)
        };
        assert_eq!(best(2), (vec!["k/ab", "k/abx"], true));
        assert_eq!(best(4), (vec!["k/ab", "k/abx", "k/xab", "k/yab"], false));
    }
}

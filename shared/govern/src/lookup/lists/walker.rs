//! Reads the partitions of a list one after the other, a page at a time, and remembers where it is.

use sagewarden_lineage::graph::StoppedBy;
use sagewarden_lineage::listing::ListCursor;
use sagewarden_lineage::table::{Item, Query};

use crate::lookup::question::{NoAnswer, Question};
use crate::lookup::reading::{Interrupted, Reading};
use crate::ports::Table;

/// Rows that are read at once if most of them may be left out.
const FILTERED: usize = 1_000;

/// The partitions of a list, and the place in them.
pub(super) struct Walker {
    list: String,
    shards: Vec<Query>,
    place: Place,
    stopped: Option<StoppedBy>,
}

/// A place in the partitions.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    shard: usize,
    /// The last row that was taken; absent at the beginning of the partition.
    after: Option<String>,
}

impl Walker {
    /// Begins where the cursor of the question says. A partition that the list does not have is refused.
    pub(super) fn new(question: &Question, shards: Vec<Query>) -> Result<Self, NoAnswer> {
        let list = question.ask_word();
        let place = match &question.cursor {
            None => Place { shard: 0, after: None },
            Some(text) => {
                let cursor = ListCursor::read(text).filter(|cursor| cursor.list == list);
                let place = cursor.and_then(|cursor| {
                    let shard =
                        (0..shards.len()).find(|shard| name(&shards, *shard).as_ref() == Some(&cursor.pk))?;
                    Some(Place { shard, after: cursor.after })
                });
                place.ok_or_else(|| NoAnswer::BadField {
                    field: "cursor",
                    reason:
                        "is not of this list: take the one that the last page gave, with the same filters"
                            .into(),
                })?
            }
        };
        Ok(Self { list, shards, place, stopped: None })
    }

    /// Collects entries until there are enough. `expand` makes the wanted entries of some rows at once; a row has any number of them, and
    /// all of them are on one page.
    pub(super) async fn collect<T: Table, I>(
        &mut self,
        reading: &Reading<'_, T>,
        Size { entries, at_once, beside, is_filtered }: Size,
        expand: impl AsyncFn(&[Item]) -> Result<Vec<Vec<I>>, Interrupted>,
    ) -> Result<Vec<I>, NoAnswer> {
        let mut items = Vec::new();
        let first = self.place.clone();
        let rows = if is_filtered { FILTERED } else { entries.saturating_add(beside).min(FILTERED) };
        while items.len() < entries {
            let mut before = self.place.clone();
            let page = match self.page(reading, rows).await {
                Ok(Some((shard, page))) => {
                    // Partitions without rows may have been passed by.
                    if shard != before.shard {
                        before = Place { shard, after: None };
                    }
                    page
                }
                Ok(None) => break,
                // Partitions without rows have been passed by.
                Err(interrupted) => {
                    let reached = self.place.clone();
                    return self.stopped(interrupted, &first, reached, items);
                }
            };
            for chunk in page.chunks(at_once.max(1)) {
                let expanded = match expand(chunk).await {
                    Ok(expanded) => expanded,
                    Err(interrupted) => return self.stopped(interrupted, &first, before, items),
                };
                for (row, more) in chunk.iter().zip(expanded) {
                    if items.len() >= entries {
                        self.place = before;
                        return Ok(items);
                    }
                    items.extend(more);
                    before.after = Some(row.key.sk.clone());
                }
            }
        }
        Ok(items)
    }

    /// Ends the page where a limit was reached. A limit that does not get beyond the first entry would give the same cursor for ever.
    fn stopped<I>(
        &mut self,
        interrupted: Interrupted,
        first: &Place,
        place: Place,
        items: Vec<I>,
    ) -> Result<Vec<I>, NoAnswer> {
        match interrupted {
            Interrupted::Stopped(StoppedBy::MaxRequests) if items.is_empty() && place == *first => {
                Err(NoAnswer::BadField {
                    field: "max_requests",
                    reason: "is too small for one entry of this list: raise it".into(),
                })
            }
            Interrupted::Stopped(why) => {
                self.place = place;
                self.stopped = Some(why);
                Ok(items)
            }
            Interrupted::Port(error) => Err(error.into()),
        }
    }

    /// The next rows, and the partition that they are of; `None` at the end.
    async fn page<T: Table>(
        &mut self,
        reading: &Reading<'_, T>,
        rows: usize,
    ) -> Result<Option<(usize, Vec<Item>)>, Interrupted> {
        while let Some(query) = self.shards.get(self.place.shard) {
            let shard = self.place.shard;
            let query = Query { after: self.place.after.clone(), ..query.clone() }.at_most(rows);
            let page = reading.query(&query).await?;
            self.place = match page.next {
                Some(next) => Place { shard, after: Some(next) },
                None => Place { shard: shard + 1, after: None },
            };
            if !page.items.is_empty() {
                return Ok(Some((shard, page.items)));
            }
        }
        Ok(None)
    }

    /// Where the list continues; `None` if it has ended.
    pub(super) fn cursor(&self) -> Option<String> {
        let Self { list, place, shards, .. } = self;
        let pk = name(shards, place.shard)?;
        Some(ListCursor { list: list.clone(), pk, after: place.after.clone() }.write())
    }

    /// Why the list may go on, in words.
    pub(super) fn missing(&self) -> Option<String> {
        self.cursor()?;
        Some(match self.stopped {
            Some(why) => format!("the list was cut: {}; continue with the cursor", why.explain()),
            None => "there may be more: continue with the cursor".to_owned(),
        })
    }
}

/// The name of a part of a list in a cursor: its partition, with its number if the partition has several parts.
fn name(shards: &[Query], shard: usize) -> Option<String> {
    let pk = &shards.get(shard)?.pk;
    let is_alone = shards.iter().filter(|query| query.pk == *pk).count() == 1;
    Some(if is_alone { pk.clone() } else { format!("{pk}#{shard}") })
}

/// How much is collected.
pub(super) struct Size {
    /// A page ends with the row that brings it to so many entries.
    pub(super) entries: usize,
    /// How many rows are expanded at once.
    pub(super) at_once: usize,
    /// How many rows without entries a page may have.
    pub(super) beside: usize,
    /// Whether rows may be left out after they were read.
    pub(super) is_filtered: bool,
}

//! How many resources fail each control. The lists of findings say it: they are read again only after somebody has written to the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use sagewarden_govern::ports::PortError;
use sagewarden_lineage::rows::{FoundRow, OpenFindingRow};
use sagewarden_local::Store;

/// How many resources fail a control.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Broken {
    pub(super) open: usize,
    pub(super) ever: usize,
}

/// The last counts, with the version of the store that they are of.
#[derive(Debug, Default)]
pub(super) struct BrokenControls(Mutex<Option<(i64, BTreeMap<String, Broken>)>>);

impl BrokenControls {
    /// The counts of a store.
    pub(super) fn of(&self, store: &Store) -> Result<BTreeMap<String, Broken>, PortError> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let version = store.version()?;
        if let Some((_, counts)) = last.as_ref().filter(|(known, _)| *known == version) {
            return Ok(counts.clone());
        }
        let counts = count(store)?;
        *last = Some((version, counts.clone()));
        Ok(counts)
    }
}

/// Counts resources of a store, as its lists of findings have them.
fn count(store: &Store) -> Result<BTreeMap<String, Broken>, PortError> {
    let mut counts: BTreeMap<String, Broken> = BTreeMap::new();
    for query in OpenFindingRow::at_least("info", None, None) {
        store.each_within(&query.pk, |item| {
            for found in OpenFindingRow::parse(&item).into_iter().flat_map(|row| row.controls) {
                counts.entry(found.control).or_default().open += 1;
            }
            true
        })?;
    }
    let mut ever: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    store.each_within(FoundRow::PARTITIONS, |item| {
        if let Some(row) = FoundRow::parse(&item) {
            for found in row.controls {
                ever.entry(found.control).or_default().insert(row.subject.clone());
            }
        }
        true
    })?;
    for (control, resources) in ever {
        counts.entry(control).or_default().ever = resources.len();
    }
    Ok(counts)
}

//! How many resources fail each control, as the lists of findings say it.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_govern::ports::PortError;
use sagewarden_lineage::rows::{FoundRow, OpenFindingRow};
use sagewarden_local::Store;

/// How many resources fail a control.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Broken {
    pub(super) open: usize,
    pub(super) ever: usize,
}

/// Counts resources of a store, as its lists of findings have them.
pub(super) fn count(store: &Store) -> Result<BTreeMap<String, Broken>, PortError> {
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

//! Which list of the settings applies to which field of which kind. Facts are computed from this one table, and a test compares it with
//! AWS's own model of the API.
//!
//! A path is written as in controls: `name[]` is each element of a list, `*` each key of a map, `*Name` each key that ends so, and
//! `<operation>:<path>` a field of another answer.

mod field;
mod jobs;
mod managed;
mod platform;
mod registry;
mod serving;
mod studio;

pub use field::{List, Listed};

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sagewarden_events::ResourceKind;

/// The rows of each kind: every verdict asks for them several times.
static BY_KIND: LazyLock<BTreeMap<ResourceKind, Vec<&'static Listed>>> = LazyLock::new(|| {
    let mut rows: BTreeMap<ResourceKind, Vec<&'static Listed>> = BTreeMap::new();
    table().for_each(|row| rows.entry(row.kind).or_default().push(row));
    rows
});

/// The rows of a kind.
pub(crate) fn of_kind(kind: ResourceKind) -> &'static [&'static Listed] {
    BY_KIND.get(&kind).map_or(&[], Vec::as_slice)
}

/// The whole table.
pub fn table() -> impl Iterator<Item = &'static Listed> {
    [jobs::LISTED, managed::LISTED, serving::LISTED, platform::LISTED, registry::LISTED, studio::LISTED]
        .into_iter()
        .flatten()
}

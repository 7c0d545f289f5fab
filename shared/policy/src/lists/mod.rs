//! Which list of the settings applies to which field of which kind: the one table that facts are computed from, and that a
//! test holds against AWS's own model of the API.
//!
//! A path is written as in controls: `name[]` is each element of a list, `*` each key of a map, `*Name` each key that ends so, and
//! `<operation>:<path>` a field of another answer.

mod field;
mod jobs;
mod registry;
mod serving;
mod studio;

pub use field::{List, Listed};

/// The whole table.
pub fn table() -> impl Iterator<Item = &'static Listed> {
    [jobs::LISTED, serving::LISTED, registry::LISTED, studio::LISTED].into_iter().flatten()
}

//! Summaries of data: rows of files, profiles, sketches, and distances between distributions. Pure.
//!
//! Rows come from a CSV file ([`csv`]) or from data-capture files ([`capture`]); a [`RowSink`] takes them. The usual sink is a [`Profile`],
//! whose size does not depend on the number of rows. [`distance`] measures how far two distributions are apart.

mod answers;
pub mod capture;
mod cell;
mod chance;
pub mod csv;
mod datatype;
pub mod distance;
mod divergence;
mod foreign;
mod issues;
mod missing;
mod profile;
mod rarity;
mod refusals;
mod scan;
mod sketch;
mod text_features;

pub use answers::{AnswerCounts, FailedAnswer};
pub use cell::{Cell, PredictedCells, RowSink};
pub use chance::{Chance, mixed};
pub use datatype::{InferredType, TypeCounts};
pub use divergence::{Divergence, tenths};
pub use foreign::Foreign;
pub use issues::{Issue, IssueKind, Issues};
pub use missing::MissingTexts;
pub use profile::{
    Categories, ColumnProfile, Detail, FreeTexts, Moments, Profile, TextCounts, UnreadableProfile,
};
pub use rarity::Occurrences;
pub use refusals::Refusals;
pub use scan::{DataType, scan};
pub use sketch::distinct::DistinctSketch;
pub use sketch::kll::KllSketch;
pub use sketch::texts::TextSample;

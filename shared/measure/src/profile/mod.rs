//! The profile of a data set, in memory that does not grow with its rows.

mod column;
mod dataset;
mod free_texts;
mod names;
mod numbers;
mod stored;
#[cfg(test)]
mod tests;
mod texts;
mod turned;

pub use column::{Categories, ColumnProfile, Detail};
pub use dataset::Profile;
pub use free_texts::FreeTexts;
pub use numbers::Moments;
pub use stored::UnreadableProfile;
pub use texts::TextCounts;

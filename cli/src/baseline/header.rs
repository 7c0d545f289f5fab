//! Faults of the first row of data.

/// The warning about a header that looks like a row of values.
pub(crate) const NUMBERS_ONLY: &str =
    "the first row has numbers only: if it is not a header, pass --no-header";

//! What came of predictions: how right they were ([`quality`]), whether they are biased, and what they were made of ([`clarify`]).
//! Pure.

pub mod clarify;
pub mod quality;

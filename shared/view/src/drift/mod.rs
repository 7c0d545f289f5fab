//! A verdict on drift as a page for people ([`DriftReport`]).
//!
//! The page is self-contained: a summary, and for each feature a card with a picture of the baseline against now. The page is complete
//! without the script. A content security policy keeps it from the network.

mod attribution;
mod card;
mod html;
mod moments;
mod picture;
mod report;
mod series;
#[cfg(test)]
mod tests;
mod words;

pub use report::{AttributionChange, DriftReport, TrendWindow};

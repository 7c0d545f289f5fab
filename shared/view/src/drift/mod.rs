//! What people see of a verdict on drift: a page ([`DriftReport`]).
//!
//! The page is self-contained: a summary, and for each feature a card with a picture of the baseline against now.
//! Everything is there without the script too; a content security policy keeps the page from the network.

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

//! Explanations of predictions for people: a page ([`ExplanationReport`]) with the two pictures that data scientists know, bars of how much
//! each feature matters and a dot for each row. The page is self-contained, has a light and a dark style, and needs no script.

mod beeswarm;
mod html;
mod report;
#[cfg(test)]
mod tests;

pub use report::{ExplainedFeature, ExplainedOutput, ExplanationReport};

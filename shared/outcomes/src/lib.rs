//! The outcomes of predictions: their quality ([`quality`]), how groups of people fared ([`bias`]), and Clarify's files about bias and
//! attributions ([`clarify`]). Pure.

pub mod bias;
pub mod clarify;
mod labels;
pub mod quality;

//! What came of predictions: how right they were ([`quality`]), how groups of people fared under them ([`bias`]), and what Clarify
//! writes about bias and attributions ([`clarify`]). Pure.

pub mod bias;
pub mod clarify;
mod labels;
pub mod quality;

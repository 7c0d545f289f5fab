//! Summaries of bounded size, equal to the summaries of Model Monitor's container to the last bit.

mod bias;
pub(crate) mod distinct;
pub(crate) mod kll;
pub(crate) mod texts;

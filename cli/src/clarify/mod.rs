//! `sagewarden bias` and `sagewarden attribution`: what Clarify's monitors compute, without Clarify.

mod analysis;
pub(crate) mod attribution;
pub(crate) mod bias;

//! The outcomes of predictions: their quality ([`quality`]), their bias, and their attributions to features ([`clarify`]).
//! Pure.

pub mod clarify;
pub mod quality;

//! `sagewarden baseline`: what Model Monitor would suggest for a CSV file.

pub(crate) mod data;
mod quality;

//! How many different texts there are, by HyperLogLog++ as Spark has it (Heule, Nunkesser, Hall: "HyperLogLog in Practice", 2013):
//! 512 registers, xxHash64 with seed 42 of the UTF-8 text.

/// A sketch of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinctSketch {
    registers: Box<[u8; 512]>,
}

impl Default for DistinctSketch {
    fn default() -> Self {
        Self { registers: Box::new([0; 512]) }
    }
}

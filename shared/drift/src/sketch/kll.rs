//! The KLL quantile sketch as deequ has it (Karnin, Lang, Liberty: "Optimal Quantile Approximation in Streams", 2016): without
//! randomness, so that the same rows in the same order give the same sketch.

/// A sketch of numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KllSketch {
    levels: Vec<Vec<f64>>,
    /// Whether the next compaction of a level keeps the second of each pair.
    compactions: Vec<u32>,
}

impl KllSketch {
    /// A sketch of what `statistics.json` holds.
    #[must_use]
    pub fn from_levels(levels: Vec<Vec<f64>>) -> Self {
        let compactions = vec![0; levels.len()];
        Self { levels, compactions }
    }

    /// The values of each level; one of level `i` stands for `2^i` values.
    #[must_use]
    pub fn levels(&self) -> &[Vec<f64>] {
        &self.levels
    }

    /// Each value with how many values it stands for, in ascending order; equal values once, with the sum.
    #[must_use]
    pub fn weighted(&self) -> Vec<(f64, u64)> {
        let each = self.levels.iter().zip(0_u32..);
        let mut all: Vec<(f64, u64)> = each
            .flat_map(|(level, height)| level.iter().map(move |value| (*value, 1_u64 << height)))
            .collect();
        all.sort_by(|left, right| left.0.total_cmp(&right.0));
        all.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        all
    }
}

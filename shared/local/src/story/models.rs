//! The models of the story, as their jobs write them. They rely on late payments and on low credit limits. The other
//! system counts limits in thousands, so its clients look as if they had almost no credit.

use std::io;

use crate::model_file::{Stump, model_archive};

/// Features of a client.
const FEATURES: usize = 23;
const LIMIT: usize = 0;
const EDUCATION: usize = 2;
const AGE: usize = 4;
const LATE: usize = 5;
const LATE_BEFORE: usize = 6;
const PAID: usize = 17;

/// The first model.
pub(super) fn first() -> io::Result<Vec<u8>> {
    archive(&[
        stump(LATE, 1.5, [-0.4, 2.3], [712, 88]),
        stump(LIMIT, 15_000.0, [2.2, -0.06], [32, 768]),
        stump(EDUCATION, 1.5, [-0.3, 0.15], [282, 518]),
        stump(LATE_BEFORE, 1.5, [-0.05, 0.4], [705, 95]),
        stump(PAID, 1_000.5, [0.12, -0.08], [320, 480]),
        stump(AGE, 30.5, [0.06, -0.04], [340, 460]),
    ])
}

/// The second model, which was trained with data of the other system.
pub(super) fn second() -> io::Result<Vec<u8>> {
    archive(&[
        stump(LATE, 1.5, [-0.5, 2.6], [1_410, 190]),
        stump(LIMIT, 15_000.0, [0.2, -0.1], [560, 1_040]),
        stump(EDUCATION, 1.5, [-0.1, 0.1], [980, 620]),
        stump(LATE_BEFORE, 1.5, [-0.08, 0.6], [1_400, 200]),
        stump(PAID, 1_000.5, [0.15, -0.1], [640, 960]),
        stump(AGE, 30.5, [0.05, -0.03], [690, 910]),
    ])
}

fn stump(feature: usize, threshold: f64, leaves: [f64; 2], rows: [u32; 2]) -> Stump {
    Stump { feature, threshold, leaves, rows }
}

fn archive(stumps: &[Stump]) -> io::Result<Vec<u8>> {
    model_archive(FEATURES, stumps)
}

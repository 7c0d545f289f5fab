//! The numbers of a column: a sketch of them, and their moments.

use crate::sketch::kll::KllSketch;

/// The first moments of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// Their mean; zero when there is none.
    pub mean: f64,
    /// The sum of the squared distances from the mean.
    pub m2: f64,
    /// The smallest; infinity when there is none.
    pub min: f64,
    /// The largest; minus infinity when there is none.
    pub max: f64,
    /// How many of them are whole, however they were written.
    pub whole: u64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { count: 0, sum: 0.0, mean: 0.0, m2: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY, whole: 0 }
    }
}

impl Moments {
    /// The moments of some numbers, in two passes over them.
    #[must_use]
    pub fn of(numbers: &[f64]) -> Self {
        let count = numbers.len() as f64;
        if numbers.is_empty() {
            return Self::default();
        }
        let sum = lanes(numbers, 0.0, |sum, number| sum + number, |one, other| one + other);
        let mean = sum / count;
        let square = |sum: f64, number: f64| sum + (number - mean) * (number - mean);
        Self {
            count: numbers.len() as u64,
            sum,
            mean,
            m2: lanes(numbers, 0.0, square, |one, other| one + other),
            min: lanes(numbers, f64::INFINITY, f64::min, f64::min),
            max: lanes(numbers, f64::NEG_INFINITY, f64::max, f64::max),
            whole: lanes(numbers, 0.0, |sum, number| sum + whole(number), |one, other| one + other) as u64,
        }
    }

    /// Adds other numbers (Chan, Golub, LeVeque: "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979).
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (mine, theirs) = (self.count as f64, other.count as f64);
        let distance = other.mean - self.mean;
        self.count += other.count;
        self.sum += other.sum;
        self.mean = self.sum / (mine + theirs);
        self.m2 += other.m2 + distance * distance * (mine * theirs / (mine + theirs));
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.whole += other.whole;
    }

    /// The standard deviation of the population (divided by the number of values); `None` if there are no values.
    #[must_use]
    pub fn std_dev(&self) -> Option<f64> {
        (self.count > 0).then(|| (self.m2 / self.count as f64).sqrt())
    }
}

/// One for a whole number, else zero; without a branch, so that the lanes stay lanes.
fn whole(number: f64) -> f64 {
    /// From here on there are whole numbers only.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    let size = number.abs();
    let rounded = (size + WHOLE) - WHOLE;
    if size >= WHOLE || rounded == size { 1.0 } else { 0.0 }
}

/// A fold in lanes that do not wait for each other.
fn lanes(numbers: &[f64], start: f64, fold: impl Fn(f64, f64) -> f64, join: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [start; 8];
    let (eights, rest) = numbers.as_chunks::<8>();
    for eight in eights {
        for (lane, number) in lanes.iter_mut().zip(eight) {
            *lane = fold(*lane, *number);
        }
    }
    for (lane, number) in lanes.iter_mut().zip(rest) {
        *lane = fold(*lane, *number);
    }
    lanes.into_iter().fold(start, join)
}

/// A sketch of numbers, and their moments. Each row costs one push; the rest is done whenever level 0 of the sketch
/// is full.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    sketch: KllSketch,
    /// The moments of the numbers that have left level 0, and of its first ones.
    moments: Moments,
    /// How many of the first numbers in level 0 the moments include.
    counted: usize,
}

impl Numbers {
    /// Keeps all numbers.
    pub(crate) fn unlimited() -> Self {
        Self { sketch: KllSketch::unlimited(), ..Self::default() }
    }

    /// Adds a number.
    #[inline]
    pub(crate) fn push(&mut self, number: f64) {
        if self.sketch.append(number) {
            self.overflow();
        }
    }

    #[cold]
    fn overflow(&mut self) {
        self.moments = self.moments();
        self.sketch.condense();
        self.counted = self.base().len();
    }

    /// Adds the numbers of another column; numbers of a part are added one by one.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.sketch.is_unlimited() {
            return self.append(other.base());
        }
        self.moments = self.moments();
        self.moments.merge(&other.moments());
        self.sketch.merge(&other.sketch);
        self.counted = self.base().len();
    }

    fn append(&mut self, mut numbers: &[f64]) {
        while !numbers.is_empty() {
            let is_full;
            (numbers, is_full) = self.sketch.append_all(numbers);
            if is_full {
                self.overflow();
            }
        }
    }

    /// A copy that does not keep all of them.
    pub(crate) fn to_whole(&self) -> Self {
        if !self.sketch.is_unlimited() {
            return self.clone();
        }
        let mut whole = Self::default();
        whole.append(self.base());
        whole
    }

    /// Their moments.
    pub(crate) fn moments(&self) -> Moments {
        let mut moments = self.moments;
        moments.merge(&Moments::of(self.base().get(self.counted..).unwrap_or_default()));
        moments
    }

    /// Their sketch.
    pub(crate) fn sketch(&self) -> &KllSketch {
        &self.sketch
    }

    /// From the stored form: a sketch, and the moments of all its numbers.
    pub(crate) fn from_parts(sketch: KllSketch, moments: Moments) -> Self {
        let mut numbers = Self { sketch, moments, counted: 0 };
        numbers.counted = numbers.base().len();
        numbers
    }

    fn base(&self) -> &[f64] {
        self.sketch.levels().first().map(Vec::as_slice).unwrap_or_default()
    }
}

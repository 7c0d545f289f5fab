//! Joins predictions with their true outcomes.
//!
//! Both come in any order, repeatedly, and from several files. Among the records of one id and one side, the last one counts: the one from
//! the newest file, in that file the one farthest down, and of two in the same place the one with the greater text. So the result depends
//! only on the records, not on the time of their arrival.
//!
//! An id waits for its counterpart, and labels may take days. So the number of waiting ids has a limit. Beyond it, the ids with the
//! greatest hashes are dropped, which are the same on both sides and in every order. The rest is an even sample of all ids, so that metrics
//! change only by chance.

use std::collections::BTreeMap;

use super::deviation::hashed;
use super::prediction::Prediction;

/// The ids that are held by default: some 28 MB.
const LIMIT: usize = 100_000;

/// Where a record comes from; the greater one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// When the file was written, in milliseconds since 1970.
    pub written_at: i64,
    /// The record's line in it.
    pub line: u64,
}

/// The numbers of the records of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SideCounts {
    /// All that came.
    pub records: u64,
    /// Those that another one of the same id stood in for.
    pub repeated: u64,
    /// Ids that the other side does not have.
    pub unmatched: u64,
    /// Records of ids that were let go because there were more than the limit.
    pub dropped: u64,
}

/// A prediction and what turned out to be true.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledPair {
    /// Inference id or event id.
    pub id: Box<str>,
    /// The model's answer.
    pub prediction: Prediction,
    /// The true outcome.
    pub label: String,
    /// Where the prediction stands.
    pub order: Order,
}

/// The result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JoinedPairs {
    /// In the order of the hashes of their ids, which does not depend on their arrival.
    pub pairs: Vec<LabelledPair>,
    /// The numbers of the predictions.
    pub predictions: SideCounts,
    /// The numbers of the ground truth.
    pub truths: SideCounts,
}

/// Takes both sides, a record at a time.
#[derive(Clone, Debug)]
pub struct Join {
    limit: usize,
    held: BTreeMap<(u64, Box<str>), Slot>,
    predictions: SideCounts,
    truths: SideCounts,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    prediction: Option<(Order, Prediction)>,
    truth: Option<(Order, String)>,
    predictions: u64,
    truths: u64,
}

impl Default for Join {
    fn default() -> Self {
        Self::new(LIMIT)
    }
}

impl Join {
    /// Holds no more than `limit` ids.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            held: BTreeMap::new(),
            predictions: SideCounts::default(),
            truths: SideCounts::default(),
        }
    }

    /// Takes the prediction for `id` (see [`super::prediction_id`]).
    pub fn prediction(&mut self, id: &str, prediction: Prediction, order: Order) {
        self.predictions.records += 1;
        let Some(slot) = self.slot(id) else {
            self.predictions.dropped += 1;
            return;
        };
        slot.predictions += 1;
        let rank =
            |order: Order, said: &Prediction| (order, said.label.clone(), said.probability.map(ordered));
        let newer = slot
            .prediction
            .as_ref()
            .is_none_or(|(before, held)| rank(order, &prediction) > rank(*before, held));
        if newer {
            slot.prediction = Some((order, prediction));
        }
    }

    /// Takes the true label of `id`.
    pub fn truth(&mut self, id: &str, label: String, order: Order) {
        self.truths.records += 1;
        let Some(slot) = self.slot(id) else {
            self.truths.dropped += 1;
            return;
        };
        slot.truths += 1;
        if slot.truth.as_ref().is_none_or(|(before, held)| (order, &label) > (*before, held)) {
            slot.truth = Some((order, label));
        }
    }

    /// Takes the true outcome of `id` if a prediction with that id is held; only counts it if not. This is for callers that read all
    /// predictions first, and then labels of several times: labels of other predictions must not displace predictions.
    pub fn truth_of_known(&mut self, id: &str, label: String, order: Order) {
        let key = (hashed(id), Box::from(id));
        if self.held.contains_key(&key) {
            return self.truth(id, label, order);
        }
        self.truths.records += 1;
        let was_let_go =
            self.predictions.dropped > 0 && self.held.last_key_value().is_some_and(|(most, _)| key > *most);
        if was_let_go {
            self.truths.dropped += 1;
        } else {
            self.truths.unmatched += 1;
        }
    }

    /// Both sides at once.
    #[must_use]
    pub fn of<'a>(
        predictions: impl IntoIterator<Item = (&'a str, Prediction, Order)>,
        truths: impl IntoIterator<Item = (&'a str, String, Order)>,
    ) -> JoinedPairs {
        let mut join = Self::default();
        for (id, label, order) in truths {
            join.truth(id, label, order);
        }
        for (id, prediction, order) in predictions {
            join.prediction(id, prediction, order);
        }
        join.finish()
    }

    /// The pairs, and what became of everything else.
    #[must_use]
    pub fn finish(self) -> JoinedPairs {
        let Self { held, mut predictions, mut truths, .. } = self;
        let mut pairs = Vec::with_capacity(held.len());
        for ((_, id), slot) in held {
            predictions.repeated += slot.predictions.saturating_sub(1);
            truths.repeated += slot.truths.saturating_sub(1);
            match (slot.prediction, slot.truth) {
                (Some((order, prediction)), Some((_, label))) => {
                    pairs.push(LabelledPair { id, prediction, label, order });
                }
                (Some(_), None) => predictions.unmatched += 1,
                (None, Some(_)) => truths.unmatched += 1,
                (None, None) => {}
            }
        }
        JoinedPairs { pairs, predictions, truths }
    }

    /// The place of an id; none when it is beyond the limit.
    ///
    /// INVARIANT: it holds the ids with the least hashes of all that arrived. A dropped id never comes back, because
    /// the greatest hash that is held only falls.
    fn slot(&mut self, id: &str) -> Option<&mut Slot> {
        let key = (hashed(id), Box::from(id));
        if !self.held.contains_key(&key) && self.held.len() >= self.limit {
            let (greatest, _) = self.held.last_key_value()?;
            if key > *greatest {
                return None;
            }
            let (_, gone) = self.held.pop_last()?;
            self.predictions.dropped += gone.predictions;
            self.truths.dropped += gone.truths;
        }
        Some(self.held.entry(key).or_default())
    }
}

/// The bits of a number in the order of `total_cmp`.
fn ordered(number: f64) -> i64 {
    let bits = number.to_bits().cast_signed();
    bits ^ (((bits >> 63).cast_unsigned()) >> 1).cast_signed()
}

impl JoinedPairs {
    /// Whether ids were dropped, so that the metrics describe a sample.
    #[must_use]
    pub fn is_sample(&self) -> bool {
        self.predictions.dropped > 0 || self.truths.dropped > 0
    }
}

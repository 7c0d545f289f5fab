//! The ids and times of each side, for the error that no label belongs to a prediction.

use sagewarden_outcomes::quality::JoinedPairs;

use crate::error::Unjoined;

/// The ids and times of predictions or labels, joined or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) first_id: Option<String>,
    pub(crate) with_inference_id: u64,
    /// The first and the last time, as the events write them.
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    /// A file whose first answer is CSV, to which --output-path does not apply.
    pub(crate) has_csv: Option<String>,
}

/// Why nothing could be joined.
pub(crate) fn unjoined(joined: &JoinedPairs, predictions: &Seen, labels: &Seen) -> Unjoined {
    let records = joined.predictions.records;
    let ids = match predictions.with_inference_id {
        0 => "no prediction has an inference id, so event ids count".to_owned(),
        all if all == records => "all predictions have inference ids, which count".to_owned(),
        some => format!("{some} predictions have an inference id, which counts, the others an event id"),
    };
    let time = match (&predictions.from, &predictions.to) {
        (Some(from), Some(to)) if from == to => format!(" of {from}"),
        (Some(from), Some(to)) => format!(" (predictions are from {from} to {to})"),
        _ => String::new(),
    };
    Unjoined {
        predictions: records,
        labels: joined.truths.records,
        ids,
        prediction: predictions.first_id.clone().unwrap_or_default(),
        time,
        label: labels.first_id.clone().unwrap_or_default(),
    }
}

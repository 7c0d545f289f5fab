//! Ground truth, read piece by piece into a join.

use sagewarden_measure::MissingTexts;

use super::join::{Join, Order};
use super::left_out::LeftOut;
use super::records::Records;
use super::truth::Truth;

/// Reads files of ground truth, one after the other. If several labels have one id, the last counts, in the order of the files.
#[derive(Clone, Debug, Default)]
pub struct TruthReader {
    attribute: Option<String>,
    missing: MissingTexts,
    file: i64,
    records: Records,
    left_out: LeftOut,
    first_id: Option<String>,
}

impl TruthReader {
    /// `attribute` is where the label stands, if not at the beginning. A text of `missing` is no label.
    #[must_use]
    pub fn new(attribute: Option<String>, missing: MissingTexts) -> Self {
        Self { attribute, missing, ..Self::default() }
    }

    /// Takes the next bytes of a file. Predictions must have come before: a label without a prediction is counted, not held.
    pub fn push(&mut self, piece: &[u8], join: &mut Join) {
        let Self { attribute, missing, file, records, left_out, first_id } = self;
        let place = (attribute.as_deref(), &*missing);
        records.push(piece, &mut |line, text| take(line, text, place, *file, join, left_out, first_id));
    }

    /// The file ends; answers what of it could not be used.
    pub fn finish(&mut self, join: &mut Join) -> LeftOut {
        let Self { attribute, missing, file, records, left_out, first_id } = self;
        let place = (attribute.as_deref(), &*missing);
        let records = std::mem::take(records);
        records.finish(&mut |line, text| take(line, text, place, *file, join, left_out, first_id));
        *file += 1;
        std::mem::take(left_out)
    }

    /// The first id of all files.
    #[must_use]
    pub fn first_id(&self) -> Option<&str> {
        self.first_id.as_deref()
    }
}

fn take(
    line: u64,
    text: Result<&str, &'static str>,
    (attribute, missing): (Option<&str>, &MissingTexts),
    file: i64,
    join: &mut Join,
    left_out: &mut LeftOut,
    first_id: &mut Option<String>,
) {
    match text.map(|text| Truth::parse(text, attribute, missing)) {
        Ok(Ok(truth)) => {
            if first_id.is_none() {
                *first_id = Some(truth.id.clone());
            }
            join.truth_of_known(&truth.id, truth.label, Order { written_at: file, line });
        }
        Ok(Err(why)) => left_out.add(line, why.to_string()),
        Err(why) => left_out.add(line, why),
    }
}

//! Ground truth, read record by record into a join.

use sagewarden_measure::{Issues, MissingTexts};
use sagewarden_outcomes::quality::{Join, Order, Records, Truth};

use crate::input::Inputs;
use crate::input::source::MAX_LINE;
use crate::input::trouble::{Trouble, Unusable};
use crate::quality::seen::Seen;

/// Reads the true labels. `attribute` is the place of the label in a record, if it is not the first field. A text of `missing` is no label.
pub(crate) fn read(
    inputs: &Inputs,
    attribute: Option<&str>,
    missing: &MissingTexts,
    join: &mut Join,
) -> (Seen, Vec<Trouble>) {
    let progress = inputs.progress();
    let mut seen = Seen::default();
    let mut troubles = Vec::new();
    for (place, source) in (0..).zip(&inputs.sources) {
        let mut unusable = Unusable::default();
        let mut take = |line: u64, text: Result<&str, &'static str>| {
            let truth = match text.map(|text| Truth::parse(text, attribute, missing)) {
                Ok(Ok(truth)) => truth,
                Ok(Err(why)) => return unusable.add(line, why),
                Err(why) => return unusable.add(line, why),
            };
            if seen.first_id.is_none() {
                seen.first_id = Some(truth.id.clone());
            }
            join.truth(&truth.id, truth.label, Order { written_at: place, line });
        };
        let mut records = Records::of_at_most(MAX_LINE);
        let stopped = source.read(&progress, |piece| records.push(piece, &mut take)).stopped;
        // A record that an error cut off does not count.
        let lines = if stopped.is_some() { 0 } else { records.finish(&mut take) };
        troubles.extend(Trouble::of(source, Issues::default(), unusable, stopped, lines));
    }
    progress.finish_and_clear();
    (seen, troubles)
}

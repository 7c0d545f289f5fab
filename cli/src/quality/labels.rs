//! Ground truth, read record by record into a join.

use sagewarden_measure::Issues;
use sagewarden_outcomes::quality::{Join, Order, Truth};

use crate::input::Inputs;
use crate::input::trouble::{Trouble, Unusable};
use crate::quality::records::records;
use crate::quality::seen::Seen;

/// Reads what turned out to be true. `attribute` is where the label stands, if not at the beginning.
pub(crate) fn read(inputs: &Inputs, attribute: Option<&str>, join: &mut Join) -> (Seen, Vec<Trouble>) {
    let progress = inputs.progress();
    let mut seen = Seen::default();
    let mut troubles = Vec::new();
    for (place, source) in (0..).zip(&inputs.sources) {
        let mut unusable = Unusable::default();
        let read = records(source, &progress, |line, text| {
            let truth = match text.map(|text| Truth::parse(text, attribute)) {
                Ok(Ok(truth)) => truth,
                Ok(Err(why)) => return unusable.add(line, why),
                Err(why) => return unusable.add(line, why),
            };
            if seen.first_id.is_none() {
                seen.first_id = Some(truth.id.clone());
            }
            join.truth(&truth.id, truth.label, Order { written_at: place, line });
        });
        let (lines, stopped) = match read {
            Ok(lines) => (lines, None),
            Err(error) => (0, Some(error.to_string())),
        };
        troubles.extend(Trouble::of(source, Issues::default(), unusable, stopped, lines));
    }
    progress.finish_and_clear();
    (seen, troubles)
}

//! Ground truth, read line by line into a join.

use std::io::{self, BufRead, BufReader, Read};

use indicatif::ProgressBar;
use sagewarden_measure::Issues;
use sagewarden_outcomes::quality::{Join, Order, Truth};

use crate::input::Inputs;
use crate::input::source::{BUFFER, MAX_LINE, Source};
use crate::input::trouble::{Trouble, Unusable};
use crate::quality::seen::Seen;

/// Reads what turned out to be true. `attribute` is where the label stands, if not at the beginning.
pub(crate) fn read(inputs: &Inputs, attribute: Option<&str>, join: &mut Join) -> (Seen, Vec<Trouble>) {
    let progress = inputs.progress();
    let mut seen = Seen::default();
    let mut troubles = Vec::new();
    for (place, source) in (0..).zip(&inputs.sources) {
        let mut unusable = Unusable::default();
        let read = lines(source, &progress, |line, text| {
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

/// Hands over each line that is not empty, with its number, or why it is none. One line is held, and no more of it than is read. Gives
/// the number of lines.
fn lines(
    source: &Source,
    progress: &ProgressBar,
    mut each: impl FnMut(u64, Result<&str, &str>),
) -> io::Result<u64> {
    let mut input = BufReader::with_capacity(BUFFER, progress.wrap_read(source.open()?));
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if input.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut line)? == 0 {
            return Ok(number);
        }
        number += 1;
        if line.len() == MAX_LINE && line.last() != Some(&b'\n') && input.skip_until(b'\n')? > 0 {
            each(number, Err("longer than what is read"));
            continue;
        }
        match str::from_utf8(&line).map(str::trim) {
            Ok("") => {}
            Ok(text) => each(number, Ok(text)),
            Err(_) => each(number, Err("bytes that are no UTF-8")),
        }
    }
}

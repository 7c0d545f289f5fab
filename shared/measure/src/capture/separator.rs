//! Cells that are separated by something else than commas.

use super::fit::Fitted;
use super::format::CaptureFormat;
use crate::cell::Cell;
use crate::csv::Separator;

/// The separator that would make the cells as many as there are expected columns, given the cells of the answer and of the request. It is
/// looked for only if commas do not.
pub(super) fn other_separator(
    output: &[Cell<'_>],
    input: &[Cell<'_>],
    format: &CaptureFormat,
) -> Option<Separator> {
    let expected = format.fit.as_deref()?;
    if expected.fits(output.len() + input.len()) {
        return None;
    }
    let has_both = !output.is_empty() && !input.is_empty();
    // One side may be the row by itself, unless its commas are a part of its numbers. Then one of its first cells has another separator.
    let is_alone = has_both && matches!(expected.of_widths(output.len(), input.len()), Fitted::Alone(_));
    if is_alone && !output.iter().take(2).chain(input.iter().take(2)).any(has_sign) {
        return None;
    }
    let (count, output, input) = (expected.count(), text(output), text(input));
    let divides = |separator: &Separator, text: &[u8]| {
        if is_alone { separator.divides_decimals(text) } else { separator.divides(text) }
    };
    // Either both sides together, of which one may be a single cell, or one side alone.
    let both = |separator: &Separator| {
        let parts = [separator.columns(&output), separator.columns(&input)];
        let is_separated = divides(separator, &output) || divides(separator, &input);
        has_both && is_separated && parts.iter().sum::<usize>() == count
    };
    let alone = |separator: &Separator| {
        [&output, &input].into_iter().any(|text| divides(separator, text) && separator.columns(text) == count)
    };
    Separator::ALL.into_iter().find(|separator| both(separator) || alone(separator))
}

fn has_sign(cell: &Cell<'_>) -> bool {
    matches!(cell, Cell::Text(text) if text.iter().any(|byte| matches!(byte, b';' | b'\t' | b'|')))
}

/// The cells as they were written.
fn text(cells: &[Cell<'_>]) -> Vec<u8> {
    let texts = cells.iter().map(|cell| match cell {
        Cell::Text(text) => *text,
        Cell::Missing => b"".as_slice(),
    });
    texts.collect::<Vec<_>>().join(&b',')
}

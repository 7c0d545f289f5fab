//! Cells that are separated by something else than commas.

use super::format::CaptureFormat;
use crate::cell::Cell;

/// The separators of other formats, with their names.
const OTHERS: [(u8, &str); 3] = [(b';', "`;`"), (b'\t', "tabs"), (b'|', "`|`")];

/// The separator that would make the cells as many as there are expected columns. It is looked for only if they are fewer.
pub(super) fn other_separator(cells: &[Cell<'_>], format: &CaptureFormat) -> Option<&'static str> {
    let expected = format.fit.as_deref()?.count();
    if cells.len() >= expected {
        return None;
    }
    let texts = || {
        cells.iter().map(|cell| match cell {
            Cell::Text(text) => *text,
            Cell::Missing => b"".as_slice(),
        })
    };
    let fits = |separator: u8| {
        let count = |text: &[u8]| memchr::memchr_iter(separator, text).count();
        // The separators of both sides together, or of one of them.
        cells.len() + texts().map(count).sum::<usize>() == expected
            || texts().any(|text| count(text) + 1 == expected)
    };
    OTHERS.into_iter().find(|(separator, _)| fits(*separator)).map(|(_, name)| name)
}

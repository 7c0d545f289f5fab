//! Cells of lines that have no quotes.

use memchr::memchr_iter;

use crate::cell::Cell;

/// A cell of CSV: nothing is nothing, quoted or not.
pub(super) fn cell(text: &[u8]) -> Cell<'_> {
    if text.is_empty() { Cell::Missing } else { Cell::Text(text) }
}

/// Appends the cells of a line without quotes; false when they would be more than `most`.
pub(super) fn split<'t>(line: &'t [u8], most: usize, cells: &mut Vec<Cell<'t>>) -> bool {
    if line.len() >= most && memchr_iter(b',', line).count() >= most {
        return false;
    }
    let mut start = 0;
    let (words, rest) = line.as_chunks::<8>();
    let mut base = 0;
    for word in words {
        let mut commas = commas(u64::from_le_bytes(*word));
        while commas != 0 {
            let at = base + commas.trailing_zeros() as usize / 8;
            cells.push(cell(line.get(start..at).unwrap_or_default()));
            start = at + 1;
            commas &= commas - 1;
        }
        base += 8;
    }
    for byte in rest {
        if *byte == b',' {
            cells.push(cell(line.get(start..base).unwrap_or_default()));
            start = base + 1;
        }
        base += 1;
    }
    cells.push(cell(line.get(start..).unwrap_or_default()));
    true
}

/// The highest bit of each byte that is a comma.
fn commas(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // Zero where the byte is a comma.
    let differs = word ^ 0x2c2c_2c2c_2c2c_2c2c;
    !(((differs & LOW) + LOW) | differs | LOW)
}

/// An empty list in the memory of another one, whose cells are no longer needed.
pub(super) fn recycle<'new>(mut cells: Vec<Cell<'_>>) -> Vec<Cell<'new>> {
    cells.clear();
    // Collecting in place: the standard library keeps the memory when the types have the same layout.
    cells.into_iter().map(|_| Cell::Missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cells_are_what_stands_between_commas(line in "[a,,-]{0,40}") {
            let mut cells = Vec::new();
            prop_assert!(split(line.as_bytes(), 100, &mut cells));
            let plain: Vec<Cell<'_>> = line.split(',').map(|text| cell(text.as_bytes())).collect();
            prop_assert_eq!(cells, plain);
        }

        #[test]
        fn neighbours_of_a_comma_are_none(word: u64) {
            let slow = word.to_le_bytes().map(|byte| if byte == b',' { 0x80 } else { 0 });
            prop_assert_eq!(commas(word), u64::from_le_bytes(slow));
        }
    }

    #[test]
    fn memory_is_used_again() {
        let cells: Vec<Cell<'_>> = Vec::with_capacity(100);
        assert_eq!(recycle(cells).capacity(), 100);
    }

    #[test]
    fn more_columns_than_allowed_are_refused() {
        let mut cells = Vec::new();
        assert!(split(b"1,2,3", 3, &mut cells));
        assert!(!split(b"1,2,3,4", 3, &mut cells));
    }
}

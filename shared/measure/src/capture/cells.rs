//! Cells of lines that have no quotes.

use memchr::memchr_iter;

use crate::cell::Cell;

/// A cell of CSV: an empty one is missing, quoted or not.
pub(super) fn cell(text: &[u8]) -> Cell<'_> {
    if text.is_empty() { Cell::Missing } else { Cell::Text(text) }
}

/// Appends the cells of a line without quotes; false if there would be more than `most`.
#[inline(never)]
pub(super) fn split<'t>(line: &'t [u8], most: usize, cells: &mut Vec<Cell<'t>>) -> bool {
    if line.len() >= most && memchr_iter(b',', line).count() >= most {
        return false;
    }
    let (mut start, mut base) = (0, 0_usize);
    let (blocks, rest) = line.as_chunks::<64>();
    // The zeros after the end of the line are not commas.
    let mut last = [0; 64];
    last.get_mut(..rest.len()).unwrap_or_default().copy_from_slice(rest);
    for block in blocks.iter().chain([&last]) {
        let mut commas = commas(block);
        while commas != 0 {
            let end = base.wrapping_add(commas.trailing_zeros() as usize);
            cells.push(cell(line.get(start..end).unwrap_or_default()));
            start = end.wrapping_add(1);
            commas &= commas.wrapping_sub(1);
        }
        base = base.wrapping_add(64);
    }
    cells.push(cell(line.get(start..).unwrap_or_default()));
    true
}

/// A bit for each byte that is a comma. Eight bytes are compared at a time; branches that depend on where the commas are would
/// cost more than the comparisons.
fn commas(block: &[u8; 64]) -> u64 {
    let (words, _) = block.as_chunks::<8>();
    words.iter().rev().fold(0, |mask, word| (mask << 8) | commas_in_word(u64::from_le_bytes(*word)))
}

fn commas_in_word(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // Zero where the byte is a comma.
    let differs = word ^ 0x2c2c_2c2c_2c2c_2c2c;
    let highest_bits = !((differs & LOW).wrapping_add(LOW) | differs | LOW);
    // Gathers the highest bits of the eight bytes in one.
    (highest_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// An empty list in the memory of another list that is no longer needed.
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
        fn cells_are_what_stands_between_commas(line in "[a,,-]{0,200}") {
            let mut cells = Vec::new();
            prop_assert!(split(line.as_bytes(), 1000, &mut cells));
            let plain: Vec<Cell<'_>> = line.split(',').map(|text| cell(text.as_bytes())).collect();
            prop_assert_eq!(cells, plain);
        }

        #[test]
        fn each_comma_is_found_and_nothing_else(block in prop::array::uniform(prop_oneof![Just(b','), 0x2a..0x2fu8, any::<u8>()])) {
            let slow = block.iter().rev().fold(0, |mask, byte| (mask << 1) | u64::from(*byte == b','));
            prop_assert_eq!(commas(&block), slow);
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

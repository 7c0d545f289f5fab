//! A baseline in the form that it has after its files were read. Reading it takes a tenth of the time of reading `statistics.json`.
//!
//! Layout: `SWBASELN`, the version (one byte), xxHash64 of the two files it was made from (eight bytes, the lowest first), the data that
//! [`Baseline::new`] prepared in [postcard]'s encoding, and xxHash64 of all that.
//!
//! The digests show whether a file has changed. They are no protection: somebody who may write this file may also write the others.
//!
//! [postcard]: https://postcard.jamesmunns.com/wire-format

use xxhash_rust::xxh64::{Xxh64, xxh64};

use super::baseline::Baseline;
use super::reference::Reference;
use crate::constraints::Constraints;
use crate::statistics::Statistics;

const MAGIC: &[u8] = b"SWBASELN";
/// Raise it when [`Reference`] changes, or how a baseline is prepared.
const VERSION: u8 = 1;
const CHECK: usize = 8;

/// The two files that a baseline was made from, as they are on disk.
#[derive(Clone, Copy, Debug)]
pub struct CompiledBaseline<'a> {
    /// `constraints.json`
    pub constraints: &'a [u8],
    /// `statistics.json`
    pub statistics: &'a [u8],
}

impl CompiledBaseline<'_> {
    /// The name of the file, beside the other two.
    pub const FILE: &'static str = "baseline.compiled";

    /// The bytes of the file. `None` if the two files cannot be read.
    #[must_use]
    pub fn made(&self) -> Option<Vec<u8>> {
        let statistics = Statistics::parse(self.statistics).ok()?;
        let baseline = Baseline::new(Some(&statistics), Constraints::parse(self.constraints).ok()?);
        let mut bytes = postcard::to_extend(&baseline.prepared(), self.start()).ok()?;
        bytes.extend(xxh64(&bytes, 0).to_le_bytes());
        Some(bytes)
    }

    /// The baseline. `None` if the file was made from other files or by another version, or is damaged: then the two files have to be read.
    #[must_use]
    pub fn read(&self, bytes: &[u8], constraints: Constraints) -> Option<Baseline> {
        let (covered, check) = bytes.split_last_chunk::<CHECK>()?;
        let body = covered.strip_prefix(self.start().as_slice())?;
        if xxh64(covered, 0).to_le_bytes() != *check {
            return None;
        }
        let (prepared, rest) = postcard::take_from_bytes::<(Vec<Reference>, Option<u64>)>(body).ok()?;
        if rest.is_empty() { Baseline::of_prepared(prepared, constraints) } else { None }
    }

    /// How the file begins.
    fn start(&self) -> Vec<u8> {
        let mut files = Xxh64::new(0);
        for file in [self.constraints, self.statistics] {
            files.update(&(file.len() as u64).to_le_bytes());
            files.update(file);
        }
        [MAGIC, &[VERSION], &files.digest().to_le_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use sagewarden_measure::csv::Header;

    use super::*;
    use crate::baseline::SuggestedBaseline;

    const TABLE: &str = "whole,part,word,nearly,hole\n1,0.5,a,1,\n2,5e-05,b,NA,\n3,6.25,a,3,\n4,7.5,c,4,\n";

    /// The two files of a table, and the baseline that they make.
    fn made(table: &str) -> ([String; 2], Baseline) {
        let found = SuggestedBaseline::of_csv(table.as_bytes(), Header::FirstRow).unwrap();
        let [(_, statistics), (_, constraints)] = found.files();
        let baseline = Baseline::new(
            Some(&Statistics::parse(statistics.as_bytes()).unwrap()),
            Constraints::parse(constraints.as_bytes()).unwrap(),
        );
        ([constraints, statistics], baseline)
    }

    fn of(files: &[String; 2]) -> CompiledBaseline<'_> {
        CompiledBaseline { constraints: files[0].as_bytes(), statistics: files[1].as_bytes() }
    }

    #[test]
    fn it_is_the_baseline_that_its_files_make() {
        let (files, baseline) = made(TABLE);
        let bytes = of(&files).made().unwrap();
        let read = of(&files).read(&bytes, Constraints::parse(files[0].as_bytes()).unwrap()).unwrap();
        assert_eq!(read.prepared(), baseline.prepared());
        assert_eq!(read.constraints(), baseline.constraints());
        assert_eq!((read.rows(), read.prepared().0.len()), (Some(4), 5));
    }

    #[test]
    fn it_is_not_read_for_other_files_or_if_a_byte_of_it_is_another() {
        let (files, _) = made(TABLE);
        let (others, _) = made(&TABLE.replace("7.5", "7.25"));
        let constraints = || Constraints::parse(files[0].as_bytes()).unwrap();
        let bytes = of(&files).made().unwrap();
        assert!(of(&others).read(&bytes, constraints()).is_none());
        let mixed = CompiledBaseline { constraints: others[0].as_bytes(), statistics: files[1].as_bytes() };
        assert_eq!(mixed.read(&bytes, constraints()).is_some(), others[0] == files[0]);
        for at in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1;
            assert!(of(&files).read(&wrong, constraints()).is_none(), "byte {at}");
            assert!(of(&files).read(&bytes[..at], constraints()).is_none(), "only {at} bytes");
        }
        let less = Constraints { features: Vec::new(), ..constraints() };
        assert!(of(&files).read(&bytes, less).is_none(), "constraints of fewer columns");
    }

    #[test]
    fn a_change_of_what_is_prepared_needs_another_version() {
        let (files, _) = made(TABLE);
        let bytes = of(&files).made().unwrap();
        let body = &bytes[MAGIC.len() + 1 + CHECK..bytes.len() - CHECK];
        assert_eq!(
            (VERSION, xxh64(body, 0)),
            (1, 8_186_487_212_567_146_735),
            "if the body has changed, raise VERSION"
        );
    }
}

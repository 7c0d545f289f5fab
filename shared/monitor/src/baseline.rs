//! A baseline from data: what Model Monitor's container suggests when it is given the same file.

use std::io::BufRead;

use sagewarden_measure::csv::{CsvError, CsvTable, Header};
use sagewarden_measure::{Issues, Profile};

use crate::constraints::Constraints;
use crate::statistics::Statistics;

/// The two files of a baseline, what they are made from, and what was wrong with the data.
#[derive(Clone, Debug)]
pub struct SuggestedBaseline {
    /// What they are made from.
    pub profile: Profile,
    /// `statistics.json`
    pub statistics: Statistics,
    /// `constraints.json`
    pub constraints: Constraints,
    /// Rows that do not fit the table.
    pub issues: Issues,
}

impl SuggestedBaseline {
    /// The baseline of a CSV file.
    ///
    /// # Errors
    /// When it is no table.
    pub fn of_csv(input: impl BufRead, header: Header) -> Result<Self, CsvError> {
        Self::of_table(CsvTable::open(input, header)?)
    }

    /// The baseline of a table that was opened.
    ///
    /// # Errors
    /// When it has no rows, or cannot be read to its end.
    pub fn of_table(table: CsvTable<impl BufRead>) -> Result<Self, CsvError> {
        let (profile, issues) = table.profile()?;
        Ok(Self::of_profile(profile, issues))
    }

    /// The baseline of data that was profiled, such as that of several files.
    #[must_use]
    pub fn of_profile(profile: Profile, issues: Issues) -> Self {
        let statistics = Statistics::from_profile(&profile);
        let constraints = Constraints::suggest(&statistics);
        Self { profile, statistics, constraints, issues }
    }

    /// Its files by their names. The constraints come last: where they are, the baseline is whole.
    #[must_use]
    pub fn files(&self) -> [(&'static str, String); 2] {
        [
            ("statistics.json", self.statistics.to_java_json()),
            ("constraints.json", self.constraints.to_java_json()),
        ]
    }
}

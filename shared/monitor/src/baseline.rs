//! A baseline from data, as Model Monitor's container suggests it for the same file.

use std::io::BufRead;
use std::sync::Arc;

use sagewarden_measure::csv::{CsvError, CsvTable, Header};
use sagewarden_measure::{FreeTexts, Issues, Profile};

use crate::constraints::Constraints;
use crate::evaluate::{Baseline, ROWS_OF_A_PERIOD, spreads};
use crate::no_feature::{no_feature, switch_off};
use crate::statistics::Statistics;

/// The two files of a baseline, the profile that they are made from, and the faults in the data.
#[derive(Clone, Debug)]
pub struct SuggestedBaseline {
    /// The profile that they are made from.
    pub profile: Profile,
    /// `statistics.json`
    pub statistics: Statistics,
    /// `constraints.json`
    pub constraints: Constraints,
    /// Rows that do not fit the table.
    pub issues: Issues,
    /// Columns that are not features, and why: their comparison is switched off.
    pub no_features: Vec<(String, &'static str)>,
}

impl SuggestedBaseline {
    /// The baseline of a CSV file.
    ///
    /// # Errors
    /// When it is not a table.
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

    /// The baseline of profiled data, for example of several files. It is the container's suggestion with two differences: columns that are
    /// not features are not compared, and the shares of a free text may be missing.
    #[must_use]
    pub fn of_profile(profile: Profile, issues: Issues) -> Self {
        let statistics = Statistics::from_profile(&profile);
        let mut constraints = Constraints::suggest(&statistics);
        let texts = FreeTexts::among(&constraints.names(), Arc::default());
        let mut no_features = Vec::new();
        for (feature, column) in constraints.features.iter_mut().zip(&profile.columns) {
            if texts.has_feature(&feature.name) {
                // An empty text has no shares: that there are more of those says the feature for it.
                feature.completeness = feature.completeness.filter(|_| !texts.has_share(&feature.name));
            } else if let Some(why) = no_feature(column) {
                switch_off(feature);
                no_features.push((column.name.clone(), why));
            }
        }
        Self { profile, statistics, constraints, issues, no_features }
    }

    /// Keeps how far periods of its data are apart, so that exact mode requires a distance beyond that; returns how
    /// many periods have enough rows to count. With fewer than two, nothing is kept.
    pub fn keep_spread<'p>(&mut self, periods: impl IntoIterator<Item = &'p Profile>) -> usize {
        let periods: Vec<&Profile> =
            periods.into_iter().filter(|period| period.rows >= ROWS_OF_A_PERIOD).collect();
        let baseline = Baseline::new(Some(&self.statistics), self.constraints.clone());
        for (feature, spread) in self.statistics.features.iter_mut().zip(spreads(&baseline, &periods)) {
            feature.between_periods = spread;
        }
        periods.len()
    }

    /// Excludes a column from the comparison, because it is not a feature.
    pub fn leave_out(&mut self, column: &str, why: &'static str) {
        if let Some(feature) = self.constraints.features.iter_mut().find(|feature| feature.name == column) {
            switch_off(feature);
            self.no_features.retain(|(name, _)| name != column);
            self.no_features.push((column.to_owned(), why));
        }
    }

    /// Gives a column a threshold of its own, and has it compared; returns whether there is such a column.
    pub fn set_threshold(&mut self, column: &str, threshold: f64) -> bool {
        self.no_features.retain(|(name, _)| name != column);
        self.constraints.set_threshold(column, threshold)
    }

    /// Its files by their names. The constraints come last: once they exist, the baseline is complete.
    #[must_use]
    pub fn files(&self) -> [(&'static str, String); 2] {
        [
            ("statistics.json", self.statistics.to_java_json()),
            ("constraints.json", self.constraints.to_java_json()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraints::CategoricalMethod;

    #[test]
    fn a_baseline_asks_for_what_its_data_kept() {
        let table = "whole,zero,debt,word,hole\n1,0,-1,a,x\n2,5,2,b,\n3,6,3,a,y\n4,7,4,a,y\n";
        let found = SuggestedBaseline::of_csv(table.as_bytes(), Header::FirstRow).unwrap();
        assert!(found.issues.is_empty());
        assert_eq!((found.profile.rows, found.statistics.dataset.item_count), (4, 4));
        let told: Vec<_> = found
            .constraints
            .features
            .iter()
            .map(|feature| {
                let not_negative =
                    feature.num_constraints.as_ref().and_then(|numbers| numbers.is_non_negative);
                let domains = feature.string_constraints.as_ref().and_then(|texts| texts.domains.clone());
                (feature.name.as_str(), feature.completeness, not_negative, domains)
            })
            .collect();
        let texts = |texts: [&str; 2]| Some(texts.map(str::to_owned).to_vec());
        let expect = [
            ("whole", Some(1.0), Some(true), None),
            ("zero", Some(1.0), Some(true), None),
            ("debt", Some(1.0), Some(false), None),
            ("word", Some(1.0), None, texts(["a", "b"])),
            ("hole", Some(0.75), None, texts(["x", "y"])),
        ];
        assert_eq!(told, expect);
        let drift = &found.constraints.monitoring_config.distribution_constraints;
        assert_eq!((drift.comparison_threshold, drift.categorical_comparison_threshold), (0.1, Some(0.1)));
        assert_eq!(drift.categorical_drift_method, Some(CategoricalMethod::LInfinity));
    }

    #[test]
    fn its_files_are_read_back_as_they_were_and_the_constraints_come_last() {
        let found = SuggestedBaseline::of_csv("a\n1\n2\n".as_bytes(), Header::FirstRow).unwrap();
        let [(first, statistics), (last, constraints)] = found.files();
        assert_eq!((first, last), ("statistics.json", "constraints.json"));
        assert_eq!(Statistics::parse(statistics.as_bytes()).unwrap(), found.statistics);
        assert_eq!(Constraints::parse(constraints.as_bytes()).unwrap(), found.constraints);
    }
}

//! Rows go into a profile for each hour; the profiles are merged in the order of the hours.

use std::collections::BTreeMap;
use std::sync::Arc;

use sagewarden_measure::capture::{CaptureHour, CapturedRecord, ExpectedColumns, JoinedRows, RecordSink};
use sagewarden_measure::{Detail, Profile};
use sagewarden_monitor::{Baseline, Mode, evaluate};
use sagewarden_view::drift::TrendWindow;

/// So many hours are kept apart at a time: files come in the order of their hours, or nearly.
const OPEN: usize = 8;

/// The beginning of an inference time that names the hour, such as `2022-04-18T00`.
type Hour = [u8; 13];

/// Takes rows and keeps their hours apart.
#[derive(Debug)]
pub(crate) struct Windows<'a> {
    baseline: &'a Baseline,
    detail: Detail,
    /// The features whose distances the trend shows; none without a report.
    trend: Option<Mode>,
    /// The hour of all rows of the file, where its key says it.
    of_file: Option<Hour>,
    /// The rows of one hour are together, so that the map is asked when the hour changes only.
    current: (Option<Hour>, Profile),
    others: BTreeMap<Option<Hour>, Profile>,
    whole: Option<Profile>,
    trend_hours: BTreeMap<Hour, TrendWindow>,
}

impl<'a> Windows<'a> {
    pub(crate) fn new(baseline: &'a Baseline, detail: Detail, trend: Option<Mode>) -> Self {
        let current = (None, baseline.empty_profile(detail));
        Self {
            baseline,
            detail,
            trend,
            of_file: None,
            current,
            others: BTreeMap::new(),
            whole: None,
            trend_hours: BTreeMap::new(),
        }
    }

    /// The next rows come from another file.
    pub(crate) fn begin_file(&mut self, hour: Option<CaptureHour>) {
        self.of_file = hour.and_then(|hour| hour_of(&hour.to_string()));
    }

    /// The columns that rows are to have.
    pub(crate) fn columns(&self) -> Arc<ExpectedColumns> {
        self.baseline.expected_columns()
    }

    /// Rows of a file that knows no time.
    pub(crate) fn undated(&mut self) -> &mut Profile {
        self.turn_to(None);
        &mut self.current.1
    }

    /// How many rows there are so far.
    pub(crate) fn rows(&self) -> u64 {
        let profiles = self.others.values().chain(&self.whole);
        self.current.1.rows + profiles.map(|profile| profile.rows).sum::<u64>()
    }

    /// All rows, and the trend.
    pub(crate) fn finish(mut self) -> (Profile, Vec<TrendWindow>) {
        let (hour, profile) = std::mem::take(&mut self.current);
        self.others.insert(hour, profile);
        while let Some((hour, profile)) = self.others.pop_first() {
            self.close(hour, profile);
        }
        let empty = || self.baseline.empty_profile(self.detail);
        (self.whole.unwrap_or_else(empty), self.trend_hours.into_values().collect())
    }

    fn turn_to(&mut self, hour: Option<Hour>) {
        if self.current.0 == hour {
            return;
        }
        if self.current.1.rows == 0 {
            self.current.0 = hour;
            if let Some(known) = self.others.remove(&hour) {
                self.current.1 = known;
            }
            return;
        }
        let empty = || self.baseline.empty_profile(self.detail);
        let next = self.others.remove(&hour).unwrap_or_else(empty);
        let (before, profile) = std::mem::replace(&mut self.current, (hour, next));
        self.others.insert(before, profile);
        if self.others.len() >= OPEN
            && let Some((hour, profile)) = self.others.pop_first()
        {
            self.close(hour, profile);
        }
    }

    /// An hour that comes again after it was closed counts in the whole; the trend has its first part, and all its rows.
    fn close(&mut self, hour: Option<Hour>, profile: Profile) {
        if let Some(mode) = self.trend
            && let Some(hour) = hour
            && profile.rows > 0
        {
            let window = self.trend_hours.entry(hour).or_insert_with(|| TrendWindow {
                start: format!("{}:00:00Z", String::from_utf8_lossy(&hour)),
                rows: 0,
                distances: distances(self.baseline, &profile, mode),
            });
            window.rows += profile.rows;
        }
        match &mut self.whole {
            Some(whole) => whole.merge(&profile),
            None => self.whole = Some(profile),
        }
    }
}

fn distances(baseline: &Baseline, profile: &Profile, mode: Mode) -> Vec<Option<f64>> {
    let features = evaluate(baseline, profile, mode).features.into_iter();
    features.map(|feature| feature.distance.map(|distance| distance.value)).collect()
}

impl RecordSink for Windows<'_> {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        let hour = match self.of_file {
            Some(hour) => Some(hour),
            None => record.inference_time().as_deref().and_then(hour_of),
        };
        self.turn_to(hour);
        JoinedRows(&mut self.current.1).record(record);
    }
}

fn hour_of(time: &str) -> Option<Hour> {
    let hour: Hour = time.as_bytes().get(..13)?.try_into().ok()?;
    let fits = |(place, byte): (usize, &u8)| match place {
        4 | 7 => *byte == b'-',
        10 => *byte == b'T',
        _ => byte.is_ascii_digit(),
    };
    hour.iter().enumerate().all(fits).then_some(hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_from_times_only() {
        assert_eq!(hour_of("2022-04-18T00:21:48Z").as_ref(), Some(b"2022-04-18T00"));
        for text in [
            "",
            "2022-04-18",
            "2022-04-18 00:21:48",
            "22-04-18T00:21:48Zxx",
            "\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}",
        ] {
            assert_eq!(hour_of(text), None, "{text}");
        }
    }
}

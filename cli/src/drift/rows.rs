//! The rows of a piece of a file, apart by their hours.

use sagewarden_measure::Profile;
use sagewarden_measure::capture::{CaptureHour, CapturedAnswer, CapturedRecord, JoinedRows, RecordSink};

use crate::drift::hour::{Hour, hour_of};
use crate::drift::windows::NewProfile;

/// Takes rows and keeps their hours apart.
pub(super) struct HourlyRows<'a> {
    new: NewProfile<'a>,
    /// The hour of all rows of the file, where its key says it.
    of_file: Option<Hour>,
    /// In the order of their first rows.
    hours: Vec<(Option<Hour>, Profile)>,
    /// The place of the last row's hour among the hours.
    last: usize,
}

impl<'a> HourlyRows<'a> {
    pub(super) fn new(new: NewProfile<'a>, of_file: Option<CaptureHour>) -> Self {
        let of_file = of_file.and_then(|hour| hour_of(&hour.to_string()));
        Self { new, of_file, hours: Vec::new(), last: 0 }
    }

    /// Each hour with its rows.
    pub(super) fn into_hours(self) -> Vec<(Option<Hour>, Profile)> {
        self.hours
    }

    /// The rows of an hour. Rows of one hour follow each other, so the hours are searched only when the hour changes.
    fn of(&mut self, hour: Option<Hour>) -> Option<&mut Profile> {
        if self.hours.get(self.last).is_none_or(|(last, _)| *last != hour) {
            self.last = self.hours.iter().position(|(known, _)| *known == hour).unwrap_or(self.hours.len());
        }
        if self.last == self.hours.len() {
            self.hours.push((hour, self.new.empty().into_part()));
        }
        self.hours.get_mut(self.last).map(|(_, profile)| profile)
    }
}

impl RecordSink for HourlyRows<'_> {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        let hour = match self.of_file {
            Some(hour) => Some(hour),
            None => record.inference_time().as_deref().and_then(hour_of),
        };
        if let Some(profile) = self.of(hour) {
            JoinedRows(profile).record(record);
        }
    }

    fn failed(&mut self, answer: &CapturedAnswer<'_>) {
        let hour = match self.of_file {
            Some(hour) => Some(hour),
            None => answer.inference_time().as_deref().and_then(hour_of),
        };
        if let Some(profile) = self.of(hour) {
            JoinedRows(profile).failed(answer);
        }
    }
}

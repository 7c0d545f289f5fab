//! A window of captured traffic: a span of full hours of one variant of an endpoint. `detect-drift` judges it, and `alert-drift` reacts to
//! the result.

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::OpenWindowRow;
use sagewarden_measure::capture::CaptureHour;
use sagewarden_monitor::CaptureWindow;

pub(crate) const HOUR_MS: i64 = 3_600_000;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// A window of the traffic of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Whose.
    pub(crate) endpoint: Resource,
    /// The name of the variant.
    pub(crate) variant: String,
    /// From.
    pub(crate) start: Timestamp,
    /// The end, which is not part of the window.
    pub(crate) end: Timestamp,
}

impl Window {
    /// The window of `hours` hours that an hour of traffic belongs to.
    pub(crate) fn of(endpoint: Resource, variant: &str, hour: CaptureHour, hours: i64) -> Option<Self> {
        let from = end_of(hour)?.millis() - HOUR_MS;
        let start = from - from.rem_euclid(hours * HOUR_MS);
        let [start, end] = [start, start + hours * HOUR_MS].map(Timestamp::from_millis);
        Some(Self { endpoint, variant: variant.to_owned(), start, end })
    }

    /// As reports name it; `complete` says that no more data is expected.
    pub(crate) fn span(&self, complete: bool) -> CaptureWindow {
        CaptureWindow { start: self.start, end: self.end, complete }
    }

    /// The node of its finding.
    pub(crate) fn node(&self) -> NodeId {
        NodeId::window(&self.endpoint, &self.variant, self.start)
    }

    /// `<endpoint>/<variant>/<start>`
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}", self.endpoint.name, self.variant, self.start)
    }

    /// Its row, as long as it must still be judged for the last time.
    pub(crate) fn open_row(&self) -> OpenWindowRow {
        let Self { endpoint, variant, start, end } = self.clone();
        OpenWindowRow { endpoint, variant, start, end }
    }
}

impl From<OpenWindowRow> for Window {
    fn from(row: OpenWindowRow) -> Self {
        let OpenWindowRow { endpoint, variant, start, end } = row;
        Self { endpoint, variant, start, end }
    }
}

/// The end of an hour of traffic.
pub(crate) fn end_of(hour: CaptureHour) -> Option<Timestamp> {
    Some(Timestamp::from_millis(Timestamp::from_text(&hour.to_string())?.millis() + HOUR_MS))
}

/// The end of the hour that a time lies in.
pub(crate) fn end_of_hour(time: Timestamp) -> Timestamp {
    Timestamp::from_millis((time.millis().div_euclid(HOUR_MS) + 1) * HOUR_MS)
}

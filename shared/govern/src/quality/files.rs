//! The two sets of files that a window of predictions is measured by.

use sagewarden_events::Timestamp;
use sagewarden_lineage::rows::{CapturedFileRow, LabelFileRow};
use sagewarden_measure::capture::CaptureKey;
use sagewarden_settings::DetectSettings;

use super::watch::QualityWatch;
use crate::detect::window_rows::{self, CapturedFile};
use crate::outcome::Failure;
use crate::ports::{PortError, Table};
use crate::record::closure::query_all;
use crate::window::{HOUR_MS, Window, end_of};

/// The files that a window is measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LabelledFiles {
    /// Captured predictions, in the order in which their files were written.
    pub(super) captured: Vec<CapturedFile>,
    /// Labels, in the same order: if a prediction has two labels, the later one counts.
    pub(super) labels: Vec<CapturedFile>,
}

impl LabelledFiles {
    /// The files known so far. Files that were written after the delay do not count.
    pub(super) async fn of(
        table: &impl Table,
        detect: &DetectSettings,
        watch: &QualityWatch,
        window: &Window,
    ) -> Result<Self, Failure> {
        let mut captured = Vec::new();
        for traffic in traffic_windows(window, detect.window_hours) {
            let deadline = window_rows::deadline(&traffic, detect);
            captured.extend(window_rows::files(table, &traffic, deadline).await?.in_time);
        }
        captured.retain(|file| is_of(window, &file.object.key));
        let until = watch.until(window, detect.close_after_minutes);
        let first = window.start.millis().div_euclid(HOUR_MS) * HOUR_MS;
        let behind = Timestamp::from_millis(until.millis() + 1);
        let query = LabelFileRow::between(&watch.place(), Timestamp::from_millis(first), behind);
        let rows = query_all(table, query).await?;
        let labels = rows.iter().filter_map(LabelFileRow::parse).map(|row| CapturedFile::from(row.file));
        let labels = window_rows::newest(labels.filter(|file| file.object.modified_at <= until));
        Ok(Self { captured: window_rows::as_written(captured), labels: window_rows::as_written(labels) })
    }
}

/// The noted files of a window of predictions, whichever window of traffic they are in.
pub(crate) async fn noted_files(
    table: &impl Table,
    detect: &DetectSettings,
    window: &Window,
) -> Result<Vec<CapturedFileRow>, PortError> {
    let mut noted = Vec::new();
    for traffic in traffic_windows(window, detect.window_hours) {
        let rows = query_all(table, CapturedFileRow::of(&traffic.open_row().partition())).await?;
        noted.extend(rows.iter().filter_map(CapturedFileRow::parse));
    }
    noted.retain(|file| is_of(window, &file.key));
    Ok(noted)
}

/// The windows of traffic that overlap a window of predictions: at most a day's windows, and one more.
fn traffic_windows(window: &Window, hours: i64) -> Vec<Window> {
    let length = hours * HOUR_MS;
    let first = window.start.millis().div_euclid(length) * length;
    let starts = (0..).map(|turn| first + turn * length).take_while(|start| *start < window.end.millis());
    let traffic = |start: i64| Window {
        start: Timestamp::from_millis(start),
        end: Timestamp::from_millis(start + length),
        ..window.clone()
    };
    starts.map(traffic).collect()
}

fn is_of(window: &Window, key: &str) -> bool {
    let end = CaptureKey::parse(key).and_then(|key| end_of(key.hour));
    end.is_some_and(|end| window.start < end && end <= window.end)
}

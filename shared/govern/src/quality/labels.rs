//! Files of ground truth: `<prefix>/<yyyy>/<mm>/<dd>/<hh>/<file>.jsonl`. "The date in this path is the date when the
//! Ground Truth label is collected, and does not have to match the date when the inference was generated" (SageMaker
//! developer guide). So a file may label any prediction of the hours before, as long as labels for it are expected.

use sagewarden_events::{ObjectCreated, Timestamp};
use sagewarden_lineage::rows::{CapturedFileRow, DueWindowRow, LabelFileRow, LabelledWindowRow};
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::table::Write;
use sagewarden_measure::capture::CaptureKey;
use sagewarden_settings::{DetectSettings, WatchedQuality};

use super::watch::place_of;
use crate::counted::counted;
use crate::outcome::{Done, Failure};
use crate::ports::{PortError, Table};
use crate::record::closure::query_all;
use crate::window::{DAY_MS, HOUR_MS, end_of, end_of_hour};
use crate::world::World;

/// How far clocks may be apart.
const SKEW_MS: i64 = 15 * 60_000;
/// How long labels of a window are expected at most.
const LONGEST_MS: i64 = WatchedQuality::MOST_DELAY_HOURS * HOUR_MS + DAY_MS;

/// The place of a file of labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LabelPlace {
    /// `<bucket>/<prefix>`
    place: String,
    /// The hour in the key.
    hour: Timestamp,
}

impl LabelPlace {
    /// Reads the place of an object; `None` when its key names no hour.
    pub(super) fn parse(bucket: &str, key: &str) -> Option<Self> {
        // Read like the key of a captured file, below two segments in place of an endpoint and a variant.
        let below = format!("e/v/{key}");
        let hour = CaptureKey::parse(&below)?.hour;
        let segments: Vec<&str> = key.rsplit('/').filter(|segment| !segment.is_empty()).skip(5).collect();
        let prefix: Vec<&str> = segments.into_iter().rev().collect();
        let place = place_of(&S3Location { bucket: bucket.to_owned(), key: prefix.join("/") });
        Some(Self { place, hour: Timestamp::from_millis(end_of(hour)?.millis() - HOUR_MS) })
    }

    /// Whether the settings name it.
    pub(super) fn is_named(&self, detect: &DetectSettings) -> bool {
        let named = detect.endpoints.iter().filter_map(|each| each.quality.ground_truth.as_deref());
        named.filter_map(S3Location::parse).any(|named| place_of(&named) == self.place)
    }

    /// Whether labels of any window are expected there.
    pub(super) async fn is_expected(&self, table: &impl Table) -> Result<bool, PortError> {
        Ok(!table.query(&LabelledWindowRow::any(&self.place)).await?.items.is_empty())
    }
}

/// Notes a file. The windows that it may concern become due at the end of the hour in which it was written, so that
/// all files of an hour are read together.
pub(super) async fn note(
    world: &impl World,
    place: &LabelPlace,
    written: &ObjectCreated,
) -> Result<Done, Failure> {
    if place.hour.millis() > written.time.millis() + SKEW_MS {
        return Ok(Done::Nothing(format!("`{}` was written before the hour that it names", written.key)));
    }
    let Some(etag) = written.etag.clone() else {
        return Err(Failure::Reject(format!("the event of `{}` has no `etag`", written.key)));
    };
    let file = CapturedFileRow {
        window: String::new(),
        bucket: written.bucket.clone(),
        key: written.key.clone(),
        version_id: written.version_id.clone(),
        etag,
        size: written.size.unwrap_or_default(),
        modified_at: written.time,
        sequencer: written.sequencer.clone(),
    };
    let table = world.table();
    // This comes first: a window that is noted later finds the file.
    table.write(&[Write::Put(LabelFileRow::new(&place.place, place.hour, file).item())]).await?;
    let first = Timestamp::from_millis(place.hour.millis() - LONGEST_MS);
    let behind = Timestamp::from_millis(place.hour.millis() + HOUR_MS + DAY_MS);
    let rows = query_all(table, LabelledWindowRow::between(&place.place, first, behind)).await?;
    let slot = end_of_hour(written.time);
    let mut due: Vec<Write> = Vec::new();
    for row in rows.iter().filter_map(LabelledWindowRow::parse) {
        let begins_before = row.window.start.millis() < place.hour.millis() + HOUR_MS;
        // After its last moment, the window is due anyway, or was measured for the last time.
        if begins_before && place.hour <= row.until && slot < row.until {
            due.push(Write::Put(DueWindowRow { due: slot, window: row.window }.item()));
        }
    }
    let count = due.len();
    table.write(&due).await?;
    Ok(Done::Acted(format!(
        "labels in s3://{}/{} may belong to {}",
        written.bucket,
        written.key,
        counted(count, "window")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_what_stands_before_the_hour() {
        let check = |key: &str, expect: Option<(&str, &str)>| {
            let place = LabelPlace::parse("b", key).map(|at| (at.place, at.hour.to_string()));
            assert_eq!(place.as_ref().map(|(at, hour)| (at.as_str(), hour.as_str())), expect, "{key}");
        };
        check("labels/credit/2026/03/03/09/a.jsonl", Some(("b/labels/credit", "2026-03-03T09:00:00Z")));
        check("labels//credit//2026/03/03/09/a.jsonl", Some(("b/labels/credit", "2026-03-03T09:00:00Z")));
        check("2026/03/03/09/a.jsonl", Some(("b/", "2026-03-03T09:00:00Z")));
        for key in
            ["labels/2026/03/03/a.jsonl", "labels/2026/13/03/09/a.jsonl", "labels/2026/03/03/09/a.csv", ""]
        {
            check(key, None);
        }
    }
}

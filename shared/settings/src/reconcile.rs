//! How `reconcile` looks through the account.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// How `reconcile` looks through the account for resources that no event announced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReconcileSettings {
    /// The first sweep looks at jobs of this many days.
    #[serde(deserialize_with = "days")]
    pub import_days: i64,
    /// Each later sweep begins this many hours before the start of the previous sweep.
    #[serde(deserialize_with = "overlap")]
    pub overlap_hours: i64,
    /// So many days after a job ended, the findings on it are closed as history. 0: never.
    #[serde(deserialize_with = "closing")]
    pub close_finished_days: i64,
    /// Whether it may remedy what it finds.
    pub enforce: bool,
}

impl Default for ReconcileSettings {
    fn default() -> Self {
        Self { import_days: 90, overlap_hours: 2, close_finished_days: 30, enforce: false }
    }
}

fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    within(deserializer, 1, 400, "days")
}

fn overlap<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    within(deserializer, 1, 48, "hours")
}

fn closing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    within(deserializer, 0, 3_650, "days")
}

fn within<'de, D: Deserializer<'de>>(
    deserializer: D,
    least: i64,
    most: i64,
    unit: &str,
) -> Result<i64, D::Error> {
    match i64::deserialize(deserializer)? {
        number if (least..=most).contains(&number) => Ok(number),
        other => Err(D::Error::custom(format!("`{other}` is not between {least} and {most} {unit}"))),
    }
}

#[cfg(test)]
mod tests {
    use crate::Settings;

    #[test]
    fn numbers_are_within_bounds() {
        let read = |text: &str| Settings::from_text(&format!("[reconcile]\n{text}\n"));
        let found =
            read("import_days = 400\noverlap_hours = 48\nclose_finished_days = 3650").unwrap().reconcile;
        assert_eq!((found.import_days, found.overlap_hours, found.enforce), (400, 48, false));
        let days = |text: &str| read(text).unwrap().reconcile.close_finished_days;
        assert_eq!((found.close_finished_days, days(""), days("close_finished_days = 0")), (3_650, 30, 0));
        let least = read("import_days = 1\noverlap_hours = 1\nenforce = true").unwrap().reconcile;
        assert_eq!((least.import_days, least.overlap_hours, least.enforce), (1, 1, true));
        for (wrong, words) in [
            ("import_days = 0", "`0` is not between 1 and 400 days"),
            ("import_days = 401", "`401` is not between 1 and 400 days"),
            ("close_finished_days = -1", "`-1` is not between 0 and 3650 days"),
            ("close_finished_days = 3651", "`3651` is not between 0 and 3650 days"),
            ("overlap_hours = 0", "`0` is not between 1 and 48 hours"),
            ("overlap_hours = 49", "`49` is not between 1 and 48 hours"),
        ] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}

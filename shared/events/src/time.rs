//! Points in time, in every spelling AWS uses.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A point in time in milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// Numbers below this are seconds, and other numbers are milliseconds. As seconds, this number is in the year 5138; as milliseconds, in
/// March 1973. SageMaker has resources from neither time.
const FIRST_MILLISECOND: f64 = 1e11;

impl Timestamp {
    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads what AWS writes: epoch milliseconds (SageMaker's events) or seconds (its API) as integer, float or text, and ISO 8601 text.
    /// Anything else is not a time, and neither is a time outside the years that jiff knows.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Self::from_number(number.as_f64()?),
            Value::String(text) => Self::from_text(text),
            _ => None,
        }
    }

    /// As [`Self::from_json`], for text: a number or ISO 8601.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(number) = text.parse::<f64>() {
            return Self::from_number(number);
        }
        text.parse::<jiff::Timestamp>().ok().map(|time| Self(time.as_millisecond()))
    }

    /// The last millisecond of a day in UTC, written as `2026-03-03`.
    #[must_use]
    pub fn end_of_day(text: &str) -> Option<Self> {
        let next = text
            .trim()
            .parse::<jiff::civil::Date>()
            .ok()
            .filter(|_| text.trim().len() == 10)?
            .tomorrow()
            .ok()?;
        let midnight = next.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(Self(midnight.as_millisecond() - 1))
    }

    /// The day, such as `2026-03-03`.
    #[must_use]
    pub fn day(self) -> String {
        self.to_string().split('T').next().unwrap_or_default().to_owned()
    }

    /// The day in the form of a key's folders: `2026/03/03`.
    #[must_use]
    pub fn day_path(self) -> String {
        self.day().replace('-', "/")
    }

    /// The hour in the form of a key's folders, as in captured traffic and monitoring reports: `2026/03/03/10`.
    #[must_use]
    pub fn hour_path(self) -> String {
        self.to_string().split(':').next().unwrap_or_default().replace(['-', 'T'], "/")
    }

    fn from_number(number: f64) -> Option<Self> {
        if !number.is_finite() || number < 0.0 {
            return None;
        }
        let millis = if number < FIRST_MILLISECOND { number * 1000.0 } else { number };
        #[expect(clippy::cast_possible_truncation, reason = "the bound is checked by jiff on the next line")]
        let millis = millis.round() as i64;
        jiff::Timestamp::from_millisecond(millis).ok().map(|time| Self(time.as_millisecond()))
    }
}

/// ISO 8601 in UTC with as many digits as are needed, such as `2026-03-03T10:00:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// Written as ISO 8601, because people and their tools read it.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&value).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{value}` is neither epoch milliseconds or seconds nor ISO 8601"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn folders_of_a_key_are_of_the_day_and_the_hour() {
        for text in ["2026-03-03T09:00:00Z", "2026-03-03T09:59:59.999Z"] {
            let time = Timestamp::from_text(text).unwrap();
            assert_eq!((time.day_path(), time.hour_path()), ("2026/03/03".into(), "2026/03/03/09".into()));
        }
    }

    #[test]
    fn every_spelling_is_one_moment() {
        let check = |value: Value, expect: Option<i64>| {
            assert_eq!(Timestamp::from_json(&value).map(Timestamp::millis), expect, "{value}");
        };
        check(json!(1_772_442_600_554_i64), Some(1_772_442_600_554));
        check(json!(1_772_442_600_554.0), Some(1_772_442_600_554));
        check(json!("1772442600554"), Some(1_772_442_600_554));
        check(json!(1_772_442_600.554), Some(1_772_442_600_554));
        check(json!(1_772_442_600), Some(1_772_442_600_000));
        check(json!("2026-03-02T09:10:00.554Z"), Some(1_772_442_600_554));
        check(json!("2026-03-02T10:10:00.554+01:00"), Some(1_772_442_600_554));
        check(json!("2026-03-02T09:10:00.554+0000"), Some(1_772_442_600_554));
        check(json!("2026-03-02"), None);
        check(json!("soon"), None);
        check(json!(-1), None);
        check(json!(1e300), None);
        check(json!("NaN"), None);
        check(json!(null), None);
        check(json!([1]), None);
    }

    #[test]
    fn a_day_ends_a_millisecond_before_the_next() {
        let check = |text: &str, expect: Option<&str>| {
            let end = Timestamp::end_of_day(text).map(|time| time.to_string());
            assert_eq!(end.as_deref(), expect, "{text}");
        };
        check("2026-03-02", Some("2026-03-02T23:59:59.999Z"));
        check("2024-02-28", Some("2024-02-28T23:59:59.999Z"));
        for text in ["2026-02-30", "2026-3-2", "2026-03-02T10:00:00Z", "20260302", "today", ""] {
            check(text, None);
        }
    }

    #[test]
    fn a_time_is_written_as_iso_and_comes_back() {
        let time = Timestamp::from_millis(1_772_442_600_554);
        assert_eq!(time.to_string(), "2026-03-02T09:10:00.554Z");
        assert_eq!(serde_json::from_value::<Timestamp>(json!(time)).unwrap(), time);
    }
}

//! How rows are divided into periods.

use sagewarden_events::Timestamp;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// How rows are divided into periods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Period {
    /// The file that they come from.
    Files,
    /// The value of a column.
    Values(String),
    /// Spans of this many milliseconds, by the time in a column.
    Time { column: String, length: i64 },
}

impl Period {
    /// The value of `--period`: `file`, `hour`, `day` or `week` with a column of times, or a column.
    pub(crate) fn of(period: &str, time: Option<&str>) -> Result<Self, &'static str> {
        let length = match period {
            "hour" => Some(HOUR),
            "day" => Some(DAY),
            "week" => Some(7 * DAY),
            _ => None,
        };
        match (length, time) {
            (Some(length), Some(column)) => Ok(Self::Time { column: column.to_owned(), length }),
            (None, Some(_)) => Err("--time goes with --period hour, day or week"),
            (_, None) if period == "file" => Ok(Self::Files),
            (_, None) => Ok(Self::Values(period.to_owned())),
        }
    }

    /// The column that says which period a row is of.
    pub(crate) fn column(&self) -> Option<&str> {
        match self {
            Self::Files => None,
            Self::Values(column) | Self::Time { column, .. } => Some(column),
        }
    }

    /// The name of the period that a value belongs to; none if the value is not a time.
    pub(super) fn name(&self, value: &str) -> Option<String> {
        match self {
            Self::Time { length, .. } => Some(format!("{:020}", millis(value)?.div_euclid(*length))),
            Self::Values(_) | Self::Files => Some(value.to_owned()),
        }
    }
}

/// The time in a text, in milliseconds since 1970.
fn millis(text: &str) -> Option<i64> {
    let text = text.trim();
    let day = || Timestamp::from_text(&format!("{}T00:00:00Z", text.get(..10)?));
    let local = || Timestamp::from_text(&format!("{}Z", text.replacen(' ', "T", 1)));
    Timestamp::from_text(text).or_else(local).or_else(day).map(Timestamp::millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_one_day_are_one_period_however_they_are_written() {
        let day = Period::of("day", Some("at")).unwrap();
        let name = |text: &str| day.name(text);
        let first = name("2024-01-31T10:00:00Z").unwrap();
        for text in
            ["2024-01-31", "2024-01-31 23:59:59", "2024-01-31T00:00:00", "1706659200", "1706659200000"]
        {
            assert_eq!(name(text).as_ref(), Some(&first), "{text}");
        }
        assert_ne!(name("2024-02-01"), Some(first));
        assert_eq!((name("soon"), name("")), (None, None));
    }

    #[test]
    fn what_is_asked_for_is_a_length_of_time_a_column_or_files() {
        assert_eq!(Period::of("file", None), Ok(Period::Files));
        assert_eq!(Period::of("day", None), Ok(Period::Values("day".to_owned())));
        assert_eq!(Period::of("month", Some("at")), Err("--time goes with --period hour, day or week"));
    }
}

//! Where SageMaker puts captured events in S3.

use std::fmt;

/// The key of a file of captured events: `<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>.jsonl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureKey<'a> {
    /// The destination in the endpoint's configuration, without slashes at its ends; may be empty.
    pub prefix: &'a str,
    /// The endpoint.
    pub endpoint: &'a str,
    /// The variant.
    pub variant: &'a str,
    /// When the endpoint was invoked.
    pub hour: CaptureHour,
    /// The name of the file.
    pub file: &'a str,
}

/// An hour of UTC. It reads as a time: `2022-04-18T00:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaptureHour {
    /// 2022
    pub year: u16,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
    /// From 0 to 23.
    pub hour: u8,
}

impl<'a> CaptureKey<'a> {
    /// Reads a key. A destination that ends in a slash leaves an empty segment, which is skipped.
    #[must_use]
    pub fn parse(key: &'a str) -> Option<Self> {
        let (rest, file) = last_segment(key)?;
        let has_suffix = file.len() > ".jsonl".len() && file.ends_with(".jsonl");
        let (rest, hour) = last_segment(rest)?;
        let (rest, day) = last_segment(rest)?;
        let (rest, month) = last_segment(rest)?;
        let (rest, year) = last_segment(rest)?;
        let (rest, variant) = last_segment(rest)?;
        let (prefix, endpoint) = last_segment(rest)?;
        let hour = CaptureHour::of(year, month, day, hour)?;
        let prefix = prefix.trim_matches('/');
        has_suffix.then_some(Self { prefix, endpoint, variant, hour, file })
    }
}

/// The last segment that is not empty, and the text before it.
fn last_segment(key: &str) -> Option<(&str, &str)> {
    let key = key.trim_end_matches('/');
    let (before, segment) = key.rsplit_once('/').unwrap_or(("", key));
    (!segment.is_empty()).then_some((before, segment))
}

impl CaptureHour {
    fn of(year: &str, month: &str, day: &str, hour: &str) -> Option<Self> {
        let hour = Self {
            year: u16::try_from(number(year, 4)?).ok()?,
            month: u8::try_from(number(month, 2)?).ok()?,
            day: u8::try_from(number(day, 2)?).ok()?,
            hour: u8::try_from(number(hour, 2)?).ok()?,
        };
        let exists = (1..=12).contains(&hour.month) && (1..=31).contains(&hour.day) && hour.hour < 24;
        exists.then_some(hour)
    }
}

fn number(digits: &str, length: usize) -> Option<u32> {
    let is_number = digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

impl fmt::Display for CaptureHour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour } = self;
        write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:00:00Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, expect: Option<(&str, &str, &str, &str)>) {
        let parsed = CaptureKey::parse(key);
        let read = parsed.map(|key| (key.prefix, key.endpoint, key.variant, key.hour.to_string()));
        assert_eq!(read.as_ref().map(|(a, b, c, d)| (*a, *b, *c, d.as_str())), expect, "{key}");
    }

    #[test]
    fn keys_are_read_from_their_end() {
        let churn = Some(("sagemaker/datacapture", "churn", "AllTraffic", "2022-04-18T00:00:00Z"));
        check("sagemaker/datacapture/churn/AllTraffic/2022/04/18/00/20-48-871-0b7b.jsonl", churn);
        check("/sagemaker/datacapture//churn/AllTraffic//2022/04/18/00/20-48-871-0b7b.jsonl", churn);
        check("churn/v1/2022/12/31/23/a.jsonl", Some(("", "churn", "v1", "2022-12-31T23:00:00Z")));
        check("a//b/churn/v1/2022/12/31/23/a.jsonl", Some(("a//b", "churn", "v1", "2022-12-31T23:00:00Z")));
    }

    #[test]
    fn other_keys_are_none() {
        for key in [
            "",
            "a.jsonl",
            "/v1/2022/12/31/23/a.jsonl",
            "churn/v1/2022/12/31/24/a.jsonl",
            "churn/v1/2022/13/31/23/a.jsonl",
            "churn/v1/2022/00/31/23/a.jsonl",
            "churn/v1/2022/1/31/23/a.jsonl",
            "churn/v1/+022/01/31/23/a.jsonl",
            "churn/v1/2022/12/31/23/a.json",
            "churn/v1/2022/12/31/23/.jsonl",
            "churn/v1/2022/12/31/23/",
        ] {
            check(key, None);
        }
    }
}

//! Columns that are not features: they count up, name a row or give a time. Traffic always has other values in such
//! columns, so every window would drift.

use std::ops::RangeInclusive;

use sagewarden_measure::{Categories, ColumnProfile, InferredType};

use crate::constraints::{DistributionOverrides, FeatureConstraints, MonitoringOverrides, Switch};

/// With fewer values, all of them may be different by chance.
const ENOUGH: u64 = 50;
/// The estimate of how many values are different is mostly off by at most a twentieth.
const NEARLY_ALL: f64 = 0.9;
/// Numbers that are drawn from a range of twice as many as there are rows are not all different: a fifth of them
/// would come again.
const DENSE: f64 = 2.0;
/// 2000 and 2040, in seconds since 1970.
const SECONDS: std::ops::Range<f64> = 946_684_800.0..2_208_988_800.0;

/// Why a column is not a feature; `None` if it may be one.
pub(crate) fn no_feature(column: &ColumnProfile) -> Option<&'static str> {
    let kind = column.types.inferred();
    let numbers = column.numbers().filter(|numbers| numbers.count >= ENOUGH);
    let is_unique = column.present() >= ENOUGH && are_all_different(column);
    if let Some(numbers) = numbers {
        let range = numbers.max - numbers.min;
        let is_dense = range + 1.0 <= DENSE * numbers.count as f64;
        let is_time =
            |unit: f64| SECONDS.contains(&(numbers.min / unit)) && SECONDS.contains(&(numbers.max / unit));
        let units: &[f64] = match kind {
            InferredType::Integral => &[1.0, 1e3, 1e6, 1e9],
            // `time.time()` of Python.
            InferredType::Fractional => &[1.0, 1e3],
            _ => &[],
        };
        if kind == InferredType::Integral && is_unique && is_dense {
            return Some("its values count up row by row");
        }
        if units.iter().any(|unit| is_time(*unit)) {
            return Some("its values are times since 1970");
        }
        if kind == InferredType::Integral && are_days(column) {
            return Some("its values are dates");
        }
    }
    if is_unique && names_rows(&column.name) {
        return Some("its values are all different, and its name is the name of an id");
    }
    are_dates(column.categories()).then_some("its values are dates")
}

/// Excludes the column from the comparison of distributions. It must still exist, be complete and have its type.
pub(crate) fn switch_off(feature: &mut FeatureConstraints) {
    feature.monitoring_config_overrides = Some(MonitoringOverrides {
        domain_content_threshold: Some(0.0),
        distribution_constraints: Some(DistributionOverrides {
            perform_comparison: Some(Switch::Disabled),
            ..DistributionOverrides::default()
        }),
        ..MonitoringOverrides::default()
    });
}

fn are_all_different(column: &ColumnProfile) -> bool {
    let estimate = column.distinct().map_or(0, |distinct| distinct.estimate());
    estimate as f64 >= NEARLY_ALL * column.present() as f64
}

/// `id`, `customer_id`, `PassengerId`, `UUID`, and pandas' names for a column of row numbers.
fn names_rows(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends_like_a_word = name.ends_with("Id") || name.ends_with("ID");
    let last = lower.rsplit(['_', '-', ' ', '.']).next().unwrap_or_default();
    ends_like_a_word
        || matches!(last, "id" | "uuid" | "guid" | "index" | "key")
        || lower.starts_with("unnamed:")
}

fn are_dates(categories: &Categories) -> bool {
    let Categories::Counted(counts) = categories else { return false };
    !counts.is_empty() && counts.sorted().iter().all(|(text, _)| is_date(text))
}

/// Numbers as `20240131`.
fn are_days(column: &ColumnProfile) -> bool {
    let is_day = |number: &f64| {
        let (year, month, day) = ((number / 1e4).floor(), (number / 100.0).floor() % 100.0, number % 100.0);
        (1_900.0..2_200.0).contains(&year) && (1.0..=12.0).contains(&month) && (1.0..=31.0).contains(&day)
    };
    column.sketch().is_some_and(|sketch| sketch.levels().iter().flatten().all(is_day))
}

/// `2024-01-31`, `2024/01/31`, `31.01.2024`, `01/31/24` and `31 Jan 2024`, with or without a time after it.
fn is_date(text: &str) -> bool {
    let date = text.trim().split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = date.split(['-', '/', '.']).collect();
    match parts.as_slice() {
        [year, month, day] if is_year(year) => is_day(month) && is_day(day),
        [day, month, year] if is_year(year) => is_day(month) && is_day(day),
        [day, month, _] if parts.iter().all(|part| number(part, 2..=2).is_some()) => {
            is_day(day) && is_day(month)
        }
        _ => has_named_month(text),
    }
}

/// A date whose month has a name: `31 Jan 2024`, `Jan 31, 2024`, `31-Jan-24`.
fn has_named_month(text: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let mut parts = text.split([' ', ',', '-', '/', '.']).filter(|part| !part.is_empty());
    let (Some(first), Some(second), Some(year)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_month = |part: &str| {
        let start: String = part.chars().take(3).collect::<String>().to_ascii_lowercase();
        MONTHS.contains(&start.as_str()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let is_in_order = is_day(first) && is_month(second) || is_month(first) && is_day(second);
    is_in_order && (is_year(year) || number(year, 2..=2).is_some())
}

fn number(part: &str, digits: RangeInclusive<usize>) -> Option<u32> {
    let is_number = digits.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| part.parse().ok()).flatten()
}

fn is_year(part: &str) -> bool {
    number(part, 4..=4).is_some_and(|year| (1_800..2_200).contains(&year))
}

fn is_day(part: &str) -> bool {
    number(part, 1..=2).is_some_and(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use sagewarden_measure::{Cell, Profile, RowSink};

    use super::*;

    fn check(name: &str, texts: impl Iterator<Item = String>, expect: Option<&str>) {
        let mut profile = Profile::for_header([name]);
        texts.for_each(|text| profile.positional(&[Cell::Text(text.as_bytes())]));
        assert_eq!(no_feature(&profile.columns[0]), expect, "{name}");
    }

    #[test]
    fn columns_that_count_name_a_row_or_say_when_are_no_features() {
        let counts = Some("its values count up row by row");
        check("id", (0..500).map(|at| at.to_string()), counts);
        check("n", (0..5_000).map(|at| (70_000 + at).to_string()), counts);
        // A random half of them.
        check("n", (0..300).map(|at| (at * 2 + at % 2).to_string()), counts);
        let name = Some("its values are all different, and its name is the name of an id");
        for column in ["customer_id", "PassengerId", "userID", "uuid"] {
            check(column, (0..300_u64).map(|at| (at * 7_919 % 1_000_003).to_string()), name);
        }
        check("order-id", (0..300).map(|at| format!("o{at}")), name);
        let time = Some("its values are times since 1970");
        check("ts", (0..300_u64).map(|at| (1_700_000_000 + at * 3_600).to_string()), time);
        for unit in [1_000_u64, 1_000_000, 1_000_000_000] {
            check("ts", (0..300_u64).map(|at| ((1_700_000_000 + at * 3_600) * unit).to_string()), time);
        }
        check("ts", (0..300_u64).map(|at| format!("{}.25", 1_700_000_000 + at * 3_600)), time);
        let date = Some("its values are dates");
        check("ts", (0..100).map(|at| format!("2024-01-{:02}T00:00:00Z", at % 28 + 1)), date);
        check("day", (0..100).map(|at| format!("{:02}.01.2024", at % 28 + 1)), date);
        check("day", (0..100).map(|at| format!("01/{:02}/24", at % 28 + 1)), date);
        check("day", (0..100).map(|at| format!("{:02} Jan 2024 10:00:00", at % 28 + 1)), date);
        check("day", (0..100).map(|at| format!("January {}, 2024", at % 28 + 1)), date);
        check("day", (0..100).map(|at| format!("{:02}-JAN-24", at % 28 + 1)), date);
        check("ymd", (0..100).map(|at| (20_240_101 + at % 28).to_string()), date);
    }

    #[test]
    fn features_are_features() {
        // Numbers from a wide range are all different by chance; numbers from a narrow range come again.
        check("amount", (0..300_u64).map(|at| (at * 7_919 % 1_000_003).to_string()), None);
        check("age", (0..300).map(|at| (18 + at % 60).to_string()), None);
        check("x", (0..300).map(|at| format!("{}.5", at)), None);
        check("id", (0..20).map(|at| at.to_string()), None);
        check("id", (0..300).map(|at| (at % 7).to_string()), None);
        check("version", (0..100).map(|at| format!("1.{}.0", at % 5)), None);
        check("size", (0..100).map(|at| format!("{}/{}/6", at % 5, at % 3)), None);
        check("name", (0..100).map(|at| format!("May {}", at % 28 + 1)), None);
        check("income", (0..300).map(|at| (20_240_000 + 37 * (at % 90)).to_string()), None);
        check("revenue", (0..300).map(|at| format!("{}.5", 900_000_000 + 3_000_000 * at)), None);
        check("word", (0..100).map(|at| format!("w{}", at % 5)), None);
        check("paid", (0..300).map(|at| format!("{at} times")), None);
        check("empty", (0..100).map(|_| String::new()), None);
    }
}

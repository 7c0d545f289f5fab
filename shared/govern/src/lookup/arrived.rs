//! How many events never arrived, as far as sweeps have counted: an answer is as complete as what the store has heard of.

use sagewarden_lineage::rows::ArrivedRow;

use super::question::NoAnswer;
use super::reading::{Interrupted, Reading};
use crate::ports::Table;

/// Rows that are read: a month has one for each kind that sweeps count, and the newest month is counted.
const MOST: usize = 50;

/// Rows that may stand where a list of open findings begins: one for each kind that sweeps count.
pub(super) const BESIDE: usize = 27;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// One sentence about the newest month that was counted; `None` if there is none, or the limits of the answer are reached.
pub(super) async fn arrived<T: Table>(reading: &Reading<'_, T>) -> Result<Option<String>, NoAnswer> {
    let page = match reading.query(&ArrivedRow::newest().at_most(MOST)).await {
        Ok(page) => page,
        Err(Interrupted::Stopped(_)) => return Ok(None),
        Err(Interrupted::Port(error)) => return Err(error.into()),
    };
    let rows: Vec<ArrivedRow> = page.items.iter().filter_map(ArrivedRow::parse).collect();
    Ok(sentence(&rows))
}

/// The sentence about these rows.
pub(super) fn sentence(rows: &[ArrivedRow]) -> Option<String> {
    let month = rows.iter().map(|row| row.month.as_str()).max()?;
    let newest = rows.iter().filter(|row| row.month == month);
    let (arrived, missed) =
        newest.fold((0, 0), |(arrived, missed), row| (arrived + row.arrived, missed + row.missed));
    Some(format!("events missed in {}: {} of {}", named(month), grouped(missed), grouped(arrived)))
}

/// `2026-03` in words.
fn named(month: &str) -> String {
    let named = month.split_once('-').and_then(|(year, number)| {
        let number: usize = number.parse().ok()?;
        Some(format!("{} {year}", MONTHS.get(number.checked_sub(1)?)?))
    });
    named.unwrap_or_else(|| month.to_owned())
}

/// `1,204`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use sagewarden_events::{ResourceKind, Timestamp};

    use super::*;

    #[test]
    fn the_newest_month_is_added_up_over_its_kinds() {
        let row = |month: &str, kind, arrived, missed| ArrivedRow {
            month: month.to_owned(),
            kind,
            region: "r".to_owned(),
            until: Timestamp::from_millis(0),
            arrived,
            missed,
        };
        assert_eq!(sentence(&[]), None);
        let rows = [
            row("2026-03", ResourceKind::TrainingJob, 1_200, 0),
            row("2026-03", ResourceKind::Model, 4, 1),
            row("2026-02", ResourceKind::Model, 9, 9),
        ];
        assert_eq!(sentence(&rows).as_deref(), Some("events missed in March 2026: 1 of 1,204"));
    }

    #[test]
    fn numbers_and_months_are_written_for_people() {
        let check = |number: u64, expect: &str| assert_eq!(grouped(number), expect);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
        assert_eq!((named("2026-12").as_str(), named("2026-13").as_str()), ("December 2026", "2026-13"));
        assert_eq!((named("2026-00").as_str(), named("x").as_str()), ("2026-00", "x"));
    }
}

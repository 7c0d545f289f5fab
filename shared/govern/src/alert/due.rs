//! When executions of a schedule are due. "The cron expression for monitoring schedule", SageMaker developer guide: hourly,
//! daily, every few hours, once, or at a time of the service's own choice; and "there could be a delay of 0-20 minutes from the
//! actual requested time".

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The service's own delay.
const DELAY: i64 = 20 * MINUTE;
/// How long ago an execution may have been due and still be checked: the clock itself can miss a few ticks.
const LOOK_BACK: i64 = 6 * HOUR;
/// How many hours before the creation of a schedule without recurrence its only execution may be recorded as due.
const BEFORE_NOW: i64 = HOUR;

/// How often a schedule runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// Once, immediately.
    Once,
    /// At these full hours, UTC.
    At(BTreeSet<i64>),
    /// Once a day, at an unknown time.
    Daily,
}

/// A time in which an execution must have been due: from the first (included) to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Slot {
    pub(super) fn holds(self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

impl Rhythm {
    /// Reads a `ScheduleExpression`; if it is absent, the service chooses a time each day. An expression in no
    /// documented form runs at least once a day, because only "rates between 1 hour to 24 hours" exist.
    pub(super) fn of(expression: Option<&str>) -> Self {
        match expression {
            Some("NOW") => Self::Once,
            Some(text) => hours(text).map_or(Self::Daily, Self::At),
            None => Self::Daily,
        }
    }

    /// The executions that must have begun by `now`, with this much patience on top of the service's delay.
    pub(super) fn due(&self, created: Timestamp, now: Timestamp, grace_minutes: i64) -> Vec<Slot> {
        let wait = DELAY + grace_minutes * MINUTE;
        let slot = |from: i64, until: i64| Slot {
            from: Timestamp::from_millis(from),
            until: Timestamp::from_millis(until),
        };
        let (created, now) = (created.millis(), now.millis());
        let is_asked = |known: i64| known + wait <= now && known + wait > now - LOOK_BACK;
        match self {
            Self::Once => {
                let slot = slot(created - BEFORE_NOW, i64::MAX);
                if is_asked(created) { vec![slot] } else { Vec::new() }
            }
            Self::At(hours) => {
                let first = (now - LOOK_BACK - wait).div_euclid(DAY) * DAY;
                let mut times: Vec<i64> = (0..4)
                    .flat_map(|day| hours.iter().map(move |hour| first + day * DAY + hour * HOUR))
                    .collect();
                times.sort_unstable();
                let pairs = times.iter().zip(times.iter().skip(1));
                let asked = pairs.filter(|(from, _)| **from > created && is_asked(**from));
                asked.map(|(from, until)| slot(*from, *until)).collect()
            }
            Self::Daily => {
                let today = now.div_euclid(DAY) * DAY;
                let days = (1..3).rev().map(|ago| today - ago * DAY);
                let asked = days.filter(|from| *from > created && is_asked(from + DAY));
                asked.map(|from| slot(from, from + DAY)).collect()
            }
        }
    }
}

/// The hours of `cron(0 <hours> ? * * *)`: `*`, one hour, or `<first>/<every>`. Whether a step continues past
/// midnight is not documented; the hours of the same day are due in any case.
fn hours(expression: &str) -> Option<BTreeSet<i64>> {
    let fields = expression.trim().strip_prefix("cron(")?.strip_suffix(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ["0", hours, "?", "*", "*", "*"] = fields.as_slice() else { return None };
    if *hours == "*" {
        return Some((0..24).collect());
    }
    let (first, every) = match hours.split_once('/') {
        Some((first, every)) => (first.parse::<i64>().ok()?, every.parse::<usize>().ok()?),
        None => (hours.parse::<i64>().ok()?, 24),
    };
    let is_hour = (0..24).contains(&first) && (1..=24).contains(&every);
    is_hour.then(|| (first..24).step_by(every).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::from_text(&format!("2026-03-{text}:00Z")).unwrap()
    }

    #[test]
    fn the_documented_forms_are_read_and_anything_else_is_daily() {
        let check = |expression: &str, expect: &[i64]| {
            let hours: BTreeSet<i64> = expect.iter().copied().collect();
            let expect = if hours.is_empty() { Rhythm::Daily } else { Rhythm::At(hours) };
            assert_eq!(Rhythm::of(Some(expression)), expect, "{expression}");
        };
        check("cron(0 * ? * * *)", &(0..24).collect::<Vec<_>>());
        check("cron(0 12 ? * * *)", &[12]);
        check("cron(0 00 ? * * *)", &[0]);
        check("cron(0 0/6 ? * * *)", &[0, 6, 12, 18]);
        check("cron(0 17/12 ? * * *)", &[17]);
        check("cron(0 0/24 ? * * *)", &[0]);
        for other in ["cron(30 * ? * * *)", "cron(0 24 ? * * *)", "cron(0 0/0 ? * * *)", "rate(1 hour)", ""] {
            check(other, &[]);
        }
        assert_eq!(Rhythm::of(Some("NOW")), Rhythm::Once);
        assert_eq!(Rhythm::of(None), Rhythm::Daily);
    }

    #[test]
    fn what_is_due_is_asked_for_once_the_delay_and_the_grace_are_over() {
        let check = |expression: Option<&str>, created: &str, now: &str, expect: &[&str]| {
            let slots = Rhythm::of(expression).due(time(created), time(now), 30);
            let from: Vec<Timestamp> = slots.iter().map(|slot| slot.from).collect();
            let expect: Vec<Timestamp> = expect.iter().map(|text| time(text)).collect();
            assert_eq!(from, expect, "{expression:?} made {created}, now {now}");
        };
        let hourly = Some("cron(0 * ? * * *)");
        check(
            hourly,
            "01T00:00",
            "03T10:49",
            &["03T04:00", "03T05:00", "03T06:00", "03T07:00", "03T08:00", "03T09:00"],
        );
        check(
            hourly,
            "01T00:00",
            "03T10:50",
            &["03T05:00", "03T06:00", "03T07:00", "03T08:00", "03T09:00", "03T10:00"],
        );
        check(hourly, "03T08:30", "03T10:50", &["03T09:00", "03T10:00"]);
        check(hourly, "03T10:30", "03T10:50", &[]);
        check(
            hourly,
            "01T00:00",
            "03T01:00",
            &["02T19:00", "02T20:00", "02T21:00", "02T22:00", "02T23:00", "03T00:00"],
        );
        check(Some("cron(0 12 ? * * *)"), "01T00:00", "03T12:49", &[]);
        check(Some("cron(0 12 ? * * *)"), "01T00:00", "03T12:50", &["03T12:00"]);
        check(Some("cron(0 12 ? * * *)"), "01T00:00", "03T18:49", &["03T12:00"]);
        check(Some("cron(0 12 ? * * *)"), "01T00:00", "03T18:50", &[]);
        check(None, "01T10:00", "03T00:50", &["02T00:00"]);
        check(None, "02T10:00", "03T00:50", &[]);
        check(Some("NOW"), "03T09:00", "03T09:49", &[]);
        check(Some("NOW"), "03T09:00", "03T09:50", &["03T08:00"]);
    }

    #[test]
    fn a_slot_ends_where_the_next_begins() {
        let slots = Rhythm::of(Some("cron(0 0/6 ? * * *)")).due(time("01T00:00"), time("03T12:50"), 30);
        let [slot] = slots.as_slice() else { panic!("{slots:?}") };
        assert!(slot.holds(time("03T12:00")) && slot.holds(time("03T17:59")));
        assert!(!slot.holds(time("03T11:59")) && !slot.holds(time("03T18:00")));
    }
}

//! A process looks for the baseline of an open window once in ten minutes, and anew when the window is closed. It reads each version once.

use std::cell::Cell;

use futures::executor::block_on;
use sagewarden_events::{Event, decode};
use sagewarden_govern::ports::PortError;
use sagewarden_govern::{DetectDrift, KnownBaselines, Moment};
use sagewarden_local::{Call, Guard, Guarded};
use sagewarden_measure::csv::Header;
use sagewarden_monitor::SuggestedBaseline;
use sagewarden_settings::DetectSettings;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at};

use crate::closing::{Heard, close, world};
use crate::{baseline_csv, captured, capturing, put, report};

/// Counts how often constraints are read.
#[derive(Default)]
struct Constraints(Cell<usize>);

impl Guard for Constraints {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        self.0.set(self.0.get() + usize::from(call.is_read() && call.about.ends_with("constraints.json")));
        Ok(())
    }
}

/// Captures a file so many seconds into the story, and delivers its event then; returns how often the baseline was read.
fn capture(local: &Local, known: &KnownBaselines, file: &str, after: i64) -> Result<usize> {
    put(local, file, &captured(0..300, 1), after)?;
    let objects = Guarded::new(local.system.account.clone(), Constraints::default());
    let world = world(&local.system, &objects, Heard::default(), &DetectSettings::default());
    let detect = DetectDrift { world: &world, known };
    let moment = Moment { now: at(after), owner: "t".to_owned() };
    for event in local.system.account.drain_events()? {
        for event in decode(&event.to_string())? {
            let Event::ObjectCreated(written) = event else { return Err("it is not a file".into()) };
            block_on(detect.on_capture(&written, &moment))?;
        }
    }
    Ok(objects.guard.0.get())
}

/// Another baseline in the same place: of limits a thousandth as large.
fn replace_baseline(local: &Local, after: i64) -> Result<()> {
    let divided = |line: &str| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if let Some(cell) = cells.get_mut(1)
            && let Ok(limit) = cell.parse::<u64>()
        {
            *cell = (limit / 1_000).to_string();
        }
        cells.join(",")
    };
    let csv: Vec<String> = baseline_csv().lines().map(divided).collect();
    let made = SuggestedBaseline::of_csv(csv.join("\n").as_bytes(), Header::FirstRow)?;
    for (name, text) in made.files() {
        local.system.account.put_object("baselines", &format!("b/{name}"), text.as_bytes(), at(after))?;
    }
    local.system.account.drain_events()?;
    Ok(())
}

#[test]
fn a_version_of_a_baseline_is_read_once_by_a_process() -> Result<()> {
    let (local, known) = (capturing(true)?, KnownBaselines::default());
    assert_eq!(capture(&local, &known, "00-00-000-a.jsonl", 86_400)?, 1);
    assert_eq!(capture(&local, &known, "01-00-000-b.jsonl", 86_460)?, 0);
    assert_eq!(capture(&local, &known, "09-59-000-c.jsonl", 86_400 + 599)?, 0);
    assert_eq!(report(&local)?.rows, 900, "each file was judged all the same");
    assert_eq!(
        capture(&local, &known, "10-00-000-d.jsonl", 86_400 + 600)?,
        0,
        "it is looked for, and the same"
    );
    assert_eq!(capture(&local, &KnownBaselines::default(), "10-01-000-e.jsonl", 86_400 + 601)?, 1);
    replace_baseline(&local, 86_400 + 602)?;
    assert_eq!(capture(&local, &known, "10-02-000-f.jsonl", 86_400 + 603)?, 1, "another version");
    assert_eq!(capture(&local, &known, "10-03-000-g.jsonl", 86_400 + 604)?, 0);
    Ok(())
}

#[test]
fn what_a_window_comes_to_is_the_same_whatever_a_process_remembers() -> Result<()> {
    let mut reports = Vec::new();
    for remembers in [true, false] {
        let (local, mut known) = (capturing(true)?, KnownBaselines::default());
        capture(&local, &known, "00-00-000-a.jsonl", 86_400)?;
        replace_baseline(&local, 86_430)?;
        if !remembers {
            known = KnownBaselines::default();
        }
        capture(&local, &known, "01-00-000-b.jsonl", 86_460)?;
        let open = report(&local)?;
        close(&local, &DetectSettings::default(), "2026-03-03T10:15:01Z")?;
        reports.push((open, report(&local)?));
    }
    assert_eq!(reports[0].0, reports[1].0, "a baseline that was replaced is seen with the next file");
    assert_eq!(reports[0].1, reports[1].1, "and the window is closed with the one that there is then");
    assert_eq!(reports[0].1.violations.len(), 1);
    Ok(())
}

//! Free texts of a chat: their features are judged, and no text is kept.

use std::fmt::Write as _;
use std::sync::Arc;

use sagewarden_measure::{Cell, FreeTexts, Issues, Profile, RowSink as _};
use sagewarden_monitor::{SuggestedBaseline, WindowReport};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, captured_event, scattered};

use crate::{capturing_with, put, read, report};

/// A question and its answer.
fn chat(number: u64, is_refused: bool) -> (String, String) {
    let words = |seed: u64, most: u64| {
        let count = 3 + scattered(seed) % most;
        (0..count).map(|at| format!("word{}", scattered(seed + at) % 50)).collect::<Vec<_>>().join(" ")
    };
    let answer =
        if is_refused { "I'm sorry but I can't help with that".to_owned() } else { words(number + 1, 20) };
    (words(number, 9), answer)
}

fn baseline() -> SuggestedBaseline {
    let texts = FreeTexts::new(["answer", "prompt"], Arc::default());
    let mut profile = Profile::for_header(texts.apart(["answer", "prompt"])).with_texts(texts);
    for number in 0..2_000 {
        let (prompt, answer) = chat(number, number % 50 == 0);
        profile.positional(&[Cell::Text(answer.as_bytes()), Cell::Text(prompt.as_bytes())]);
    }
    SuggestedBaseline::of_profile(profile, Issues::default())
}

fn traffic(rows: std::ops::Range<u64>, refused: impl Fn(u64) -> bool) -> String {
    let mut lines = String::new();
    for number in rows {
        let (prompt, answer) = chat(number + 70_000, refused(number));
        let event = captured_event(&format!("e-{number}"), &prompt, &answer);
        writeln!(lines, "{event}").unwrap();
    }
    lines
}

fn violated(local: &Local) -> Result<Vec<String>> {
    Ok(report(local)?.violations.into_iter().filter_map(|each| each.feature_name).collect())
}

#[test]
fn answers_that_are_refused_more_often_are_drift_and_no_text_is_written() -> Result<()> {
    let local = capturing_with(Some(baseline()))?;
    put(&local, "00-00-000-a.jsonl", &traffic(0..500, |number| number % 50 == 0), 86_400)?;
    local.settle()?;
    assert_eq!(violated(&local)?, [""; 0], "nothing has changed");

    put(&local, "01-00-000-b.jsonl", &traffic(500..1_000, |number| number % 2 == 0), 86_460)?;
    local.settle()?;
    let found = violated(&local)?;
    assert!(found.contains(&"answer.refused".to_owned()), "{found:?}");
    assert!(
        found.iter().all(|feature| feature.starts_with("answer.")),
        "the questions are as before: {found:?}"
    );
    for name in [WindowReport::FILE, WindowReport::PAGE, "statistics.json", "constraint_violations.json"] {
        let written = String::from_utf8(read(&local, name)?.ok_or("it is not written")?)?;
        assert!(!written.contains("sorry") && !written.contains("word7"), "{name}");
    }
    Ok(())
}

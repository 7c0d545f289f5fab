//! The common parts of verdicts on data, in words: warnings, the outcome, and differences between the modes.

use std::io;

use sagewarden_govern::counted;
use sagewarden_monitor::{Mode, Verdict, Violations};

use crate::error::CommandError;
use crate::input::trouble::{Extent, Trouble};
use crate::output::line;
use crate::output::terminal::{BAD, STRONG};

/// Files with bad lines that are listed one by one.
const FILES: usize = 20;

/// The bad lines of each file.
pub(crate) fn warnings(troubles: &[Trouble]) -> Vec<String> {
    let mut lines = Vec::new();
    for trouble in troubles.iter().take(FILES) {
        let name = line(&trouble.name);
        lines.extend(trouble.issues.in_words().map(|words| format!("`{name}`, {words}")));
        lines.extend(trouble.unusable.first.iter().map(|why| {
            let lines = &trouble.unusable.lines;
            let first = if lines.count == 1 { "" } else { "the first: " };
            format!("`{name}`, {lines}: {first}{why}")
        }));
        if trouble.is_empty {
            lines.push(format!("`{name}` has no rows"));
        }
        lines.extend(trouble.stopped.iter().map(|why| format!("`{name}` cannot be read to its end: {why}")));
    }
    if let Some(more) = troubles.len().checked_sub(FILES).filter(|more| *more > 0) {
        let bad: u64 = troubles.iter().skip(FILES).map(Trouble::count).sum();
        let more = counted(more as u64, "more file");
        let bad = counted(bad, "bad line");
        lines.push(format!("{more}: {bad} in all (--format json names them)"));
    }
    lines
}

/// The verdict in a word, as the exit status has it: 0 for `compliant` and `partial`, 1 for `violated`, 2 for `unknown`.
pub(crate) fn outcome(violations: usize, extent: Extent, is_judged: bool) -> &'static str {
    match extent {
        Extent::NotAllFiles => "unknown",
        _ if !is_judged => "unknown",
        _ if violations > 0 => "violated",
        Extent::NotAllLines => "partial",
        Extent::All => "compliant",
    }
}

/// The last line for people.
pub(crate) fn last_line(violations: usize, extent: Extent, is_judged: bool, mode: Mode) -> String {
    let found = match (violations, extent) {
        (0, _) if !is_judged => format!("{BAD}No verdict{BAD:#}"),
        (0, Extent::All) => format!("{STRONG}No violation{STRONG:#}"),
        (0, _) => format!("{STRONG}No violation{STRONG:#} in what could be read"),
        (some, _) => format!("{BAD}{}{BAD:#}", counted(some as u64, "violation")),
    };
    format!("{found} (mode {})\n", mode.name())
}

pub(crate) fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Violated => "violated",
        Verdict::NotCompared(_) => "not compared",
    }
}

/// The line on a violation in one mode only.
pub(crate) fn difference(subject: &str, exact: &Verdict, compat: &Verdict, why: Option<&str>) -> String {
    let why = why.map(|why| format!(": {}", line(why))).unwrap_or_default();
    format!("modes differ  {subject}: exact {}, compat {}{why}\n", word(exact), word(compat))
}

/// Violations as the container writes them.
pub(crate) fn violations(violations: &Violations) -> Result<String, CommandError> {
    Ok(serde_json::to_string_pretty(violations).map_err(io::Error::from)? + "\n")
}

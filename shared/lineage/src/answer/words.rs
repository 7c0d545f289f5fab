//! Words that all texts for people share.

use sagewarden_events::Untrusted;

/// Others' words within a line.
pub(super) fn line(text: &str) -> String {
    Untrusted::new(text).line()
}

/// The last lines of an answer for people: whether it is complete, and if not, why.
pub(super) fn closing(complete: bool, missing: &[String]) -> String {
    if complete {
        return "complete\n".to_owned();
    }
    let lines: String = missing.iter().map(|gap| format!("  {}\n", line(gap))).collect();
    format!("incomplete:\n{lines}")
}

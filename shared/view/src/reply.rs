//! The answer to a question of any kind, as a document or as text.

use sagewarden_events::Untrusted;
use sagewarden_lineage::answer::{Format, Reply};
use sagewarden_lineage::listing::{GapExplanation, Listing};
use serde_json::{Value as Json, json};
use thiserror::Error;

use crate::lineage;
use crate::listing::{list_csv, list_page, list_text};

/// As a JSON document; the lineage as nodes and edges, or as the flat table.
#[must_use]
pub fn document(reply: &Reply, format: Format) -> Json {
    match reply {
        Reply::Lineage(answer) => lineage::document(answer, format),
        Reply::Impact(impact) => json!(impact),
        Reply::Difference(difference) => json!(difference),
        Reply::Reproduction(reproduction) => json!(reproduction),
        Reply::History(history) => json!(history),
        Reply::Why(why) => json!(why),
        Reply::Listing(listing) => json!(listing),
        Reply::Gap(gap) => json!(gap),
    }
}

/// There is nothing to write in the wanted format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is nothing to write as `{}`: {why}", json!(format).as_str().unwrap_or_default())]
pub struct NothingToWrite {
    format: Format,
    why: String,
}

/// As text in the wanted format.
///
/// # Errors
/// If the text would be empty: formats with one document for each job are empty if no job of the answer has a document.
pub fn text(reply: &Reply, format: Format) -> Result<String, NothingToWrite> {
    let text = match reply {
        Reply::Lineage(answer) => lineage::text(answer, format),
        _ if format == Format::Json => format!("{:#}", document(reply, format)),
        Reply::Impact(impact) => impact.text(),
        Reply::Difference(difference) => difference.text(),
        Reply::Reproduction(reproduction) => reproduction.text(),
        Reply::History(history) => history.text(),
        Reply::Why(why) => why.text(),
        Reply::Listing(listing) => list_in(listing, format),
        Reply::Gap(gap) => gap_lines(gap),
    };
    if text.is_empty() { Err(NothingToWrite { format, why: why_empty(reply, format) }) } else { Ok(text) }
}

fn list_in(listing: &Listing, format: Format) -> String {
    match format {
        Format::Csv => list_csv(listing),
        Format::Html => list_page(listing),
        _ => list_text(listing),
    }
}

fn gap_lines(gap: &GapExplanation) -> String {
    let lines = gap.lines();
    let lines = lines.iter().map(|line| {
        let words = line.trim_start_matches(' ');
        let margin = line.get(..line.len() - words.len()).unwrap_or_default();
        format!("{margin}{}\n", Untrusted::new(words).line())
    });
    lines.collect()
}

fn why_empty(reply: &Reply, format: Format) -> String {
    let wanted = match format {
        Format::Slsa => {
            "no job in this answer made an object that has a SHA-256 or a version: ask about the model, its artifact, or an \
             endpoint that runs it"
        }
        _ => "no job in this answer is known by more than its name: ask about a job, a model or an endpoint",
    };
    let cut = if reply.is_complete() { "" } else { "; the answer is incomplete: raise its limits" };
    format!("{wanted}{cut}")
}

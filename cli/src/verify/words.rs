//! The result, for people and for programs.

use std::path::Path;

use sagewarden_govern::counted;
use sagewarden_lineage::audit::{Audit, Defect, VerdictDigest};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::output::line;
use crate::output::terminal::{BAD, STRONG};

/// The verdicts of a table, checked.
pub(crate) struct Verified<'a> {
    pub(crate) audit: &'a Audit,
    pub(crate) against: Option<Against>,
}

/// The anchor that they were compared with.
#[derive(Debug, Serialize)]
pub(crate) struct Against {
    /// Its digest.
    pub(crate) anchor: VerdictDigest,
    pub(crate) resources: usize,
    /// Verdicts that have come since.
    pub(crate) since: usize,
}

impl Verified<'_> {
    /// `written` is the anchor that was made; none is made of a table with gaps, whether one was `asked` for or not.
    pub(crate) fn text(&self, written: Option<&Path>, asked: bool) -> String {
        let Self { audit, against } = self;
        let digest = audit.digest();
        let resources = counted(audit.chains().len() as u64, "resource");
        let verdicts = counted(audit.verdicts() as u64, "verdict");
        let notices = counted(audit.notices() as u64, "notice");
        let mut text =
            format!("{STRONG}{resources}, {verdicts}{STRONG:#}, {notices} about them\n  digest   {digest}\n");
        match against {
            Some(Against { anchor, resources, since }) => {
                let resources = counted(*resources as u64, "resource");
                let since = counted(*since as u64, "verdict");
                text += &format!("  against  {anchor} ({resources}); {since} more since then\n");
            }
            None => {
                text += "  against  no anchor: without one, nobody notices that a resource was erased completely\n"
            }
        }
        match written {
            Some(path) => text += &format!("  anchor   {}\n", line(&path.display().to_string())),
            None if asked => text += "  anchor   none was written, since something is wrong\n",
            None => {}
        }
        let [more_defects, more_notes] = audit.unnamed();
        text += &list("no gaps: these came late", audit.notes(), more_notes);
        if audit.is_whole() {
            return text + "nothing is missing\n";
        }
        let gaps = audit.defects().count() + more_defects;
        text += &list(&format!("{BAD}{}{BAD:#}", counted(gaps as u64, "gap")), audit.defects(), more_defects);
        text
    }

    pub(crate) fn document(&self) -> Json {
        let Self { audit, against } = self;
        let [more_defects, more_notes] = audit.unnamed();
        json!({
            "whole": audit.is_whole(),
            "resources": audit.chains().len(),
            "verdicts": audit.verdicts(),
            "notices": audit.notices(),
            "digest": audit.digest(),
            "against": against,
            "defects": audit.defects().collect::<Vec<_>>(),
            "more_defects": more_defects,
            "notes": audit.notes().collect::<Vec<_>>(),
            "more_notes": more_notes,
        })
    }
}

/// The entries under a heading, by resource; empty without entries.
fn list<'a>(heading: &str, defects: impl Iterator<Item = &'a Defect>, more: usize) -> String {
    let mut text = String::new();
    let mut of = None;
    for Defect { resource, problem, verdict, text: words } in defects {
        if of.is_none() {
            text += &format!("{heading}\n");
        }
        if of != Some(resource) {
            text += &format!("  {}\n", line(resource));
            of = Some(resource);
        }
        let verdict = verdict.as_ref().map(|verdict| format!("{}: ", line(verdict))).unwrap_or_default();
        text += &format!("    {:<13}  {verdict}{}\n", problem.word(), line(words));
    }
    if more > 0 {
        text += &format!("  and {more} more\n");
    }
    text
}

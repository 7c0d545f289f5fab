//! Why there is no lineage of a resource, or no verdict on it.

use serde::Serialize;

/// What the store knows about a resource whose lineage or verdict is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GapExplanation {
    /// The entity in the question.
    pub entity: String,
    /// Whether the resource has a node in the lineage.
    pub has_lineage: bool,
    /// Whether there is a verdict on it.
    pub has_verdict: bool,
    /// What is known about its lineage, in sentences.
    pub lineage: Vec<String>,
    /// What is known about its verdicts, in sentences.
    pub verdict: Vec<String>,
    /// Whether the answer is complete.
    pub complete: bool,
    /// Why not, in words.
    pub missing: Vec<String>,
    /// How many events of the newest month never arrived, in words, if that was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// Requests to the table.
    pub requests: usize,
}

impl GapExplanation {
    /// Lines for people. Names of others in the sentences are escaped by the caller.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let yes = |word: bool| if word { "yes" } else { "no" };
        let mut lines = vec![self.entity.clone(), format!("  lineage    {}", yes(self.has_lineage))];
        lines.extend(self.lineage.iter().map(|sentence| format!("    {sentence}")));
        lines.push(format!("  verdict    {}", yes(self.has_verdict)));
        lines.extend(self.verdict.iter().map(|sentence| format!("    {sentence}")));
        lines.extend(self.events.iter().map(|events| format!("  {events}")));
        lines
    }
}

//! The resources that a record looked at, in words for the log.

use crate::counted::counted;
use crate::sweep::Swept;

/// Faults that a line names.
const NAMED: usize = 3;

/// How many resources a record looked at, and which of them could not be judged or recorded.
#[derive(Debug, Default)]
pub(super) struct Said {
    looked_at: u64,
    failed: Vec<String>,
}

impl Said {
    pub(super) fn note(&mut self, swept: Swept) {
        self.looked_at += 1;
        match swept {
            Swept::Failed { resource, reason, .. } => self.failed.push(format!("{resource}: {reason}")),
            Swept::Found(found) => {
                let fault = found.unrecorded.map(|reason| format!("{}: {reason}", found.resource));
                self.failed.extend(fault);
            }
            Swept::Vanished(_) | Swept::Gone(_) => {}
        }
    }

    /// The line for the log, after another text.
    pub(super) fn after(&self, text: &str) -> String {
        let looked_at = format!("{text}; {} looked at", counted(self.looked_at, "resource"));
        if self.failed.is_empty() {
            return looked_at;
        }
        let named: Vec<&str> = self.failed.iter().take(NAMED).map(String::as_str).collect();
        let count = counted(self.failed.len() as u64, "resource");
        format!("{looked_at}; {count} could not be judged or recorded: {}", named.join("; "))
    }
}

//! A file that was judged.

use std::path::Path;

use sagewarden_events::Timestamp;
use sagewarden_policy::intake::{self, Candidate, Intake};
use sagewarden_policy::join::offline;
use sagewarden_policy::{Bundle, Judgement, Subject, Verdict, judge};

use crate::error::CommandError;
use crate::input;

/// A file with the verdicts on what it holds.
pub(crate) struct CheckedFile {
    /// As it was given.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) verdicts: Vec<(Candidate, Verdict)>,
    pub(crate) passed_over: Vec<String>,
}

impl CheckedFile {
    /// Reads and judges a file. `account` is the one that its resources will be in, where they do not say so; `now` is when what does not
    /// exist yet is judged.
    pub(crate) fn judge(
        bundle: &Bundle,
        path: &Path,
        account: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, CommandError> {
        let text = input::text(path)?;
        let Intake { candidates, passed_over } =
            intake::read(&text).map_err(|source| CommandError::Unusable { path: path.to_owned(), source })?;
        let verdict = |mut candidate: Candidate| {
            if let Some(account) = account {
                candidate.resource.account = account.to_owned();
            }
            let joined = offline(&candidate.resource, &candidate.document);
            let subject = Subject {
                resource: &candidate.resource,
                document: &candidate.document,
                as_of: candidate.changed_at().unwrap_or(now),
                joined: &joined,
            };
            let verdict = judge(bundle, &subject);
            (candidate, verdict)
        };
        let verdicts = candidates.into_iter().map(verdict).collect();
        Ok(Self { path: path.display().to_string(), text, verdicts, passed_over })
    }

    pub(crate) fn is_clean(&self) -> bool {
        let mut outcomes = self.verdicts.iter().map(|(_, verdict)| &verdict.outcome);
        outcomes.all(|outcome| matches!(outcome, Judgement::Compliant | Judgement::Waived))
    }
}

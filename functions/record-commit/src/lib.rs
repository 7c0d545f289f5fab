//! A git push: the commit and the branch head go into the lineage, and what it would create is judged.

use sagewarden_events::Event;
use sagewarden_govern::ports::{SourceControl, Table};
use sagewarden_govern::{Done, Moment, Outcome, ReviewCommit, record_commit};
use sagewarden_lambda::Act;
use sagewarden_policy::Bundle;

/// The function over its ports.
#[derive(Debug)]
pub struct RecordCommit<S, T> {
    /// Where commits are looked up and commented on.
    pub source: S,
    /// Where they are recorded.
    pub table: T,
    /// Policies and settings by which pushes are judged; absent when there are to be no comments.
    pub review: Option<Bundle>,
}

impl<S: SourceControl, T: Table> Act for RecordCommit<S, T> {
    async fn act(&self, event: &Event, moment: &Moment) -> Outcome {
        let Event::ReferenceChanged(push) = event else {
            return Ok(Done::Nothing("only pushes are recorded here".to_owned()));
        };
        let Self { source, table, review } = self;
        // Recorded first: whatever keeps it from being judged, the commit is there.
        let recorded = record_commit(source, table, push).await?;
        let Some(bundle) = review else { return Ok(recorded) };
        Ok(recorded.and(ReviewCommit { source, table, bundle }.review(push, moment).await?))
    }
}

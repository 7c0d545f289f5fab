//! A git push: the commit and the branch head go into the lineage.

use sagewarden_events::Event;
use sagewarden_govern::ports::{SourceControl, Table};
use sagewarden_govern::{Done, Moment, Outcome, record_commit};
use sagewarden_lambda::Act;

/// The function over its ports.
#[derive(Debug)]
pub struct RecordCommit<S, T> {
    /// Where commits are looked up.
    pub source: S,
    /// Where they are recorded.
    pub table: T,
}

impl<S: SourceControl, T: Table> Act for RecordCommit<S, T> {
    async fn act(&self, event: &Event, _: &Moment) -> Outcome {
        match event {
            Event::ReferenceChanged(push) => record_commit(&self.source, &self.table, push).await,
            _ => Ok(Done::Nothing("only pushes are recorded here".to_owned())),
        }
    }
}

//! A SageMaker resource changed its state: what it is made of goes into the lineage; and who created or deleted it.

use sagewarden_events::Event;
use sagewarden_govern::ports::{Account, Objects, SourceControl, Table};
use sagewarden_govern::{Done, Moment, Outcome, RecordLineage};
use sagewarden_lambda::Act;
use sagewarden_settings::Settings;

/// The function over its ports.
#[derive(Debug)]
pub struct Record<A, O, S, T> {
    /// Describes resources.
    pub account: A,
    /// Knows object versions.
    pub objects: O,
    /// Confirms commits.
    pub source: S,
    /// Holds the lineage.
    pub table: T,
    /// Where to look for a commit that nobody named.
    pub settings: Settings,
}

impl<A: Account, O: Objects, S: SourceControl, T: Table> Act for Record<A, O, S, T> {
    async fn act(&self, event: &Event, _: &Moment) -> Outcome {
        let Self { account, objects, source, table, settings } = self;
        let settings = &settings.lineage;
        let recorder = RecordLineage { account, objects, source, table, settings };
        match event {
            Event::ResourceChanged(change) => recorder.record(change).await,
            Event::CallMade(call) => recorder.record_call(call).await,
            _ => Ok(Done::Nothing("only state changes and calls are recorded here".to_owned())),
        }
    }
}

//! A monitoring execution ended, a report was written, or the clock asks whether every schedule ran: what was found, and what was
//! not looked at, becomes one alert with the chain behind it.

use sagewarden_events::Event;
use sagewarden_govern::ports::{Account, Bus, Objects, SourceControl, Table};
use sagewarden_govern::{AlertDrift, Done, Moment, Outcome, RecordLineage};
use sagewarden_lambda::Act;
use sagewarden_settings::{LineageSettings, Settings};

/// The function over its ports.
#[derive(Debug)]
pub struct Alert<A, O, S, T, B> {
    /// Describes jobs and schedules.
    pub account: A,
    /// Reads reports.
    pub objects: O,
    /// Confirms commits.
    pub source: S,
    /// Holds the lineage.
    pub table: T,
    /// Takes alerts.
    pub bus: B,
    /// Settings of lineage and alerts.
    pub settings: Settings,
}

impl<A: Account, O: Objects, S: SourceControl, T: Table, B: Bus> Act for Alert<A, O, S, T, B> {
    async fn act(&self, event: &Event, moment: &Moment) -> Outcome {
        let Self { account, objects, source, table, bus, settings: Settings { lineage, drift, .. } } = self;
        // What record-lineage does, and alone may do.
        let settings = &LineageSettings { write_back_commit: false, ..lineage.clone() };
        let recorder = RecordLineage { account, objects, source, table, settings };
        let alert = AlertDrift { recorder, bus, settings: drift };
        match event {
            Event::ResourceChanged(change) => alert.on_job(change, moment).await,
            Event::ObjectCreated(object) => alert.on_report(object, moment).await,
            Event::ClockTicked(tick) => alert.on_clock(tick, moment).await,
            _ => Ok(Done::Nothing("neither a job nor a report nor the clock".to_owned())),
        }
    }
}

//! An endpoint's captured traffic arrived, or the clock asks which windows are over: it is compared with the baseline. A training
//! job has ended: a baseline is made of its data.

use sagewarden_events::Event;
use sagewarden_govern::ports::{Account, Bus, Files, Objects, Table};
use sagewarden_govern::{DetectDrift, Done, Metrics, Moment, Outcome, SuggestBaseline, WindowMetrics};
use sagewarden_lambda::{Act, container_metrics};
use sagewarden_settings::Settings;

/// The function over its ports.
#[derive(Debug)]
pub struct Detect<A, O, T, B> {
    /// Describes endpoints, schedules and packages.
    pub account: A,
    /// Reads captured traffic, keeps profiles and reports.
    pub objects: O,
    /// Knows which files a window has.
    pub table: T,
    /// Takes the finding that there is no baseline.
    pub bus: B,
    /// How traffic is judged.
    pub settings: Settings,
    /// The bucket that the system keeps its own things in.
    pub own_bucket: String,
}

/// Metrics go to the log, from which CloudWatch takes them.
struct Logged;

impl Metrics for Logged {
    fn tell(&self, window: &WindowMetrics<'_>) {
        container_metrics(window).for_each(|line| println!("{line}"));
    }
}

impl<A: Account, O: Objects + Files, T: Table, B: Bus> Act for Detect<A, O, T, B> {
    async fn act(&self, event: &Event, moment: &Moment) -> Outcome {
        let Self { account, objects, table, bus, settings: Settings { drift, .. }, own_bucket } = self;
        let settings = &drift.detect;
        let detect = DetectDrift { account, objects, table, bus, metrics: &Logged, settings, own_bucket };
        let settings = &drift.training;
        let baselines = SuggestBaseline { account, objects, table, bus, settings, own_bucket };
        match event {
            Event::ObjectCreated(object) => detect.on_capture(object, moment).await,
            Event::ClockTicked(_) => detect.close_windows(moment).await,
            Event::ResourceChanged(change) => baselines.on_job(change, moment).await,
            _ => Ok(Done::Nothing("neither captured traffic, nor a training job, nor the clock".to_owned())),
        }
    }
}

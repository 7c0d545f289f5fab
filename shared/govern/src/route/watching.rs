//! The three functions that judge nothing: they record, measure and alert.

use sagewarden_events::{ClockTicked, Event, ObjectCreated, Watched};

use crate::alert::AlertDrift;
use crate::detect::DetectDrift;
use crate::detect::known_baselines::KnownBaselines;
use crate::detect::suggest_baseline::SuggestBaseline;
use crate::notify::Moment;
use crate::outcome::{Done, Outcome};
use crate::quality::MeasureQuality;
use crate::record::RecordLineage;
use crate::route::refused::{of_elsewhere, to_come};
use crate::world::World;

/// `record-lineage`.
pub async fn record_lineage(world: &impl World, event: &Event, moment: &Moment) -> Option<Outcome> {
    if let Some(rejected) = of_elsewhere(world, event) {
        return Some(rejected);
    }
    let recorder = RecordLineage { world, writes_back: true, moment };
    match event {
        Event::CallMade(call) => Some(recorder.record_call(call).await),
        Event::ResourceChanged(change) => Some(recorder.record(change).await),
        _ => None,
    }
}

/// `detect-drift`; `known` are the baselines that the process found lately.
pub async fn detect_drift(
    world: &impl World,
    known: &KnownBaselines,
    event: &Event,
    moment: &Moment,
) -> Option<Outcome> {
    if let Some(rejected) = of_elsewhere(world, event).or_else(|| to_come(event, moment)) {
        return Some(rejected);
    }
    let detect = DetectDrift { world, known };
    match event {
        Event::ObjectCreated(object) => Some(captured_or_labels(world, &detect, object, moment).await),
        Event::ClockTicked(tick) if is_of(tick, &[Watched::Windows, Watched::Labels]) => {
            Some(windows_and_labels(world, &detect, tick, moment).await)
        }
        Event::ResourceChanged(change) => Some(SuggestBaseline { world }.on_job(change, moment).await),
        _ => None,
    }
}

/// A key of labels can look like a key of captured traffic. If the settings name its place, the file holds labels. If only a schedule
/// names the place, the file holds labels unless it is captured traffic.
async fn captured_or_labels<W: World>(
    world: &W,
    detect: &DetectDrift<'_, W>,
    object: &ObjectCreated,
    moment: &Moment,
) -> Outcome {
    let quality = MeasureQuality { world };
    if let Some(done) = quality.on_labels(object).await? {
        return Ok(done);
    }
    match detect.on_capture(object, moment).await? {
        Done::Nothing(why) => Ok(quality.on_expected_labels(object).await?.unwrap_or(Done::Nothing(why))),
        done @ Done::Acted(_) => Ok(done),
    }
}

/// Closes windows and measures predictions. If one of the two fails, the other still runs.
async fn windows_and_labels<W: World>(
    world: &W,
    detect: &DetectDrift<'_, W>,
    tick: &ClockTicked,
    moment: &Moment,
) -> Outcome {
    let quality = MeasureQuality { world };
    match tick.part.as_ref().map(|part| part.watched) {
        Some(Watched::Labels) => quality.measure_due(tick, moment).await,
        Some(_) => detect.close_windows(tick, moment).await,
        None => {
            let closed = detect.close_windows(tick, moment).await;
            let measured = quality.measure_due(tick, moment).await;
            Ok(measured?.and(closed?))
        }
    }
}

/// `alert-drift`.
pub async fn alert_drift(world: &impl World, event: &Event, moment: &Moment) -> Option<Outcome> {
    if let Some(rejected) = of_elsewhere(world, event).or_else(|| to_come(event, moment)) {
        return Some(rejected);
    }
    let alert = AlertDrift { world };
    match event {
        Event::ResourceChanged(change) => Some(alert.on_job(change, moment).await),
        Event::ObjectCreated(object) => Some(alert.on_report(object, moment).await),
        Event::ClockTicked(tick) if is_of(tick, &[Watched::Schedules, Watched::Endpoints]) => {
            Some(alert.on_clock(tick, moment).await)
        }
        _ => None,
    }
}

/// Whether a tick is the clock's own, which concerns everybody, or a part of the work of this function.
fn is_of(tick: &ClockTicked, watched: &[Watched]) -> bool {
    tick.part.as_ref().is_none_or(|part| watched.contains(&part.watched))
}

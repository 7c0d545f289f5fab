//! Publishes that traffic was not compared: there is no baseline, it cannot be used, or the traffic cannot be read.

use sagewarden_lineage::s3::hex;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::read_baselines::FoundBaseline;
use crate::notify::{Kept, Moment, publish_once_and_say};
use crate::outcome::{Failure, Outcome};
use crate::ports::Notice;
use crate::window::Window;
use crate::world::World;

/// The `detail-type` of the finding that there is nothing to compare with.
pub const BASELINE_MISSING: &str = "Sagewarden Baseline Missing";

/// Passes a result on. If a failure lasts until somebody fixes its cause, it is published first. If a service does not answer, the call is
/// only retried.
pub(super) async fn or_publish<Found, Why: Into<Failure>>(
    world: &impl World,
    window: &Window,
    result: Result<Found, Why>,
    moment: &Moment,
) -> Result<Found, Failure> {
    let failure = match result.map_err(Into::into) {
        Ok(found) => return Ok(found),
        Err(Failure::Retry(error)) if error.is_transient() => return Err(error.into()),
        Err(failure) => failure,
    };
    publish_unjudged(world, window, &failure, moment).await?;
    Err(failure)
}

/// Publishes once per configuration of the endpoint that its traffic is compared with nothing: silence is not health.
pub(super) async fn publish_missing(
    world: &impl World,
    window: &Window,
    config: &str,
    moment: &Moment,
) -> Outcome {
    let name = &window.endpoint.name;
    let text = format!("endpoint {name} captures traffic, but there is no baseline to compare it with");
    let advice = "name a folder with constraints.json and statistics.json as `baseline` under \
        `[[drift.detect.endpoints]]` in the settings; `sagewarden baseline` makes them from training data; with `baseline = \"make\"` under `[drift.training]`, detect-drift makes them after each training job";
    let looked_at = [
        "the settings",
        "the data-quality schedules of the endpoint",
        "the model package",
        "the training data",
    ];
    let more = json!({ "endpoint_config": config, "looked_at": looked_at });
    publish(world, window, &text, advice, more, config, moment).await
}

/// Publishes once a day per reason that traffic or a baseline exists and cannot be used. Its records are kept, or
/// wait for the permission.
pub(super) async fn publish_unjudged(
    world: &impl World,
    window: &Window,
    failure: &Failure,
    moment: &Moment,
) -> Outcome {
    let advice = "fix the cause; then redrive the dead-letter queue of detect-drift, and send the `body` of each file in rejected/detect-drift/ in the stack's bucket to its queue again";
    let cause = match failure {
        // AWS's message may differ from call to call.
        Failure::Retry(error) => format!("{:?} {}", error.kind(), error.context()),
        Failure::Reject(reason) => reason.clone(),
    };
    publish_why(world, window, &failure.to_string(), advice, &without_keys(&cause), moment).await
}

/// Nothing could be compared with this baseline, so the absence of violations means nothing.
pub(super) async fn publish_uncompared(
    world: &impl World,
    window: &Window,
    found: &FoundBaseline,
    why: &str,
    moment: &Moment,
) -> Outcome {
    let why = format!("nothing in `{}` could be compared: {why}", found.place.constraints);
    let advice = "check that it is the baseline of this model's requests; `sagewarden baseline` makes one from its training data";
    publish_why(world, window, &why, advice, &why, moment).await
}

/// Publishes once a day per reason that the quality of predictions cannot be measured.
pub(crate) async fn publish_unmeasured(
    world: &impl World,
    window: &Window,
    failure: &Failure,
    moment: &Moment,
) -> Outcome {
    let name = &window.endpoint.name;
    let text = format!("the predictions of endpoint {name} cannot be measured: {failure}");
    let advice = "fix the cause: detect-drift tries again for six hours after the window was due, and whenever labels come";
    let cause = match failure {
        Failure::Retry(error) => format!("{:?} {}", error.kind(), error.context()),
        Failure::Reject(reason) => reason.clone(),
    };
    let cause = format!("quality#{}", of_day(window, &without_keys(&cause)));
    publish(world, window, &text, advice, json!({ "why": failure.to_string() }), &cause, moment).await
}

async fn publish_why(
    world: &impl World,
    window: &Window,
    why: &str,
    advice: &str,
    cause: &str,
    moment: &Moment,
) -> Outcome {
    let name = &window.endpoint.name;
    let text =
        format!("endpoint {name} captures traffic, but it cannot be compared with its baseline: {why}");
    let cause = of_day(window, cause);
    publish(world, window, &text, advice, json!({ "why": why }), &cause, moment).await
}

/// A cause, once for each day.
fn of_day(window: &Window, cause: &str) -> String {
    let start = window.start.to_string();
    let day = start.split('T').next().unwrap_or_default();
    format!("{}#{day}", hex(&Sha256::digest(cause)))
}

async fn publish(
    world: &impl World,
    window: &Window,
    text: &str,
    advice: &str,
    more: Json,
    cause: &str,
    moment: &Moment,
) -> Outcome {
    let Window { endpoint, variant, .. } = window;
    let mut detail = json!({
        "text": text,
        "about": endpoint.arn(),
        "advice": advice,
        "endpoint": { "name": endpoint.name, "arn": endpoint.arn() },
        "variant": variant,
    });
    if let (Json::Object(detail), Json::Object(more)) = (&mut detail, more) {
        detail.extend(more);
    }
    let notice = Notice::new(BASELINE_MISSING, vec![endpoint.arn()], detail);
    let cause = format!("baseline#{}#{variant}#{cause}", endpoint.arn());
    publish_once_and_say(world.table(), world.bus(), moment, &cause, Kept::ForReplays, &notice).await
}

/// A reason without the keys of captured files: they differ from file to file, while the reason is the same.
fn without_keys(reason: &str) -> String {
    let mut parts = reason.split("s3://");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['`', ' ', '\'', '"']).unwrap_or(part.len());
        let (place, rest) = part.split_at_checked(end).unwrap_or((part, ""));
        let is_traffic = place.ends_with(".jsonl");
        let shown = if is_traffic { place.split('/').next().unwrap_or_default() } else { place };
        text.push_str(&format!("s3://{shown}{rest}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_differ_by_the_key_of_a_captured_file_are_one() {
        let check = |reason: &str, expect: &str| assert_eq!(without_keys(reason), expect);
        check("read `s3://b/p/a.jsonl`: no", "read `s3://b`: no");
        check("read `s3://b/p/a.jsonl` and s3://c/d.jsonl", "read `s3://b` and s3://c");
        check("the baseline `s3://b/constraints.json` is", "the baseline `s3://b/constraints.json` is");
        check("no place", "no place");
    }
}

//! What is told of traffic that nothing was compared with: there is no baseline, or it cannot be used, or the traffic cannot be read.

use sagewarden_lineage::s3::hex;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::find_baseline::FoundBaseline;
use super::window::Window;
use super::{BASELINE_MISSING, DetectDrift};
use crate::notify::{Moment, publish_once_and_say};
use crate::outcome::{Failure, Outcome};
use crate::ports::Notice;
use crate::world::World;

impl<W: World> DetectDrift<'_, W> {
    /// Traffic that nothing is compared with is told once for each configuration of the endpoint: silence is not health.
    pub(super) async fn tell_missing(&self, window: &Window, config: &str, moment: &Moment) -> Outcome {
        let name = &window.endpoint.name;
        let text = format!("endpoint {name} captures traffic, but there is no baseline to compare it with");
        let advice = "name a folder with constraints.json and statistics.json as `baseline` under \
            `[[drift.detect.endpoints]]` in the settings; `sagewarden baseline` makes them of training data, and `baseline = \"make\"` under \
            `[drift.training]` of each training job's";
        let looked_at = [
            "the settings",
            "the data-quality schedules of the endpoint",
            "the model package",
            "the training data",
        ];
        let more = json!({ "endpoint_config": config, "looked_at": looked_at });
        self.tell_without(window, &text, advice, more, config, moment).await
    }

    /// Traffic or a baseline that is there and cannot be used is told once a day for a reason; its records are kept, or wait for the
    /// permission.
    pub(super) async fn tell_unjudged(&self, window: &Window, failure: &Failure, moment: &Moment) -> Outcome {
        let advice = "mend what the reason says; then redrive the dead-letter queue of detect-drift, and send to its queue once more what it \
            refused (the `body` of what is in rejected/detect-drift/ in the stack's bucket)";
        let cause = match failure {
            // What AWS says may differ from call to call.
            Failure::Retry(error) => format!("{:?} {}", error.kind(), error.context()),
            Failure::Reject(reason) => reason.clone(),
        };
        self.tell_why(window, &failure.to_string(), advice, &without_keys(&cause), moment).await
    }

    /// A baseline with which nothing could be compared, so that no violation means nothing.
    pub(super) async fn tell_uncompared(
        &self,
        window: &Window,
        found: &FoundBaseline,
        why: &str,
        moment: &Moment,
    ) -> Outcome {
        let why = format!("nothing in `{}` could be compared: {why}", found.place.constraints);
        let advice = "look whether it is the baseline of this model's requests; `sagewarden baseline` makes one of its training data";
        self.tell_why(window, &why, advice, &why, moment).await
    }

    async fn tell_why(
        &self,
        window: &Window,
        why: &str,
        advice: &str,
        cause: &str,
        moment: &Moment,
    ) -> Outcome {
        let name = &window.endpoint.name;
        let text =
            format!("endpoint {name} captures traffic, but it cannot be compared with its baseline: {why}");
        let start = window.start.to_string();
        let day = start.split('T').next().unwrap_or_default();
        let cause = format!("{}#{day}", hex(&Sha256::digest(cause)));
        self.tell_without(window, &text, advice, json!({ "why": why }), &cause, moment).await
    }

    async fn tell_without(
        &self,
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
        let notice = Notice { detail_type: BASELINE_MISSING, resources: vec![endpoint.arn()], detail };
        let cause = format!("baseline#{}#{variant}#{cause}", endpoint.arn());
        publish_once_and_say(self.world.table(), self.world.bus(), moment, &cause, window.start, &notice)
            .await
    }
}

/// A reason without the keys of captured files: each file has another one, where the reason is the same.
fn without_keys(reason: &str) -> String {
    let mut parts = reason.split("s3://");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['`', ' ', '\'', '"']).unwrap_or(part.len());
        let (place, rest) = part.split_at_checked(end).unwrap_or((part, ""));
        let is_traffic = place.ends_with(".jsonl");
        let told = if is_traffic { place.split('/').next().unwrap_or_default() } else { place };
        text.push_str(&format!("s3://{told}{rest}"));
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

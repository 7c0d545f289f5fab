//! The chapter of the labels. They arrive late and in pieces, and show that the model was right less often. This chapter needs ticks of the
//! clock, which are not events of the account: the player of the story must deliver them.

use std::fmt::Write as _;

use sagewarden_events::Timestamp;
use sagewarden_lineage::s3::S3Location;
use serde_json::{Value, json};

use super::clients::Clients;
use super::parts::{ACCOUNT, REGION, bucket, object_key};
use super::traffic::event_ids;
use super::{DAY, Step, Story, StoryError};
use crate::announce::event_id;

const HOUR: i64 = 3_600;
/// The quality that the team agreed on: seven of ten answers are right, and clients that default mostly have the higher scores.
const CONSTRAINTS: &str = r#"{
  "version": 0.0,
  "binary_classification_constraints": {
    "accuracy": { "threshold": 0.7, "comparison_operator": "LessThanThreshold" },
    "auc": { "threshold": 0.5, "comparison_operator": "LessThanThreshold" }
  }
}
"#;

impl Story {
    /// The chapter, which belongs between the traffic and the retraining.
    pub const LABELS: Step = Step {
        title: "in the evening, labels of that traffic come in pieces, and the model turns out to be right less and less",
        moments: &[
            Self::close_traffic,
            Self::label_usual_traffic,
            Self::measure_some,
            Self::label_unusual_traffic,
            Self::measure_all,
        ],
    };
    /// The settings that this chapter needs in addition to [`Story::SETTINGS`].
    pub const LABEL_SETTINGS: &str = r#"
# Predictions are measured by labels that come within half a day.
[[drift.detect.endpoints]]
endpoint = "credit-default-prod"
[drift.detect.endpoints.quality]
ground_truth = "s3://ds-data-bucket-credit-dev-7f3a/secure-sagemaker-demo/labels"
ground_truth_delay_hours = 12
problem = "binary"
probability = "0"
baseline = "s3://ds-model-bucket-credit-dev-7f3a/secure-sagemaker-demo/quality"
"#;

    /// The place where labels of the traffic arrive.
    #[must_use]
    pub fn labels() -> S3Location {
        S3Location { bucket: bucket("data"), key: object_key("labels") }
    }

    /// The window of the traffic is over a quarter of an hour after the end of its hour.
    fn close_traffic(&mut self) -> Result<(), StoryError> {
        self.put(&bucket("model"), "quality/constraints.json", CONSTRAINTS.as_bytes(), DAY + HOUR)?;
        self.tick(DAY + HOUR + 16 * 60)
    }

    fn label_usual_traffic(&mut self) -> Result<(), StoryError> {
        self.label(&Clients::usual(), DAY + 720, DAY + 5 * HOUR)
    }

    fn measure_some(&mut self) -> Result<(), StoryError> {
        self.tick(DAY + 6 * HOUR + 60)
    }

    fn label_unusual_traffic(&mut self) -> Result<(), StoryError> {
        self.label(&Clients::unusual(), DAY + 2_460, DAY + 9 * HOUR)
    }

    /// The time after which no more labels are expected.
    fn measure_all(&mut self) -> Result<(), StoryError> {
        self.tick(DAY + 13 * HOUR + 16 * 60)
    }

    /// Writes the labels for a file of traffic. Their key has the hour in which the labels were collected.
    pub(super) fn label(&self, clients: &Clients, asked: i64, after: i64) -> Result<(), StoryError> {
        let mut lines = String::new();
        for (client, id) in clients.iter().zip(event_ids(asked)) {
            let truth = json!({ "data": client.outcome().to_string(), "encoding": "CSV" });
            let record =
                json!({ "groundTruthData": truth, "eventMetadata": { "eventId": id }, "eventVersion": "0" });
            let _written = writeln!(lines, "{record}");
        }
        let key = format!("labels/{}/outcomes.jsonl", self.at(after).hour_path());
        self.put(&bucket("data"), &key, lines.as_bytes(), after)
    }

    /// The clock's event, as EventBridge sends it.
    pub(super) fn tick(&self, after: i64) -> Result<(), StoryError> {
        self.account.announce_event(&tick(self.at(after)))?;
        Ok(())
    }
}

fn tick(time: Timestamp) -> Value {
    json!({
        "version": "0", "id": event_id(&format!("tick {time}")), "detail-type": "Scheduled Event", "source": "aws.events",
        "account": ACCOUNT, "time": time, "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/sagewarden-clock")], "detail": {},
    })
}

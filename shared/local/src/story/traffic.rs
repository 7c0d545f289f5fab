//! The chapter of the drift: traffic that the endpoint captures on the next day, in the format and under the keys of SageMaker's data
//! capture.

use std::fmt::Write as _;

use sagewarden_events::Timestamp;
use sagewarden_lineage::s3::S3Location;

use super::clients::{Client, Clients};
use super::parts::{bucket, object_key};
use super::{DAY, Story, StoryError};
use crate::announce::event_id;

/// Where in the model bucket the endpoint's configuration sends captured traffic.
const CAPTURED: &str = "monitoring/datacapture";
const VARIANT: &str = "AllTraffic";

impl Story {
    /// The place of the captured traffic of the endpoint.
    #[must_use]
    pub fn captured() -> S3Location {
        S3Location { bucket: bucket("model"), key: object_key(CAPTURED) }
    }

    pub(super) fn capture_usual_traffic(&mut self) -> Result<(), StoryError> {
        self.traffic_since = Some(self.at(DAY));
        self.capture(&Clients::usual(), DAY + 720)
    }

    pub(super) fn capture_unusual_traffic(&mut self) -> Result<(), StoryError> {
        self.capture(&Clients::unusual(), DAY + 2_460)
    }

    /// A file under the key of its hour: `<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/<mm-ss-SSS-uuid>.jsonl`. If the story is played live,
    /// the hour may end between two files; both get the same hour all the same.
    fn capture(&self, clients: &Clients, after: i64) -> Result<(), StoryError> {
        let hour = self.traffic_since.unwrap_or(self.at(after)).hour_path();
        self.capture_in(&hour, clients, after)
    }

    /// The same in the folder of an hour.
    pub(super) fn capture_in(&self, hour: &str, clients: &Clients, after: i64) -> Result<(), StoryError> {
        let begun = self.at(after);
        let millis = begun.millis();
        let [minute, second] = [millis / 60_000, millis / 1_000].map(|units| units.rem_euclid(60));
        let id = event_id(&format!("file {after}"));
        let file = format!("{minute:02}-{second:02}-{:03}-{id}.jsonl", millis.rem_euclid(1_000));
        let key = format!("{CAPTURED}/{}/{VARIANT}/{hour}/{file}", Self::ENDPOINT);
        let mut lines = String::new();
        for ((call, client), id) in (0..).zip(clients.iter()).zip(event_ids(after)) {
            // Ten calls a second.
            let time = Timestamp::from_millis((begun.millis() / 1_000 + call / 10) * 1_000);
            let _written = writeln!(lines, "{}", event(client, &id, time));
        }
        // A file is written when it is about a minute old.
        self.put(&bucket("model"), &key, lines.as_bytes(), after + 75)
    }
}

/// The ids of the calls in a file.
pub(super) fn event_ids(after: i64) -> impl Iterator<Item = String> {
    let file = event_id(&format!("file {after}"));
    (0_u64..).map(move |call| event_id(&format!("{file} {call}")))
}

/// A call as SageMaker writes it, its keys in the order of the developer guide's example.
fn event(client: &Client, id: &str, time: Timestamp) -> String {
    let (input, output) = (client.features(), client.score());
    format!(
        "{{\"captureData\":{{\
         \"endpointInput\":{{\"observedContentType\":\"text/csv\",\"mode\":\"INPUT\",\"data\":\"{input}\",\"encoding\":\"CSV\"}},\
         \"endpointOutput\":{{\"observedContentType\":\"text/csv; charset=utf-8\",\"mode\":\"OUTPUT\",\"data\":\"{output}\\n\",\"encoding\":\"CSV\"}}}},\
         \"eventMetadata\":{{\"eventId\":\"{id}\",\"inferenceTime\":\"{time}\"}},\"eventVersion\":\"0\"}}"
    )
}

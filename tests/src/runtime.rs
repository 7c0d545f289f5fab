//! Calls of endpoints over SageMaker's runtime API, and the traffic that an endpoint captures.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_lineage::s3::S3Location;
use sagewarden_local::{Fault, SimulatedAccount};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::wire::fault;

/// The places of the last payments in a row of the workshop's features.
const PAYMENTS: std::ops::Range<usize> = 5..11;

/// The calls of each endpoint that are in no file yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captured(Arc<Mutex<BTreeMap<String, Vec<String>>>>);

impl Captured {
    /// Answers a call of the endpoint that the path names: one score for each row.
    pub(crate) fn invoke(
        &self,
        account: &SimulatedAccount,
        path: &str,
        body: &Bytes,
        now: Timestamp,
    ) -> Response {
        let name = path.trim_start_matches('/').split('/').nth(1).unwrap_or_default();
        match self.score(account, name, &String::from_utf8_lossy(body), now) {
            Ok(scores) => ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], scores).into_response(),
            Err(Fault { code, message }) => {
                let code = [("x-amzn-errortype", code)];
                (StatusCode::BAD_REQUEST, code, json!({ "message": message }).to_string()).into_response()
            }
        }
    }

    fn score(
        &self,
        account: &SimulatedAccount,
        name: &str,
        rows: &str,
        now: Timestamp,
    ) -> Result<String, Fault> {
        let endpoint = account.describe_document(&account.resource(ResourceKind::Endpoint, name))?;
        if endpoint.get("EndpointStatus").and_then(Value::as_str) != Some("InService") {
            return Err(fault("ValidationError", format!("Endpoint {name} of account is not in service.")));
        }
        let scores: Vec<String> = rows.lines().map(score).collect();
        let scores = scores.join("\n");
        if endpoint.pointer("/DataCaptureConfig/EnableCapture") == Some(&Value::Bool(true)) {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let lines = all.entry(name.to_owned()).or_default();
            let id = id(&format!("{name} {} {}", now.millis(), lines.len()));
            lines.push(captured(&id, rows, &scores, now));
        }
        Ok(scores)
    }

    /// Writes the files of captured calls, and returns the number of calls in them.
    pub(crate) fn write(&self, account: &SimulatedAccount, now: Timestamp) -> Result<usize, Fault> {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut calls = 0;
        for (name, lines) in all {
            let endpoint = account.describe_document(&account.resource(ResourceKind::Endpoint, &name))?;
            let place = endpoint.pointer("/DataCaptureConfig/DestinationS3Uri").and_then(Value::as_str);
            let place = place.and_then(S3Location::parse);
            let place = place.ok_or_else(|| fault("ValidationException", "it captures to no place"))?;
            let [minute, second] = [60_000, 1_000].map(|unit| (now.millis() / unit).rem_euclid(60));
            let file = format!(
                "{minute:02}-{second:02}-{:03}-{}.jsonl",
                now.millis().rem_euclid(1_000),
                id(&lines.concat())
            );
            let key =
                format!("{}/{name}/AllTraffic/{}/{file}", place.key.trim_end_matches('/'), now.hour_path());
            account.put_object(&place.bucket, &key, format!("{}\n", lines.join("\n")).as_bytes(), now)?;
            calls += lines.len();
        }
        Ok(calls)
    }
}

/// How likely a client defaults: the more of the last payments were late, the likelier.
fn score(row: &str) -> String {
    let values = row.split(',').map(|cell| cell.trim().parse::<f64>().unwrap_or_default());
    let late = values.skip(PAYMENTS.start).take(PAYMENTS.len()).filter(|months| *months > 0.0).count();
    format!("0.{:04}", 900 + 1_100 * late)
}

/// A call as data capture writes it ("Capture data from a real-time endpoint", SageMaker developer guide).
fn captured(id: &str, input: &str, output: &str, time: Timestamp) -> String {
    let part = |mode: &str, data: &str| json!({ "observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV" });
    let seconds = Timestamp::from_millis(time.millis().div_euclid(1_000) * 1_000);
    json!({
        "captureData": { "endpointInput": part("INPUT", input), "endpointOutput": part("OUTPUT", output) },
        "eventMetadata": { "eventId": id, "inferenceTime": seconds },
        "eventVersion": "0",
    })
    .to_string()
}

/// An id in the form of a UUID.
fn id(seed: &str) -> String {
    let digits: String = Sha256::digest(seed).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

//! The fields in the log of every record, compared with docs/LOGGING.md. This is the only test of its process: each place in the code
//! decides once per process whether it logs, on whichever thread comes there first.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::cell::Cell;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Context, LambdaEvent};
use sagewarden_events::Event;
use sagewarden_govern::ports::{Bus, Notice, PortError, PortErrorKind, Quarantine, Rejected};
use sagewarden_govern::{Done, Failure, Moment, Outcome};
use sagewarden_lambda::{METRICS, WatchedBus, sqs_batch};

struct Nowhere;

impl Bus for Nowhere {
    async fn publish(&self, _: &Notice) -> Result<(), PortError> {
        Ok(())
    }
}

/// Keeps rejected records, or fails.
struct Keeps(Cell<bool>);

impl Quarantine for Keeps {
    async fn keep(&self, _: &Rejected) -> Result<(), PortError> {
        if self.0.get() { Ok(()) } else { Err(PortError::new(PortErrorKind::Unavailable, "keep", "down")) }
    }
}

fn job(name: &str) -> String {
    format!(
        r#"{{"source":"aws.sagemaker","detail-type":"SageMaker Training Job State Change","account":"111122223333","region":"eu-west-1","time":"2026-03-02T09:00:00Z","resources":[],"detail":{{"TrainingJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/{name}","TrainingJobName":"{name}","TrainingJobStatus":"InProgress"}}}}"#
    )
}

fn batch() -> LambdaEvent<SqsEvent> {
    let records = ["done", "rejected", "retried"]
        .map(|id| serde_json::json!({ "messageId": id, "body": job(id), "eventSource": "aws:sqs" }));
    let payload = serde_json::from_value(serde_json::json!({ "Records": records })).unwrap();
    LambdaEvent::new(payload, Context::default())
}

/// The names of the fields of each event, by the record's outcome.
#[derive(Default)]
struct Lines(std::sync::Mutex<std::collections::BTreeMap<String, std::collections::BTreeSet<String>>>);

#[derive(Default)]
struct Fields(std::collections::BTreeMap<String, String>);

impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl tracing::Subscriber for &'static Lines {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    /// A field that is noted after a span began, under a name of its own.
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.0.lock().unwrap().entry("span".into()).or_default().extend(fields.0.into_keys());
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Some(outcome) = fields.0.get("outcome").cloned() else { return };
        self.0.lock().unwrap().entry(outcome).or_default().extend(fields.0.into_keys());
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn the_end_of_a_record_is_logged_with_the_fields_that_the_documentation_has() {
    let lines: &'static Lines = Box::leak(Box::default());
    tracing::subscriber::set_global_default(lines).unwrap();
    let act = async |event: &Event, _: &Moment| -> Option<Outcome> {
        let Event::ResourceChanged(changed) = event else { return None };
        let finding = serde_json::json!({ "outcome": "violating", "findings": [] });
        let notice = Notice::new("x", Vec::new(), finding);
        WatchedBus(Nowhere).publish(&notice).await.unwrap();
        Some(match changed.resource.name.as_str() {
            "rejected" => Err(Failure::Reject("never".into())),
            "retried" => Err(Failure::not_yet("x", "later")),
            _ => Ok(Done::Acted("recorded".into())),
        })
    };
    for keeps in [true, false] {
        sqs_batch("f", batch(), &act, &Keeps(Cell::new(keeps))).await.unwrap();
    }
    let (documented, metrics) = include_str!("../../../docs/LOGGING.md").split_once("## Metrics").unwrap();
    for (name, _) in METRICS {
        assert!(metrics.contains(&format!("`{name}`")), "{name}");
    }
    let documented = documented.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let documented: std::collections::BTreeSet<&str> = documented.collect();
    let seen = lines.0.lock().unwrap();
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["done", "reject", "retry", "span"]);
    let of_span: Vec<&str> = seen["span"].iter().map(String::as_str).collect();
    assert_eq!(of_span, ["duration_ms", "outcome", "requests", "retries", "verdict.outcome"]);
    let all: std::collections::BTreeSet<&str> =
        seen.values().flatten().map(String::as_str).filter(|name| *name != "message").collect();
    assert_eq!(all, documented);
    for always in ["message.id", "outcome", "duration_ms", "requests", "retries"] {
        let lines = seen.iter().filter(|(outcome, _)| *outcome != "span");
        assert!(lines.map(|(_, fields)| fields).all(|fields| fields.contains(always)), "{always}");
    }
}

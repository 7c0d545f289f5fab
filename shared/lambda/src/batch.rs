//! Batches from a queue. Every record ends as done, retried or rejected, whatever happens to the others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::{FutureExt, StreamExt, stream};
use lambda_runtime::{Context, Error, LambdaEvent, run, service_fn};
use sagewarden_events::{Effect, Event, Resource, Timestamp, decode};
use sagewarden_govern::ports::{Quarantine, Rejected};
use sagewarden_govern::{Done, Failure, Moment, Outcome};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span, error, info, info_span, warn};

use crate::metrics::Tally;
use crate::time_left::TimeLeft;
use crate::turns::{Turns, resource_of};
use crate::watched::{Deeds, watch};

/// Serves batches until the runtime ends the process. `act` handles an event; it answers `None` if the event is not for this function.
///
/// # Errors
/// If the runtime cannot be reached.
pub async fn serve(
    function: &str,
    act: impl AsyncFn(&Event, &Moment) -> Option<Outcome>,
    quarantine: &impl Quarantine,
) -> Result<(), Error> {
    run(service_fn(|event| sqs_batch(function, event, &act, quarantine))).await
}

/// How many records of a batch run at once. They mostly wait for services, and a waiting record takes little memory. The template's batches
/// are not larger, so no record waits for another (`queue_model.rs`). If a record may hold a large file, they are smaller.
pub(crate) const AT_ONCE: usize = 8;

/// Handles the records of a batch side by side. Answers with the records that must be delivered again.
///
/// A record that can never succeed goes to quarantine and is acknowledged; if quarantine fails, it is delivered again. A panic or a slow
/// record does not affect the others. If too little time is left for a record, it is not begun, and is delivered again. SQS counts that
/// delivery like any other.
///
/// # Errors
/// If a record has no id: then it does not come from a queue.
pub async fn sqs_batch(
    function: &str,
    event: LambdaEvent<SqsEvent>,
    act: &impl AsyncFn(&Event, &Moment) -> Option<Outcome>,
    quarantine: &impl Quarantine,
) -> Result<SqsBatchResponse, Error> {
    // Without an id a record cannot be reported, and would be lost or fail its whole batch.
    if event.payload.records.iter().any(|record| record.message_id.is_none()) {
        return Err(format!("{function} takes batches from its queue: a record has no `messageId`").into());
    }
    let batch = Batch {
        function,
        context: &event.context,
        time: TimeLeft::of(&event.context),
        turns: Turns::default(),
    };
    let sent: Vec<i64> = event.payload.records.iter().filter_map(sent_at).collect();
    let mut ended: Vec<(usize, Ended)> = stream::iter(event.payload.records.into_iter().enumerate())
        .map(async |(place, record)| (place, run_record(&batch, record, act, quarantine).await))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    ended.sort_unstable_by_key(|(place, _)| *place);
    let mut response = SqsBatchResponse::default();
    let now = now().millis();
    let tally = tally(ended.iter().map(|(_, record)| record), &sent, now);
    tally.lines(function, now).iter().for_each(|line| println!("{line}"));
    let again = ended.into_iter().filter(|(_, record)| record.settled == Settled::Retry);
    again.for_each(|(_, record)| response.add_failure(record.id));
    Ok(response)
}

/// The metrics of a batch whose messages came into the queue at these times.
fn tally<'a>(ended: impl Iterator<Item = &'a Ended>, sent: &[i64], now: i64) -> Tally {
    let oldest_ms = sent.iter().min().map(|sent| (now - sent).max(0));
    let mut tally = Tally { oldest_ms, ..Tally::default() };
    ended.for_each(|record| record.count(&mut tally));
    tally
}

/// When a message came into the queue.
fn sent_at(record: &SqsMessage) -> Option<i64> {
    record.attributes.get("SentTimestamp")?.parse().ok()
}

/// The data that the records of a batch share.
struct Batch<'a> {
    function: &'a str,
    context: &'a Context,
    time: TimeLeft,
    turns: Turns,
}

/// The outcome of a record, and its actions.
struct Ended {
    id: String,
    settled: Settled,
    deeds: Deeds,
    duration_ms: i64,
    from_creation_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    Done,
    Retry,
    Rejected,
}

impl Settled {
    /// The word in the log (docs/LOGGING.md).
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry => "retry",
            Self::Rejected => "reject",
        }
    }
}

impl Ended {
    fn count(&self, tally: &mut Tally) {
        match self.settled {
            Settled::Done => {
                tally.done += 1;
                tally.from_creation_ms.extend(self.from_creation_ms);
            }
            Settled::Rejected => tally.rejected += 1,
            Settled::Retry => tally.retried += 1,
        }
        tally.durations_ms.push(self.duration_ms);
        tally.to_stop_ms.extend(self.deeds.stopped_after_ms);
        tally.requests += self.deeds.requests;
        tally.retries += self.deeds.retries;
        tally.canary |= self.deeds.canary;
        for severity in &self.deeds.severities {
            *tally.findings.entry(severity.clone()).or_default() += 1;
        }
    }
}

/// Runs one record, from its text to its outcome, within a span that names it.
async fn run_record(
    batch: &Batch<'_>,
    record: SqsMessage,
    act: &impl AsyncFn(&Event, &Moment) -> Option<Outcome>,
    quarantine: &impl Quarantine,
) -> Ended {
    let id = record.message_id.clone().unwrap_or_default();
    let events = read(record.body.as_deref().unwrap_or_default());
    let arn = events.as_ref().ok().and_then(|events| events.iter().find_map(resource_of)).map(Resource::arn);
    let trace = batch.context.xray_trace_id.as_deref();
    let span = info_span!(
        "record",
        message.id = id,
        resource.arn = arn,
        xray.trace_id = trace,
        outcome = Empty,
        verdict.outcome = Empty,
        duration_ms = Empty,
        requests = Empty,
        retries = Empty,
    );
    let created = events.as_ref().ok().and_then(|events| events.iter().find_map(created_at));
    let began = Instant::now();
    let (outcome, deeds) = watch(in_turn(batch, &id, events, act)).instrument(span.clone()).await;
    let log = Log { id: &id, arn: arn.as_deref(), deeds: &deeds, duration_ms: millis(began.elapsed()) };
    let settled = settle(batch.function, &log, record, outcome, quarantine).instrument(span.clone()).await;
    log.complete(&span, settled);
    let from_creation_ms = created.map(|created| (now().millis() - created.millis()).max(0));
    Ended { settled, duration_ms: log.duration_ms, deeds: deeds.clone(), from_creation_ms, id }
}

/// The events of a record. If reading them panics, only this record is affected.
fn read(body: &str) -> Result<Vec<Event>, Failure> {
    match catch_unwind(|| decode(body)) {
        Ok(events) => events.map_err(|error| Failure::Reject(error.to_string())),
        Err(_) => Err(Failure::not_yet("read the record", PANICKED)),
    }
}

const PANICKED: &str = "it panicked; the log above has the message";

/// Records about one resource take turns. Side by side, one would find the other's claim on a finding, and would be delivered again only
/// after the queue's visibility timeout.
async fn in_turn(
    batch: &Batch<'_>,
    id: &str,
    events: Result<Vec<Event>, Failure>,
    act: &impl AsyncFn(&Event, &Moment) -> Option<Outcome>,
) -> Outcome {
    let events = events?;
    let _turn = batch.turns.of(batch.function, &events).await;
    match batch.time.left() {
        Some(time) => batch.time.measure(guarded(&events, id, act, batch.context, time)).await,
        None => Err(Failure::not_yet("handle the record", "too little time is left in this invocation")),
    }
}

/// When the resource of an event was created, if the event says so.
fn created_at(event: &Event) -> Option<Timestamp> {
    /// The first state of a job comes right after its creation. A later state does not show how fast the job was judged.
    const SOON_MS: i64 = 60_000;
    match event {
        Event::CallMade(call) if call.effect == Effect::Created && call.error_code.is_none() => {
            Some(call.time)
        }
        Event::ResourceChanged(changed) => {
            changed.created_at.filter(|created| changed.time.millis() - created.millis() <= SOON_MS)
        }
        _ => None,
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Runs a record. A panic ends here, and so does a record that takes too long.
async fn guarded(
    events: &[Event],
    id: &str,
    act: &impl AsyncFn(&Event, &Moment) -> Option<Outcome>,
    context: &Context,
    time: Duration,
) -> Outcome {
    let handled = AssertUnwindSafe(handle(events, id, act, context)).catch_unwind();
    let again = |why: &str| Err(Failure::not_yet("handle the record", why));
    match tokio::time::timeout(time, handled).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => again(PANICKED),
        Err(_) => again("it used up the time of this invocation"),
    }
}

async fn handle(
    events: &[Event],
    id: &str,
    act: &impl AsyncFn(&Event, &Moment) -> Option<Outcome>,
    context: &Context,
) -> Outcome {
    let owner = format!("{}/{id}", context.request_id);
    let moment = Moment { now: now(), owner };
    let mut texts = Vec::new();
    let mut rejections = Vec::new();
    for event in events {
        let outcome = match event {
            Event::NotOurs { source, detail_type } => {
                Ok(Done::Nothing(format!("`{detail_type}` from `{source}` does not concern Sagewarden")))
            }
            // On the heap, because a use case with the SDK is a future of many layers, and the stack has few kilobytes.
            event => Box::pin(act(event, &moment))
                .await
                .unwrap_or_else(|| Ok(Done::Nothing("this function does not handle it".to_owned()))),
        };
        match outcome {
            Ok(done) => texts.push(done.text().to_owned()),
            Err(Failure::Reject(reason)) => rejections.push(reason),
            // The whole record is delivered again; repeating finished work does no harm.
            Err(retry) => return Err(retry),
        }
    }
    if rejections.is_empty() {
        Ok(Done::Acted(texts.join("; ")))
    } else {
        Err(Failure::Reject(rejections.join("; ")))
    }
}

/// The log fields of every record.
struct Log<'a> {
    id: &'a str,
    arn: Option<&'a str>,
    deeds: &'a Deeds,
    duration_ms: i64,
}

impl Log<'_> {
    /// For exporters of spans, the span gets the fields of the last line. That line is already written, so it does not repeat them.
    fn complete(&self, span: &Span, settled: Settled) {
        span.record("outcome", settled.word());
        span.record("verdict.outcome", self.deeds.verdict.as_deref());
        span.record("duration_ms", self.duration_ms);
        span.record("requests", self.deeds.requests);
        span.record("retries", self.deeds.retries);
    }
}

/// Logs the end of any record with the same fields (docs/LOGGING.md).
macro_rules! log_end {
    ($level:ident, $log:expr, $outcome:literal, { $($field:tt)* }, $($text:tt)*) => {
        $level!(
            message.id = $log.id,
            resource.arn = $log.arn,
            outcome = $outcome,
            verdict.outcome = $log.deeds.verdict.as_deref(),
            duration_ms = $log.duration_ms,
            requests = $log.deeds.requests,
            retries = $log.deeds.retries,
            $($field)*
            $($text)*
        )
    };
}

async fn settle(
    function: &str,
    log: &Log<'_>,
    record: SqsMessage,
    outcome: Outcome,
    quarantine: &impl Quarantine,
) -> Settled {
    match outcome {
        Ok(done) => {
            log_end!(info, log, "done", {}, "{}", done.text());
            Settled::Done
        }
        Err(Failure::Retry(reason)) => {
            log_end!(warn, log, "retry", { error = %reason, }, "the record will be delivered again");
            Settled::Retry
        }
        Err(Failure::Reject(reason)) => {
            let body = record.body.unwrap_or_default();
            keep(&Rejected::new(function, log.id, now(), &reason, &body), log, quarantine).await
        }
    }
}

async fn keep(rejected: &Rejected, log: &Log<'_>, quarantine: &impl Quarantine) -> Settled {
    let reason = rejected.reason();
    match quarantine.keep(rejected).await {
        Ok(()) => {
            log_end!(error, log, "reject", { reason = %reason, }, "the record was put into quarantine");
            Settled::Rejected
        }
        Err(error) => {
            log_end!(error, log, "retry", { reason = %reason, error = %error, }, "the record could not be put into quarantine and will be delivered again");
            Settled::Retry
        }
    }
}

/// The present time.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::{Cell, RefCell};

    use sagewarden_govern::ports::{PortError, PortErrorKind};

    use super::*;

    #[derive(Default)]
    pub(crate) struct Kept(RefCell<Vec<Rejected>>, bool);

    impl Quarantine for Kept {
        async fn keep(&self, rejected: &Rejected) -> Result<(), PortError> {
            if self.1 {
                return Err(PortError::new(PortErrorKind::Unavailable, "keep", "down"));
            }
            self.0.borrow_mut().push(rejected.clone());
            Ok(())
        }
    }

    /// A use case that ends as the repository's name in the push says.
    async fn by_name(event: &Event, _: &Moment) -> Option<Outcome> {
        let Event::ReferenceChanged(push) = event else { return None };
        Some(match push.repository.name.as_str() {
            "bad" => Err(Failure::Reject("never".into())),
            "later" => Err(Failure::not_yet("x", "later")),
            "broken" => panic!("boom"),
            "slow" => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                Ok(Done::Acted("recorded".into()))
            }
            _ => Ok(Done::Acted("recorded".into())),
        })
    }

    fn push(repository: &str) -> String {
        format!(
            r#"{{"version":"0","id":"1","detail-type":"CodeCommit Repository State Change","source":"aws.codecommit","account":"111122223333","time":"2026-03-02T09:00:00Z","region":"eu-west-1","resources":["arn:aws:codecommit:eu-west-1:111122223333:{repository}"],"detail":{{"event":"referenceUpdated","repositoryName":"{repository}","repositoryId":"r","referenceType":"branch","referenceName":"main","referenceFullName":"refs/heads/main","commitId":"{}"}}}}"#,
            "a".repeat(40)
        )
    }

    fn batch(bodies: &[(&str, String)]) -> LambdaEvent<SqsEvent> {
        let records: Vec<serde_json::Value> = bodies
            .iter()
            .map(|(id, body)| serde_json::json!({ "messageId": id, "body": body, "eventSource": "aws:sqs" }))
            .collect();
        let payload = serde_json::from_value(serde_json::json!({ "Records": records })).unwrap();
        LambdaEvent::new(payload, Context::default())
    }

    async fn check(bodies: &[(&str, String)], kept: &Kept, again: &[&str]) {
        let response = sqs_batch("f", batch(bodies), &by_name, kept).await.unwrap();
        let ids: Vec<String> =
            response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        assert_eq!(ids, again);
    }

    #[tokio::test]
    async fn each_record_ends_by_itself() {
        let kept = Kept::default();
        let bodies = [
            ("done", push("ok")),
            ("rejected", push("bad")),
            ("retried", push("later")),
            ("panicked", push("broken")),
            ("no-json", "hello".into()),
            ("not-ours", r#"{"source":"aws.ec2","detail-type":"EC2 Instance State-change Notification","detail":{"state":"running"},"time":"2026-03-02T09:00:00Z","account":"1","region":"r","resources":[]}"#.into()),
            ("done-too", push("ok")),
        ];
        check(&bodies, &kept, &["retried", "panicked"]).await;
        let kept: Vec<(String, String)> = kept
            .0
            .into_inner()
            .into_iter()
            .map(|each| (each.message_id.clone(), each.reason().to_owned()))
            .collect();
        assert_eq!(kept[0], ("rejected".to_owned(), "never".to_owned()));
        assert_eq!(kept[1].0, "no-json");
        assert!(!kept[1].1.is_empty());
        assert_eq!(kept.len(), 2);
    }

    #[test]
    fn the_metrics_of_a_batch_say_how_fast_it_was() {
        let ended = |settled: Settled, severities: &[&str], stopped_after_ms: Option<i64>| Ended {
            id: "m".into(),
            settled,
            deeds: Deeds {
                requests: 3,
                retries: 1,
                severities: severities.iter().map(|text| (*text).to_owned()).collect(),
                stopped_after_ms,
                ..Deeds::default()
            },
            duration_ms: 40,
            from_creation_ms: Some(900),
        };
        let batch = [
            ended(Settled::Done, &["high", "low"], Some(700)),
            ended(Settled::Retry, &["high"], None),
            ended(Settled::Rejected, &[], None),
        ];
        let said = tally(batch.iter(), &[5_000, 2_000], 9_000);
        let expected = Tally {
            done: 1,
            retried: 1,
            rejected: 1,
            durations_ms: vec![40, 40, 40],
            oldest_ms: Some(7_000),
            // A retried record has no verdict.
            from_creation_ms: vec![900],
            to_stop_ms: vec![700],
            requests: 9,
            retries: 3,
            canary: false,
            findings: [("high".to_owned(), 2), ("low".to_owned(), 1)].into(),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn the_first_state_of_a_job_has_its_creation_time_and_a_later_one_does_not() {
        let event = |name: &str| {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(name);
            decode(&std::fs::read_to_string(path).unwrap()).unwrap().remove(0)
        };
        let call = event("aws.sagemaker/api-call-via-cloudtrail/create-training-job.json");
        assert!(created_at(&call).is_some());
        let erased = event("aws.sagemaker/api-call-via-cloudtrail/delete-training-job.json");
        assert_eq!(created_at(&erased), None);
        let state = |time: &str| {
            let text = format!(
                r#"{{"source":"aws.sagemaker","detail-type":"SageMaker Training Job State Change","account":"1","region":"r","time":"{time}","resources":[],"detail":{{"TrainingJobArn":"arn:aws:sagemaker:r:1:training-job/j","TrainingJobName":"j","TrainingJobStatus":"InProgress","CreationTime":1772442000000}}}}"#
            );
            created_at(&decode(&text).unwrap().remove(0)).map(Timestamp::millis)
        };
        assert_eq!(state("2026-03-02T09:00:05Z"), Some(1_772_442_000_000));
        assert_eq!(state("2026-03-02T10:00:00Z"), None);
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_kept_is_delivered_again() {
        let kept = Kept(RefCell::default(), true);
        check(&[("rejected", push("bad")), ("done", push("ok"))], &kept, &["rejected"]).await;
    }

    #[tokio::test]
    async fn records_that_time_does_not_suffice_for_are_delivered_again() {
        let mut late = batch(&[("one", push("ok")), ("two", push("ok"))]);
        late.context.deadline = 1;
        let response = sqs_batch("f", late, &by_name, &Kept::default()).await.unwrap();
        assert_eq!(response.batch_item_failures.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_record_takes_no_other_with_it() {
        let mut bodies = vec![("slow", push("slow"))];
        bodies.extend((0..20).map(|_| ("quick", push("ok"))));
        bodies.push(("broken", push("broken")));
        let mut soon = batch(&bodies);
        let deadline = SystemTime::now() + Duration::from_secs(30);
        soon.context.deadline =
            u64::try_from(deadline.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
        let response = sqs_batch("f", soon, &by_name, &Kept::default()).await.unwrap();
        let again: Vec<String> =
            response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        assert_eq!(again, ["slow", "broken"]);
    }

    #[tokio::test(start_paused = true)]
    async fn records_about_one_resource_take_turns_and_others_do_not_wait() {
        let of = |job: &str| {
            format!(
                r#"{{"source":"aws.sagemaker","detail-type":"SageMaker Training Job State Change","account":"111122223333","region":"eu-west-1","time":"2026-03-02T09:00:00Z","resources":[],"detail":{{"TrainingJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/{job}","TrainingJobName":"{job}","TrainingJobStatus":"InProgress"}}}}"#
            )
        };
        let (under_way, most) = (RefCell::new(Vec::new()), Cell::new(0));
        let act = async |event: &Event, _: &Moment| {
            let Event::ResourceChanged(changed) = event else { return None };
            let name = changed.resource.name.clone();
            assert!(!under_way.borrow().contains(&name), "{name} is judged twice at once");
            under_way.borrow_mut().push(name.clone());
            most.set(under_way.borrow().len().max(most.get()));
            tokio::time::sleep(Duration::from_secs(1)).await;
            under_way.borrow_mut().retain(|each| *each != name);
            Some(Ok(Done::Acted("judged".into())))
        };
        let bodies = [("1", of("a")), ("2", of("a")), ("3", of("b")), ("4", of("c")), ("5", of("a"))];
        let response = sqs_batch("f", batch(&bodies), &act, &Kept::default()).await.unwrap();
        assert!(response.batch_item_failures.is_empty());
        assert_eq!(most.get(), 3);
    }

    #[tokio::test]
    async fn what_comes_from_no_queue_is_an_error() {
        let mut direct = batch(&[("x", push("ok"))]);
        direct.payload.records.iter_mut().for_each(|record| record.message_id = None);
        let error = sqs_batch("f", direct, &by_name, &Kept::default()).await.unwrap_err().to_string();
        assert_eq!(error, "f takes batches from its queue: a record has no `messageId`");
    }
}

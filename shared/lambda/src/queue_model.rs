//! SQS and Lambda in virtual time, with the template's numbers, around the real code of a batch.
//!
//! A received message is invisible for the visibility timeout. If the answer of its batch does not list it among the failures, it is
//! deleted; otherwise it becomes visible again. If it is received more often than `maxReceiveCount` allows, it goes to the dead-letter
//! queue ("Amazon SQS visibility timeout", "Using dead-letter queues", SQS developer guide). A delivery counts even if the record was not
//! begun: SQS has no way to give one back.

use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::join_all;
use lambda_runtime::{Context, LambdaEvent};
use sagewarden_events::Event;
use sagewarden_govern::{Done, Moment};
use serde_json::json;
use tokio::time::Instant;

use crate::batch::tests::Kept;
use crate::batch::{AT_ONCE, sqs_batch};

const TEMPLATE: &str = include_str!("../../../infra/template.yaml");

/// The template's numbers for a function and its queue.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    visibility: Duration,
    receives: u32,
    timeout: Duration,
    batch: usize,
    functions: usize,
}

impl Numbers {
    /// The numbers of a function, by its name in the template.
    fn of(function: &str) -> Self {
        let (queue, function) = (&resource(&format!("{function}Queue")), &resource(function));
        let seconds = |text: &str, name: &str| Duration::from_secs(number(text, name));
        Self {
            visibility: seconds(queue, "VisibilityTimeout"),
            receives: u32::try_from(number(queue, "maxReceiveCount")).unwrap(),
            timeout: seconds(function, "Timeout"),
            batch: usize::try_from(number(function, "BatchSize")).unwrap(),
            functions: usize::try_from(number(function, "MaximumConcurrency")).unwrap(),
        }
    }
}

/// The lines of a resource: up to the next one, which is not indented further.
fn resource(name: &str) -> String {
    let rest = TEMPLATE.lines().skip_while(|line| *line != format!("  {name}:")).skip(1);
    let lines: Vec<&str> = rest.take_while(|line| line.starts_with("    ") || line.is_empty()).collect();
    lines.join("\n")
}

fn number(text: &str, name: &str) -> u64 {
    let (_, rest) = text.split_once(&format!("{name}: ")).unwrap();
    rest.lines().next().unwrap().trim().parse().unwrap()
}

struct Message {
    visible_at: Instant,
    receives: u32,
    begun: u32,
    done_after: Option<Duration>,
    dead: bool,
}

/// How the messages ended.
#[derive(Debug)]
struct Fate {
    /// When the last was done.
    last: Duration,
    dead: usize,
    /// Deliveries of messages that were not begun.
    wasted: u32,
    never_begun: usize,
}

/// Sends a number of messages at once, each of which takes a given time, and waits until the queue is empty.
async fn drain(numbers: Numbers, messages: usize, each: Duration) -> Fate {
    let start = Instant::now();
    let new = || Message { visible_at: start, receives: 0, begun: 0, done_after: None, dead: false };
    let queue: RefCell<Vec<Message>> = RefCell::new((0..messages).map(|_| new()).collect());
    let act = async |event: &Event, _: &Moment| {
        let Event::ReferenceChanged(push) = event else { return None };
        let place: usize = push.repository.name.parse().unwrap();
        queue.borrow_mut()[place].begun += 1;
        tokio::time::sleep(each).await;
        queue.borrow_mut()[place].done_after.get_or_insert(start.elapsed());
        Some(Ok(Done::Acted("judged".into())))
    };
    let quarantine = Kept::default();
    let function = async || {
        while let Some(wait) = until_next(&queue) {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
                continue;
            }
            let received = receive(&queue, numbers);
            if received.is_empty() {
                continue;
            }
            let answer = sqs_batch("f", invocation(&received, numbers.timeout), &act, &quarantine);
            // If a function does not answer in time, Lambda ends it, and the whole batch is delivered again.
            let Ok(answer) = tokio::time::timeout(numbers.timeout, answer).await else { continue };
            let failed: Vec<String> =
                answer.unwrap().batch_item_failures.into_iter().map(|each| each.item_identifier).collect();
            let queue = queue.borrow();
            for place in received.into_iter().filter(|place| failed.contains(&place.to_string())) {
                // The message is not deleted. Its visibility timeout began when it was received.
                assert!(queue[place].done_after.is_none(), "what is done is not delivered again");
            }
        }
    };
    join_all((0..numbers.functions).map(|_| function())).await;
    let queue = queue.into_inner();
    Fate {
        last: queue.iter().filter_map(|each| each.done_after).max().unwrap(),
        dead: queue.iter().filter(|each| each.dead).count(),
        wasted: queue.iter().map(|each| each.receives - each.begun).sum(),
        never_begun: queue.iter().filter(|each| each.begun == 0).count(),
    }
}

/// How long until there is a message to receive; `None` if there never will be.
fn until_next(queue: &RefCell<Vec<Message>>) -> Option<Duration> {
    let queue = queue.borrow();
    let waiting = queue.iter().filter(|each| each.done_after.is_none() && !each.dead);
    waiting.map(|each| each.visible_at.saturating_duration_since(Instant::now())).min()
}

/// The places of the messages received now.
fn receive(queue: &RefCell<Vec<Message>>, numbers: Numbers) -> Vec<usize> {
    let now = Instant::now();
    let mut received = Vec::new();
    for (place, message) in queue.borrow_mut().iter_mut().enumerate() {
        let here = message.done_after.is_none() && !message.dead && message.visible_at <= now;
        if received.len() == numbers.batch || !here {
            continue;
        }
        if message.receives == numbers.receives {
            message.dead = true;
            continue;
        }
        message.receives += 1;
        message.visible_at = now + numbers.visibility;
        received.push(place);
    }
    received
}

/// A batch of pushes. The name of each repository is the place of its message.
fn invocation(places: &[usize], timeout: Duration) -> LambdaEvent<aws_lambda_events::sqs::SqsEvent> {
    let record = |place: &usize| {
        let body = json!({
            "source": "aws.codecommit", "detail-type": "CodeCommit Repository State Change",
            "account": "111122223333", "region": "eu-west-1", "time": "2026-03-02T09:00:00Z",
            "resources": [format!("arn:aws:codecommit:eu-west-1:111122223333:{place}")],
            "detail": {
                "event": "referenceUpdated", "repositoryName": place.to_string(), "repositoryId": "r",
                "referenceType": "branch", "referenceName": "main", "referenceFullName": "refs/heads/main",
                "commitId": "0123456789012345678901234567890123456789",
            },
        });
        json!({ "messageId": place.to_string(), "body": body.to_string(), "eventSource": "aws:sqs" })
    };
    let records: Vec<_> = places.iter().map(record).collect();
    let mut context = Context::default();
    let end = SystemTime::now() + timeout;
    context.deadline = u64::try_from(end.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    LambdaEvent::new(serde_json::from_value(json!({ "Records": records })).unwrap(), context)
}

const FUNCTIONS: [&str; 5] = ["RecordCommit", "EnforcePolicy", "RecordLineage", "AlertDrift", "DetectDrift"];

#[test]
fn no_record_of_a_batch_waits_for_another() {
    for function in FUNCTIONS {
        let numbers = Numbers::of(function);
        assert!(numbers.batch <= AT_ONCE, "{function}: {numbers:?}");
        assert!(numbers.visibility >= 6 * numbers.timeout, "{function}: {numbers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_jobs_at_once_are_judged_in_half_a_minute() {
    let template = Numbers::of("EnforcePolicy");
    // If a batch has more records than run at once, it takes two rounds.
    for (numbers, each, within) in [
        (template, 3, 16),
        (template, 5, 26),
        (Numbers { batch: 10, ..template }, 3, 25),
        (Numbers { batch: 10, ..template }, 5, 41),
    ] {
        let fate = drain(numbers, 200, Duration::from_secs(each)).await;
        println!("200 jobs of {each} s in batches of {}: {fate:?}", numbers.batch);
        assert!(fate.last <= Duration::from_secs(within), "{fate:?}");
        assert_eq!((fate.dead, fate.wasted, fate.never_begun), (0, 0, 0), "{fate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_push_of_a_hundred_is_lost() {
    for batch in [Numbers::of("RecordCommit").batch, 10] {
        let numbers = Numbers { batch, ..Numbers::of("RecordCommit") };
        let fate = drain(numbers, 100, Duration::from_secs(15)).await;
        println!("100 pushes of 15 s in batches of {batch}: {fate:?}");
        assert_eq!((fate.dead, fate.wasted, fate.never_begun), (0, 0, 0), "{fate:?}");
        assert!(fate.last <= Duration::from_secs(61), "{fate:?}");
    }
}

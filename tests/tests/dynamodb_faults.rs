//! DynamoDB's behaviour under load, from a front that answers in the same way: parts left undone, refusals, pages that end early.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use futures::future::try_join_all;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_govern::ports::{PortErrorKind, Table};
use sagewarden_lineage::table::{Attributes, Item, Key, Query, Value as TableValue, Write};
use sagewarden_tests::{Result, emulator};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The answer to an operation's body, given how many calls came before.
type Answer = Box<dyn FnMut(&Value, usize) -> (StatusCode, Value) + Send>;

/// The service; it ends with this value.
struct Front {
    table: DynamoTable,
    calls: Arc<Mutex<Vec<(String, Value)>>>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Service {
    calls: Arc<Mutex<Vec<(String, Value)>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Front {
    async fn start(
        answer: impl FnMut(&Value, usize) -> (StatusCode, Value) + Send + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let calls = Arc::default();
        let service = Service { calls: Arc::clone(&calls), answer: Arc::new(Mutex::new(Box::new(answer))) };
        let router = Router::new().route("/", post(serve)).with_state(service);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let table = DynamoTable::new(&emulator::config(&url).await, "lineage");
        Ok(Self { table, calls, task })
    }

    /// The bodies of all calls, which are all of this operation.
    fn bodies(&self, operation: &str) -> Vec<Value> {
        let calls = self.calls.lock().unwrap();
        assert!(calls.iter().all(|(target, _)| *target == format!("DynamoDB_20120810.{operation}")));
        calls.iter().map(|(_, body)| body.clone()).collect()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let target = headers["x-amz-target"].to_str().unwrap().to_owned();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let before = {
        let mut calls = service.calls.lock().unwrap();
        calls.push((target, body.clone()));
        calls.len() - 1
    };
    let (status, answer) = service.answer.lock().unwrap()(&body, before);
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer.to_string())
}

fn refusal(code: &str) -> (StatusCode, Value) {
    let code = format!("com.amazonaws.dynamodb.v20120810#{code}");
    (StatusCode::BAD_REQUEST, json!({ "__type": code, "message": "not now" }))
}

/// The parts of a batch that a body asks for.
fn asked(body: &Value) -> Vec<Value> {
    let batch = &body["RequestItems"]["lineage"];
    batch.get("Keys").unwrap_or(batch).as_array().unwrap().clone()
}

fn key(number: usize) -> Key {
    Key::new(format!("art#s3://b/{number}@v"), "#")
}

fn puts(count: usize) -> Vec<Write> {
    let attributes = Attributes::from([("nm".into(), TableValue::Text("x".into()))]);
    (0..count).map(|number| Write::Put(Item { key: key(number), attributes: attributes.clone() })).collect()
}

/// Counts the parts that the service did.
type Ledger = Arc<Mutex<BTreeMap<String, usize>>>;

fn note(ledger: &Ledger, done: &[Value]) {
    for part in done {
        *ledger.lock().unwrap().entry(part.to_string()).or_default() += 1;
    }
}

#[tokio::test]
async fn a_batch_of_writes_goes_on_with_what_was_left_undone_and_with_nothing_else() -> Result<()> {
    let ledger = Ledger::default();
    let noted = Arc::clone(&ledger);
    let front = Front::start(move |body, before| {
        let mut done = asked(body);
        // A full batch comes back in part twice, to end the third time.
        let left = if before % 3 < 2 { done.split_off(done.len() / 2) } else { Vec::new() };
        note(&noted, &done);
        let left = if left.is_empty() { json!({}) } else { json!({ "lineage": left }) };
        (StatusCode::OK, json!({ "UnprocessedItems": left }))
    })
    .await?;
    front.table.write(&puts(60)).await?;
    let sizes: Vec<usize> = front.bodies("BatchWriteItem").iter().map(|body| asked(body).len()).collect();
    assert_eq!(sizes, [25, 13, 7, 25, 13, 7, 10, 5, 3]);
    let ledger = ledger.lock().unwrap();
    assert_eq!(ledger.len(), 60);
    assert!(ledger.values().all(|times| *times == 1), "nothing was written twice: {ledger:?}");
    Ok(())
}

#[tokio::test]
async fn a_batch_of_reads_goes_on_with_what_was_left_undone_and_with_nothing_else() -> Result<()> {
    let ledger = Ledger::default();
    let noted = Arc::clone(&ledger);
    let front = Front::start(move |body, before| {
        assert_eq!(body["RequestItems"]["lineage"]["ConsistentRead"], json!(true));
        let mut done = asked(body);
        // The first request gets no answer at all.
        let left = match before % 3 {
            0 => std::mem::take(&mut done),
            1 => done.split_off(done.len() / 2),
            _ => Vec::new(),
        };
        note(&noted, &done);
        let rows = json!({ "lineage": done });
        let left = json!({ "lineage": { "Keys": left, "ConsistentRead": true } });
        let left = if left["lineage"]["Keys"] == json!([]) { json!({}) } else { left };
        (StatusCode::OK, json!({ "Responses": rows, "UnprocessedKeys": left }))
    })
    .await?;
    let keys: Vec<Key> = (0..130).map(key).collect();
    let found = front.table.get(&keys).await?;
    let sizes: Vec<usize> = front.bodies("BatchGetItem").iter().map(|body| asked(body).len()).collect();
    assert_eq!(sizes, [100, 100, 50, 30, 30, 15]);
    assert_eq!(found.len(), 130);
    let found: BTreeSet<Key> = found.into_iter().map(|item| item.key).collect();
    assert_eq!(found, keys.into_iter().collect());
    assert!(ledger.lock().unwrap().values().all(|times| *times == 1), "nothing was read twice");
    Ok(())
}

#[tokio::test]
async fn a_batch_that_never_ends_is_given_up_as_throttled() -> Result<()> {
    let never = |body: &Value, _| {
        let left = body["RequestItems"].clone();
        (StatusCode::OK, json!({ "UnprocessedItems": left, "UnprocessedKeys": left, "Responses": {} }))
    };
    let (writing, reading) = (Front::start(never).await?, Front::start(never).await?);
    // Both wait for seconds, side by side.
    let puts = puts(3);
    let keys = [key(1), key(2)];
    let (written, read) = tokio::join!(writing.table.write(&puts), reading.table.get(&keys));
    let error = written.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Throttled, "{error}");
    let bodies = writing.bodies("BatchWriteItem");
    assert_eq!(bodies.len(), 8, "once, and after each of seven waits");
    assert!(bodies.iter().all(|body| asked(body).len() == 3));

    let error = read.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Throttled, "{error}");
    assert_eq!(reading.bodies("BatchGetItem").len(), 8);
    Ok(())
}

#[tokio::test]
async fn a_refusal_that_ends_is_not_noticed_and_one_that_stays_is_throttled() -> Result<()> {
    let codes = ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"];
    // Each waits for seconds, so all do it side by side.
    tokio::try_join!(try_join_all(codes.map(ended)), try_join_all(codes.map(stayed)))?;
    Ok(())
}

async fn ended(code: &'static str) -> Result<()> {
    let front = Front::start(move |_, before| match before {
        0 | 1 => refusal(code),
        _ => (StatusCode::OK, json!({})),
    })
    .await?;
    front.table.write(&puts(1)).await?;
    let bodies = front.bodies("BatchWriteItem");
    assert_eq!(bodies.len(), 3, "{code}");
    assert!(bodies.iter().all(|body| *body == bodies[0]), "the same is asked again");
    Ok(())
}

async fn stayed(code: &'static str) -> Result<()> {
    let front = Front::start(move |_, _| refusal(code)).await?;
    let query = Query::prefix("p", "O#");
    let keys = [key(1)];
    let (queried, read) = tokio::join!(front.table.query(&query), front.table.get(&keys));
    for error in [queried.unwrap_err(), read.unwrap_err()] {
        assert_eq!(error.kind(), PortErrorKind::Throttled, "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn an_item_that_anothers_transaction_holds_is_tried_again_later() -> Result<()> {
    let front = Front::start(|_, _| refusal("TransactionConflictException")).await?;
    let merge = Write::Merge { key: key(1), once: Attributes::new(), union: BTreeMap::new() };
    let error = front.table.write(&[merge]).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(front.bodies("UpdateItem")[0]["Key"]["pk"]["S"], json!("art#s3://b/1@v"));
    Ok(())
}

#[tokio::test]
async fn a_query_goes_on_behind_the_last_key_even_of_an_empty_page() -> Result<()> {
    let row = |sk: &str| json!({ "pk": { "S": "p" }, "sk": { "S": sk } });
    let front = Front::start(move |body, _| {
        let after = body["ExclusiveStartKey"]["sk"]["S"].as_str();
        let answer = match after {
            None => json!({ "Items": [row("O#1"), row("O#2")], "LastEvaluatedKey": row("O#2") }),
            Some("O#2") => json!({ "Items": [], "LastEvaluatedKey": row("O#7") }),
            Some(_) => json!({ "Items": [row("O#8")] }),
        };
        (StatusCode::OK, answer)
    })
    .await?;
    let (mut query, mut found) = (Query::prefix("p", "O#"), Vec::new());
    loop {
        let page = front.table.query(&query).await?;
        found.extend(page.items.into_iter().map(|item| item.key.sk));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(found, ["O#1", "O#2", "O#8"]);
    let bodies = front.bodies("Query");
    assert_eq!(bodies[1]["ExclusiveStartKey"], row("O#2"));
    assert_eq!(bodies[2]["ExclusiveStartKey"], row("O#7"));
    assert!(bodies.iter().all(|body| body["ConsistentRead"] == json!(true)));
    Ok(())
}

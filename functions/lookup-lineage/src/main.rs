//! Answers questions about the lineage. This file only wires; `answer` and `answer_url` in `lib.rs` and `url.rs` say what happens.

use std::time::{Duration, SystemTime};

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use lookup_lineage::{Bounds, answer, answer_url};
use sagewarden_aws::load_config;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_lambda::{Config, init_logging, note_request, now};
use serde_json::Value;

/// The time to reserve for writing an answer that was cut for lack of time.
const RESERVE: Duration = Duration::from_millis(1_000);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let table = DynamoTable::new(&load_config(note_request).await, Config::table()?);
    let scope = Config::lookup_scope()?;
    let (table, scope) = (&table, scope.as_ref());
    run(service_fn(|event: LambdaEvent<Value>| async move {
        let deadline = event.context.deadline();
        let is_over = || SystemTime::now() + RESERVE >= deadline;
        let bounds = Bounds::new(&is_over).within(scope).at(now());
        match answer_url(table, &event.payload, bounds).await {
            Some(response) => Ok(response),
            None => answer(table, event.payload, bounds).await,
        }
    }))
    .await
}

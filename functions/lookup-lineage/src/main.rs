//! Answers questions. This file only wires; what happens is in the library beside it.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use lookup_lineage::answer;
use sagewarden_aws::load_config;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_lambda::{Config, init_logging};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let table = DynamoTable::new(&load_config().await, Config::table()?);
    let table = &table;
    run(service_fn(|event: LambdaEvent<Value>| async move { answer(table, event.payload).await })).await
}

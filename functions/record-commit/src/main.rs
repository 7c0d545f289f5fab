//! Records git pushes and comments on them. This file only wires; what happens is in the library beside it.

use lambda_runtime::Error;
use record_commit::RecordCommit;
use sagewarden_aws::load_config;
use sagewarden_codecommit::CodeCommit;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_lambda::{Config, bundle, init_logging, serve};
use sagewarden_s3::S3Quarantine;

// One record after the other on one thread: the work waits for services, and a smaller function has no second core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let config = Config::from_env("record-commit")?;
    let aws = load_config().await;
    let quarantine = S3Quarantine::new(&aws, config.quarantine);
    let act = RecordCommit {
        source: CodeCommit::new(&aws),
        table: DynamoTable::new(&aws, config.table),
        review: if Config::comments()? { Some(bundle()?) } else { None },
    };
    serve(config.function, &act, &quarantine).await
}

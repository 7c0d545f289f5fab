//! Records what resources are made of. This file only wires; what happens is in the library beside it.

use lambda_runtime::Error;
use record_lineage::Record;
use sagewarden_aws::load_config;
use sagewarden_codecommit::CodeCommit;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_lambda::{Config, init_logging, serve, settings};
use sagewarden_s3::{S3Objects, S3Quarantine};
use sagewarden_sagemaker::SageMakerAccount;

// One record after the other on one thread: the work waits for services, and a smaller function has no second core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let config = Config::from_env("record-lineage")?;
    let aws = load_config().await;
    let objects = S3Objects::new(&aws).with_manifests(&config.quarantine);
    let quarantine = S3Quarantine::new(&aws, config.quarantine);
    let act = Record {
        account: SageMakerAccount::new(&aws),
        objects,
        source: CodeCommit::new(&aws),
        table: DynamoTable::new(&aws, config.table),
        settings: settings()?,
    };
    serve(config.function, &act, &quarantine).await
}

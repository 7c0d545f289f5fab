//! Compares captured traffic with baselines. This file only wires; what happens is in the library beside it.

use detect_drift::Detect;
use lambda_runtime::Error;
use sagewarden_aws::load_config;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_eventbridge::EventBus;
use sagewarden_lambda::{Config, init_logging, serve, settings};
use sagewarden_s3::{S3Objects, S3Quarantine};
use sagewarden_sagemaker::SageMakerAccount;

// One record after the other on one thread: the work waits for services, and a smaller function has no second core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let config = Config::from_env("detect-drift")?;
    let aws = load_config().await;
    let quarantine = S3Quarantine::new(&aws, config.quarantine.clone());
    let act = Detect {
        account: SageMakerAccount::new(&aws),
        objects: S3Objects::new(&aws),
        table: DynamoTable::new(&aws, config.table),
        bus: EventBus::new(&aws, Config::bus()?),
        settings: settings()?,
        own_bucket: config.quarantine,
    };
    serve(config.function, &act, &quarantine).await
}

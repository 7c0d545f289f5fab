//! Judges resources. This file only wires; what happens is in the library beside it.

use enforce_policy::Enforce;
use lambda_runtime::Error;
use sagewarden_aws::load_config;
use sagewarden_codecommit::CodeCommit;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_eventbridge::EventBus;
use sagewarden_govern::InspectedRoles;
use sagewarden_iam::IamRoles;
use sagewarden_lambda::{Config, bundle_in_force, init_logging, serve};
use sagewarden_s3::{S3Objects, S3Quarantine};
use sagewarden_sagemaker::SageMakerAccount;

// One record after the other on one thread: the work waits for services, and a smaller function has no second core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let config = Config::from_env("enforce-policy")?;
    let aws = load_config().await;
    let quarantine = S3Quarantine::new(&aws, config.quarantine);
    let act = Enforce {
        account: SageMakerAccount::new(&aws),
        objects: S3Objects::new(&aws),
        source: CodeCommit::new(&aws),
        roles: IamRoles::new(&aws),
        inspected: InspectedRoles::default(),
        table: DynamoTable::new(&aws, config.table),
        bus: EventBus::new(&aws, Config::bus()?),
        in_force: bundle_in_force()?,
    };
    serve(config.function, &act, &quarantine).await
}

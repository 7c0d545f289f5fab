//! A monitoring execution ended, a report was written, or the clock ticked. `alert-drift` publishes one alert with the chain behind it, and
//! checks that every schedule ran. This file only wires; `govern::route` says what happens.

use lambda_runtime::Error;
use sagewarden_aws::load_config;
use sagewarden_codecommit::CodeCommit;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_eventbridge::EventBus;
use sagewarden_govern::{Absent, Given, Ports, route};
use sagewarden_lambda::{Config, WatchedBus, init_logging, note_request, serve, settings};
use sagewarden_s3::{S3Objects, S3Quarantine};
use sagewarden_sagemaker::SageMakerAccount;

// One thread for all records of a batch: they mostly wait for services, and a small function has no second core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let config = Config::from_env("alert-drift")?;
    let aws = load_config(note_request).await;
    let quarantine = S3Quarantine::new(&aws, config.quarantine.clone());
    let world = Ports {
        account: SageMakerAccount::new(&aws),
        remedies: Absent,
        objects: S3Objects::new(&aws).with_manifests(&config.evidence),
        files: Absent,
        source: CodeCommit::new(&aws),
        roles: Absent,
        keys: Absent,
        table: DynamoTable::new(&aws, config.table),
        bus: WatchedBus(EventBus::new(&aws, Config::bus()?)),
        metrics: Absent,
        given: Given {
            settings: settings()?,
            evidence_bucket: config.evidence,
            working_bucket: config.quarantine,
            home: Some(Config::home()?),
            stack: Config::stack(),
        },
    };
    let act = async |event: &_, moment: &_| route::alert_drift(&world, event, moment).await;
    serve(config.function, act, &quarantine).await
}

//! Captured traffic or labels arrived, the clock ticked, or a training job has ended. `detect-drift` compares traffic with baselines,
//! measures predictions, and makes baselines. This file only wires; `govern::route` says what happens.

use lambda_runtime::Error;
use sagewarden_aws::load_config;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_eventbridge::EventBus;
use sagewarden_govern::{Absent, Given, KnownBaselines, Ports, route};
use sagewarden_lambda::{Config, MetricLog, WatchedBus, init_logging, note_request, serve, settings};
use sagewarden_s3::{S3Objects, S3Quarantine};
use sagewarden_sagemaker::SageMakerAccount;

// One thread for all records of a batch: they mostly wait for services, and a small function has no second core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let config = Config::from_env("detect-drift")?;
    let aws = load_config(note_request).await;
    let quarantine = S3Quarantine::new(&aws, config.quarantine.clone());
    let world = Ports {
        account: SageMakerAccount::new(&aws),
        remedies: Absent,
        objects: S3Objects::new(&aws),
        files: S3Objects::new(&aws),
        source: Absent,
        roles: Absent,
        keys: Absent,
        table: DynamoTable::new(&aws, config.table),
        bus: WatchedBus(EventBus::new(&aws, Config::bus()?)),
        metrics: MetricLog,
        given: Given {
            settings: settings()?,
            evidence_bucket: config.evidence,
            working_bucket: config.quarantine,
            home: Some(Config::home()?),
            stack: None,
        },
    };
    let known = KnownBaselines::default();
    let act = async |event: &_, moment: &_| route::detect_drift(&world, &known, event, moment).await;
    serve(config.function, act, &quarantine).await
}

//! The clock ticked: `reconcile` looks through the account for resources that no event announced; it judges and records them. This file
//! only wires; `govern::route` says what happens.

use lambda_runtime::Error;
use sagewarden_aws::load_config;
use sagewarden_codecommit::CodeCommit;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_eventbridge::EventBus;
use sagewarden_govern::route::{self, Judging};
use sagewarden_govern::{Absent, Given, Moment, Ports};
use sagewarden_iam::IamRoles;
use sagewarden_kms::KmsKeys;
use sagewarden_lambda::{
    Config, MetricLog, WatchedBus, WatchedTable, bundle_in_force, init_logging, note_request, now, serve,
    settings,
};
use sagewarden_s3::{S3Objects, S3Quarantine};
use sagewarden_sagemaker::SageMakerAccount;

/// After this time, a record hands on the rest: the page that it has begun needs time, too.
const LONG_MS: i64 = 120_000;

// One thread for all records: they mostly wait for services, and a small function has no second core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let config = Config::from_env("reconcile")?;
    let aws = load_config(note_request).await;
    let quarantine = S3Quarantine::new(&aws, config.quarantine.clone());
    let world = Ports {
        account: SageMakerAccount::new(&aws),
        remedies: SageMakerAccount::new(&aws),
        objects: S3Objects::new(&aws),
        files: Absent,
        source: CodeCommit::new(&aws),
        roles: IamRoles::new(&aws),
        keys: KmsKeys::new(&aws),
        table: WatchedTable(DynamoTable::new(&aws, config.table)),
        bus: WatchedBus(EventBus::new(&aws, Config::bus()?)),
        metrics: MetricLog,
        given: Given {
            // For recording. Judging uses the settings of the bundle in force.
            settings: settings()?,
            evidence_bucket: config.evidence,
            working_bucket: config.quarantine,
            home: Some(Config::home()?),
            stack: None,
        },
    };
    let judging = Judging::new(bundle_in_force()?);
    let act = async |event: &_, moment: &Moment| {
        let is_over = || now().millis() - moment.now.millis() > LONG_MS;
        route::reconcile(&world, &world.account, &judging, event, moment, &is_over).await
    };
    serve(config.function, act, &quarantine).await
}

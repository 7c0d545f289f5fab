//! A resource was created or changed. `enforce-policy` judges it, and remedies it if it fails a control. This file only wires;
//! `govern::route` says what happens.

use lambda_runtime::Error;
use sagewarden_aws::load_config;
use sagewarden_codecommit::CodeCommit;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_eventbridge::EventBus;
use sagewarden_events::Event;
use sagewarden_govern::route::{self, Judging};
use sagewarden_govern::{Absent, Given, Ports};
use sagewarden_iam::IamRoles;
use sagewarden_kms::KmsKeys;
use sagewarden_lambda::{
    Config, WatchedBus, WatchedTable, bundle_in_force, init_logging, note_canary, note_request, serve,
};
use sagewarden_s3::{S3Objects, S3Quarantine};
use sagewarden_sagemaker::SageMakerAccount;
use sagewarden_settings::Settings;

// One thread for all records of a batch: they mostly wait for services, and a small function has no second core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let config = Config::from_env("enforce-policy")?;
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
        metrics: Absent,
        // The use cases judge by the settings of the bundle in force, not by these.
        given: Given {
            settings: Settings::default(),
            evidence_bucket: config.evidence,
            working_bucket: config.quarantine,
            home: Some(Config::home()?),
            stack: None,
        },
    };
    let judging = Judging::new(bundle_in_force()?);
    let act = async |event: &Event, moment: &_| {
        let outcome = route::enforce_policy(&world, &judging, event, moment).await;
        if matches!((event, &outcome), (Event::ClockTicked(_), Some(Ok(_)))) {
            note_canary();
        }
        outcome
    };
    serve(config.function, act, &quarantine).await
}

//! A push to a repository: records its commits and the head of the branch, and reviews the requests in it. This file only wires;
//! `govern::route` says what happens.

use lambda_runtime::Error;
use sagewarden_aws::load_config;
use sagewarden_codecommit::CodeCommit;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_eventbridge::EventBus;
use sagewarden_govern::route;
use sagewarden_govern::{Absent, Given, Ports};
use sagewarden_lambda::{Config, WatchedBus, bundle_in_force, init_logging, note_request, serve};
use sagewarden_s3::{S3Objects, S3Quarantine};
use sagewarden_settings::Settings;

// One thread for all records of a batch: they mostly wait for services, and a small function has no second core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let config = Config::from_env("record-commit")?;
    let aws = load_config(note_request).await;
    let quarantine = S3Quarantine::new(&aws, config.quarantine.clone());
    let world = Ports {
        account: Absent,
        remedies: Absent,
        objects: S3Objects::new(&aws),
        files: Absent,
        source: CodeCommit::new(&aws),
        roles: Absent,
        keys: Absent,
        table: DynamoTable::new(&aws, config.table),
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
    // Without comments, the function needs no policies.
    let reviewing = if Config::comments()? { Some(bundle_in_force()?) } else { None };
    let act =
        async |event: &_, moment: &_| route::record_commit(&world, reviewing.as_ref(), event, moment).await;
    serve(config.function, act, &quarantine).await
}

//! From a job's training data to the baseline for the traffic of its model, and the notices if there is none.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fmt::Write as _;

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_govern::BASELINE_MISSING;
use sagewarden_govern::ports::Objects as _;
use sagewarden_local::System;
use sagewarden_monitor::{Constraints, WindowReport};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{
    Local, at, captured_event, data_capture, endpoint_config, model, scattered, training_job,
};
use serde_json::{Value, json};

const MAKE: &str = "[drift.training]\nbaseline = \"make\"\n";

fn with(settings: &str) -> Result<Local> {
    Local::with(Bundle::embedded()?.with_settings(settings)?)
}

/// A row: the label, a limit and an education. It is no random number: the same row every time.
fn row(number: u64) -> (u64, u64, u64) {
    let mixed = scattered(number);
    (number % 2, 10_000 + mixed % 990_000, 1 + mixed % 4)
}

fn training_csv(rows: std::ops::Range<u64>) -> String {
    rows.map(row).fold(String::new(), |mut csv, (label, limit, education)| {
        writeln!(csv, "{label},{limit},{education}").unwrap();
        csv
    })
}

/// A job ends that read `data/train/` through its channel. Returns the result of `detect-drift`.
fn trained(local: &Local, name: &str, channel: &Value, after: i64) -> Result<Vec<String>> {
    ended(local, name, channel, after)?;
    Ok(local.settle()?.into_iter().filter(|text| text.starts_with("detect-drift")).collect())
}

fn ended(local: &Local, name: &str, channel: &Value, after: i64) -> Result<()> {
    let mut request = training_job(name, &[]);
    let source = json!({ "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://data/train/" } });
    let mut described = json!({ "ChannelName": "train", "ContentType": "text/csv", "DataSource": source });
    for (key, value) in channel.as_object().unwrap() {
        described[key] = value.clone();
    }
    request["InputDataConfig"] = json!([described]);
    let job = local.create(ResourceKind::TrainingJob, &request, after)?;
    let artifact = format!("out/{name}/output/model.tar.gz");
    local.system.account.put_object("models", &artifact, b"weights", at(after + 50))?;
    local.system.account.finish_training(&job, at(after + 60))?;
    Ok(())
}

fn put(local: &Local, key: &str, content: &str) -> Result<()> {
    local.system.account.put_object("data", key, content.as_bytes(), at(1))?;
    Ok(())
}

/// The notices about jobs: reason and advice.
fn told(local: &Local) -> Result<Vec<(String, String)>> {
    let told = local.sent()?.into_iter().filter(|notice| notice.detail_type == BASELINE_MISSING);
    let text = |detail: &Value, key: &str| detail[key].as_str().unwrap().to_owned();
    Ok(told.map(|notice| (text(&notice.detail, "text"), text(&notice.detail, "advice"))).collect())
}

#[test]
fn traffic_is_compared_with_what_the_model_was_trained_on() -> Result<()> {
    let local = with(MAKE)?;
    put(&local, "train/part-0.csv", &training_csv(0..1_500))?;
    put(&local, "train/part-1.csv", &training_csv(1_500..2_000))?;
    put(&local, "train/_SUCCESS", "")?;
    let outcomes = trained(&local, "t", &json!({}), 10)?;
    assert!(
        matches!(outcomes.as_slice(), [one] if one.contains("made a baseline from 2000 rows")),
        "{outcomes:?}"
    );

    modelled(&local, "m", "t", "c", 100)?;
    let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
    let endpoint = local.create(ResourceKind::Endpoint, &endpoint, 102)?;
    local.system.account.finish_endpoint(&endpoint, at(200))?;
    local.settle()?;

    let outcomes = capture(&local, "00-00-000-a.jsonl", 1_000, 86_400)?;
    assert!(outcomes.iter().any(|text| text.contains("the data of training job t")), "{outcomes:?}");
    assert_eq!(judged(&local)?, (600, vec!["_c1".to_owned()]));
    assert_eq!(told(&local)?, []);
    Ok(())
}

/// SageMaker's Python SDK 3 uploads its code as channels beside the data.
#[test]
fn the_channels_with_code_are_not_taken_for_data() -> Result<()> {
    let local = with(MAKE)?;
    put(&local, "train/part-0.csv", &training_csv(0..500))?;
    put(&local, "code/train.py", "print()")?;
    put(&local, "drivers/sm_train.sh", "python train.py")?;
    let channel = |name: &str, uri: &str| json!({ "ChannelName": name, "ContentType": "text/csv", "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": uri } } });
    let mut request = training_job("t", &[]);
    request["InputDataConfig"] = json!([
        channel("code", "s3://data/code/"),
        channel("sm_drivers", "s3://data/drivers/"),
        channel("credit", "s3://data/train/"),
    ]);
    let job = local.create(ResourceKind::TrainingJob, &request, 10)?;
    local.system.account.put_object("models", "out/t/output/model.tar.gz", b"weights", at(60))?;
    local.system.account.finish_training(&job, at(70))?;
    let outcomes = local.settle()?;
    assert!(outcomes.iter().any(|text| text.contains("made a baseline from 500 rows")), "{outcomes:?}");
    Ok(())
}

/// A model of what the job wrote, and a configuration that captures.
fn modelled(local: &Local, name: &str, job: &str, config: &str, after: i64) -> Result<()> {
    let mut request = model(name);
    request["PrimaryContainer"]["ModelDataUrl"] = json!(format!("s3://models/out/{job}/output/model.tar.gz"));
    local.create(ResourceKind::Model, &request, after)?;
    let mut config = endpoint_config(config, name);
    config["DataCaptureConfig"] = data_capture("s3://captured/traffic");
    local.create(ResourceKind::EndpointConfig, &config, after + 1)?;
    Ok(())
}

/// A file of 600 calls in the hour from nine, whose limits are divided. The answer is a probability, where the label is a whole
/// number: it is no column of the baseline.
fn capture(local: &Local, file: &str, divided_by: u64, after: i64) -> Result<Vec<String>> {
    let traffic: String = (0..600).map(row).fold(String::new(), |mut lines, (_, limit, education)| {
        let event = captured_event("e", &format!("{},{education}", limit / divided_by), "0.183\n");
        writeln!(lines, "{event}").unwrap();
        lines
    });
    let key = format!("traffic/prod/AllTraffic/2026/03/03/09/{file}");
    local.system.account.put_object("captured", &key, traffic.as_bytes(), at(after))?;
    local.settle()
}

/// How many rows of that hour were looked at, and which features have moved.
fn judged(local: &Local) -> Result<(u64, Vec<String>)> {
    let key = format!("reports/AllTraffic/prod/sagewarden-data-quality/2026/03/03/10/{}", WindowReport::FILE);
    let report = block_on(local.system.account.read(System::EVIDENCE_BUCKET, &key, 1 << 20))?;
    let report = WindowReport::parse(&report.ok_or("there is no evaluation")?)?;
    let found = report.violations.iter().filter_map(|each| each.feature_name.clone()).collect();
    Ok((report.rows, found))
}

#[test]
fn traffic_is_compared_with_the_data_of_the_model_that_served_it() -> Result<()> {
    let check = |[since, until]: [i64; 2], is_tidied_up: bool| -> Result<()> {
        let local = with(MAKE)?;
        put(&local, "train/a.csv", &training_csv(0..2_000))?;
        trained(&local, "t", &json!({}), 10)?;
        modelled(&local, "m", "t", "c", 100)?;
        let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
        let endpoint = local.create(ResourceKind::Endpoint, &endpoint, 102)?;
        let account = &local.system.account;
        account.finish_endpoint(&endpoint, at(since))?;
        local.settle()?;
        capture(&local, "02-00-000-a.jsonl", 1, 86_600)?;
        assert_eq!(judged(&local)?, (600, Vec::new()));

        // The next model knows limits in thousands.
        let thousands = (0..2_000).map(row).fold(String::new(), |mut csv, (label, limit, education)| {
            writeln!(csv, "{label},{},{education}", limit / 1_000).unwrap();
            csv
        });
        account.put_object("data", "train/a.csv", thousands.as_bytes(), at(86_700))?;
        trained(&local, "t2", &json!({}), 86_800)?;
        modelled(&local, "m2", "t2", "c2", until - 100)?;
        account.update_endpoint("prod", "c2", None, at(until - 90))?;
        account.finish_endpoint(&endpoint, at(until))?;
        if is_tidied_up {
            account.delete(&account.resource(ResourceKind::EndpointConfig, "c"), at(until + 10))?;
            account.delete(&account.resource(ResourceKind::Model, "m"), at(until + 11))?;
        }
        local.settle()?;
        // A late file of that hour is of the model before.
        let outcomes = capture(&local, "03-00-000-b.jsonl", 1, until + 200)?;
        assert!(outcomes.iter().any(|text| text.contains("the data of training job t:")), "{outcomes:?}");
        assert_eq!(judged(&local)?, (1_200, Vec::new()), "tidied up: {is_tidied_up}");
        Ok(())
    };
    // In service since the day before, or in that hour; the next one takes over behind it, or in it.
    for deployed in [[200, 90_200], [86_450, 90_200], [86_450, 88_000]] {
        check(deployed, false)?;
        check(deployed, true)?;
    }
    Ok(())
}

#[test]
fn a_header_and_the_number_of_labels_are_respected() -> Result<()> {
    let features = |content_type: &str, csv: &str| -> Result<Vec<String>> {
        let local = with(MAKE)?;
        put(&local, "train/a.csv", csv)?;
        trained(&local, "t", &json!({ "ContentType": content_type }), 10)?;
        let key = "baselines/111122223333/eu-west-1/t/1772442010000/constraints.json";
        let constraints = block_on(local.system.account.read(System::EVIDENCE_BUCKET, key, 1 << 20))?;
        let constraints = Constraints::parse(&constraints.ok_or("there is no baseline")?)?;
        Ok(constraints.features.into_iter().map(|feature| feature.name).collect())
    };
    assert_eq!(features("text/csv", "y,a,b\n1,2,3\n")?, ["a", "b"]);
    assert_eq!(features("text/csv", "1,2,3\n")?, ["_c1", "_c2"]);
    // As the notebooks of the workshop write it.
    assert_eq!(features("csv", "1,2,3\n")?, ["_c1", "_c2"]);
    assert_eq!(features("text/csv;label_size=0", "1,2,3\n")?, ["_c0", "_c1", "_c2"]);
    assert_eq!(features("text/csv; label_size=0; charset=utf-8", "1,2\n")?, ["_c0", "_c1"]);
    assert_eq!(features("text/csv; label_size=2", "y,z,a\n1,2,3\n")?, ["a"]);
    Ok(())
}

#[test]
fn a_job_without_a_baseline_is_told_with_the_reason_and_once() -> Result<()> {
    let too_small = format!("{MAKE}max_megabytes = 1\n");
    let large = "1,2,3\n".repeat(200_000);
    let manifest = json!({ "DataSource": { "S3DataSource": { "S3DataType": "ManifestFile", "S3Uri": "s3://data/train/a.csv" } } });
    let of_files = json!({ "DataSource": { "FileSystemDataSource": { "FileSystemId": "fs-1" } } });
    for (settings, channel, files, why, advice) in [
        ("", json!({}), &["1,2\n"][..], "the settings do not ask for one", "ReadTrainingData=true"),
        (MAKE, manifest, &["1,2\n"], "its data is given by a manifest", "sagewarden baseline"),
        (MAKE, of_files, &["1,2\n"], "its channel/train is not in S3", "sagewarden baseline"),
        (
            MAKE,
            json!({ "ContentType": "application/x-parquet" }),
            &["PAR1"],
            "`application/x-parquet`, not CSV",
            "baseline",
        ),
        (MAKE, json!({}), &["1\n2\n"], "its data at s3://data/train/ has no columns but labels", "baseline"),
        (
            MAKE,
            json!({ "CompressionType": "Gzip" }),
            &["x"],
            "its data is compressed (Gzip)",
            "sagewarden baseline",
        ),
        (
            MAKE,
            json!({}),
            &[""],
            "there was no data at s3://data/train/ when it began",
            "sagewarden baseline",
        ),
        (
            MAKE,
            json!({}),
            &["1,2\n", "1,2,3\n"],
            "s3://data/train/1.csv has other columns than train/0.csv",
            "baseline",
        ),
        (
            MAKE,
            json!({}),
            &["a,a\n1,2\n"],
            "s3://data/train/0.csv is not a table: columns 1 and 2",
            "sagewarden baseline",
        ),
        (&too_small, json!({}), &[&large], "has more than 1 MB", "max_megabytes"),
    ] {
        let local = with(settings)?;
        for (number, content) in files.iter().enumerate() {
            put(&local, &format!("train/{number}.csv"), content)?;
        }
        for (number, name) in (0..).zip(["t-1", "t-2"]) {
            trained(&local, name, &channel, 10 + 1_000 * number)?;
        }
        let told = told(&local)?;
        assert!(
            matches!(told.as_slice(), [(text, what)] if text.starts_with("training job t-1 has no baseline of its data: ")
                && text.contains(why) && what.contains(advice)),
            "{why}: {told:?}"
        );
    }
    Ok(())
}

#[test]
fn the_channel_is_the_named_one_or_the_only_one() -> Result<()> {
    let local = with(MAKE)?;
    put(&local, "train/a.csv", "1,2\n2,3\n")?;
    let outcomes = trained(&local, "only", &json!({ "ChannelName": "training" }), 10)?;
    assert!(outcomes[0].contains("made a baseline from 2 rows"), "{outcomes:?}");
    put(&local, "train/b.parquet", "PAR1")?;
    trained(&local, "unsaid", &json!({ "ContentType": null }), 1_000)?;
    let mut request = training_job("two", &[]);
    let source = json!({ "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://data/train/" } });
    let channel =
        |name: &str| json!({ "ChannelName": name, "ContentType": "text/csv", "DataSource": source });
    request["InputDataConfig"] = json!([channel("a"), channel("b")]);
    let job = local.create(ResourceKind::TrainingJob, &request, 2_000)?;
    local.system.account.finish_training(&job, at(2_060))?;
    local.settle()?;
    let told = told(&local)?;
    let [(unsaid, _), (two, what)] = told.as_slice() else { return Err(format!("{told:?}").into()) };
    assert!(unsaid.ends_with("no content type says that s3://data/train/b.parquet is CSV"), "{unsaid}");
    assert!(two.contains("no channel `train`") && what.contains("`channel`"), "{two}");
    Ok(())
}

#[test]
fn nothing_is_made_or_told_where_nothing_is_wanted_and_nothing_twice() -> Result<()> {
    let off = with("[drift.training]\nbaseline = \"off\"\n")?;
    put(&off, "train/a.csv", "1,2\n")?;
    assert_eq!(trained(&off, "t", &json!({}), 10)?, Vec::<String>::new());
    assert_eq!(told(&off)?, []);

    let local = with(MAKE)?;
    put(&local, "train/a.csv", "1,2\n")?;
    ended(&local, "t", &json!({}), 10)?;
    let events = block_on(local.system.settle())?;
    let key = "baselines/111122223333/eu-west-1/t/1772442010000/constraints.json";
    let baseline = || block_on(local.system.account.read(System::EVIDENCE_BUCKET, key, 1 << 20));
    let before = baseline()?;
    assert!(before.is_some());
    // The job read the object that existed when it began, whichever exists when its end is delivered again.
    local.system.account.put_object("data", "train/a.csv", b"x,y,z\n1,2,3\n", at(5_000))?;
    for (event, _) in events {
        let outcomes = local.deliver(&event.to_string())?;
        assert!(!outcomes.iter().any(|text| text.contains("baseline")), "{outcomes:?}");
    }
    assert_eq!(baseline()?, before);
    Ok(())
}

#[test]
fn training_data_of_more_columns_than_fit_into_memory_is_refused_by_name() -> Result<()> {
    let local = with(MAKE)?;
    let line = |columns: usize| format!("{}\n", vec!["1.5"; columns].join(","));
    put(&local, "train/wide.csv", &line(1_002).repeat(20))?;
    trained(&local, "t", &json!({}), 10)?;
    let text = told(&local)?[0].0.clone();
    // The first column is the label.
    let words = "s3://data/train/wide.csv does not fit into the memory of detect-drift: it has 1001 columns, more than 1000";
    assert!(text.contains(words), "{text}");
    assert!(!local.system.store.items()?.iter().any(|item| item.key.pk.starts_with("K#attempt")));
    Ok(())
}

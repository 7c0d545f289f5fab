//! What is recorded of data and of those who made and removed things: checksums, manifests, explanations, secrets, creators,
//! deletions. Whatever the order, the store ends the same.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::cell::Cell;

use futures::executor::block_on;
use sagewarden_events::{Event, Resource, ResourceKind, Timestamp, decode};
use sagewarden_govern::RecordLineage;
use sagewarden_govern::ports::{Listing, ObjectVersion, Objects, PortError, PortErrorKind};
use sagewarden_lineage::s3::Checksum;
use sagewarden_local::{SimulatedAccount, Store, Story};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, training_job};
use serde_json::{Value, json};

const ANA: &str = "arn:aws:iam::111122223333:user/ana";

/// CloudTrail's event of a call.
fn call(name: &str, request: &Value, after: i64) -> Value {
    json!({
        "version": "0", "id": format!("{name}-{after}"), "source": "aws.sagemaker", "region": Story::REGION,
        "detail-type": "AWS API Call via CloudTrail", "account": Story::ACCOUNT, "time": at(after), "resources": [],
        "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": name, "eventTime": at(after),
            "userIdentity": { "arn": ANA }, "requestParameters": request,
        },
    })
}

/// A job that reads `s3://data/in/` and has ended.
fn trained(local: &Local, extra: &[(&str, Value)]) -> Result<Resource> {
    let tags = [("CommitId", "0123456789abcdef0123456789abcdef01234567"), ("Repository", "r")];
    let mut request = training_job("t", &tags);
    request["InputDataConfig"] = json!([{ "ChannelName": "train", "DataSource": { "S3DataSource": {
        "S3DataType": "S3Prefix", "S3Uri": "s3://data/in/" } } }]);
    for (field, value) in extra {
        request[*field] = value.clone();
    }
    let job = local.create(ResourceKind::TrainingJob, &request, 20)?;
    local.settle()?;
    Ok(job)
}

fn nodes(lineage: &Value) -> Vec<&Value> {
    lineage["nodes"].as_array().into_iter().flatten().collect()
}

fn node<'a>(lineage: &'a Value, kind: &str) -> &'a Value {
    nodes(lineage).into_iter().find(|node| node["kind"] == kind).unwrap_or(&Value::Null)
}

#[test]
fn a_single_object_has_the_hash_that_the_store_keeps() -> Result<()> {
    let local = Local::new()?;
    local.system.account.put_object("data", "in/a.csv", b"abc", at(0))?;
    trained(&local, &[])?;
    let lineage = local.lineage("training-job/t")?;
    let dataset = node(&lineage, "dataset");
    // Of `abc`, FIPS 180-4.
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(dataset["checksum_sha256"], hash, "{lineage}");
    assert_eq!((&dataset["checksum_type"], &dataset["checksum"]), (&json!("FULL_OBJECT"), &Value::Null));
    assert_eq!(lineage["weak"].as_array().map(Vec::len), Some(1), "the image is named by a short digest");
    Ok(())
}

#[test]
fn a_large_set_has_a_manifest_and_a_set_without_versions_is_weak() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    account.create_bucket("data", false)?;
    for index in 0..101 {
        account.put_object("data", &format!("in/{index:03}.csv"), b"abc", at(0))?;
    }
    trained(&local, &[])?;
    let lineage = local.lineage("training-job/t")?;
    let set = nodes(&lineage).into_iter().find(|node| node["objects"] == 101).ok_or("there is no set")?;
    let digest = set["id"].as_str().and_then(|id| id.strip_prefix("ds#set:")).unwrap_or_default();
    assert_eq!(set["manifest"], format!("manifests/{digest}.tsv"));
    let kept = account.manifest(digest)?.ok_or("the manifest was not kept")?;
    assert_eq!(kept.lines().count(), 101);
    assert!(kept.starts_with("s3://data/in/000.csv\tetag:"), "{kept}");
    assert!(lineage["weak"].to_string().contains("the bucket keeps no versions"), "{lineage}");
    Ok(())
}

#[test]
fn secrets_in_hyperparameters_are_not_stored() -> Result<()> {
    let local = Local::new()?;
    let parameters = json!({ "db_password": "hunter2", "max_tokens": "512", "note": "AKIAIOSFODNN7EXAMPLE" });
    trained(&local, &[("HyperParameters", parameters)])?;
    let lineage = local.lineage("training-job/t")?;
    let kept = &node(&lineage, "training-job")["detail"]["HyperParameters"];
    assert_eq!(
        kept,
        &json!({ "db_password": "[redacted]", "max_tokens": "512", "note": "[redacted]" }),
        "{lineage}"
    );
    let items: Vec<String> =
        local.system.store.items()?.into_iter().map(|item| format!("{item:?}")).collect();
    assert!(!items.iter().any(|item| item.contains("hunter2") || item.contains("AKIAIOSFODNN7EXAMPLE")));
    Ok(())
}

#[test]
fn an_explanation_beside_the_artifact_is_recorded_in_the_version_that_stood_there() -> Result<()> {
    let local = Local::new()?;
    let job = trained(&local, &[])?;
    let report = json!({ "version": "1.0", "explanations": { "kernel_shap": { "label0": {
        "global_shap_values": { "Age": 0.0596, "Income": 0.2 }, "expected_value": 0.25 } } } });
    let account = &local.system.account;
    account.put_object("models", "out/t/output/analysis.json", report.to_string().as_bytes(), at(30))?;
    account.put_object("models", "out/t/output/model.tar.gz", b"model", at(30))?;
    account.finish_training(&job, at(60))?;
    account.put_object("models", "out/t/output/analysis.json", b"{}", at(90))?;
    local.settle()?;
    let lineage = local.lineage("training-job/t")?;
    let job = node(&lineage, "training-job");
    assert_eq!(job["top_features"], "Income 0.2, Age 0.0596", "{lineage}");
    let place = job["explanation"].as_str().unwrap_or_default();
    assert!(place.starts_with("s3://models/out/t/output/analysis.json?versionId="), "{place}");
    Ok(())
}

#[test]
fn an_explanation_that_a_model_package_names_is_recorded_with_it() -> Result<()> {
    let local = Local::new()?;
    let report = json!({ "version": "1.0", "explanations": { "kernel_shap": { "label0": {
        "global_shap_values": { "Age": 0.0596, "Income": 0.2 }, "expected_value": 0.25 } } } });
    let account = &local.system.account;
    account.put_object("models", "clarify/analysis.json", report.to_string().as_bytes(), at(10))?;
    let package = json!({
        "ModelPackageGroupName": "credit",
        "InferenceSpecification": { "Containers": [{ "Image": "repository/image:1" }] },
        "ModelMetrics": { "Explainability": { "Report": {
            "ContentType": "application/json", "S3Uri": "s3://models/clarify/analysis.json" } } },
    });
    local.create(ResourceKind::ModelPackage, &package, 20)?;
    account.put_object("models", "clarify/analysis.json", b"{}", at(30))?;
    local.settle()?;
    let lineage = local.lineage("model-package/credit/1")?;
    let package = node(&lineage, "model-package");
    assert_eq!(package["top_features"], "Income 0.2, Age 0.0596", "{lineage}");
    let place = package["explanation"].as_str().unwrap_or_default();
    assert!(place.starts_with("s3://models/clarify/analysis.json?versionId="), "{place}");
    Ok(())
}

#[test]
fn the_creator_is_known_and_a_tag_is_asserted_only_by_the_call_that_gave_it() -> Result<()> {
    let local = Local::new()?;
    trained(&local, &[])?;
    let lineage = local.lineage("training-job/t")?;
    assert_eq!(node(&lineage, "training-job")["created_by"], ANA, "{lineage}");
    let edges = lineage["edges"].as_array().into_iter().flatten();
    let named: Vec<&Value> = edges.filter(|edge| edge["found_by"] == "tag").collect();
    assert_eq!(named.len(), 1, "{lineage}");
    assert_eq!(named[0]["asserted_by"], ANA);

    // A tag that was put on it later is somebody else's word.
    let other = Local::new()?;
    let request = training_job("t", &[]);
    let job = other.create(ResourceKind::TrainingJob, &request, 20)?;
    let tags = [("CommitId", "0123456789abcdef0123456789abcdef01234567"), ("Repository", "r")];
    let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let document = other.system.account.describe_document(&job)?;
    other.system.account.take_in(&job, &document, &tags)?;
    other.settle()?;
    let lineage = other.lineage("training-job/t")?;
    let edges = lineage["edges"].as_array().into_iter().flatten();
    let named: Vec<&Value> = edges.filter(|edge| edge["found_by"] == "tag").collect();
    assert_eq!((named.len(), &named[0]["asserted_by"]), (1, &Value::Null), "{lineage}");
    Ok(())
}

#[test]
fn a_deletion_ends_the_incarnation_before_it_in_any_order() -> Result<()> {
    let delete = |after| call("DeleteTrainingJob", &json!({ "TrainingJobName": "t" }), after);
    // The first incarnation is made at 20 and deleted at 100, the second made at 200.
    let mut hashes = Vec::new();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1], [1, 1, 0, 2]] {
        let world = Local::new()?;
        let account = &world.system.account;
        let first = world.create(ResourceKind::TrainingJob, &training_job("t", &[]), 20)?;
        let told = account.drain_events()?;
        let (begin, state) = told.split_at(1);
        // Delivered while the first incarnation is there, or after.
        let late = order[0] != 0;
        if !late {
            world.deliver(&state[0].to_string())?;
        }
        let create = json!({ "eventName": begin[0]["detail"]["eventName"] });
        assert_eq!(create["eventName"], "CreateTrainingJob");
        let events = [state[0].clone(), begin[0].clone(), delete(100), delete(300)];
        for index in order {
            world.deliver(&events[index].to_string())?;
        }
        for event in events.iter().rev() {
            world.deliver(&event.to_string())?;
        }
        let lineage = world.lineage("training-job/t")?;
        assert_eq!(node(&lineage, "training-job")["deleted_at"], json!(at(100)), "{lineage}");
        assert_eq!(node(&lineage, "training-job")["deleted_by"], ANA);
        account.delete(&first, at(100))?;
        world.create(ResourceKind::TrainingJob, &training_job("t", &[]), 200)?;
        world.settle()?;
        let again = world.lineage("training-job/t")?;
        assert_eq!(node(&again, "training-job")["deleted_at"], json!(at(300)), "the newest: {again}");
        hashes.push(hash(&world.system.store)?);
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1, "the order shows in the store");
    Ok(())
}

/// Somebody else's buckets: each refusal comes in other words.
struct Closed<'a> {
    account: &'a SimulatedAccount,
    asked: Cell<usize>,
}

impl Objects for Closed<'_> {
    async fn versions(
        &self,
        bucket: &str,
        _prefix: &str,
        _as_of: Timestamp,
        _at_most: usize,
    ) -> std::result::Result<Listing, PortError> {
        self.asked.set(self.asked.get() + 1);
        let words = format!("not authorized (request id {})", self.asked.get());
        Err(PortError::new(PortErrorKind::Denied, format!("list `{bucket}`"), words))
    }

    async fn versioning(&self, bucket: &str) -> std::result::Result<Option<String>, PortError> {
        self.account.versioning(bucket).await
    }

    async fn read(
        &self,
        bucket: &str,
        key: &str,
        at_most: u64,
    ) -> std::result::Result<Option<Vec<u8>>, PortError> {
        self.account.read(bucket, key, at_most).await
    }

    async fn read_version(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        at_most: u64,
    ) -> std::result::Result<Option<Vec<u8>>, PortError> {
        self.account.read_version(bucket, object, at_most).await
    }

    async fn checksum(
        &self,
        bucket: &str,
        object: &ObjectVersion,
    ) -> std::result::Result<Option<Checksum>, PortError> {
        self.account.checksum(bucket, object).await
    }

    async fn keep_manifest(
        &self,
        digest: &str,
        text: &str,
    ) -> std::result::Result<Option<String>, PortError> {
        self.account.keep_manifest(digest, text).await
    }
}

#[test]
fn a_refusal_is_one_gap_however_often_and_in_whatever_words_it_comes() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    let mut request = training_job("t", &[]);
    request["InputDataConfig"] = json!([{ "ChannelName": "train", "DataSource": { "S3DataSource": {
        "S3DataType": "S3Prefix", "S3Uri": "s3://theirs/in/" } } }]);
    local.create(ResourceKind::TrainingJob, &request, 20)?;
    let store = &local.system.store;
    let objects = &Closed { account, asked: Cell::new(0) };
    let settings = &local.system.bundle.settings().lineage;
    let recorder = RecordLineage { account, objects, source: &local.system.git, table: store, settings };
    let events = account.drain_events()?;
    for event in events.iter().cycle().take(events.len() * 5) {
        for event in decode(&event.to_string())? {
            if let Event::ResourceChanged(change) = event {
                block_on(recorder.record(&change)).map_err(|failure| format!("{failure:?}"))?;
            }
        }
    }
    assert!(objects.asked.get() > 4, "asked {} times", objects.asked.get());
    let items = store.items()?;
    let gaps: Vec<&str> = items.iter().flat_map(|item| item.set("gaps")).collect();
    let of_channel: Vec<&&str> = gaps.iter().filter(|gap| gap.contains("channel/train")).collect();
    assert_eq!(of_channel.len(), 1, "{gaps:?}");
    assert!(of_channel[0].ends_with("the objects at `s3://theirs/in/` cannot be listed: denied"), "{gaps:?}");
    Ok(())
}

fn hash(store: &Store) -> Result<String> {
    Ok(store.state_hash()?)
}

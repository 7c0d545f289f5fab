//! Records about data, and about people who made and deleted things: checksums, manifests, explanations, secrets, creators, deletions. In
//! any order of events, the store ends the same.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::cell::Cell;

use futures::executor::block_on;
use sagewarden_events::{Actor, Resource, ResourceKind, decode};
use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_govern::{Absent, Moment, Question, lookup_lineage, route};
use sagewarden_lineage::answer::Format;
use sagewarden_local::{Call, Guard, Guarded, Store, Story, System};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, endpoint_config, training_job};
use sagewarden_view::lineage;
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
    // The digest of `abc` in FIPS 180-4.
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

/// A job whose channel is a manifest; the sources of its channel and its manifest, and the gaps.
fn listed(data_type: &str, text: &str) -> Result<(Value, Vec<Value>, Vec<Value>, String)> {
    let local = Local::new()?;
    let account = &local.system.account;
    for key in ["in/a.csv", "in/b.csv", "in/c.csv", "other/d.csv"] {
        account.put_object("data", key, key.as_bytes(), at(0))?;
    }
    account.put_object("data", "lists/train.manifest", text.as_bytes(), at(5))?;
    let channel = json!([{ "ChannelName": "train", "DataSource": { "S3DataSource": {
        "S3DataType": data_type, "S3Uri": "s3://data/lists/train.manifest" } } }]);
    trained(&local, &[("InputDataConfig", channel)])?;
    // Later than the job, so the job did not read them.
    account.put_object("data", "in/a.csv", b"another", at(500))?;
    account.put_object("data", "lists/train.manifest", b"[]", at(500))?;
    local.settle()?;
    let lineage = local.lineage("training-job/t")?;
    let sources = |role: &str| -> Vec<Value> {
        let edges = lineage["edges"].as_array().into_iter().flatten();
        let from: Vec<&Value> = edges.filter(|edge| edge["role"] == role).map(|edge| &edge["from"]).collect();
        nodes(&lineage).into_iter().filter(|node| from.contains(&&node["id"])).cloned().collect()
    };
    let (data, manifest) = (sources("channel/train"), sources("manifest/channel/train"));
    let missing = lineage["missing"].to_string();
    Ok((lineage, data, manifest, missing))
}

#[test]
fn what_a_manifest_lists_is_what_the_job_read() -> Result<()> {
    let (lineage, data, manifest, missing) =
        listed("ManifestFile", r#"[{"prefix": "s3://data/in/"}, "a.csv", "c.csv"]"#)?;
    assert_eq!((data.len(), &data[0]["objects"], manifest.len()), (1, &json!(2), 1), "{lineage}");
    assert_eq!(manifest[0]["uri"], "s3://data/lists/train.manifest");
    let members: Vec<&Value> = nodes(&lineage).into_iter().filter(|node| node["size"] == 8).collect();
    let uris: Vec<&Value> = members.iter().map(|node| &node["uri"]).collect();
    assert_eq!(uris, ["s3://data/in/a.csv", "s3://data/in/c.csv"], "as they stood when it began: {lineage}");
    assert!(!missing.contains("manifest"), "{missing}");

    let lines =
        "{\"source-ref\": \"s3://data/in/b.csv\"}\n{\"source-ref\": \"s3://data/other/d.csv\", \"l\": 1}\n";
    let (lineage, data, manifest, _) = listed("AugmentedManifestFile", lines)?;
    assert_eq!((data.len(), &data[0]["objects"], manifest.len()), (1, &json!(2), 1), "{lineage}");

    // One that was gone, and a list of one.
    let (lineage, data, _, missing) =
        listed("ManifestFile", r#"[{"prefix": "s3://data/in/"}, "a.csv", "gone.csv"]"#)?;
    assert_eq!((data.len(), &data[0]["uri"]), (1, &json!("s3://data/in/a.csv")), "{lineage}");
    let said = "1 of 2 objects that `s3://data/lists/train.manifest` lists did not exist";
    assert!(missing.contains(said), "{missing}");
    Ok(())
}

#[test]
fn a_manifest_that_cannot_be_read_is_all_that_is_known_and_that_is_said() -> Result<()> {
    for (data_type, text, why) in [
        ("ManifestFile", "a,b\n", "it is not a manifest"),
        ("ManifestFile", r#"[{"prefix": "s3://data/in/"}, "gone.csv"]"#, "none of them existed then"),
        ("AugmentedManifestFile", "{\"source\": \"a text\"}\n", "it names no objects"),
    ] {
        let (lineage, data, manifest, missing) = listed(data_type, text)?;
        assert_eq!((data.len(), manifest.len()), (0, 1), "{lineage}");
        assert_eq!(manifest[0]["uri"], "s3://data/lists/train.manifest", "{lineage}");
        let said = format!("the objects that `s3://data/lists/train.manifest` lists are not known: {why}");
        assert!(missing.contains(&said), "{missing}");
    }
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
    let attributions = json!([{ "method": "kernel_shap", "label": "label0", "expected_value": 0.25,
        "features": [["Income", 0.2], ["Age", 0.0596]], "omitted": 0 }]);
    assert_eq!(job["detail"]["Attributions"], attributions, "all of them, beside {}", job["detail"]);
    assert!(job["detail"]["Request"].is_object(), "{lineage}");
    Ok(())
}

#[test]
fn every_attribution_is_in_json_and_on_the_page_and_the_top_ones_elsewhere() -> Result<()> {
    let local = Local::new()?;
    let job = trained(&local, &[])?;
    let values: serde_json::Map<String, Value> =
        (1..=8).map(|number| (format!("PAY_{number}"), json!(f64::from(number) / 10.0))).collect();
    let report = json!({ "explanations": { "kernel_shap": { "label0": { "global_shap_values": values } } } });
    let account = &local.system.account;
    account.put_object("models", "out/t/output/analysis.json", report.to_string().as_bytes(), at(30))?;
    account.put_object("models", "out/t/output/model.tar.gz", b"model", at(30))?;
    account.finish_training(&job, at(60))?;
    local.settle()?;
    let question = Question::about("training-job/t");
    let answer = block_on(lookup_lineage(&local.system.store, &question))?;
    let json = lineage::text(&answer, Format::Json);
    let (page, csv) = (lineage::html(&answer), lineage::csv(&answer));
    let artifact = Question::about("s3://models/out/t/output/model.tar.gz");
    let tree = lineage::tree(&block_on(lookup_lineage(&local.system.store, &artifact))?);
    for number in 1..=8 {
        let feature = format!("PAY_{number}");
        assert!(json.contains(&feature), "{json}");
        assert!(page.contains(&format!("<li>{feature} 0.{number} </li>")), "{feature}");
        assert_eq!(tree.contains(&feature), number > 3, "{tree}");
        assert_eq!(csv.contains(&feature), number > 3, "{csv}");
    }
    // A day before the report there was none.
    let before = Question { at: Some(at(20).to_string()), ..question };
    let answer = block_on(lookup_lineage(&local.system.store, &before))?;
    assert!(!lineage::text(&answer, Format::Json).contains("PAY_"), "{answer:?}");
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
        // Delivered while the first incarnation exists, or after.
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

#[test]
fn who_asked_for_what_an_endpoint_runs_is_known_of_each_deployment_in_any_order() -> Result<()> {
    let ben = "arn:aws:iam::111122223333:user/ben";
    let caller = |arn: &str| Actor { arn: Some(arn.to_owned()), ..Actor::default() };
    let world = Local::new()?;
    let account = &world.system.account;
    let endpoint = world.serve()?;
    world.create(ResourceKind::EndpointConfig, &endpoint_config("green", "m"), 110)?;
    account.update_endpoint("prod", "green", Some(&caller(ben)), at(200))?;
    account.finish_endpoint(&endpoint, at(300))?;
    // Back again, by somebody else: not a new deployment.
    account.update_endpoint("prod", "c", Some(&caller("arn:aws:iam::111122223333:user/cleo")), at(400))?;
    account.finish_endpoint(&endpoint, at(500))?;
    let mut events = account.drain_events()?;
    // Asked for later than it came into force, or refused.
    let request = json!({ "endpointName": "Prod", "endpointConfigName": "green" });
    events.push(call("UpdateEndpoint", &request, 350));
    let mut refused = call("UpdateEndpoint", &request, 250);
    refused["detail"]["errorCode"] = "ValidationException".into();
    events.push(refused);
    let mut hashes = Vec::new();
    for order in 0..8 {
        let system = System { store: Store::in_memory()?, ..world.system.clone() };
        match order {
            0 => {}
            1 => events.reverse(),
            _ => events.rotate_left(3),
        }
        for event in events.iter().chain(&events) {
            block_on(system.deliver(&event.to_string(), at(600)))?;
        }
        for (config, who) in [("green", ben), ("c", ANA)] {
            let items = system.store.items()?;
            let dep = items.iter().find(|item| {
                item.key.pk.starts_with("dep#")
                    && item.key.pk.contains(&format!("/{config}@"))
                    && item.key.sk == "#"
            });
            let dep = dep.ok_or_else(|| format!("{config} was not deployed"))?;
            assert_eq!(dep.text("created_by"), Some(who), "{config} in order {order}: {dep:?}");
        }
        hashes.push(hash(&system.store)?);
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1, "the order shows in the store");
    Ok(())
}

/// Somebody else's buckets: each refusal comes in other words.
#[derive(Default)]
struct Closed {
    asked: Cell<usize>,
}

impl Guard for Closed {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if call.method != "Objects::versions" {
            return Ok(());
        }
        let bucket = call.about.trim_start_matches("s3://").split('/').next().unwrap_or_default();
        self.asked.set(self.asked.get() + 1);
        let words = format!("not authorized (request id {})", self.asked.get());
        Err(PortError::new(PortErrorKind::Denied, format!("list `{bucket}`"), words))
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
    let objects = Guarded::new(account.clone(), Closed::default());
    let world = local.system.world().with_objects(objects.clone(), Absent);
    let events = account.drain_events()?;
    let moment = Moment { now: at(60), owner: "test".to_owned() };
    for event in events.iter().cycle().take(events.len() * 5) {
        for event in decode(&event.to_string())? {
            if let Some(outcome) = block_on(route::record_lineage(&world, &event, &moment)) {
                outcome.map_err(|failure| format!("{failure:?}"))?;
            }
        }
    }
    assert!(objects.guard.asked.get() > 4, "asked {} times", objects.guard.asked.get());
    let items = store.items()?;
    let gaps: Vec<&str> = items.iter().flat_map(|item| item.set("gaps")).collect();
    let of_channel: Vec<&&str> = gaps.iter().filter(|gap| gap.contains("channel/train")).collect();
    assert_eq!(of_channel.len(), 1, "{gaps:?}");
    assert!(
        of_channel[0].ends_with(
            "the objects at `s3://theirs/in/` cannot be listed: denied, s3:ListBucketVersions is missing"
        ),
        "{gaps:?}"
    );
    Ok(())
}

/// Somebody who may not read explanations until it is granted.
#[derive(Default)]
struct Ungranted {
    granted: Cell<bool>,
}

impl Guard for Ungranted {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if call.method != "Objects::read_version" || self.granted.get() {
            return Ok(());
        }
        Err(PortError::new(PortErrorKind::Denied, "read", "not authorized"))
    }
}

#[test]
fn an_explanation_or_manifest_that_may_not_be_read_is_a_gap_with_the_permission_until_it_is_read()
-> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    let mut request = training_job("t", &[]);
    request["InputDataConfig"] = json!([{ "ChannelName": "train", "DataSource": { "S3DataSource": {
        "S3DataType": "ManifestFile", "S3Uri": "s3://data/in/list.manifest" } } }]);
    account.put_object("data", "in/a.csv", b"1,2", at(0))?;
    account.put_object("data", "in/list.manifest", br#"[{"prefix":"s3://data/in/"},"a.csv"]"#, at(0))?;
    let job = local.create(ResourceKind::TrainingJob, &request, 20)?;
    let values = json!({ "Age": 0.5 });
    let report = json!({ "explanations": { "kernel_shap": { "label0": { "global_shap_values": values } } } });
    account.put_object("models", "out/t/output/analysis.json", report.to_string().as_bytes(), at(30))?;
    account.put_object("models", "out/t/output/model.tar.gz", b"model", at(30))?;
    account.finish_training(&job, at(60))?;
    let events = account.drain_events()?;
    let objects = Guarded::new(account.clone(), Ungranted::default());
    let moment = Moment { now: at(60), owner: "test".to_owned() };
    let missing = || -> Result<Vec<Value>> {
        let world = local.system.world().with_objects(objects.clone(), Absent);
        for event in events.iter().flat_map(|event| decode(&event.to_string())).flatten() {
            if let Some(outcome) = block_on(route::record_lineage(&world, &event, &moment)) {
                outcome.map_err(|failure| format!("{failure:?}"))?;
            }
        }
        let lineage = local.lineage("training-job/t")?;
        Ok(lineage["missing"].as_array().cloned().unwrap_or_default())
    };
    let gaps = format!("{:?}", missing()?);
    let explanation = "the explanation `s3://models/out/t/output/analysis.json` cannot be read: denied, \
        s3:GetObject, s3:GetObjectVersion or kms:Decrypt is missing";
    assert!(gaps.contains(explanation), "{gaps}");
    let manifest = "lists are not known: denied, s3:GetObject, s3:GetObjectVersion, s3:ListBucketVersions or kms:Decrypt";
    assert!(gaps.contains(manifest), "{gaps}");
    objects.guard.granted.set(true);
    let gaps = format!("{:?}", missing()?);
    assert!(!gaps.contains("denied"), "{gaps}");
    Ok(())
}

fn hash(store: &Store) -> Result<String> {
    Ok(store.state_hash()?)
}

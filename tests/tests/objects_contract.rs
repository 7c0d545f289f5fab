//! The contract of the object store, for the simulated account and for S3.

use std::thread::sleep;
use std::time::Duration;

use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{Files, Objects};
use sagewarden_local::{SimulatedAccount, Store};
use sagewarden_s3::S3Objects;
use sagewarden_tests::aws::Aws;
use sagewarden_tests::aws::REGION;
use sagewarden_tests::emulator::{ACCOUNT, Emulator};
use sagewarden_tests::{Result, now};
use serde_json::{Value, json};

/// How a test puts objects into the store that it looks at.
trait Bucket {
    /// Makes a bucket.
    fn make(&mut self, bucket: &str, versioned: bool) -> Result<()>;
    /// Writes an object; returns its version, if there is one.
    fn put(&mut self, bucket: &str, key: &str, body: &str) -> Result<Option<String>>;
    /// Deletes an object.
    fn delete(&mut self, bucket: &str, key: &str) -> Result<()>;
}

struct Simulated(SimulatedAccount);

impl Bucket for Simulated {
    fn make(&mut self, bucket: &str, versioned: bool) -> Result<()> {
        Ok(self.0.create_bucket(bucket, versioned)?)
    }
    fn put(&mut self, bucket: &str, key: &str, body: &str) -> Result<Option<String>> {
        Ok(self.0.put_object(bucket, key, body.as_bytes(), now())?)
    }
    fn delete(&mut self, bucket: &str, key: &str) -> Result<()> {
        Ok(self.0.delete_object(bucket, key, now())?)
    }
}

struct Emulated(Aws);

impl Bucket for Emulated {
    fn make(&mut self, bucket: &str, versioned: bool) -> Result<()> {
        let place = json!({ "LocationConstraint": REGION });
        self.0.call(
            "s3",
            "create_bucket",
            json!({ "Bucket": bucket, "CreateBucketConfiguration": place }),
        )?;
        if versioned {
            let versions = json!({ "Bucket": bucket, "VersioningConfiguration": { "Status": "Enabled" } });
            self.0.call("s3", "put_bucket_versioning", versions)?;
        }
        Ok(())
    }
    fn put(&mut self, bucket: &str, key: &str, body: &str) -> Result<Option<String>> {
        let answer = self.0.call(
            "s3",
            "put_object",
            json!({ "Bucket": bucket, "Key": key, "Body": body, "ChecksumAlgorithm": "SHA256" }),
        )?;
        Ok(answer.get("VersionId").and_then(Value::as_str).map(str::to_owned))
    }
    fn delete(&mut self, bucket: &str, key: &str) -> Result<()> {
        self.0.call("s3", "delete_object", json!({ "Bucket": bucket, "Key": key }))?;
        Ok(())
    }
}

#[tokio::test]
async fn the_simulated_account_keeps_the_contract() -> Result<()> {
    let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
    contract(&account, &mut Simulated(account.clone())).await
}

#[tokio::test]
async fn s3_keeps_the_contract() -> Result<()> {
    let emulator = Emulator::start(&[])?;
    let config = emulator.config().await;
    contract(&S3Objects::new(&config), &mut Emulated(emulator.aws()?)).await?;

    // A manifest is kept once, under its digest.
    Emulated(emulator.aws()?).make("own", true)?;
    let keeper = S3Objects::new(&config).with_manifests("own");
    for _ in 0..2 {
        let place = keeper.keep_manifest("0a1b", "s3://b/k\tv\t1\n").await?;
        assert_eq!(place.as_deref(), Some("s3://own/manifests/0a1b.tsv"));
    }
    let kept = keeper.read("own", "manifests/0a1b.tsv", 100).await?;
    assert_eq!(kept.as_deref(), Some(b"s3://b/k\tv\t1\n".as_slice()));
    assert_eq!(S3Objects::new(&config).keep_manifest("0a1b", "").await?, None);
    Ok(())
}

async fn contract(objects: &(impl Objects + Files), bucket: &mut impl Bucket) -> Result<()> {
    files_are_streamed_while_they_are_there(objects, bucket).await?;
    what_stood_there_at_a_time_is_found(objects, bucket).await?;
    deleted_objects_are_not_there(objects, bucket).await?;
    a_bucket_without_versions_has_none(objects, bucket).await?;
    listings_are_bounded_and_in_order(objects, bucket).await?;
    a_version_and_its_checksum_are_read_while_it_exists(objects, bucket).await?;
    objects_are_read(objects, bucket).await
}

async fn a_version_and_its_checksum_are_read_while_it_exists(
    objects: &impl Objects,
    bucket: &mut impl Bucket,
) -> Result<()> {
    for (name, versioned) in [("summed", true), ("summed-plain", false)] {
        bucket.make(name, versioned)?;
        bucket.put(name, "a", "abc")?;
        let old = objects.versions(name, "a", now(), 10).await?.objects.remove(0);
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let sum = objects.checksum(name, &old).await?.and_then(|sum| sum.sha256());
        assert_eq!(sum.as_deref(), Some(hash), "{name}");
        assert_eq!(objects.entity_tag(name, "a").await?, Some(old.etag.clone()), "{name}");
        bucket.put(name, "a", "another")?;
        assert!(objects.entity_tag(name, "a").await?.is_some_and(|tag| tag != old.etag), "{name}");
        assert_eq!(objects.entity_tag(name, "nobody").await?, None, "{name}");
        let there = versioned.then_some(b"abc".to_vec());
        assert_eq!(objects.read_version(name, &old, 100).await?, there, "{name}");
        let sum = objects.checksum(name, &old).await?.and_then(|sum| sum.sha256());
        assert_eq!(
            sum.as_deref(),
            versioned.then_some(hash),
            "{name}: of what stands there now it is no checksum"
        );
    }
    Ok(())
}

async fn what_stood_there_at_a_time_is_found(objects: &impl Objects, bucket: &mut impl Bucket) -> Result<()> {
    bucket.make("versions", true)?;
    let first = bucket.put("versions", "data/a.csv", "one")?;
    let between = next_second();
    let second = bucket.put("versions", "data/a.csv", "two, longer")?;
    assert_ne!(first, second);
    let found = async |as_of: Timestamp| -> Result<Vec<Option<String>>> {
        let listing = objects.versions("versions", "data/a.csv", as_of, 10).await?;
        assert!(listing.complete);
        Ok(listing.objects.into_iter().map(|object| object.version_id).collect())
    };
    assert_eq!(found(between).await?, [first]);
    assert_eq!(found(now()).await?, vec![second.clone()]);
    assert_eq!(found(Timestamp::from_millis(1_000)).await?, []);
    let now_there = objects.versions("versions", "data/", now(), 10).await?;
    let object = now_there.objects.first().ok_or("nothing was found under the prefix")?;
    assert_eq!((object.key.as_str(), object.size, &object.version_id), ("data/a.csv", 11, &second));
    assert_eq!(object.etag.len(), 32);
    assert_eq!(objects.versions("versions", "other/", now(), 10).await?.objects, []);
    Ok(())
}

async fn deleted_objects_are_not_there(objects: &impl Objects, bucket: &mut impl Bucket) -> Result<()> {
    bucket.make("deleted", true)?;
    let first = bucket.put("deleted", "a", "one")?;
    let before = next_second();
    bucket.delete("deleted", "a")?;
    assert_eq!(objects.versions("deleted", "a", now(), 10).await?.objects, []);
    let there = objects.versions("deleted", "a", before, 10).await?.objects;
    assert_eq!(there.into_iter().map(|object| object.version_id).collect::<Vec<_>>(), [first]);
    assert_eq!(objects.read("deleted", "a", 100).await?, None);
    assert_eq!(objects.entity_tag("deleted", "a").await?, None);
    Ok(())
}

async fn a_bucket_without_versions_has_none(objects: &impl Objects, bucket: &mut impl Bucket) -> Result<()> {
    bucket.make("plain", false)?;
    bucket.put("plain", "a", "one")?;
    bucket.put("plain", "a", "two")?;
    let found = objects.versions("plain", "a", now(), 10).await?.objects;
    assert_eq!(found.iter().map(|object| object.version_id.clone()).collect::<Vec<_>>(), [None]);
    Ok(())
}

async fn listings_are_bounded_and_in_order(objects: &impl Objects, bucket: &mut impl Bucket) -> Result<()> {
    bucket.make("many", true)?;
    for key in ["d/3", "d/1", "d/2", "e/1"] {
        bucket.put("many", key, key)?;
    }
    let keys = async |at_most: usize| -> Result<(Vec<String>, bool)> {
        let listing = objects.versions("many", "d/", now(), at_most).await?;
        Ok((listing.objects.into_iter().map(|object| object.key).collect(), listing.complete))
    };
    assert_eq!(keys(3).await?, (vec!["d/1".into(), "d/2".into(), "d/3".into()], true));
    assert_eq!(keys(2).await?, (vec!["d/1".into(), "d/2".into()], false));
    Ok(())
}

async fn objects_are_read(objects: &impl Objects, bucket: &mut impl Bucket) -> Result<()> {
    bucket.make("read", true)?;
    bucket.put("read", "reports/constraint_violations.json", "{\"violations\": []}")?;
    let read = objects.read("read", "reports/constraint_violations.json", 100).await?;
    assert_eq!(read.as_deref(), Some(b"{\"violations\": []}".as_slice()));
    assert_eq!(objects.read("read", "missing", 100).await?, None);
    let error = objects.read("read", "reports/constraint_violations.json", 10).await.err();
    let error = error.ok_or("more than was asked for was read")?;
    assert!(!error.is_retryable() && error.to_string().contains("18 bytes"), "{error}");
    Ok(())
}

async fn files_are_streamed_while_they_are_there(
    files: &(impl Objects + Files),
    bucket: &mut impl Bucket,
) -> Result<()> {
    let long: String = (0..60_000).map(|line| format!("line {line}\n")).collect();
    for (name, versioned) in [("streamed", true), ("streamed-plain", false)] {
        bucket.make(name, versioned)?;
        files.write(name, "captured/a b.jsonl", "application/jsonlines", long.as_bytes()).await?;
        let object = files.versions(name, "captured/", now(), 10).await?.objects.remove(0);
        let (mut whole, mut pieces) = (Vec::new(), 0);
        let mut take = |piece: &[u8]| {
            whole.extend_from_slice(piece);
            pieces += 1;
        };
        assert!(files.stream(name, &object, &mut take).await?, "{name}");
        assert!(pieces > 1, "{name}: it came as one piece");
        assert!(whole == long.as_bytes(), "{name}: {} bytes of {} came", whole.len(), long.len());

        files.write(name, "captured/a b.jsonl", "application/jsonlines", b"another").await?;
        assert_eq!(files.stream(name, &object, &mut |_| ()).await?, versioned, "{name}");
        let read = files.read(name, "captured/a b.jsonl", 100).await?;
        assert_eq!(read.as_deref(), Some(b"another".as_slice()), "{name}");
    }
    Ok(())
}

/// The last moment of this second, once it is over: later writes have a later time.
fn next_second() -> Timestamp {
    let second = now().millis() / 1000;
    while now().millis() / 1000 == second {
        sleep(Duration::from_millis(5));
    }
    Timestamp::from_millis(second * 1000 + 999)
}

//! Manifests, which a job may get in place of a prefix. The objects that a manifest lists are the job's data ("S3DataSource", SageMaker API
//! reference; "Augmented manifest files for training jobs", SageMaker developer guide).

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::s3::S3Location;

/// How a manifest names objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestKind {
    /// `[{"prefix": "s3://bucket/some/"}, "a.csv", "b.csv"]`
    Listed,
    /// JSON lines, each with attributes such as `"source-ref": "s3://bucket/cat.jpg"`. An attribute whose name ends in `-ref` names an
    /// object.
    Augmented,
}

impl ManifestKind {
    /// Reads an `S3DataType`; `None` if it is not a manifest.
    #[must_use]
    pub fn of(data_type: &str) -> Option<Self> {
        match data_type {
            "ManifestFile" => Some(Self::Listed),
            "AugmentedManifestFile" => Some(Self::Augmented),
            _ => None,
        }
    }

    /// The objects that a manifest names.
    ///
    /// # Errors
    /// If it is not a manifest, names nothing, or names objects of several buckets; the words are the same each time.
    pub fn read(self, text: &[u8]) -> Result<ListedObjects, &'static str> {
        let uris = match self {
            Self::Listed => listed(text),
            Self::Augmented => augmented(text),
        };
        let places = uris.ok_or("it is not a manifest")?;
        let mut objects = ListedObjects { bucket: String::new(), keys: BTreeSet::new() };
        for place in places {
            let S3Location { bucket, key } = S3Location::parse(&place).ok_or("it is not a manifest")?;
            if objects.keys.is_empty() {
                objects.bucket = bucket;
            } else if objects.bucket != bucket {
                return Err("it names objects of several buckets");
            }
            objects.keys.insert(key);
        }
        if objects.keys.is_empty() { Err("it names no objects") } else { Ok(objects) }
    }
}

/// The objects in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObjects {
    /// The bucket of all of them.
    pub bucket: String,
    /// Their keys; never empty.
    pub keys: BTreeSet<String>,
}

fn listed(text: &[u8]) -> Option<Vec<String>> {
    let Json::Array(entries) = serde_json::from_slice(text).ok()? else { return None };
    let (first, rest) = entries.split_first()?;
    let prefix = first.get("prefix")?.as_str()?;
    rest.iter().map(|suffix| Some(format!("{prefix}{}", suffix.as_str()?))).collect()
}

fn augmented(text: &[u8]) -> Option<Vec<String>> {
    let mut uris = Vec::new();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let Json::Object(record) = serde_json::from_slice(line).ok()? else { return None };
        let named = record.into_iter().filter(|(name, _)| name.ends_with("-ref"));
        uris.extend(named.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
    }
    Some(uris)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_objects_or_says_in_constant_words_why_not() {
        let check = |kind: ManifestKind, text: &str, expect: Result<&[&str], &str>| {
            let read = kind.read(text.as_bytes());
            let keys = |found: ListedObjects| found.keys.into_iter().collect::<Vec<_>>();
            let expect = expect.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
            assert_eq!(read.map(keys), expect, "{text}");
        };
        use ManifestKind::{Augmented, Listed};
        check(Listed, r#"[{"prefix": "s3://b/some/"}, "x/1", "2", "2"]"#, Ok(&["some/2", "some/x/1"]));
        check(Listed, r#"[{"prefix": "s3://b/some/"}]"#, Err("it names no objects"));
        check(Listed, r#"["s3://b/some/", "1"]"#, Err("it is not a manifest"));
        check(Listed, r#"[{"prefix": "https://b/"}, "1"]"#, Err("it is not a manifest"));
        check(Listed, r#"[{"prefix": "s3://b/"}, 1]"#, Err("it is not a manifest"));
        check(Listed, "a,b\n1,2\n", Err("it is not a manifest"));
        check(Listed, "[]", Err("it is not a manifest"));
        let lines = "{\"source-ref\": \"s3://b/1.jpg\", \"class\": 1}\r\n\n{\"source-ref\": \"s3://b/2.jpg\", \"mask-ref\": \"s3://b/2.png\"}";
        check(Augmented, lines, Ok(&["1.jpg", "2.jpg", "2.png"]));
        check(Augmented, "{\"source\": \"a text\", \"class\": 1}\n", Err("it names no objects"));
        let two = "{\"source-ref\": \"s3://b/1\"}\n{\"source-ref\": \"s3://c/1\"}\n";
        check(Augmented, two, Err("it names objects of several buckets"));
        check(Augmented, "[1]\n", Err("it is not a manifest"));
        check(Augmented, "not valid JSON", Err("it is not a manifest"));
    }

    #[test]
    fn a_manifest_is_known_by_the_type_of_its_data() {
        let check =
            |data_type: &str, expect: Option<ManifestKind>| assert_eq!(ManifestKind::of(data_type), expect);
        check("ManifestFile", Some(ManifestKind::Listed));
        check("AugmentedManifestFile", Some(ManifestKind::Augmented));
        check("S3Prefix", None);
        let read = ManifestKind::Listed.read(br#"[{"prefix": "s3://b/"}, "1"]"#);
        assert_eq!(read.map(|found| found.bucket), Ok("b".to_owned()));
    }
}

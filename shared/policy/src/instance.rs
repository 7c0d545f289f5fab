//! Instances: how many, and which have storage of their own.

use crate::reader::Reader;

/// Families whose every size has local NVMe storage, so that the API refuses a `VolumeKmsKeyId` ("You can't request a
/// VolumeKmsKeyId when using an instance type with local storage", `ResourceConfig` in the SageMaker API reference).
///
/// Source: `InstanceStorageSupported` and `NvmeSupport` of EC2's `DescribeInstanceTypes` for the families that SageMaker's
/// API model lists, as of 2026-11.
const WITH_NVME: &[&str] = &[
    "c5d", "c6gd", "g4dn", "g5", "g6", "g6e", "g7", "g7e", "m5d", "m6gd", "p3dn", "p4d", "p4de", "p5", "p5e",
    "p5en", "p6-b200", "p6-b300", "r5d", "r6gd", "r7gd", "trn1", "trn1n", "trn2",
];

/// Families that EC2 did not describe then: whether they take a key is not known, so that none is demanded.
const NOT_DESCRIBED: &[&str] = &["dl1", "p6e-gb200"];

/// Whether an instance type such as `ml.g5.xlarge` keeps its data on local NVMe storage, which its hardware encrypts.
pub(crate) fn has_local_nvme(instance_type: &str) -> bool {
    WITH_NVME.contains(&family(instance_type))
}

fn family(instance_type: &str) -> &str {
    let name = instance_type.strip_prefix("ml.").unwrap_or(instance_type);
    name.split('.').next().unwrap_or(name)
}

/// Patterns of the instance types that take no key, such as `ml.g5.*`, for languages that know no families.
pub(crate) fn nvme_patterns() -> impl Iterator<Item = String> {
    WITH_NVME.iter().chain(NOT_DESCRIBED).map(|family| format!("ml.{family}.*"))
}

/// The instances of a job.
pub(crate) struct Instances {
    /// How many there are.
    pub(crate) total: i64,
    /// Whether one of them has a volume that takes a key.
    pub(crate) takes_volume_key: bool,
}

impl Instances {
    /// Reads a cluster: one type and number, groups of them, or alternatives of which a job gets one.
    pub(crate) fn of(reader: &Reader<'_>, cluster: &str) -> Self {
        let of = |list: &str| reader.parts(&format!("{cluster}.{list}[]"));
        let groups = of("InstanceGroups");
        let alternatives = [of("InstanceConfigs"), of("InstancePreferences")];
        let alternatives = alternatives.into_iter().find(|parts| !parts.is_empty()).unwrap_or_default();
        let count = |part: &Reader<'_>| part.number("InstanceCount").unwrap_or(1);
        let largest = alternatives.iter().map(count).max();
        let parts = [groups, alternatives].into_iter().find(|parts| !parts.is_empty());
        let parts = parts.unwrap_or_else(|| reader.parts(cluster));
        let types: Vec<(&Reader<'_>, &str)> =
            parts.iter().filter_map(|part| Some((part, part.text("InstanceType")?))).collect();
        if !reader.has_text(&format!("{cluster}.VolumeKmsKeyId")) {
            for (part, name) in types.iter().filter(|(_, name)| NOT_DESCRIBED.contains(&family(name))) {
                let reason = format!(
                    "(`{name}`) is not known to take a key: the API refuses one where the storage is local"
                );
                part.undecided("InstanceType", reason);
            }
        }
        Self {
            total: largest.unwrap_or_else(|| parts.iter().map(count).fold(0, i64::saturating_add)),
            // A serverless job names no instance and has no volume.
            takes_volume_key: types.iter().any(|(_, name)| !has_local_nvme(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::reader::UnreadablePaths;

    #[test]
    fn instances_are_counted_in_every_form_of_a_cluster() {
        let check = |cluster: Value, total: i64, takes_volume_key: bool| {
            let (document, unreadable) = (json!({ "C": cluster }), UnreadablePaths::default());
            let found = Instances::of(&Reader::new(&document, &unreadable), "C");
            assert_eq!((found.total, found.takes_volume_key), (total, takes_volume_key), "{document}");
        };
        let of = |kind: &str, count: i64| json!({ "InstanceType": kind, "InstanceCount": count });
        let (plain, nvme) = ("ml.m5.xlarge", "ml.g5.xlarge");
        check(of(plain, 3), 3, true);
        check(of(nvme, 3), 3, false);
        check(json!({ "InstanceType": plain }), 1, true);
        check(json!({}), 0, false);
        check(json!({ "InstanceGroups": [of(nvme, 2), of(plain, 3)] }), 5, true);
        check(json!({ "InstanceGroups": [of(nvme, 2), of(nvme, 3)] }), 5, false);
        check(json!({ "InstanceConfigs": [of(nvme, 2), of(plain, 3)] }), 3, true);
        check(json!({ "InstancePreferences": [of(nvme, 4), of(nvme, 3)] }), 4, false);
    }

    #[test]
    fn every_family_has_a_pattern() {
        let patterns: Vec<String> = nvme_patterns().collect();
        assert_eq!(patterns.len(), WITH_NVME.len() + NOT_DESCRIBED.len());
        assert!(patterns.contains(&"ml.g5.*".to_owned()), "{patterns:?}");
    }

    #[test]
    fn families_are_told_apart_by_their_whole_name() {
        assert!(has_local_nvme("ml.g5.xlarge"));
        assert!(has_local_nvme("ml.p6-b200.48xlarge"));
        assert!(!has_local_nvme("ml.m5.xlarge"));
        assert!(!has_local_nvme("ml.p3.2xlarge"));
        assert!(has_local_nvme("ml.p3dn.24xlarge"));
        assert!(!has_local_nvme(""));
    }
}

//! The facts that the name of a KMS key shows, and the facts that only KMS knows.

use sagewarden_events::{KeyManager, Resource, ResourceKind};
use serde_json::{Value as Json, json};
use wildmatch::WildMatch;

use crate::arn::Arn;
use crate::lists::{List, of_kind};

/// The operation that says who manages a key. Only the name of the question and `KeyManager` of the answer are kept.
pub const KEY_OPERATION: &str = "DescribeKey";

/// The answer to [`KEY_OPERATION`] about a key, as controls read it.
#[must_use]
pub fn key_answer(key: &str, manager: KeyManager) -> Json {
    json!({ "KeyMetadata": { "KeyId": key, "KeyManager": manager.word() } })
}

/// In place of an answer to [`KEY_OPERATION`]: why nothing is known about this key. The answers about other keys are beside it.
#[must_use]
pub fn key_refusal(key: &str, reason: &str) -> Json {
    json!({ "KeyMetadata": { "KeyId": key }, "Refused": reason })
}

/// Where resources of a kind name keys: paths as in controls.
pub(crate) fn key_paths(kind: ResourceKind) -> impl Iterator<Item = &'static str> {
    let rows = of_kind(kind).iter().filter(|row| row.list == List::Keys);
    rows.flat_map(|row| row.paths.iter().copied())
}

/// Whether only KMS knows who manages a key. The name of an alias shows it, and a key that AWS manages serves only its own account.
pub(crate) fn is_for_kms_to_say(key: &str, resource: &Resource) -> bool {
    let own = resource.account.as_str();
    alias(key).is_none() && (own.is_empty() || key_account(key, own) == own)
}

/// Aliases of keys that AWS manages begin with `alias/aws/`, and only AWS may create such ("CreateAlias", KMS API reference).
pub(crate) fn is_aws_alias(key: &str) -> bool {
    alias(key).is_some_and(|name| name.starts_with("aws/"))
}

fn alias(key: &str) -> Option<&str> {
    key.rsplit(':').next()?.strip_prefix("alias/")
}

/// The account of a KMS key: part of the ARN of a key or alias; a bare key id or alias name is the caller's own.
pub(crate) fn key_account<'a>(key: &'a str, own: &'a str) -> &'a str {
    let mut parts = key.split(':');
    if parts.next() != Some("arn") {
        return own;
    }
    parts.nth(3).filter(|account| !account.is_empty()).unwrap_or(own)
}

/// Whether an ARN is of KMS and of the resource's partition: accounts of two partitions have nothing to do with each other. An id or an alias
/// is a key of the resource's own account.
pub(crate) fn is_of_kms(key: &str, resource: &Resource) -> bool {
    if !key.starts_with("arn:") {
        return true;
    }
    let is_of = |arn: Arn<'_>| {
        arn.service == "kms" && (resource.account.is_empty() || arn.partition == resource.partition)
    };
    Arn::parse(key).is_some_and(is_of)
}

/// Whether a key fits a pattern of ARNs. A bare id or alias is a key of the resource's own account and region.
pub(crate) fn is_key(pattern: &str, key: &str, resource: &Resource) -> bool {
    if key.starts_with("arn:") {
        return WildMatch::new(pattern).matches(key);
    }
    let name = if key.starts_with("alias/") { key.to_owned() } else { format!("key/{key}") };
    is_own(pattern, "kms", &name, resource)
}

/// Whether the key or alias of this name in the resource's own account and region fits a pattern of ARNs.
pub(crate) fn is_own(pattern: &str, service: &str, name: &str, resource: &Resource) -> bool {
    let Resource { partition, account, region, .. } = resource;
    // A request in a file does not name its account and region.
    if account.is_empty() || region.is_empty() {
        return WildMatch::new(pattern.rsplit(':').next().unwrap_or(pattern)).matches(name);
    }
    WildMatch::new(pattern).matches(&format!("arn:{partition}:{service}:{region}:{account}:{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_a_key_is_read_from_every_form_of_its_name() {
        let check = |key: &str, expect: &str| assert_eq!(key_account(key, "own"), expect, "{key}");
        check("1234abcd-12ab-34cd-56ef-1234567890ab", "own");
        check("alias/credit", "own");
        check("arn:aws:kms:eu-west-1:999988887777:key/1234abcd", "999988887777");
        check("arn:aws:kms:eu-west-1:999988887777:alias/credit", "999988887777");
    }

    #[test]
    fn an_allowed_key_is_known_by_its_arn_and_in_its_own_account_by_its_id_and_alias() {
        let job = Resource::in_region(ResourceKind::TrainingJob, "111122223333", "eu-west-1", "t");
        let check = |pattern: &str, key: &str, expect: bool| {
            assert_eq!(is_key(pattern, key, &job), expect, "{pattern}: {key}");
        };
        let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd";
        check(key, key, true);
        check(key, "1234abcd", true);
        check(key, "5678", false);
        check(key, "arn:aws:kms:eu-west-1:111122223333:key/5678", false);
        check("arn:aws:kms:*:111122223333:alias/ds-*", "alias/ds-dev", true);
        check("arn:aws:kms:*:111122223333:alias/ds-*", "alias/other", false);
        check("arn:aws:kms:*:444455556666:alias/ds-*", "alias/ds-dev", false);
        check("arn:aws:kms:us-east-1:111122223333:key/*", "1234abcd", false);
    }

    #[test]
    fn a_key_is_of_kms_and_of_the_partition_of_what_it_encrypts() {
        let job = Resource::in_region(ResourceKind::TrainingJob, "111122223333", "eu-west-1", "t");
        let nowhere = Resource::in_region(ResourceKind::TrainingJob, "", "", "t");
        for (key, here, anywhere) in [
            ("1234abcd", true, true),
            ("alias/ds", true, true),
            ("arn:aws:kms:eu-west-1:111122223333:key/1", true, true),
            ("arn:aws-cn:kms:cn-north-1:111122223333:key/1", false, true),
            ("arn:aws:s3:eu-west-1:111122223333:key/1", false, false),
            ("arn:aws:kms", false, false),
        ] {
            assert_eq!((is_of_kms(key, &job), is_of_kms(key, &nowhere)), (here, anywhere), "{key}");
        }
    }

    #[test]
    fn an_alias_and_a_foreign_account_say_who_manages_a_key_and_an_id_does_not() {
        let job = Resource::in_region(ResourceKind::TrainingJob, "111122223333", "eu-west-1", "t");
        let check = |key: &str, for_kms: bool, by_aws: bool| {
            assert_eq!((is_for_kms_to_say(key, &job), is_aws_alias(key)), (for_kms, by_aws), "{key}");
        };
        check("1234abcd-12ab-34cd-56ef-1234567890ab", true, false);
        check("arn:aws:kms:eu-west-1:111122223333:key/1234abcd", true, false);
        check("arn:aws:kms:eu-west-1:999988887777:key/1234abcd", false, false);
        check("alias/credit", false, false);
        check("alias/aws/s3", false, true);
        check("arn:aws:kms:eu-west-1:111122223333:alias/aws/sagemaker", false, true);
    }
    #[test]
    fn an_alias_of_aws_is_told_from_names_that_look_like_one() {
        for key in ["alias/aws/s3", "arn:aws:kms:eu-west-1:1:alias/aws/s3"] {
            assert!(is_aws_alias(key), "{key}");
        }
        for key in ["alias/awsome", "arn:aws:kms:eu-west-1:1:key/alias", "alias/own/aws/"] {
            assert!(!is_aws_alias(key), "{key}");
        }
    }

    #[test]
    fn what_a_file_does_not_place_is_compared_by_its_name_alone() {
        let of = |account: &str, region: &str| {
            Resource::in_region(ResourceKind::TrainingJob, account, region, "t")
        };
        let pattern = "arn:aws:kms:eu-west-1:111122223333:alias/ds-*";
        for (account, region) in [("", "eu-west-1"), ("111122223333", ""), ("", "")] {
            assert!(is_own(pattern, "kms", "alias/ds-1", &of(account, region)), "{account} {region}");
            assert!(!is_own(pattern, "kms", "alias/other", &of(account, region)), "{account} {region}");
        }
        assert!(!is_own(pattern, "kms", "alias/ds-1", &of("111122223333", "us-east-1")));
    }
}

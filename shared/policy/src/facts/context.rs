//! The facts that several kinds share, from a description and the answers beside it: networks, keys, roles, buckets, images.

use std::collections::BTreeMap;

use cedar_policy::RestrictedExpression;
use sagewarden_events::{KeyManager, Resource};
use sagewarden_settings::Settings;
use serde_json::Value as Json;
use wildmatch::WildMatch;

use crate::join::{INLINE_OPERATION, Joined, OperationAnswer, ROLE_OPERATION, tags};
use crate::key::{KEY_OPERATION, is_aws_alias, is_key, is_of_kms, key_account};
use crate::reader::{Reader, UnreadablePaths};

/// The state of reading a resource's facts.
pub(crate) struct Context<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) document: &'a Json,
    pub(crate) joined: &'a Joined,
    pub(crate) settings: &'a Settings,
    pub(crate) unreadable: &'a UnreadablePaths,
}

/// Attributes of the Cedar entity of a resource.
pub(crate) type Facts = Vec<(String, RestrictedExpression)>;

impl<'a> Context<'a> {
    pub(super) fn reader(&self) -> Reader<'a> {
        Reader::new(self.document, self.unreadable)
    }

    /// The documents that an operation answered; none when it was not asked, or could not be.
    pub(super) fn answers(&self, operation: &str) -> Vec<Reader<'a>> {
        let Some(OperationAnswer::Documents(documents)) = self.joined.get(operation) else {
            return Vec::new();
        };
        documents.iter().map(|document| self.reader().of_answer(operation, document)).collect()
    }

    fn tags(&self) -> BTreeMap<&'a str, &'a str> {
        tags(self.joined)
    }

    /// A request lacks facts that the service will add: states, resolved digests, the caller.
    pub(super) fn is_request(&self) -> bool {
        self.document.get(self.resource.kind.arn_field()).is_none()
    }

    /// Tags are looked up in a map of those that can be read.
    pub(super) fn note_unreadable_tags(&self) {
        for tag in self.answers("ListTags").iter().flat_map(|answer| answer.parts("Tags[]")) {
            tag.text("Key");
            tag.text("Value");
        }
    }

    pub(crate) fn is_high_risk(&self) -> bool {
        self.settings.explainability.high_risk_tag.as_ref().is_some_and(|tag| tag.is_on(&self.tags()))
    }

    pub(super) fn has_required_tags(&self) -> bool {
        let tags = self.tags();
        self.settings.traceability.required_tags.iter().all(|key| tags.contains_key(key.as_str()))
    }

    /// Subnets and security groups are set.
    pub(super) fn names_network(&self, reader: &Reader<'_>, subnets: &str, groups: &str) -> bool {
        // Reads both, so that a value of a wrong type is noted in either.
        let named = (reader.has_text(subnets), reader.has_text(groups));
        named == (true, true)
    }

    pub(super) fn names_vpc(&self, reader: &Reader<'_>, vpc: &str) -> bool {
        self.names_network(reader, &format!("{vpc}.Subnets[]"), &format!("{vpc}.SecurityGroupIds[]"))
    }

    /// An allowed account owns it, it is one of the allowed keys, and nothing shows that AWS manages it.
    pub(super) fn is_allowed_key(&self, key: &str) -> bool {
        let encryption = &self.settings.encryption;
        let own = self.resource.account.as_str();
        let owner = key_account(key, own);
        let accounts = &encryption.allowed_key_accounts;
        // A file without an account contradicts no key.
        let by_account = match accounts.as_slice() {
            [] => own.is_empty() || owner == own,
            accounts => accounts.iter().any(|one| one == owner),
        };
        let listed = encryption.allowed_keys.is_empty()
            || encryption.allowed_keys.iter().any(|pattern| is_key(pattern, key, self.resource));
        let by_aws = is_aws_alias(key) || self.manager(key) == Some(KeyManager::Aws);
        !by_aws && by_account && listed && is_of_kms(key, self.resource)
    }

    /// Who manages a key, if KMS was asked and knows it.
    pub(super) fn manager(&self, key: &str) -> Option<KeyManager> {
        KeyManager::from_word(self.of_key(key, "KeyMetadata.KeyManager")?)
    }

    /// Why KMS gave no answer about a key, if it was asked and refused.
    pub(super) fn key_refused(&self, key: &str) -> Option<&'a str> {
        self.of_key(key, "Refused")
    }

    fn of_key(&self, key: &str, path: &str) -> Option<&'a str> {
        let answers = self.answers(KEY_OPERATION);
        answers.iter().find(|answer| answer.text("KeyMetadata.KeyId") == Some(key))?.text(path)
    }

    /// Whether the settings name exactly this key, so that there is no need to ask KMS who manages it.
    pub(super) fn names_key(&self, key: &str) -> bool {
        let mut allowed = self.settings.encryption.allowed_keys.iter();
        allowed.any(|pattern| !pattern.contains(['*', '?']) && is_key(pattern, key, self.resource))
    }

    /// Data in buckets without versioning cannot be found again after a change.
    pub(super) fn inputs_versioned(&self) -> bool {
        self.answers("GetBucketVersioning").iter().all(|answer| answer.text("Status") == Some("Enabled"))
    }

    /// The role has neither the managed policy that allows everything in SageMaker nor unrestricted access to S3.
    pub(super) fn role_is_narrow(&self) -> bool {
        self.reader().has_any_text(&["RoleArn", "ExecutionRoleArn"]);
        let attached =
            self.answers(ROLE_OPERATION).iter().any(|answer| answer.has_part("AttachedPolicies[]"));
        !attached && self.answers(INLINE_OPERATION).is_empty()
    }
}

pub(super) fn fits(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| {
        // Most patterns are a name or its beginning, and are compared faster than they are parsed.
        let head = pattern.strip_suffix('*').unwrap_or(pattern);
        if head.contains(['*', '?']) {
            WildMatch::new(pattern).matches(text)
        } else if head.len() < pattern.len() {
            text.starts_with(head)
        } else {
            head == text
        }
    })
}

/// Whether an image, without tag and digest, fits one of the patterns. A `*` in the name of the registry matches one label of it, and at
/// the end all remaining ones. Otherwise `<account>.dkr.ecr.*.amazonaws.com/*` would fit anybody's registry.
pub(super) fn image_fits(patterns: &[String], image: &str) -> bool {
    patterns.iter().any(|pattern| match (pattern.split_once('/'), image.split_once('/')) {
        (Some((wanted, below)), Some((registry, repository))) if wanted.contains('.') => {
            registry_fits(wanted, registry) && WildMatch::new(below).matches(repository)
        }
        _ => fits(std::slice::from_ref(pattern), image),
    })
}

fn registry_fits(wanted: &str, registry: &str) -> bool {
    let mut labels = registry.split('.');
    let mut wanted = wanted.split('.').peekable();
    while let Some(label) = wanted.next() {
        let is_rest = label == "*" && wanted.peek().is_none();
        match labels.next() {
            Some(_) if is_rest => return true,
            Some(own) if WildMatch::new(label).matches(own) => {}
            _ => return false,
        }
    }
    labels.next().is_none()
}

/// An image's name without digest and tag.
pub(super) fn image(reference: &str) -> Option<&str> {
    let tagged = reference.split('@').next()?;
    // A colon before the last slash belongs to a port.
    Some(tagged.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(tagged, |(name, _)| name))
}

/// A tag can be moved to another image, a digest cannot.
pub(super) fn is_pinned(reference: &str) -> bool {
    reference.contains("@sha256:")
}

pub(super) fn bool(value: bool) -> RestrictedExpression {
    RestrictedExpression::new_bool(value)
}

/// Names beside values, as most facts are: true or false.
pub(super) fn flags<const N: usize>(flags: [(&str, bool); N]) -> Facts {
    flags.into_iter().map(|(name, value)| (name.to_owned(), bool(value))).collect()
}

pub(super) fn count(name: &str, value: i64) -> (String, RestrictedExpression) {
    (name.to_owned(), RestrictedExpression::new_long(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_from_references() {
        let check = |reference: &str, expect: &str| assert_eq!(image(reference), Some(expect));
        check("1.dkr.ecr.eu-west-1.amazonaws.com/xgb:0.90-1", "1.dkr.ecr.eu-west-1.amazonaws.com/xgb");
        check("1.dkr.ecr.eu-west-1.amazonaws.com/xgb@sha256:4f8c", "1.dkr.ecr.eu-west-1.amazonaws.com/xgb");
        check("registry:5000/xgb", "registry:5000/xgb");
    }

    #[test]
    fn a_name_fits_a_pattern_that_is_whole_begins_it_or_has_wildcards() {
        let check = |patterns: &[&str], text: &str, expect: bool| {
            let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
            assert_eq!(fits(&patterns, text), expect, "{patterns:?} {text}");
        };
        check(&[], "a", false);
        check(&["ds"], "ds", true);
        check(&["ds"], "ds-1", false);
        check(&["ds-*"], "ds-1", true);
        check(&["ds-*"], "ds", false);
        check(&["*"], "anything", true);
        check(&["d?-*"], "ds-1", true);
        check(&["*-1"], "ds-2", false);
        check(&["x", "*-1"], "ds-1", true);
    }

    #[test]
    fn a_star_in_the_name_of_a_registry_stands_for_one_label() {
        let region = "683313688378.dkr.ecr.*.amazonaws.com/*";
        for (pattern, image, expect) in [
            (region, "683313688378.dkr.ecr.eu-west-1.amazonaws.com/xgboost", true),
            (region, "683313688378.dkr.ecr.attacker.example/x.amazonaws.com/y", false),
            (region, "683313688378.dkr.ecr.a.attacker.example/x.amazonaws.com/y", false),
            (region, "683313688378.dkr.ecr.eu-west-1.amazonaws.com.cn/xgboost", false),
            ("683313688378.dkr.ecr.*/xgboost", "683313688378.dkr.ecr.eu-west-1.amazonaws.com/xgboost", true),
            ("*.dkr.ecr.eu-west-1.amazonaws.com/team-*", "1.dkr.ecr.eu-west-1.amazonaws.com/team-a/b", true),
            ("*/xgboost", "1.dkr.ecr.eu-west-1.amazonaws.com/xgboost", true),
            ("*", "anything", true),
            ("repository/image", "repository/image", true),
            ("repository/*", "registry.example/image", false),
        ] {
            assert_eq!(image_fits(&[pattern.to_owned()], image), expect, "{pattern} {image}");
        }
    }

    #[test]
    fn an_image_is_pinned_by_a_digest() {
        assert!(is_pinned("r/x@sha256:00") && !is_pinned("r/x:sha256"));
    }
}

//! The scope of a reader: patterns of the names of resources, repositories and buckets whose lineage the reader may see.
//!
//! Only names can decide, because the lineage has a name for every node: objects and commits have no tags, and tags of resources are not
//! recorded. If a node has no name of its own, the names in its row decide. Without any name, it is in no scope.

use std::fmt;
use std::str::FromStr;

use sagewarden_events::ResourceKind;
use sagewarden_events::address::{NameIn, addresses, decodings, plain, repository_of};
use thiserror::Error;
use wildmatch::WildMatch;

use crate::id::{NodeId, NodeKind};
use crate::rows::node::{REFERENCES, URI};
use crate::s3::S3Location;
use crate::table::Item;

/// The text that replaces an address outside the scope.
pub const OUTSIDE: &str = "[outside of this scope]";

/// Patterns of names with `*` and `?`. Upper and lower case do not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    patterns: Vec<String>,
}

/// The written form of a scope.
pub const WANTED: &str =
    "patterns of names with commas between, none of them empty, such as `credit-*,ds-credit-*`";

/// An invalid scope: it would hold nothing, or more than somebody meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{WANTED}")]
pub struct BadScope;

impl FromStr for Scope {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Self, BadScope> {
        let patterns: Vec<String> = text.split(',').map(|each| each.trim().to_lowercase()).collect();
        if patterns.iter().any(String::is_empty) { Err(BadScope) } else { Ok(Self { patterns }) }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.patterns.join(","))
    }
}

impl Scope {
    /// Whether the name of a resource, a repository or a bucket belongs to it.
    #[must_use]
    pub fn holds_name(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.patterns.iter().any(|pattern| WildMatch::new(pattern).matches(&name))
    }

    /// Whether a node belongs to it by its identity; `None` if the identity has no name, as for a set of objects, and for an image that is
    /// known by its digest.
    ///
    /// A model package counts by its group, a pipeline's execution by its pipeline, an object by its bucket, and a deployment by its
    /// endpoint, because the configuration that it runs is a fact of the endpoint. A finding of a window also counts by its endpoint.
    #[must_use]
    pub fn holds_id(&self, id: &NodeId) -> Option<bool> {
        let name = match id.kind() {
            NodeKind::Commit | NodeKind::Reference => id.repository().map(|(_, name)| name),
            NodeKind::Dataset if id.set_digest().is_some() => return None,
            NodeKind::Dataset | NodeKind::Artifact => {
                id.tail().strip_prefix("s3://").and_then(|place| place.split('/').next())
            }
            NodeKind::Image => match id.tail().strip_prefix("tag:") {
                Some(reference) => repository_of(reference),
                None => return None,
            },
            NodeKind::Violation => window_of(id).or_else(|| first_name(id)),
            _ => first_name(id),
        };
        Some(name.is_some_and(|name| self.holds_name(name)))
    }

    /// Whether a node without a name belongs to the scope according to its row. A set of objects belongs to it by its place. An image
    /// belongs to it only if all names under which it was seen do.
    #[must_use]
    pub fn holds_row(&self, id: &NodeId, item: &Item) -> bool {
        if id.kind() == NodeKind::Image {
            let mut names = item.set(REFERENCES).map(repository_of).peekable();
            return names.peek().is_some()
                && names.all(|name| name.is_some_and(|name| self.holds_name(name)));
        }
        let place = item.text(URI).and_then(S3Location::parse);
        place.is_some_and(|place| self.holds_name(&place.bucket))
    }

    /// A text without the addresses of objects, SageMaker resources, repositories and images outside the scope. An address means the same
    /// in whichever row it is.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let kept = self.redact_written(text);
        if self.hides_in_escapes(&kept) { OUTSIDE.to_owned() } else { kept }
    }

    /// Whether a redacted text still names something outside the scope after its escapes of JSON (`\u00733://`) are resolved, including
    /// JSON within JSON. This does not find the place in the text, so the whole text is replaced.
    fn hides_in_escapes(&self, text: &str) -> bool {
        decodings(text).any(|decoded| self.redact_written(&decoded) != decoded)
    }

    fn redact_written(&self, text: &str) -> String {
        let mut kept = String::with_capacity(text.len());
        let mut behind = 0;
        for range in addresses(text) {
            let address = text.get(range.clone()).unwrap_or_default();
            kept.push_str(text.get(behind..range.start).unwrap_or_default());
            kept.push_str(if self.holds_address(address) { address } else { OUTSIDE });
            behind = range.end;
        }
        kept.push_str(text.get(behind..).unwrap_or_default());
        kept
    }

    /// The words of a gap, also without the names of resources outside the scope. Such a name is in quotation marks after the kind (``model
    /// `churn` ``).
    #[must_use]
    pub fn redact_gap(&self, words: &str) -> String {
        let mut before = "";
        let parts = words.split('`').enumerate().map(|(number, part)| {
            let kind = std::mem::replace(&mut before, part).trim_end();
            let is_name =
                number % 2 == 1 && ResourceKind::ALL.iter().any(|known| kind.ends_with(known.noun()));
            let name = part.split('/').next().unwrap_or(part);
            if is_name && !self.holds_name(name) { OUTSIDE } else { part }
        });
        self.redact(&parts.collect::<Vec<_>>().join("`"))
    }

    /// An address that names nothing, such as an ARN of a service that the lineage does not know, reveals nothing.
    fn holds_address(&self, address: &str) -> bool {
        match NameIn::by(&plain(address)) {
            NameIn::Nothing => true,
            NameIn::Name(name) | NameIn::Bucket(name) => self.holds_name(name),
        }
    }
}

/// The first name after account and region: `<account>/<region>/<name>...@<created>`.
fn first_name(id: &NodeId) -> Option<&str> {
    let name = id.tail().split('/').nth(2)?;
    Some(name.split('@').next().unwrap_or(name))
}

/// The endpoint of a window: `<account>/<region>/window/<endpoint>/...`. A node about a silent schedule names schedule and endpoint, and
/// belongs to the scope of its endpoint.
fn window_of(id: &NodeId) -> Option<&str> {
    let mut parts = id.tail().split('/').skip(2);
    (parts.next()? == "window").then(|| parts.next()).flatten()
}

#[cfg(test)]
mod addresses;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Attributes, Key, Value};

    fn scope() -> Scope {
        "credit-*, ds-credit-?,team/credit".parse().unwrap()
    }

    #[test]
    fn a_pattern_is_never_empty() {
        assert_eq!("".parse::<Scope>(), Err(BadScope));
        assert_eq!("a,,b".parse::<Scope>(), Err(BadScope));
        assert_eq!(scope().to_string(), "credit-*,ds-credit-?,team/credit");
    }

    #[test]
    fn a_node_belongs_by_the_name_that_its_identity_bears() {
        let check = |id: &str, expect: Option<bool>| {
            assert_eq!(scope().holds_id(&NodeId::parse(id).unwrap()), expect, "{id}");
        };
        check("tjob#111122223333/eu-west-1/Credit-train@1", Some(true));
        check("tjob#111122223333/eu-west-1/churn-credit-train@1", Some(false));
        check("mpkg#111122223333/eu-west-1/credit-models/3@1", Some(true));
        check("mpkg#111122223333/eu-west-1/churn/credit-3@1", Some(false));
        check("pexe#111122223333/eu-west-1/credit-pipeline/execution/x@1", Some(true));
        check("ep#111122223333/eu-west-1/credit-prod", Some(true));
        check("dep#111122223333/eu-west-1/credit-prod@1/churn-config@2", Some(true));
        check("dep#111122223333/eu-west-1/churn-prod@1/credit-config@2", Some(false));
        check("viol#111122223333/eu-west-1/window/credit-prod/v@1", Some(true));
        check("viol#111122223333/eu-west-1/window/churn-prod/credit-v@1", Some(false));
        check("viol#111122223333/eu-west-1/schedule/hourly/credit-prod/late@1", Some(false));
        check("mon#111122223333/eu-west-1/model-monitoring-1@1", Some(false));
        check("commit#git-codecommit.eu-west-1.amazonaws.com/1/credit-source@abc", Some(true));
        check("ref#git-codecommit.eu-west-1.amazonaws.com/1/churn@refs/heads/credit-x", Some(false));
        check("ds#s3://ds-credit-a/churn/key@v", Some(true));
        check("ds#s3://ds-churn/credit-a/key@v", Some(false));
        check("art#s3://credit-models/m.tar.gz@v", Some(true));
        check("img#tag:1.dkr.ecr.eu-west-1.amazonaws.com/team/credit:1", Some(true));
        check("img#tag:1.dkr.ecr.eu-west-1.amazonaws.com/churn:credit-1", Some(false));
        check("ds#set:0a", None);
        check("img#sha256:0a", None);
    }

    #[test]
    fn what_bears_no_name_belongs_by_what_is_recorded_of_it() {
        let row = |name: &str, value: Value| Item {
            key: Key::new("p", "#"),
            attributes: Attributes::from([(name.to_owned(), value)]),
        };
        let (set, image) = (NodeId::dataset_set("0a"), NodeId::image_of_digest("sha256:0a"));
        assert!(scope().holds_row(&set, &row(URI, "s3://ds-credit-a/x/".into())));
        assert!(!scope().holds_row(&set, &row(URI, "s3://ds-churn/credit-a/".into())));
        assert!(!scope().holds_row(&set, &row("other", "".into())));
        let seen = |names: &[&str]| Value::Set(names.iter().map(|&name| name.to_owned()).collect());
        let (own, other) =
            ("1.dkr.ecr.x.amazonaws.com/credit-train:1", "1.dkr.ecr.x.amazonaws.com/churn@sha256:0a");
        assert!(scope().holds_row(&image, &row(REFERENCES, seen(&[own]))));
        assert!(!scope().holds_row(&image, &row(REFERENCES, seen(&[own, other]))));
    }

    #[test]
    fn addresses_outside_are_taken_out_of_texts() {
        let check = |text: &str, expect: &str| assert_eq!(scope().redact(text), expect);
        check(
            "s3://ds-credit-a/x and s3://ds-churn/y, too",
            "s3://ds-credit-a/x and [outside of this scope], too",
        );
        check(r#"{"Uri":"s3://ds-churn/y","n":1}"#, r#"{"Uri":"[outside of this scope]","n":1}"#);
        check(
            "arn:aws:sagemaker:eu-west-1:1:training-job/churn-1 arn:aws:iam::1:role/churn arn:aws:s3:::ds-churn/x",
            "[outside of this scope] arn:aws:iam::1:role/churn [outside of this scope]",
        );
        check(
            "arn:aws:sagemaker:eu-west-1:1:training-job/credit-1",
            "arn:aws:sagemaker:eu-west-1:1:training-job/credit-1",
        );
        check("no address", "no address");
        // One address after another, with any text in between.
        check("warn:s3://churn-lake/x", "warn:[outside of this scope]");
        check("arn:aws:iam::1:role/r&u=s3://churn-lake/x", "arn:aws:iam::1:role/r&u=[outside of this scope]");
        check("s3://credit-lake/a#s3://churn-lake/b", "s3://credit-lake/a#[outside of this scope]");
        check("s3://churn-lake/arn:aws:s3:::credit-x", "[outside of this scope]arn:aws:s3:::credit-x");
        // Repositories of code and of images.
        check(
            "arn:aws:codecommit:eu-west-1:1:churn arn:aws:codecommit:eu-west-1:1:credit-source",
            "[outside of this scope] arn:aws:codecommit:eu-west-1:1:credit-source",
        );
        check("arn:aws:ecr:eu-west-1:1:repository/churn/train", "[outside of this scope]");
        check("1.dkr.ecr.eu-west-1.amazonaws.com/churn:1", "1[outside of this scope]");
        check(
            "1.dkr.ecr.eu-west-1.amazonaws.com/credit-train:1",
            "1.dkr.ecr.eu-west-1.amazonaws.com/credit-train:1",
        );
        check(
            "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/churn",
            "https://[outside of this scope]",
        );
    }

    #[test]
    fn a_gap_names_no_resource_outside() {
        let check = |words: &str, expect: &str| assert_eq!(scope().redact_gap(words), expect);
        let gone = "was deleted before it could be recorded";
        check(&format!("model `churn` {gone}"), &format!("model `[outside of this scope]` {gone}"));
        check(
            &format!("step x: model package `churn/3` {gone}"),
            &format!("step x: model package `[outside of this scope]` {gone}"),
        );
        for own in [
            format!("model package `credit-models/3` {gone}"),
            "no commit: add the tags `CommitId` and `Repository`".to_owned(),
            "input: no object stood at `s3://ds-credit-a/x` at 1".to_owned(),
        ] {
            check(&own, &own);
        }
        check("no object stood at `s3://churn/x` at 1", "no object stood at `[outside of this scope]` at 1");
    }
}

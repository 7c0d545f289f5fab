//! The configuration of a job of a category: a JSON text, whose schema only the service has (`DescribeJobSchemaVersion`).
//!
//! Its values are told by their form (`subnet-…`, the ARN of a key), and by the names that fields have in the rest of the API, at any depth and
//! within JSON that is itself a text. A field that stands there twice says nothing: which of the two counts, only the service knows.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::lists::List;

/// Fields whose text is such a configuration.
const FIELDS: [&str; 1] = ["JobConfigDocument"];
/// JSON within JSON that is looked into.
const DEEPEST: usize = 8;

/// Whether the value at a path is a configuration.
pub(crate) fn is_config(path: &str) -> bool {
    FIELDS.iter().any(|field| path.ends_with(field))
}

/// The place of the values of one fact in a configuration: what is not known of them says nothing about its other values.
pub(crate) fn part_of(field: &str, fact: &str) -> String {
    format!("{field}{PART}{fact}")
}

/// The field that a place is in, as people know it.
pub(crate) fn field_of(place: &str) -> &str {
    place.split(PART).next().unwrap_or(place)
}

/// What no path has.
const PART: char = '#';

/// The texts of a configuration, each with the name of its field, in lower case and without marks.
#[derive(Debug, Default)]
pub(crate) struct ConfigText {
    texts: Vec<(String, String)>,
    /// Why a part of it is unknown.
    pub(crate) unknown: Option<String>,
}

impl ConfigText {
    /// The configuration in a text; why it cannot be read, if it cannot.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut found = Self::default();
        match serde_json::from_str::<ConfigNode>(text) {
            Ok(ConfigNode::Object(fields)) => found.object(fields, DEEPEST),
            Ok(_) => return Err("is no JSON object".to_owned()),
            Err(error) => return Err(format!("is no JSON ({error})")),
        }
        Ok(found)
    }

    /// The values that a list is about.
    pub(crate) fn values(self, list: List) -> Vec<String> {
        let parts = self.texts.into_iter().flat_map(|(name, text)| {
            let is_between = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ';');
            let parts: Vec<String> = text.split(is_between).map(str::to_owned).collect();
            parts.into_iter().map(move |part| (name.clone(), part))
        });
        parts
            .filter(|(name, part)| !part.is_empty() && is_about(list, name, part))
            .map(|(_, part)| part)
            .collect()
    }

    fn object(&mut self, fields: Vec<(String, ConfigNode)>, left: usize) {
        let twice = |name: &str| fields.iter().filter(|(own, _)| own == name).count() > 1;
        if let Some((name, _)) = fields.iter().find(|(name, _)| twice(name)) {
            self.unknown = Some(format!("has the field `{name}` twice"));
        }
        let sure: Vec<bool> = fields.iter().map(|(name, _)| !twice(name)).collect();
        for ((name, node), _) in fields.into_iter().zip(sure).filter(|(_, is_sure)| *is_sure) {
            self.node(&name, node, left);
        }
    }

    fn node(&mut self, name: &str, node: ConfigNode, left: usize) {
        match node {
            ConfigNode::Object(fields) => self.object(fields, left),
            ConfigNode::List(nodes) => nodes.into_iter().for_each(|node| self.node(name, node, left)),
            ConfigNode::Text(text) => self.text(name, text, left),
            ConfigNode::Other => {}
        }
    }

    fn text(&mut self, name: &str, text: String, left: usize) {
        let inner =
            text.trim_start().starts_with(['{', '[', '"']).then(|| serde_json::from_str::<ConfigNode>(&text));
        match inner {
            Some(Ok(_)) if left == 0 => {
                self.unknown = Some(format!("has JSON within JSON more than {DEEPEST} times"))
            }
            Some(Ok(node)) => self.node(name, node, left - 1),
            _ => self.texts.push((folded(name), text)),
        }
    }
}

/// `Vpc_Config`, `vpcConfig` and `VPC-CONFIG` are one name.
fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Whether a list is about a text under a name.
fn is_about(list: List, name: &str, text: &str) -> bool {
    let names = |names: &[&str]| names.contains(&name);
    let of_service = |service: &str| text.split(':').nth(2) == Some(service) && text.starts_with("arn:");
    match list {
        List::Subnets => {
            text.starts_with("subnet-") || names(&["subnet", "subnets", "subnetid", "subnetids"])
        }
        List::SecurityGroups => {
            text.starts_with("sg-")
                || names(&["securitygroup", "securitygroups", "securitygroupid", "securitygroupids"])
        }
        List::Keys => {
            let of_key = ["kmskey", "kmsid", "encryptionkey"].iter().any(|part| name.contains(part));
            of_service("kms") || text.starts_with("alias/") || of_key
        }
        List::Roles => of_service("iam") && text.contains(":role/") || name.ends_with("rolearn"),
        List::BaseModels => {
            let is_model = ["/Model/", "/ModelReference/"].iter().any(|part| text.contains(part));
            text.contains(":hub-content/") && is_model || name.ends_with("basemodelarn")
        }
        List::InstanceTypes => text.starts_with("ml.") || name.ends_with("instancetype"),
        _ => false,
    }
}

/// JSON whose objects keep every field, also one that stands there twice.
enum ConfigNode {
    Object(Vec<(String, ConfigNode)>),
    List(Vec<ConfigNode>),
    Text(String),
    Other,
}

impl<'de> Deserialize<'de> for ConfigNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ConfigVisitor)
    }
}

struct ConfigVisitor;

impl<'de> Visitor<'de> for ConfigVisitor {
    type Value = ConfigNode;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ConfigNode, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(ConfigNode::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ConfigNode, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(ConfigNode::List(nodes))
    }

    fn visit_str<E>(self, text: &str) -> Result<ConfigNode, E> {
        Ok(ConfigNode::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<ConfigNode, E> {
        Ok(ConfigNode::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<ConfigNode, E> {
        Ok(ConfigNode::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<ConfigNode, E> {
        Ok(ConfigNode::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<ConfigNode, E> {
        Ok(ConfigNode::Other)
    }

    fn visit_unit<E>(self) -> Result<ConfigNode, E> {
        Ok(ConfigNode::Other)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, list: List, expect: &[&str]) {
        let mut found = ConfigText::parse(text).unwrap().values(list);
        found.sort();
        assert_eq!(found, expect, "{list:?} of {text}");
    }

    #[test]
    fn values_are_found_at_any_depth_and_in_any_spelling() {
        let text = json!({
            "Output": [{ "S3Uri": "s3://b", "KmsKeyId": "k1" }],
            "vpc_config": { "subnets": ["subnet-1"], "security_group_ids": ["sg-1"] },
            "compute": { "VpcConfig": { "Subnets": ["subnet-2"] }, "volumeKmsKeyArn": "k2", "KmsKey": "" },
            "Text": "Subnets", "Subnets": 5, "rate": 0.5, "on": true, "none": null, "below": -1,
        });
        let text = text.to_string();
        check(&text, List::Keys, &["k1", "k2"]);
        check(&text, List::Subnets, &["subnet-1", "subnet-2"]);
        check(&text, List::SecurityGroups, &["sg-1"]);
    }

    #[test]
    fn values_are_known_by_their_form_and_by_names_in_the_singular() {
        for (text, list, expect) in [
            (r#"{"SubnetId": "s"}"#, List::Subnets, "s"),
            (r#"{"a": [{"Id": "subnet-9"}]}"#, List::Subnets, "subnet-9"),
            (r#"{"SecurityGroupId": "s"}"#, List::SecurityGroups, "s"),
            (r#"{"a": {"b": "sg-9"}}"#, List::SecurityGroups, "sg-9"),
            (r#"{"Arn": "arn:aws:kms:eu-west-1:1:key/k"}"#, List::Keys, "arn:aws:kms:eu-west-1:1:key/k"),
            (r#"{"a": "alias/aws/s3"}"#, List::Keys, "alias/aws/s3"),
            (r#"{"VolumeEncryptionKey": "k"}"#, List::Keys, "k"),
            (r#"{"ExecutionRoleArn": "r"}"#, List::Roles, "r"),
            (r#"{"a": "arn:aws:iam::1:role/r"}"#, List::Roles, "arn:aws:iam::1:role/r"),
            (r#"{"BaseModelArn": "m"}"#, List::BaseModels, "m"),
            (
                r#"{"a": "arn:aws:sagemaker:r:aws:hub-content/h/Model/m"}"#,
                List::BaseModels,
                "arn:aws:sagemaker:r:aws:hub-content/h/Model/m",
            ),
            (r#"{"a": "ml.p5.48xlarge"}"#, List::InstanceTypes, "ml.p5.48xlarge"),
        ] {
            check(text, list, &[expect]);
        }
        check(r#"{"Subnets": "subnet-1, subnet-9"}"#, List::Subnets, &["subnet-1", "subnet-9"]);
        check(r#"{"a": "arn:aws:sagemaker:r:1:hub-content/h/DataSet/d"}"#, List::BaseModels, &[]);
        check(r#"{"role": "user", "content": "a sentence of a role"}"#, List::Roles, &[]);
    }

    #[test]
    fn json_within_json_is_looked_into() {
        let inner = json!({ "Subnets": ["subnet-9"] }).to_string();
        check(&json!({ "a": inner }).to_string(), List::Subnets, &["subnet-9"]);
        let twice = json!({ "a": json!(inner).to_string() }).to_string();
        check(&twice, List::Subnets, &["subnet-9"]);
        check(r#"{"Subnets": "{subnet-9"}"#, List::Subnets, &["{subnet-9"]);
        let mut deep = inner;
        for _ in 0..=DEEPEST {
            deep = json!({ "a": deep }).to_string();
        }
        let parsed = ConfigText::parse(&deep).unwrap();
        assert!(parsed.unknown.unwrap().contains("JSON within JSON"));
    }

    #[test]
    fn a_field_that_stands_there_twice_says_nothing() {
        let text = r#"{"Subnets": ["subnet-1"], "Subnets": ["subnet-9"], "a": {"SubnetId": "subnet-8"}}"#;
        let parsed = ConfigText::parse(text).unwrap();
        assert_eq!(parsed.unknown.as_deref(), Some("has the field `Subnets` twice"));
        assert_eq!(parsed.values(List::Subnets), ["subnet-8"]);
        let once = ConfigText::parse(r#"{"a": {"b": "1"}, "c": {"b": "2"}}"#).unwrap();
        assert_eq!(once.unknown, None);
    }

    #[test]
    fn what_is_no_object_says_why() {
        for (text, reason) in
            [("[]", "is no JSON object"), ("not json", "is no JSON ("), ("", "is no JSON (")]
        {
            assert!(ConfigText::parse(text).unwrap_err().starts_with(reason), "{text}");
        }
    }
}

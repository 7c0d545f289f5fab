//! The configuration of a job of a category: a JSON text, whose schema only the service has (`DescribeJobSchemaVersion`).
//!
//! A value is recognised by its form (`subnet-…`, the ARN of a key), or by the name of its field, if the rest of the API has such fields. It may
//! lie at any depth, and within JSON that is itself a text. A text of several words that are not all of one form is prose: a prompt names a role without using it. A field that stands there twice says nothing: which of the two counts, only the service knows.

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
        let about = self.texts.iter().flat_map(|(name, text)| {
            let is_between = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ';');
            let parts: Vec<&str> = text.split(is_between).filter(|part| !part.is_empty()).collect();
            let is_one = is_named(list, name, text) || parts.iter().all(|part| has_form(list, part));
            if is_one { parts } else { Vec::new() }
        });
        about.map(str::to_owned).collect()
    }

    /// Every text of it.
    pub(crate) fn into_texts(self) -> impl Iterator<Item = String> {
        self.texts.into_iter().map(|(_, text)| text)
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
        match inner(&text) {
            Some(_) if left == 0 => {
                self.unknown = Some(format!("has JSON within JSON more than {DEEPEST} times"))
            }
            Some(node) => self.node(name, node, left - 1),
            None => self.texts.push((folded(name), text)),
        }
    }
}

/// The JSON that a text is, or that stands in it behind one word, such as `--config={…}`.
fn inner(text: &str) -> Option<ConfigNode> {
    if text.trim_start().starts_with(['{', '[', '"']) {
        return serde_json::from_str(text).ok();
    }
    let (word, _) = text.split_once('{')?;
    let json = text.get(word.len()..)?;
    (!word.trim().contains(char::is_whitespace)).then(|| serde_json::from_str(json).ok())?
}

/// `Vpc_Config`, `vpcConfig` and `VPC-CONFIG` are one name.
fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Whether a field of this name holds what a list is about.
fn is_named(list: List, name: &str, text: &str) -> bool {
    let names = |names: &[&str]| names.contains(&name);
    match list {
        List::Subnets => names(&["subnet", "subnets", "subnetid", "subnetids"]),
        List::SecurityGroups => {
            names(&["securitygroup", "securitygroups", "securitygroupid", "securitygroupids"])
        }
        List::Keys => {
            const ENDS: [&str; 8] = ["", "s", "id", "ids", "arn", "arns", "alias", "identifier"];
            let behind = |part: &&str| name.split_once(*part).map(|(_, rest)| rest);
            let ends: Vec<&str> = ["kmskey", "kms", "encryptionkey"].iter().filter_map(behind).collect();
            // `UseKmsKey` is a switch, and `KmsKeyId2` is a key if it has the id of one.
            let is_switch = ["true", "false"].iter().any(|word| text.trim().eq_ignore_ascii_case(word));
            let is_key = ends.iter().any(|end| ENDS.contains(end)) && !name.ends_with("kms");
            !is_switch && (is_key || !ends.is_empty() && is_key_id(text.trim()))
        }
        List::Roles => name.ends_with("rolearn"),
        List::BaseModels => name.ends_with("basemodelarn"),
        List::InstanceTypes => name.ends_with("instancetype") || name.ends_with("instancetypes"),
        _ => false,
    }
}

/// Whether a text without spaces certainly is what a list is about, whatever its field is called.
fn has_form(list: List, text: &str) -> bool {
    let of_service = |service: &str| text.split(':').nth(2) == Some(service) && text.starts_with("arn:");
    match list {
        List::Subnets => text.strip_prefix("subnet-").is_some_and(is_hexadecimal),
        List::SecurityGroups => text.strip_prefix("sg-").is_some_and(is_hexadecimal),
        List::Keys => of_service("kms") || text.starts_with("alias/"),
        List::Roles => of_service("iam") && text.contains(":role/"),
        List::BaseModels => {
            let is_model = ["/Model/", "/ModelReference/"].iter().any(|part| text.contains(part));
            text.contains(":hub-content/") && is_model
        }
        List::InstanceTypes => is_instance_type(text),
        _ => false,
    }
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `1234abcd-12ab-34cd-56ef-1234567890ab`, or `mrk-` and digits for one of several regions.
fn is_key_id(text: &str) -> bool {
    let digits = text.strip_prefix("mrk-").unwrap_or(text).replace('-', "");
    digits.len() == 32 && is_hexadecimal(&digits)
}

/// `ml.<family>.<size>` ("TrainingInstanceType" and others, SageMaker API reference).
fn is_instance_type(text: &str) -> bool {
    const SIZES: [&str; 5] = ["medium", "large", "metal", "small", "interactive"];
    let parts: Vec<&str> = text.split('.').collect();
    let [ml, family, size] = parts.as_slice() else { return false };
    *ml == "ml" && !family.is_empty() && (SIZES.contains(size) || size.ends_with("xlarge"))
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
    fn prose_and_switches_are_no_configuration() {
        let lists = [
            List::Subnets,
            List::SecurityGroups,
            List::Keys,
            List::Roles,
            List::BaseModels,
            List::InstanceTypes,
        ];
        for text in [
            r#"{"Description": "subnet-based routing, sg-style, ml.training of models; see alias/ds"}"#,
            r#"{"Prompt": "Explain why ml.t3.medium differs from subnet-9 and sg-9"}"#,
            r#"{"content": "use subnet-9 and arn:aws:iam::999988887777:role/Admin, please"}"#,
            r#"{"a": "subnet-based", "b": "sg-style", "c": "ml.training", "d": "ml.a.b"}"#,
            r#"{"UseKmsKey": "false", "EncryptionKeyType": "CUSTOMER_MANAGED", "KmsKeyEnabled": "True"}"#,
        ] {
            lists.iter().for_each(|list| check(text, *list, &[]));
        }
        check(r#"{"a": "subnet-1, subnet-9"}"#, List::Subnets, &["subnet-1", "subnet-9"]);
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        for name in ["KmsKeyId2", "VolumeKmsKeyId", "kms_id", "KMSArn", "EncryptionKeyArns"] {
            check(&json!({ name: id }).to_string(), List::Keys, &[id]);
        }
    }

    #[test]
    fn json_behind_one_word_is_looked_into() {
        check(r#"{"a": "--config={\"Subnets\": [\"subnet-9\"]}"}"#, List::Subnets, &["subnet-9"]);
        check(r#"{"a": "x {\"SecurityGroupId\": \"g\"}"}"#, List::SecurityGroups, &["g"]);
        check(r#"{"a": "answer as {\"SubnetId\": \"s\"}"}"#, List::Subnets, &[]);
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

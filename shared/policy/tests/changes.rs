//! The diff of a finding is what to change: a request that is changed so keeps the control.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is missing"
)]

mod cases;

use std::collections::BTreeSet;

use cases::{Kept, all, strict};
use sagewarden_policy::FindingStatus;
use serde_json::{Value, json};

/// What somebody writes where the diff has a word in capitals.
const WORDS: [(&str, &str); 12] = [
    ("KEY_ARN", "arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-0000-0000-0000-000000000000"),
    ("ROLE_ARN", "arn:aws:iam::111122223333:role/ds-execution"),
    ("SUBNET_ID", "subnet-1"),
    ("SECURITY_GROUP_ID", "sg-1"),
    ("ALLOWED_BUCKET", "ds-model-bucket"),
    ("ALLOWED_IMAGE", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1"),
    ("ALLOWED_TYPE", "ml.m5.large"),
    ("DIGEST", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("EXPERIMENT", "credit"),
    ("COMMIT", "0123456789abcdef0123456789abcdef01234567"),
    ("REPOSITORY", "credit"),
    ("VALUE", "0123456789abcdef0123456789abcdef01234567"),
];

/// Keys and numbers, as a field has them.
fn steps(field: &str) -> Vec<Value> {
    let mut steps = Vec::new();
    for part in field.split('.') {
        let mut pieces = part.split('[');
        steps.push(json!(pieces.next().unwrap()));
        steps.extend(pieces.map(|piece| serde_json::from_str::<Value>(piece.trim_end_matches(']')).unwrap()));
    }
    steps
}

/// The elements of a list that may be missing.
fn held(document: &Value, list: &str) -> Vec<Value> {
    let pointer: String =
        steps(list).iter().map(|step| format!("/{}", step.to_string().trim_matches('"'))).collect();
    document.pointer(&pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn put(document: &mut Value, field: &str, value: Option<Value>) {
    let steps = steps(field);
    let (end, way) = steps.split_last().unwrap();
    let mut at = document;
    for step in way {
        at = match step {
            Value::Number(number) => &mut at[usize::try_from(number.as_u64().unwrap()).unwrap()],
            key => {
                if at.is_null() {
                    *at = json!({});
                }
                at.as_object_mut().unwrap().entry(key.as_str().unwrap()).or_insert(Value::Null)
            }
        };
    }
    if at.is_null() {
        *at = json!({});
    }
    match value {
        Some(value) => drop(at.as_object_mut().unwrap().insert(end.as_str().unwrap().to_owned(), value)),
        None => drop(at.as_object_mut().unwrap().remove(end.as_str().unwrap())),
    }
}

/// Does what a diff says.
fn changed(mut kept: Kept, diff: &str) -> Kept {
    let added: BTreeSet<&str> =
        diff.lines().filter_map(|line| line.strip_prefix("+ ")?.split(": ").next()).collect();
    for line in diff.lines() {
        let (sign, rest) = line.split_at(2);
        let (field, value) = rest.split_once(": ").unwrap();
        let own = if kept.kind == "notebook-instance" && field == "SecurityGroupIds" {
            "SecurityGroups"
        } else {
            field
        };
        match sign {
            "- " if !added.contains(field) => put(&mut kept.document, own, None),
            "- " => {}
            "+ " => {
                let written =
                    WORDS.iter().fold(value.to_owned(), |text, (word, written)| text.replace(word, written));
                let value: Value = serde_json::from_str(&written).unwrap();
                if field == "Tags[]" {
                    let tags = &mut kept.answers["ListTags"][0]["Tags"];
                    if tags.is_null() {
                        *tags = json!([]);
                    }
                    tags.as_array_mut().unwrap().push(value);
                } else if let Some(list) = own.strip_suffix("[]") {
                    let longer = [held(&kept.document, list), vec![value]].concat();
                    put(&mut kept.document, list, Some(json!(longer)));
                } else {
                    put(&mut kept.document, own, Some(value));
                }
            }
            other => panic!("`{other}` is no sign"),
        }
    }
    kept
}

/// Controls that also need a commit that was pushed.
const NEED_MORE: [&str; 2] = ["PRC-TRC-03", "TRN-TRC-03"];

#[test]
fn a_request_that_is_changed_as_the_diff_says_keeps_the_control() {
    let bundle = strict();
    let (mut wrong, mut with, mut without) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for kept in all() {
        for case in &kept.cases {
            let broken = kept.changed(case);
            for finding in broken.verdict(&bundle).findings {
                if finding.status != FindingStatus::Violation {
                    continue;
                }
                if finding.diff.is_empty() {
                    without.insert(finding.control);
                    continue;
                }
                with.insert(finding.control.clone());
                let mended = changed(broken.clone(), &finding.diff).verdict(&bundle);
                let open = mended.findings.iter().find(|other| other.control == finding.control);
                if let Some(open) = open.filter(|_| !NEED_MORE.contains(&finding.control.as_str())) {
                    wrong.push(format!(
                        "{} at {} = {}:\n{}\n-> {:?} {}",
                        finding.control, case.at, case.value, finding.diff, open.status, open.actual
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), with.len(), wrong.join("\n"));
    // The others are about other answers than the request, or about values that nobody knows, such as the place of allowed data.
    assert!(with.len() >= 119, "{} controls have a diff; never: {:?}", with.len(), without.difference(&with));
}

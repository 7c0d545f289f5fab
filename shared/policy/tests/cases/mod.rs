//! Descriptions that pass every control, and changes that make them fail one: `documents/<kind>.json`. Another test compares the same files
//! with AWS's own model of the API.
#![expect(dead_code, reason = "each test uses a part of it")]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use sagewarden_events::{KeyManager, Resource, ResourceKind, Timestamp};
use sagewarden_policy::join::{Joined, OperationAnswer, OperationTarget, references};
use sagewarden_policy::{Bundle, KEY_OPERATION, Subject, Verdict, judge, key_answer};
use serde::Deserialize;
use serde_json::Value;

/// Everything that settings can want, so that every control is judged.
pub(crate) const STRICT: &str = r#"
mode = "enforce"
[network]
allowed_subnets = ["subnet-1", "subnet-2"]
allowed_security_groups = ["sg-1"]
serverless_models = ["on-demand-*"]
[encryption]
allowed_key_accounts = ["111122223333", "444455556666"]
[access]
allowed_roles = ["arn:aws:iam::111122223333:role/ds-*"]
allowed_approvers = ["arn:aws:sts::111122223333:assumed-role/approver/*", "arn:aws:sts::111122223333:assumed-role/ds-user/*"]
allowed_accounts = ["444455556666"]
allowed_regions = ["eu-central-1"]
inspect_roles = true
[artifacts]
allowed_buckets = ["ds-*"]
allowed_file_systems = ["fs-0a1b*"]
allowed_images = ["111122223333.dkr.ecr.*.amazonaws.com/*"]
allowed_base_models = ["arn:aws:sagemaker:*:aws:hub-content/SageMakerPublicHub/Model/huggingface-*"]
allowed_repositories = ["git-codecommit.*.amazonaws.com/v1/repos/ds-*"]
require_approval = true
serving_stage = "Production"
[compute]
allowed_instance_types = ["ml.m5.*", "ml.t3.*", "ml.g5.*", "ml.p4d.*"]
max_runtime_seconds = 86400
allowed_studio_images = ["arn:aws:sagemaker:*:111122223333:image/*"]
[traceability]
required_tags = ["Owner"]
[monitoring]
required_types = ["DataQuality"]
min_sampling_percentage = 50
[explainability]
high_risk_tag = "Risk=high"
"#;

/// 2026-03-02T09:00:00Z
pub(crate) const CREATED: Timestamp = Timestamp::from_millis(1_772_442_000_000);

/// A kind with a description that passes every control.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Kept {
    /// The segment of its ARN.
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) document: Value,
    /// The answers of other operations.
    pub(crate) answers: serde_json::Map<String, Value>,
    pub(crate) cases: Vec<Case>,
}

/// A change, and the controls that it breaks.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) breaks: Vec<String>,
    /// A JSON pointer.
    pub(crate) at: String,
    /// Null removes a field.
    pub(crate) value: Value,
    /// The operation whose answer is changed; absent for the description itself.
    #[serde(default)]
    pub(crate) answer_of: Option<String>,
    /// Controls that are not known afterwards.
    #[serde(default)]
    pub(crate) unknown: Vec<String>,
}

pub(crate) fn all() -> Vec<Kept> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()).collect()
}

pub(crate) fn of(kind: &str) -> Kept {
    all().into_iter().find(|kept| kept.kind == kind).unwrap()
}

/// The shipped controls with these settings; parsed once.
pub(crate) fn strict() -> Bundle {
    static SHIPPED: LazyLock<Bundle> =
        LazyLock::new(|| Bundle::embedded().unwrap().with_settings(STRICT).unwrap());
    SHIPPED.clone()
}

/// The shipped controls with more settings than the strict ones.
pub(crate) fn with(more: &str) -> Bundle {
    strict().with_settings(&format!("{STRICT}\n{more}")).unwrap()
}

impl Kept {
    pub(crate) fn resource(&self) -> Resource {
        let arn = format!("arn:aws:sagemaker:eu-west-1:111122223333:{}/{}", self.kind, self.name);
        Resource::parse_arn(&arn).unwrap()
    }

    pub(crate) fn resource_kind(&self) -> ResourceKind {
        self.resource().kind
    }

    pub(crate) fn joined(&self) -> Joined {
        let answer = |value: &Value| OperationAnswer::Documents(value.as_array().unwrap().clone());
        let mut joined: Joined =
            self.answers.iter().map(|(operation, value)| (operation.clone(), answer(value))).collect();
        // Their keys are the customer's own.
        let keys = references(KEY_OPERATION, &self.resource(), &self.document, &joined);
        let own = keys.into_iter().filter_map(|target| match target {
            OperationTarget::Key(key) => Some(key_answer(&key, KeyManager::Customer)),
            _ => None,
        });
        joined.insert(KEY_OPERATION.to_owned(), OperationAnswer::Documents(own.collect()));
        joined
    }

    pub(crate) fn verdict(&self, bundle: &Bundle) -> Verdict {
        let (resource, joined) = (self.resource(), self.joined());
        judge(
            bundle,
            &Subject { resource: &resource, document: &self.document, as_of: CREATED, joined: &joined },
        )
    }

    /// With something changed at a pointer into the description.
    pub(crate) fn but(mut self, at: &str, value: Value) -> Self {
        put(&mut self.document, at, value);
        self
    }

    pub(crate) fn changed(&self, case: &Case) -> Self {
        let mut changed = self.clone();
        match &case.answer_of {
            None => put(&mut changed.document, &case.at, case.value.clone()),
            Some(operation) => put(&mut changed.answers[operation], &case.at, case.value.clone()),
        }
        changed
    }
}

fn put(document: &mut Value, at: &str, value: Value) {
    let Some((parent, key)) = at.rsplit_once('/') else {
        *document = value;
        return;
    };
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing stands at {parent}"));
    match parent {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        Value::Object(fields) if value.is_null() => {
            fields.remove(key);
        }
        Value::Object(fields) => {
            fields.insert(key.to_owned(), value);
        }
        _ => panic!("{at} leads into a value"),
    }
}

pub(crate) fn broken(verdict: &Verdict) -> Vec<&str> {
    verdict.findings.iter().map(|finding| finding.control.as_str()).collect()
}

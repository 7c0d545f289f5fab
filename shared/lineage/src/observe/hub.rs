//! Reads data sets of hubs: a channel of a job names one, and its document names the objects and the feature groups that it was made from.
//!
//! The document is a text that whoever imports the data set chooses. SageMaker's Python SDK 3 writes it (`sagemaker.ai_registry.dataset`, and
//! `DatasetBuilder` of the feature store with `register_as_dataset`). Only that form is read.

use sagewarden_events::{Resource, ResourceKind};
use serde_json::Value as Json;

use super::{Observation, ResourceReference, View};
use crate::id::NodeId;
use crate::record::NEVER_FILLED;

/// The version of the document's form that the SDK writes (`DATASET_DOCUMENT_SCHEMA_VERSION`).
const SCHEMA: &str = "2.0.0";
/// Feature groups of a document that are recorded: each takes requests.
const MAX_GROUPS: usize = 20;
/// The longest ARN of a feature group that the API allows.
const MAX_ARN: usize = 256;

impl Observation {
    /// The data set of a channel (`DatasetSource`, SageMaker API reference).
    pub(super) fn dataset_source(&mut self, channel: &View<'_>, role: &str) {
        let Some(arn) = channel.text("DataSource.DatasetSource.DatasetArn") else { return };
        let named = Resource::parse_arn(&arn).ok().filter(|named| named.kind == ResourceKind::HubContent);
        let problem = match named {
            None => "is no data set of a hub",
            Some(named) if !self.is_neighbour(&named) => {
                "lies in another account or region: nothing is recorded of it"
            }
            // The version that a job without one reads is not documented.
            Some(named) if NodeId::hub_dataset(&named, self.created_at).is_none() => {
                "is named without its version: which one was read is unknown"
            }
            Some(resource) => {
                return self.sources.push(ResourceReference { role: role.to_owned(), resource });
            }
        };
        self.gaps.push((NEVER_FILLED.to_owned(), format!("{role}: `{}` {problem}", shortened(&arn))));
    }

    pub(super) fn hub_dataset(&mut self, view: &View<'_>) {
        match document(view) {
            Ok(document) => {
                self.lies_at(&View(&document));
                self.extracted_from(&View(&document));
            }
            Err(problem) => self.gaps.push((NEVER_FILLED.to_owned(), problem)),
        }
    }

    /// The objects. The SDK writes the whole key of a file as the prefix.
    fn lies_at(&mut self, document: &View<'_>) {
        let bucket = document.text("DatasetS3Bucket").filter(|bucket| is_plain(bucket));
        if let (Some(bucket), Some(key)) = (bucket, document.text("DatasetS3Prefix")) {
            let single = !key.ends_with('/');
            self.input(Some(format!("s3://{bucket}/{key}")), "data".into(), single);
        }
    }

    fn extracted_from(&mut self, document: &View<'_>) {
        let sources = document.at("ContentMetadata.SourceFeatureGroups").and_then(Json::as_array);
        let sources = sources.map(Vec::as_slice).unwrap_or_default();
        let mut gap = |words: String| self.gaps.push((NEVER_FILLED.to_owned(), words));
        if sources.len() > MAX_GROUPS {
            gap(format!("its document names {} feature groups: {MAX_GROUPS} were read", sources.len()));
        }
        for source in sources.iter().take(MAX_GROUPS) {
            let arn = source.as_str().filter(|arn| arn.len() <= MAX_ARN).unwrap_or_default();
            let named = Resource::parse_arn(arn).ok();
            let group =
                named.filter(|named| named.kind == ResourceKind::FeatureGroup && is_plain(&named.name));
            let problem = match group {
                None => "its document names a source that is no feature group".to_owned(),
                Some(group) if !self.is_neighbour(&group) => {
                    format!("it was extracted from `{arn}`, which lies in another account or region")
                }
                Some(resource) => {
                    let role = format!("feature-group/{}", resource.name);
                    self.sources.push(ResourceReference { role, resource });
                    continue;
                }
            };
            self.gaps.push((NEVER_FILLED.to_owned(), problem));
        }
    }

    /// Whether a resource lies in the account and region of this one.
    pub(super) fn is_neighbour(&self, other: &Resource) -> bool {
        other.sibling(self.resource.kind, self.resource.name.as_str()) == self.resource
    }
}

/// The document of a data set, or why it is not read.
fn document(view: &View<'_>) -> Result<Json, String> {
    let schema = view.text("DocumentSchemaVersion").unwrap_or_default();
    if schema != SCHEMA {
        return Err(format!(
            "its document has the schema version `{}`, which is not read",
            shortened(&schema)
        ));
    }
    let text = view.text("HubContentDocument").unwrap_or_default();
    let document: Option<Json> = serde_json::from_str(&text).ok();
    document
        .filter(Json::is_object)
        .ok_or_else(|| "its document is no JSON object, and is not read".to_owned())
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_ARN).collect()
}

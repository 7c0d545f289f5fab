//! The resources of an account: listed, a page at a time.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use serde_json::Value;

use super::error::PortError;

/// The resources to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Their kind.
    pub kind: ResourceKind,
    /// Created since then. This is a hint to the service, which sometimes ignores it: the caller must check the times again.
    pub since: Option<Timestamp>,
    /// Whether the bulk call `Search` may answer, for the kinds that it has. It needs a permission of its own.
    pub by_search: bool,
}

/// A resource in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedResource {
    /// Which one.
    pub resource: Resource,
    /// When it was created; `None` where the list does not say so.
    pub created_at: Option<Timestamp>,
    /// When it was last changed; `None` where the list does not say so.
    pub modified_at: Option<Timestamp>,
    /// All that `Describe…` would answer, if the list says as much.
    pub document: Option<Value>,
    /// Its tags, if the list has them.
    pub tags: Option<BTreeMap<String, String>>,
}

/// A page of a list. An empty page is not the end: only an absent `next` is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EstatePage {
    /// The resources.
    pub resources: Vec<ListedResource>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// The resources of an account and region.
pub trait Estate {
    /// A page of the resources of a kind: at most a hundred, the newest first where [`is_newest_first`] says so. `from` is where the page
    /// before said that this one begins.
    async fn page(&self, wanted: &Wanted, from: Option<&str>) -> Result<EstatePage, PortError>;
}

/// Whether SageMaker lists a kind by the time of creation. It does not list Studio's domains, profiles, spaces and apps in this order, nor
/// routers, apps of partners and training sessions. Jobs are listed by category, and contents by hub.
#[must_use]
pub fn is_newest_first(kind: ResourceKind) -> bool {
    !matches!(
        kind,
        ResourceKind::Domain
            | ResourceKind::UserProfile
            | ResourceKind::Space
            | ResourceKind::App
            | ResourceKind::InferenceRouter
            | ResourceKind::HubContent
            | ResourceKind::PartnerApp
            | ResourceKind::Job
            | ResourceKind::TrainingSession
    )
}

/// The kinds whose records in `Search` have all fields that a control or the lineage reads from a description (compared in botocore's model
/// of the service). Records of other kinds lack fields, such as `RemoteDebugConfig` of a training job.
const WHOLE: [ResourceKind; 3] = [ResourceKind::TuningJob, ResourceKind::ModelPackage, ResourceKind::Model];

/// The kinds that `Search` lists with their tags.
pub const SEARCHED: [ResourceKind; 5] = [
    ResourceKind::TrainingJob,
    ResourceKind::TuningJob,
    ResourceKind::ModelPackage,
    ResourceKind::Model,
    ResourceKind::PipelineExecution,
];

impl ListedResource {
    /// Reads a summary of a list. `home` is of the kind, account and region that were listed: not every summary has an ARN.
    #[must_use]
    pub fn of_summary(home: &Resource, summary: &Value) -> Option<Self> {
        let kind = home.kind;
        let arn = [kind.arn_field(), "MonitoringJobDefinitionArn"];
        let arn = arn.iter().find_map(|field| summary.get(*field)?.as_str());
        let named =
            arn.and_then(|arn| Resource::parse_arn(arn).ok()).filter(|resource| resource.kind == kind);
        let resource = named.or_else(|| Some(home.sibling(kind, kind.name_in(summary)?)))?;
        let created = summary.get("CreationTime").or_else(|| summary.get("StartTime"));
        let created_at = created.and_then(Timestamp::from_json);
        let modified_at = summary.get("LastModifiedTime").and_then(Timestamp::from_json);
        Some(Self { resource, created_at, modified_at, document: None, tags: None })
    }

    /// Reads a record of `Search`.
    #[must_use]
    pub fn of_record(home: &Resource, record: &Value) -> Option<Self> {
        let kind = home.kind;
        let document = match kind {
            ResourceKind::Model => record.pointer("/Model/Model"),
            ResourceKind::TuningJob => record.get("HyperParameterTuningJob"),
            _ => record.get(kind.operation()),
        };
        let mut document = document?.clone();
        let tags = document.as_object_mut()?.remove("Tags");
        let listed = Self::of_summary(home, &document)?;
        // Executions carry no tags: their pipelines do.
        let tags = (kind != ResourceKind::PipelineExecution).then(|| tag_map(tags.as_ref()));
        let document = WHOLE.contains(&kind).then_some(document);
        Some(Self { document, tags, ..listed })
    }
}

/// `[{Key, Value}]`, as the API lists tags, as a map.
#[must_use]
pub fn tag_map(tags: Option<&Value>) -> BTreeMap<String, String> {
    let list = tags.and_then(Value::as_array).into_iter().flatten();
    let pair =
        |tag: &Value| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned()));
    list.filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn home(kind: ResourceKind) -> Resource {
        Resource::in_region(kind, "111122223333", "eu-west-1", "")
    }

    #[test]
    fn a_record_that_lacks_fields_is_no_description() {
        let record = json!({ "TrainingJob": { "TrainingJobName": "t", "CreationTime": 5,
            "Tags": [{ "Key": "Team", "Value": "credit" }] } });
        let listed = ListedResource::of_record(&home(ResourceKind::TrainingJob), &record).unwrap();
        assert_eq!((listed.resource.name.as_str(), listed.document), ("t", None));
        assert_eq!(listed.tags.unwrap()["Team"], "credit");

        let record = json!({ "Model": { "Model": { "ModelName": "m", "CreationTime": 5 } } });
        let listed = ListedResource::of_record(&home(ResourceKind::Model), &record).unwrap();
        assert_eq!(listed.document, Some(json!({ "ModelName": "m", "CreationTime": 5 })));
        assert_eq!(listed.tags, Some(BTreeMap::new()));
    }

    #[test]
    fn a_summary_is_read_by_its_arn_or_its_name() {
        let definition = "arn:aws:sagemaker:eu-west-1:444455556666:data-quality-job-definition/d";
        let check = |kind, summary: Value, expect: &str| {
            let listed = ListedResource::of_summary(&home(kind), &summary).unwrap();
            assert_eq!(listed.resource.arn(), expect);
        };
        let summary = json!({ "MonitoringJobDefinitionName": "d", "MonitoringJobDefinitionArn": definition });
        check(ResourceKind::DataQualityDefinition, summary, definition);
        let profile = json!({ "DomainId": "d-1", "UserProfileName": "ana" });
        let arn = "arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-1/ana";
        check(ResourceKind::UserProfile, profile, arn);
        assert_eq!(ListedResource::of_summary(&home(ResourceKind::Model), &json!({})), None);
    }
}

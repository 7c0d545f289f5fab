//! Reads the descriptions of model packages and feature groups.

use sagewarden_events::{CommitId, ResourceKind, Status, Timestamp};
use serde_json::Value as Json;

use super::automation::person;
use super::{Approval, CommitClaim, DeclaredUse, Observation, StatusMark, View, repository_name};
use crate::edge::FoundBy;
use crate::rows::node;
use crate::s3::S3Location;
use crate::table::Value;

impl Observation {
    pub(super) fn model_package(&mut self, view: &View<'_>) {
        // Every change of a package changes its `LastModifiedTime`. So its state gets the time of its creation.
        self.status = view.text("ModelPackageStatus").map(|text| StatusMark {
            status: Status::parse(&text),
            at: self.created_at,
            reason: None,
        });
        self.fact_text(view, node::GROUP, "ModelPackageGroupName");
        self.fact_number(view, node::VERSION, "ModelPackageVersion");
        if let Some(person) = person(view, "CreatedBy") {
            self.facts.insert(node::REGISTERED_BY.into(), Value::Text(person));
        }
        for (index, container) in view.list("InferenceSpecification.Containers").enumerate() {
            let place = container.text("ContainerHostname").unwrap_or_else(|| index.to_string());
            let digest = container.text("ImageDigest");
            let image = container.text("Image").map(|image| pinned(&image, digest.as_deref()));
            self.images.extend(image.map(|image| (format!("container/{place}"), image)));
            self.model_data(&container, format!("model-data/{place}"));
        }
        for (index, algorithm) in view.list("SourceAlgorithmSpecification.SourceAlgorithms").enumerate() {
            self.model_data(&algorithm, format!("model-data/algorithm-{index}"));
            if let Some(name) = algorithm.text("AlgorithmName") {
                self.facts.insert(node::ALGORITHM.into(), Value::Text(name));
            }
        }
        let commit = view.text("MetadataProperties.CommitId").and_then(|text| CommitId::parse(&text).ok());
        if let Some(commit) = commit {
            self.claims.push(CommitClaim { commit, found_by: FoundBy::ModelPackage });
        }
        if self.repository.is_none() {
            self.repository = view.text("MetadataProperties.Repository").map(|name| repository_name(&name));
        }
        self.source_arn(view, "generated-by", "MetadataProperties.GeneratedBy", ResourceKind::TrainingJob);
        let report = view.text("ModelMetrics.Explainability.Report.S3Uri");
        self.explanation = report.as_deref().and_then(S3Location::parse);
        // Versions that MLflow logged by itself are not registered: nobody can approve them.
        let status = view.text("ModelApprovalStatus").filter(|_| !view.is_logged());
        let at = view.time("LastModifiedTime").unwrap_or(self.created_at);
        let by = person(view, "LastModifiedBy").or_else(|| person(view, "CreatedBy"));
        let decided = |state, description: &str| Approval {
            state,
            at,
            by: by.clone(),
            description: view.text(description),
        };
        self.declared = Self::declared_use(view, at);
        self.approval = status.map(|state| decided(state, "ApprovalDescription"));
        let stage = view.text("ModelLifeCycle.Stage").zip(view.text("ModelLifeCycle.StageStatus"));
        self.stage = stage
            .map(|(stage, status)| decided(format!("{stage}/{status}"), "ModelLifeCycle.StageDescription"));
    }

    /// The properties have names that their owner chose: letters and digits count, in any case. They count before the model card
    /// ("Amazon SageMaker Model Cards", Developer Guide; its schema is that of the SageMaker SDK 2, `model_card/model_card.py`).
    fn declared_use(view: &View<'_>, at: Timestamp) -> Option<DeclaredUse> {
        let card = view.text("ModelCard.ModelCardContent");
        let card = card.and_then(|text| serde_json::from_str::<Json>(&text).ok()).unwrap_or_default();
        let of_card = |pointer: &str| card.pointer(pointer).and_then(Json::as_str);
        let property = |names: &[&str]| {
            let folded = |key: &str| -> String {
                key.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
            };
            let mut properties = view.strings("CustomerMetadataProperties");
            properties.find(|(key, _)| names.contains(&folded(key).as_str())).map(|(_, value)| value)
        };
        let one = |names: &[&str], pointer: &str| {
            let said =
                |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
            said(property(names)).or_else(|| said(of_card(pointer)))
        };
        let found = DeclaredUse {
            at,
            owner: one(&["owner", "modelowner"], "/model_overview/model_owner"),
            purpose: one(&["purpose", "purposeofmodel", "intendeduse"], "/intended_uses/purpose_of_model"),
            risk_tier: one(&["risktier", "riskrating", "materiality"], "/intended_uses/risk_rating"),
            next_validation: one(
                &["nextvalidation", "nextvalidationdue", "validationdue"],
                "/additional_information/custom_details/next_validation",
            ),
        };
        let says = [&found.owner, &found.purpose, &found.risk_tier, &found.next_validation];
        says.iter().any(|said| said.is_some()).then_some(found)
    }

    pub(super) fn feature_group(&mut self, view: &View<'_>) {
        self.fact_text(view, node::ROLE, "RoleArn");
        self.fact_text(view, node::RECORD_IDENTIFIER, "RecordIdentifierFeatureName");
        self.fact_text(view, node::EVENT_TIME, "EventTimeFeatureName");
        // If the group has an offline store, this is known from the beginning.
        self.fact_text(view, node::OFFLINE_STORE, "OfflineStoreConfig.S3StorageConfig.ResolvedOutputS3Uri");
    }

    /// The artifact of a container: one object, or all under a prefix.
    pub(super) fn model_data(&mut self, container: &View<'_>, role: String) {
        let nested = container.text("ModelDataSource.S3DataSource.S3Uri");
        let kind = container.text("ModelDataSource.S3DataSource.S3DataType");
        let single = !(nested.is_some() && kind.as_deref() == Some("S3Prefix"));
        self.input(container.text("ModelDataUrl").or(nested), role, single);
    }
}

/// The reference by digest, if the registry gave one: the tag may have moved since.
fn pinned(image: &str, digest: Option<&str>) -> String {
    match digest {
        Some(digest) if !image.contains('@') => {
            let (host, name) = image.rsplit_once('/').unwrap_or(("", image));
            let name = name.split(':').next().unwrap_or(name);
            let separator = if host.is_empty() { "" } else { "/" };
            format!("{host}{separator}{name}@{digest}")
        }
        _ => image.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::pinned;

    #[test]
    fn an_image_is_pinned_by_its_digest_whatever_its_tag() {
        let check = |image: &str, digest: Option<&str>, expect: &str| {
            assert_eq!(pinned(image, digest), expect);
        };
        check("r.example:5000/a/x:1.2", Some("sha256:00"), "r.example:5000/a/x@sha256:00");
        check("x:1", Some("sha256:00"), "x@sha256:00");
        check("r/x@sha256:11", Some("sha256:00"), "r/x@sha256:11");
        check("r/x:1", None, "r/x:1");
    }
}

//! SageMaker resources as ARNs name them.

use std::fmt;

use serde_json::Value;
use thiserror::Error;

use crate::kind::ResourceKind;

/// One SageMaker resource by name. A name can be used again after a deletion. Name and creation time together are an incarnation; only a
/// description has both.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// The AWS partition: `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-west-1`.
    pub region: String,
    /// The name, in the upper and lower case that its owner chose.
    pub name: String,
}

/// Why a text is not the ARN of a SageMaker resource.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{arn}` is not the ARN of a SageMaker resource that Sagewarden knows: {reason}")]
pub struct InvalidArn {
    arn: String,
    reason: &'static str,
}

impl Resource {
    /// A resource of an account and region; the partition follows from the region.
    #[must_use]
    pub fn in_region(kind: ResourceKind, account: &str, region: &str, name: &str) -> Self {
        let partition = if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        };
        Self {
            kind,
            partition: partition.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Reads `arn:<partition>:sagemaker:<region>:<account>:<type>/<name>`.
    ///
    /// # Errors
    /// If a part is missing, the service is another one, or the type is not one of [`ResourceKind`].
    pub fn parse_arn(arn: &str) -> Result<Self, InvalidArn> {
        let invalid = |reason| InvalidArn { arn: arn.to_owned(), reason };
        let mut parts = arn.splitn(6, ':');
        let mut next = |reason| parts.next().filter(|part| !part.is_empty()).ok_or(invalid(reason));
        if next("it is empty")? != "arn" {
            return Err(invalid("it does not begin with `arn:`"));
        }
        let partition = next("the partition is missing")?.to_owned();
        if next("the service is missing")? != "sagemaker" {
            return Err(invalid("the service is not `sagemaker`"));
        }
        let region = next("the region is missing")?.to_owned();
        let account = next("the account is missing")?.to_owned();
        let (segment, name) =
            next("the resource is missing")?.split_once('/').ok_or(invalid("the resource has no `/`"))?;
        let kind = ResourceKind::from_segment(segment).ok_or(invalid("its type is not one of ours"))?;
        let kind = if kind == ResourceKind::Pipeline && name.contains("/execution/") {
            ResourceKind::PipelineExecution
        } else {
            kind
        };
        if name.is_empty() {
            return Err(invalid("the name is missing"));
        }
        Ok(Self { kind, partition, account, region, name: name.to_owned() })
    }

    /// The ARN of this resource.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self { kind, partition, account, region, name } = self;
        format!("arn:{partition}:sagemaker:{region}:{account}:{}/{name}", kind.segment())
    }

    /// Another resource of the same account and region.
    #[must_use]
    pub fn sibling(&self, kind: ResourceKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), ..self.clone() }
    }
}

impl ResourceKind {
    /// The name of the resource in a request or description, as in its ARN: the name of a resource in a domain begins
    /// with the domain's id, an app with its owner and type as well, and a version of a package ends with its number.
    #[must_use]
    pub fn name_in(self, document: &Value) -> Option<String> {
        let text = |key: &str| document.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let from_arn = || {
            let resource = Resource::parse_arn(text(self.arn_field())?).ok();
            resource.filter(|resource| resource.kind == self).map(|resource| resource.name)
        };
        match self {
            Self::UserProfile => Some(format!("{}/{}", text("DomainId")?, text("UserProfileName")?)),
            Self::Space => Some(format!("{}/{}", text("DomainId")?, text("SpaceName")?)),
            Self::App => {
                let owner = text("UserProfileName").or_else(|| text("SpaceName"))?;
                Some(format!("{}/{owner}/{}/{}", text("DomainId")?, text("AppType")?, text("AppName")?))
            }
            // The service names them; an app has another name for people.
            Self::PipelineExecution | Self::MlflowApp | Self::PartnerApp => from_arn(),
            // In its ARN, a cluster has an id. The API takes either.
            Self::Cluster => from_arn().or_else(|| text("ClusterName").map(str::to_owned)),
            Self::Job => {
                from_arn().or_else(|| Some(format!("{}/{}", text("JobCategory")?, text("JobName")?)))
            }
            Self::HubContent => from_arn().or_else(|| hub_content(&text)),
            Self::ModelPackage => from_arn().or_else(|| text("ModelPackageName").map(str::to_owned)),
            _ => text(self.name_field()).map(str::to_owned),
        }
    }
}

/// `<hub>/<type>/<name>/<version>`, as far as a request says it. A hub of another account is named by its ARN. A request for a reference says
/// neither the type nor, as a rule, the name: the reference takes the name of the public model.
fn hub_content<'a>(text: &impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let hub = text("HubName")?;
    let hub = hub.rsplit('/').next().unwrap_or(hub);
    let public = || text("SageMakerPublicHubContentArn")?.split('/').nth(3);
    let kind = text("HubContentType").or_else(|| public().map(|_| "ModelReference"))?;
    let name = text("HubContentName").or_else(public)?;
    let version = text("HubContentVersion").map(|version| format!("/{version}")).unwrap_or_default();
    Some(format!("{hub}/{kind}/{name}{version}"))
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_arn_is_read_and_written() {
        for kind in ResourceKind::ALL {
            for region in ["eu-west-1", "cn-north-1", "us-gov-west-1"] {
                let name = if kind == ResourceKind::PipelineExecution { "p/execution/e" } else { "a-name" };
                let resource = Resource::in_region(kind, "111122223333", region, name);
                assert_eq!(Resource::parse_arn(&resource.arn()).unwrap(), resource);
            }
        }
    }

    #[test]
    fn contents_of_a_hub_are_named_as_far_as_the_request_says_it() {
        let check = |document: Value, expect: Option<&str>| {
            assert_eq!(ResourceKind::HubContent.name_in(&document).as_deref(), expect, "{document}");
        };
        const PUBLIC: &str =
            "arn:aws:sagemaker:eu-west-1:aws:hub-content/SageMakerPublicHub/Model/huggingface-llm";
        let asked = json!({ "HubName": "credit", "SageMakerPublicHubContentArn": PUBLIC });
        check(asked, Some("credit/ModelReference/huggingface-llm"));
        let renamed = json!({
            "HubName": "credit", "SageMakerPublicHubContentArn": PUBLIC, "HubContentName": "llm",
        });
        check(renamed, Some("credit/ModelReference/llm"));
        let imported = json!({
            "HubName": "arn:aws:sagemaker:eu-west-1:444455556666:hub/credit", "HubContentType": "DataSet",
            "HubContentName": "loans", "HubContentVersion": "1.0.0",
        });
        check(imported, Some("credit/DataSet/loans/1.0.0"));
        check(json!({ "HubName": "credit", "HubContentName": "loans" }), None);
        check(json!({ "HubContentType": "Model", "HubContentName": "loans" }), None);
        let own = "arn:aws:sagemaker:eu-west-1:111122223333:hub-content/credit/Model/m/1.0.0";
        check(json!({ "HubContentArn": own, "HubName": "other" }), Some("credit/Model/m/1.0.0"));
    }

    #[test]
    fn what_is_no_arn_is_refused_with_the_reason() {
        let check = |arn: &str, reason: &str| {
            let error = Resource::parse_arn(arn).unwrap_err().to_string();
            assert!(error.ends_with(reason), "{error}");
        };
        check("", "it is empty");
        check("credit-train-001", "it does not begin with `arn:`");
        check("arn:aws:s3:::bucket", "the service is not `sagemaker`");
        check("arn:aws:sagemaker:eu-west-1:111122223333:model", "the resource has no `/`");
        check("arn:aws:sagemaker:eu-west-1:111122223333:workteam/w", "its type is not one of ours");
        check("arn:aws:sagemaker:eu-west-1:111122223333:model/", "the name is missing");
    }

    #[test]
    fn names_are_read_as_the_arn_has_them() {
        let check = |kind: ResourceKind, document: Value, expect: Option<&str>| {
            assert_eq!(kind.name_in(&document).as_deref(), expect, "{document}");
        };
        check(ResourceKind::TrainingJob, json!({ "TrainingJobName": "t" }), Some("t"));
        check(ResourceKind::TrainingJob, json!({ "TrainingJobName": "" }), None);
        check(ResourceKind::Domain, json!({ "DomainId": "d-1", "DomainName": "ds" }), Some("d-1"));
        let app =
            json!({ "DomainId": "d-1", "SpaceName": "s", "AppType": "JupyterLab", "AppName": "default" });
        check(ResourceKind::App, app, Some("d-1/s/JupyterLab/default"));
        check(ResourceKind::UserProfile, json!({ "UserProfileName": "ana" }), None);
        let job = json!({ "JobName": "rft", "JobCategory": "AgentRFT" });
        check(ResourceKind::Job, job, Some("AgentRFT/rft"));
        check(ResourceKind::Job, json!({ "JobName": "rft" }), None);
        let cluster = "arn:aws:sagemaker:eu-west-1:111122223333:cluster/0a1b2c3d4e5f";
        let named = json!({ "ClusterArn": cluster, "ClusterName": "gpus" });
        check(ResourceKind::Cluster, named, Some("0a1b2c3d4e5f"));
        check(ResourceKind::Cluster, json!({ "ClusterName": "gpus" }), Some("gpus"));
        let package = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/credit/3";
        check(ResourceKind::ModelPackage, json!({ "ModelPackageArn": package }), Some("credit/3"));
        let run = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/credit/execution/abc";
        check(
            ResourceKind::PipelineExecution,
            json!({ "PipelineExecutionArn": run }),
            Some("credit/execution/abc"),
        );
    }
}

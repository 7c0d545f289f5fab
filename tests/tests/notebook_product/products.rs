//! The templates with the values of one launch: Jane's, in project `credit`, environment `dev`.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a value without the field is null; a test ends without a template"
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sagewarden_tests::resolved::Resolver;
use sagewarden_tests::{Result, template};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";

/// The values of names in all four templates.
pub(crate) fn resolver() -> Resolver {
    let iam = |name: &str| json!(format!("arn:aws:iam::{ACCOUNT}:{name}"));
    let names = [
        ("AWS::AccountId", json!(ACCOUNT)),
        ("AWS::Partition", json!("aws")),
        ("AWS::Region", json!("eu-west-1")),
        ("AWS::URLSuffix", json!("amazonaws.com")),
        ("Team", json!("risk")),
        ("Project", json!("credit")),
        ("Environment", json!("dev")),
        ("User", json!("jane")),
        ("Email", json!("jane@example.com")),
        ("InstanceType", json!("ml.t3.medium")),
        ("VolumeSize", json!(20)),
        ("WhenSetupFails", json!("start")),
        ("WheelBucket", json!("sagewarden-wheels")),
        ("SignIn", json!("jane")),
        ("DomainId", json!("d-team")),
        ("OtherBuckets", json!(["arn:aws:s3:::ds-*-prod-*", "arn:aws:s3:::ds-*-prod-*/*"])),
        ("TemplateBucket", json!("sagewarden-templates")),
        ("Version", json!("v1")),
        ("Projects", json!(["credit", "fraud"])),
        ("ScientistRole", iam("role/Scientist")),
        ("Owner", json!("Platform team")),
        ("Portfolio", json!("port-1")),
        ("Notebook", json!("prod-1")),
        ("Studio", json!("prod-2")),
        ("Boundary", iam("policy/sagewarden-notebook-boundary")),
        ("LaunchRole", json!("sagewarden-notebooks-launch")),
        ("LaunchRole.Arn", iam("role/sagewarden-notebooks-launch")),
        ("Role.Arn", iam("role/ds-notebook-role-credit-dev-jane")),
        ("Lifecycle.NotebookInstanceLifecycleConfigName", json!("ds-notebook-lc-credit-dev-jane")),
        (
            "Lifecycle.StudioLifecycleConfigArn",
            json!(format!(
                "arn:aws:sagemaker:eu-west-1:{ACCOUNT}:studio-lifecycle-config/ds-studio-lc-credit-dev-jane"
            )),
        ),
        ("Domain.DomainId", json!("d-team")),
    ];
    let stored = [
        ("ds-vpc-credit-dev-id", "vpc-0a1b2c3d".to_owned()),
        ("ds-subnet-a-credit-dev-id", "subnet-0a1b2c3d".to_owned()),
        ("ds-subnet-b-credit-dev-id", "subnet-1a1b2c3d".to_owned()),
        ("ds-subnet-c-credit-dev-id", "subnet-2a1b2c3d".to_owned()),
        ("ds-sagemaker-sg-credit-dev-id", "sg-0a1b2c3d".to_owned()),
        (
            "ds-kms-cmk-credit-dev-arn",
            format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000001"),
        ),
    ];
    Resolver {
        names: names.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        holds: vec!["HasOtherBuckets", "NeedsDomain", "HasSignIn"],
        stored: stored.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>(),
    }
}

/// The four templates, read once.
static TEMPLATES: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
    let load = |name| (name, template::load(&format!("infra/notebook/{name}.yaml")).unwrap());
    FILES.map(load).into()
});

const FILES: [&str; 4] = ["portfolio", "project", "notebook", "studio"];

/// One of them.
pub(crate) fn product(name: &str) -> &'static Value {
    &TEMPLATES[name]
}

/// The properties of a resource, resolved.
pub(crate) fn resource(template: &Value, name: &str) -> Value {
    resolver().resolve(&template["Resources"][name]["Properties"]).unwrap_or_default()
}

/// The statements of a policy.
pub(crate) fn statements(document: &Value) -> Vec<&Value> {
    document["Statement"].as_array().into_iter().flatten().collect()
}

/// The policies that a role of a product carries.
pub(crate) fn policies_of(project: &str) -> [String; 3] {
    ["ds-notebook", "ds-scientist-1", "ds-scientist-2"].map(|name| format!("{name}-{project}"))
}

/// Every resource of all templates, in an order in which they can be made.
pub(crate) fn all_in_order() -> Result<Value> {
    // Policies come before roles, roles before the resources that use them, scripts before notebooks, and products before their
    // constraints.
    const ORDER: [&str; 16] = [
        "AWS::SSM::Parameter",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
        "AWS::ServiceCatalog::Portfolio",
        "AWS::ServiceCatalog::CloudFormationProduct",
        "AWS::ServiceCatalog::PortfolioProductAssociation",
        "AWS::ServiceCatalog::PortfolioPrincipalAssociation",
        "AWS::ServiceCatalog::LaunchRoleConstraint",
        "AWS::ServiceCatalog::LaunchTemplateConstraint",
        "AWS::SageMaker::NotebookInstanceLifecycleConfig",
        "AWS::SageMaker::NotebookInstance",
        "AWS::SageMaker::StudioLifecycleConfig",
        "AWS::SageMaker::Domain",
        "AWS::SageMaker::UserProfile",
        "AWS::SageMaker::Space",
    ];
    let mut found = Vec::new();
    for file in FILES {
        let template = product(file);
        for (name, each) in template["Resources"].as_object().into_iter().flatten() {
            let kind = each["Type"].as_str().unwrap_or_default().to_owned();
            let place = ORDER
                .iter()
                .position(|known| *known == kind)
                .ok_or_else(|| format!("{kind} has no place"))?;
            found.push((place, json!({ "type": kind, "properties": resource(template, name) })));
        }
    }
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, resource)| resource).collect())
}

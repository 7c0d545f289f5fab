//! The products of the catalogue: their roles, what moto makes of them, and the scripts that run when a notebook starts.

mod notebook_product {
    pub(crate) mod products;
    pub(crate) mod setup;
    pub(crate) mod stack;
}

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;

use notebook_product::products::{policies_of, product, resolver, resource, statements};
use sagewarden_policy::export::PolicyKind;
use sagewarden_policy::export::roles::{self, TeamRole};
use sagewarden_settings::Settings;
use sagewarden_tests::{Result, python};
use serde::Deserialize;
use serde_json::{Value, json};

/// The settings of the project that `resolver` has: its buckets, its key, its execution role, and the buckets of production.
const SETTINGS: &str = r#"
[access]
allowed_roles = ["arn:aws:iam::111122223333:role/ds-execution-role-credit-dev"]
[encryption]
allowed_keys = ["arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001"]
[artifacts]
allowed_buckets = ["ds-data-bucket-credit-dev-*", "ds-model-bucket-credit-dev-*"]
[lineage]
repository = "ds-source-credit-dev"
[[environments]]
name = "prod"
accounts = ["444455556666"]
artifacts = { allowed_buckets = ["ds-*-prod-*"] }
"#;

#[test]
fn the_role_of_a_notebook_has_the_policies_of_a_data_scientist() -> Result<()> {
    let settings = Settings::from_text(SETTINGS)?;
    let exported = roles::export(TeamRole::DataScientist, &settings, None, "sagewarden")?.policies;
    let project = product("project");
    let documents =
        ["Scientist1", "Scientist2"].map(|name| resource(project, name)["PolicyDocument"].clone());
    // Which policy has the room for a statement depends on the lengths of names: all of them count together.
    let by_name = |documents: &[Value]| -> BTreeMap<String, Value> {
        let all = documents.iter().flat_map(statements);
        all.map(|statement| (statement["Sid"].to_string(), statement.clone())).collect()
    };
    let exported = exported.iter().map(serde_json::to_value).collect::<std::result::Result<Vec<_>, _>>()?;
    let (wanted, found) = (by_name(&exported), by_name(&documents));
    for (name, statement) in &wanted {
        assert_eq!(
            Some(statement),
            found.get(name),
            "export the policies again for infra/notebook/project.yaml"
        );
    }
    assert_eq!(wanted.len(), found.len());
    for (file, name) in [("notebook", "ds-notebook-role"), ("studio", "ds-studio-role")] {
        let role = resource(product(file), "Role");
        assert_eq!(role["RoleName"], format!("{name}-credit-dev-jane"));
        assert_eq!(
            role["ManagedPolicyArns"],
            json!([
                "arn:aws:iam::111122223333:policy/ds-scientist-1-credit-dev",
                "arn:aws:iam::111122223333:policy/ds-scientist-2-credit-dev",
                "arn:aws:iam::111122223333:policy/ds-notebook-credit-dev",
            ])
        );
        assert_eq!(
            role["PermissionsBoundary"],
            "arn:aws:iam::111122223333:policy/sagewarden-notebook-boundary"
        );
    }
    Ok(())
}

#[test]
fn the_policies_of_a_project_fit_with_the_longest_names_and_partition() {
    let mut longest = resolver();
    for (name, value) in [
        ("Project", "p".repeat(16)),
        ("Environment", "test".to_owned()),
        ("AWS::Partition", "aws-us-gov".to_owned()),
    ] {
        longest.names.insert(name.to_owned(), json!(value));
    }
    let key = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001";
    longest.stored.insert(format!("ds-kms-cmk-{}-test-arn", "p".repeat(16)), key.to_owned());
    for name in ["Scientist1", "Scientist2", "NotebookPolicy"] {
        let document =
            longest.resolve(&product("project")["Resources"][name]["Properties"]["PolicyDocument"]);
        let length = PolicyKind::Iam.count(&document.unwrap_or_default().to_string());
        assert!(length <= PolicyKind::Iam.limit(), "{name}: {length}");
    }
}

/// The decision of an evaluator of IAM policies, within a boundary.
fn decide(policies: &[Value], boundary: Option<&Value>, calls: &[(&str, &str, Value, &str)]) -> Result<()> {
    #[derive(Deserialize)]
    struct Evaluated {
        decisions: Vec<String>,
    }
    let asked: Vec<Value> = calls
        .iter()
        .map(|(action, resource, context, _)| json!({ "action": action, "resource": resource, "context": context }))
        .collect();
    let limits: Vec<Value> = boundary.into_iter().cloned().collect();
    let mut script = python::script("roles.py")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let request = serde_json::to_vec(&json!({ "policies": policies, "boundary": limits, "calls": asked }))?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&request)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    let found: Evaluated = serde_json::from_slice(&output.stdout)?;
    for ((action, resource, context, expected), decision) in calls.iter().zip(found.decisions) {
        assert_eq!(decision, *expected, "{action} {resource} {context}");
    }
    Ok(())
}

#[test]
fn a_notebook_does_less_than_its_owner_and_never_opens_other_notebooks() -> Result<()> {
    let project = product("project");
    let portfolio = product("portfolio");
    let policies = ["Scientist1", "Scientist2", "NotebookPolicy"]
        .map(|name| resource(project, name)["PolicyDocument"].clone());
    let boundary = &resource(portfolio, "Boundary")["PolicyDocument"];
    let of = |rest: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:{rest}");
    let own = json!({ "aws:ResourceTag/NotebookOwnerUsername": "jane" });
    let passed = json!({ "iam:PassedToService": "sagemaker.amazonaws.com" });
    let none = json!({});
    let execution = "arn:aws:iam::111122223333:role/ds-execution-role-credit-dev";
    let product = "arn:aws:catalog:eu-west-1:111122223333:product/prod-1";
    decide(
        &policies,
        Some(boundary),
        &[
            ("sagemaker:CreateTrainingJob", &of("training-job/a"), none.clone(), "Allow"),
            ("sagemaker:ListTrainingJobs", "*", none.clone(), "Allow"),
            ("iam:PassRole", execution, passed, "Allow"),
            ("s3:GetObject", "arn:aws:s3:::sagewarden-wheels/sagewarden/a.whl", none.clone(), "Allow"),
            ("s3:GetObject", "arn:aws:s3:::sagewarden-wheels/other/a.whl", none.clone(), "ImplicitDeny"),
            ("s3:GetObject", "arn:aws:s3:::ds-data-bucket-credit-dev-1/a.csv", none.clone(), "Allow"),
            ("s3:GetObject", "arn:aws:s3:::ds-data-prod-1/a.csv", none.clone(), "Deny"),
            ("sagemaker:CreatePresignedNotebookInstanceUrl", &of("notebook-instance/bob"), own, "Deny"),
            ("sagemaker:CreateEndpoint", &of("endpoint/a"), none.clone(), "Deny"),
            ("servicecatalog:ProvisionProduct", product, none, "ImplicitDeny"),
        ],
    )
}

#[test]
fn the_catalogue_makes_roles_within_the_boundary_only_and_attaches_policies_of_projects() -> Result<()> {
    let portfolio = product("portfolio");
    let launch = resource(portfolio, "LaunchPolicy")["PolicyDocument"].clone();
    let of = |rest: &str| format!("arn:aws:iam::111122223333:{rest}");
    let role = of("role/ds-notebook-role-credit-dev-jane");
    let boundary = |name: &str| json!({ "iam:PermissionsBoundary": of(&format!("policy/{name}")) });
    let policy = |arn: &str| json!({ "iam:PolicyARN": arn });
    let passed = json!({ "iam:PassedToService": "sagemaker.amazonaws.com" });
    let own = boundary("sagewarden-notebook-boundary");
    let scientist = of("policy/ds-scientist-1-credit-dev");
    decide(
        &[launch],
        None,
        &[
            ("iam:CreateRole", &role, own.clone(), "Allow"),
            ("iam:CreateRole", &role, boundary("other"), "ImplicitDeny"),
            ("iam:CreateRole", &role, json!({}), "ImplicitDeny"),
            ("iam:CreateRole", &of("role/Admin"), own, "ImplicitDeny"),
            ("iam:AttachRolePolicy", &role, policy(&scientist), "Allow"),
            (
                "iam:AttachRolePolicy",
                &role,
                policy("arn:aws:iam::aws:policy/AdministratorAccess"),
                "ImplicitDeny",
            ),
            ("iam:PassRole", &role, passed.clone(), "Allow"),
            ("iam:PassRole", &of("role/Admin"), passed, "ImplicitDeny"),
            ("iam:PutRolePolicy", &role, json!({}), "ImplicitDeny"),
            ("iam:DeleteRolePermissionsBoundary", &role, json!({}), "ImplicitDeny"),
        ],
    )
}

#[test]
fn moto_makes_the_products_with_everything_that_they_say() -> Result<()> {
    #[derive(Deserialize)]
    struct Role {
        name: String,
        boundary: Option<String>,
        attached: Vec<String>,
        tags: BTreeMap<String, String>,
    }
    #[derive(Deserialize)]
    struct Made {
        unanswered: Vec<String>,
        notebooks: Vec<Value>,
        scripts: Vec<String>,
        roles: Vec<Role>,
        policies: Vec<String>,
        portfolios: Vec<String>,
        products: Vec<String>,
    }
    let mut script =
        python::mocking_script("catalogue.py")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let asked = serde_json::to_vec(&notebook_product::products::all_in_order()?)?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&asked)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    let made: Made = serde_json::from_slice(&output.stdout)?;

    assert_eq!(made.portfolios, ["Notebooks for data science"]);
    assert_eq!(made.products, ["Notebook", "Studio"]);
    assert_eq!(
        made.policies,
        [
            "ds-notebook-credit-dev",
            "ds-scientist-1-credit-dev",
            "ds-scientist-2-credit-dev",
            "sagewarden-notebook-boundary"
        ]
    );
    let notebook =
        made.roles.iter().find(|role| role.name == "ds-notebook-role-credit-dev-jane").ok_or("no role")?;
    assert_eq!(
        notebook.boundary.as_deref(),
        Some("arn:aws:iam::111122223333:policy/sagewarden-notebook-boundary")
    );
    assert_eq!(notebook.attached, policies_of("credit-dev"));
    assert_eq!(notebook.tags["NotebookOwnerUsername"], "jane");
    let [described] = made.notebooks.as_slice() else { return Err("not one notebook".into()) };
    for (field, value) in [
        ("NotebookInstanceName", json!("ds-notebook-credit-dev-jane")),
        ("SubnetId", json!("subnet-0a1b2c3d")),
        ("SecurityGroups", json!(["sg-0a1b2c3d"])),
        ("DirectInternetAccess", json!("Disabled")),
        ("RootAccess", json!("Disabled")),
        ("KmsKeyId", json!("arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001")),
        ("RoleArn", json!("arn:aws:iam::111122223333:role/ds-notebook-role-credit-dev-jane")),
        ("NotebookInstanceLifecycleConfigName", json!("ds-notebook-lc-credit-dev-jane")),
        (
            "DefaultCodeRepository",
            json!("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/ds-source-credit-dev"),
        ),
    ] {
        assert_eq!(described[field], value, "{field}");
    }
    assert_eq!(made.scripts.len(), 1);
    // boto3 holds these against AWS's model, and moto does not answer them.
    assert_eq!(
        made.unanswered,
        [
            "AWS::SageMaker::Space",
            "AWS::SageMaker::StudioLifecycleConfig",
            "AWS::SageMaker::UserProfile",
            "AWS::ServiceCatalog::LaunchRoleConstraint",
            "AWS::ServiceCatalog::LaunchTemplateConstraint",
            "AWS::ServiceCatalog::PortfolioPrincipalAssociation",
            "AWS::ServiceCatalog::PortfolioProductAssociation",
        ]
    );
    Ok(())
}

#[test]
fn a_notebook_says_on_which_platform_it_runs_and_that_it_wants_the_second_metadata_service() -> Result<()> {
    let notebook = resource(product("notebook"), "Notebook");
    // moto keeps neither.
    assert_eq!(
        notebook["InstanceMetadataServiceConfiguration"]["MinimumInstanceMetadataServiceVersion"],
        "2"
    );
    let shipped = Settings::from_dir(&sagewarden_tests::root().join("infra"))?;
    assert!(
        shipped.compute.allowed_platforms.iter().any(|each| notebook["PlatformIdentifier"] == each.as_str())
    );
    Ok(())
}

#[test]
fn tags_lead_from_a_notebook_to_the_repository_that_the_settings_name() -> Result<()> {
    let shipped = Settings::from_dir(&sagewarden_tests::root().join("infra"))?;
    for (file, name) in [("notebook", "Notebook"), ("studio", "Profile"), ("studio", "Space")] {
        let tags: BTreeMap<String, String> = resource(product(file), name)["Tags"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned())))
            .collect();
        let named = tags.iter().fold(shipped.lineage.repository.clone(), |repository, (key, value)| {
            repository.replace(&format!("{{{key}}}"), value)
        });
        assert_eq!(named, "ds-source-credit-dev", "{file} {name}");
        assert_eq!(tags["Repository"], named);
    }
    Ok(())
}

#[test]
fn a_template_whose_names_are_unknown_is_noticed() -> Result<()> {
    for resource in notebook_product::products::all_in_order()?.as_array().into_iter().flatten() {
        assert!(!resource.to_string().contains("unknown "), "{resource}");
    }
    assert!(
        resolver().resolve(&json!({ "Ref": "Nobody" })).is_some_and(|value| value == "unknown name Nobody")
    );
    Ok(())
}

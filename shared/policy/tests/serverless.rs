//! Serverless inference has no network of its own: the controls on networks do not apply to models that it serves, and to no other model is
//! this exception made.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where something is missing"
)]

mod cases;

use sagewarden_policy::{Bundle, FindingStatus, Subject, intake, judge};
use sagewarden_settings::Profile;
use serde_json::{Value, json};

/// The controls that fail in a template with a model, by the resource's kind.
fn broken(settings: &str, variants: &Value) -> Vec<String> {
    let bundle = Bundle::embedded().unwrap().with_settings(settings).unwrap().with_profile(Profile::Strict);
    let config = json!({ "ProductionVariants": variants, "DataCaptureConfig": { "EnableCapture": true } });
    let template = json!({ "Resources": {
        "M": { "Type": "AWS::SageMaker::Model", "Properties": { "ModelName": "on-demand-credit", "PrimaryContainer": { "Image": "x/y@sha256:0" } } },
        "C": { "Type": "AWS::SageMaker::EndpointConfig", "Properties": config },
    } });
    let intake = intake::read(&template.to_string()).unwrap();
    let of = |candidate: &intake::Candidate| {
        let (resource, document, joined) = (&candidate.resource, &candidate.document, &candidate.joined());
        let verdict = judge(&bundle, &Subject { resource, document, as_of: cases::CREATED, joined });
        let networks = verdict.findings.into_iter().filter(|finding| finding.area == "NET");
        networks.map(|finding| finding.control).collect::<Vec<_>>()
    };
    intake.candidates.iter().flat_map(of).collect()
}

fn variant(model: &Value, is_serverless: bool) -> Value {
    let mut variant = json!({ "VariantName": "v", "ModelName": model, "InitialInstanceCount": 2, "InstanceType": "ml.m5.xlarge" });
    if is_serverless {
        variant["ServerlessConfig"] = json!({ "MemorySizeInMB": 2048, "MaxConcurrency": 5 });
    }
    variant
}

const ALL: [&str; 3] = ["MDL-NET-01", "MDL-NET-02", "MDL-NET-03"];

#[test]
fn a_model_that_only_serverless_variants_of_its_file_serve_needs_no_network() {
    let by_reference = json!({ "Fn::GetAtt": ["M", "ModelName"] });
    for named in [by_reference, json!("on-demand-credit")] {
        assert!(broken("", &json!([variant(&named, true)])).is_empty(), "{named}");
        assert_eq!(broken("", &json!([variant(&named, false)])), ALL);
        assert_eq!(broken("", &json!([variant(&named, true), variant(&named, false)])), ALL);
    }
    assert_eq!(broken("", &json!([variant(&json!("another"), true)])), ALL);
}

#[test]
fn a_list_says_which_models_may_be_without_and_holds_on_both_sides() {
    let listed = "[network]\nserverless_models = [\"on-demand-*\"]\n";
    let own = json!("on-demand-credit");
    assert!(broken(listed, &json!([variant(&own, true)])).is_empty());
    assert_eq!(
        broken(listed, &json!([variant(&own, false)])),
        ["EPC-NET-02"],
        "it is off the network, and on instances"
    );
    assert_eq!(broken(listed, &json!([variant(&json!("another"), true)])), ["EPC-NET-02"]);
    assert!(broken(listed, &json!([variant(&json!("another"), false)])).is_empty());
    let wrong =
        Bundle::embedded().unwrap().with_settings("[network]\nserverless_models = [\"a b\"]\n").unwrap_err();
    assert!(wrong.to_string().contains("is not the name of a model"), "{wrong}");
}

/// A plan of a model without a name, and of a configuration whose variant refers to it.
fn plan(is_serverless: bool, references: &[&str], instance: &str) -> Value {
    let change = |of: &str, after: Value, unknown: Value| {
        let address = format!("module.a.{of}{instance}");
        let change = json!({ "actions": ["create"], "after": after, "after_unknown": unknown });
        json!({ "address": address, "type": of.split('.').next(), "mode": "managed", "change": change })
    };
    let mut variant = json!({ "variant_name": "v" });
    if is_serverless {
        variant["serverless_config"] = json!([{ "max_concurrency": 5, "memory_size_in_mb": 2048 }]);
    }
    let model = json!({ "primary_container": [{ "image": "x/y@sha256:0" }] });
    let config = json!({ "name": "c", "production_variants": [variant] });
    let expressions = json!({ "production_variants": [{ "model_name": { "references": references } }] });
    let configured =
        json!({ "address": "aws_sagemaker_endpoint_configuration.c", "expressions": expressions });
    let module = json!({ "module": { "resources": [configured] } });
    json!({
        "format_version": "1.2",
        "resource_changes": [
            change("aws_sagemaker_model.m", model, json!({ "name": true })),
            change("aws_sagemaker_endpoint_configuration.c", config, json!({ "production_variants": [{ "model_name": true }] })),
        ],
        "configuration": { "root_module": { "module_calls": { "a": module } } },
    })
}

/// The failed and the undecided controls of the network of the model in a plan.
fn said(plan: &str) -> (Vec<String>, Vec<String>) {
    let bundle = Bundle::embedded().unwrap().with_profile(Profile::Strict);
    let intake = match intake::LargeDocument::of(plan) {
        Some(large) => large.part(0..large.len()),
        None => intake::read(plan).unwrap(),
    };
    let intake::Candidate { resource, document, .. } = &intake.candidates[0];
    let joined = intake.candidates[0].joined();
    let verdict = judge(&bundle, &Subject { resource, document, as_of: cases::CREATED, joined: &joined });
    let of = |status: FindingStatus| {
        let networks = verdict.findings.iter().filter(|one| one.area == "NET" && one.status == status);
        networks.map(|finding| finding.control.clone()).collect()
    };
    (of(FindingStatus::Violation), of(FindingStatus::Unknown))
}

#[test]
fn a_model_without_a_name_in_a_plan_is_the_one_that_the_configuration_refers_to() {
    let none: &[&str] = &[];
    let named: &[&str] = &["aws_sagemaker_model.m.name", "aws_sagemaker_model.m"];
    for instance in ["", "[0]", "[\"a.b\"]"] {
        let check = |is_serverless, references, broken: &[&str], undecided: &[&str]| {
            let small = plan(is_serverless, references, instance);
            let mut large = small.clone();
            large["prior_state"] = json!("x".repeat(1 << 20));
            for plan in [small, large] {
                let (failed, open) = said(&plan.to_string());
                assert_eq!((failed, open), (of(broken), of(undecided)), "{references:?} {instance}");
            }
        };
        check(true, named, none, none);
        check(false, named, &ALL, none);
        // Through a local value, nothing says which model it is.
        check(true, &["local.model"], none, &ALL);
        check(false, &["local.model"], &ALL, none);
    }
}

fn of(controls: &[&str]) -> Vec<String> {
    controls.iter().map(|control| (*control).to_owned()).collect()
}

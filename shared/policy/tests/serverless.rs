//! Serverless inference has no network of its own: the controls on networks do not apply to models that it serves, and to no other model is
//! this exception made.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where something is missing"
)]

mod cases;

use sagewarden_policy::{Bundle, Subject, intake, judge};
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

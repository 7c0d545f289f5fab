use super::*;

#[test]
fn a_model_has_the_images_and_data_of_all_its_containers() {
    let document = json!({
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/serve",
        "PrimaryContainer": { "Image": "r/a:1", "ModelDataUrl": "s3://b/a" },
        "Containers": [
            { "ContainerHostname": "second", "Image": "r/b:1" },
            { "ModelPackageName": "arn:aws:sagemaker:eu-west-1:111122223333:model-package/credit/7" },
            { "ModelPackageName": "arn:aws:sagemaker:eu-west-1:111122223333:model/no-package" },
            { "ModelPackageName": "own-package" },
        ],
    });
    let found = seen(ResourceKind::Model, document);
    assert_eq!(found.facts, facts(&[(node::ROLE, text("arn:aws:iam::111122223333:role/serve"))]));
    assert_eq!(found.images, owned(&[("container/0", "r/a:1"), ("container/second", "r/b:1")]));
    assert_eq!(found.inputs, [read("model-data/0", "s3://b/a", true, None)]);
    let sources = [
        source("package/2", ResourceKind::ModelPackage, "credit/7"),
        source("package/4", ResourceKind::ModelPackage, "own-package"),
    ];
    assert_eq!(found.sources, sources);
}

#[test]
fn a_configuration_leads_to_the_models_of_its_variants_and_shadows() {
    let document = json!({
        "ProductionVariants": [{ "VariantName": "main", "ModelName": "m-1" }, { "VariantName": "empty" }],
        "ShadowProductionVariants": [{ "VariantName": "shadow", "ModelName": "m-2" }],
    });
    let sources = [
        source("variant/main", ResourceKind::Model, "m-1"),
        source("shadow/shadow", ResourceKind::Model, "m-2"),
    ];
    assert_eq!(seen(ResourceKind::EndpointConfig, document).sources, sources);
}

#[test]
fn an_endpoint_says_which_configuration_is_in_force_and_which_images_run() {
    let document = json!({
        "EndpointStatus": "InService",
        "LastModifiedTime": seconds_after(20),
        "EndpointConfigName": "c-1",
        "ProductionVariants": [{ "VariantName": "main", "DeployedImages": [
            { "SpecifiedImage": "r/a:1", "ResolvedImage": "r/a@sha256:00" },
            { "SpecifiedImage": "r/b:1" },
            {},
        ] }],
    });
    let found = seen(ResourceKind::Endpoint, document);
    assert_eq!(found.status, mark(Status::InService, 20, None));
    assert_eq!(found.config.as_deref(), Some("c-1"));
    assert_eq!(found.images, owned(&[("variant/main", "r/a@sha256:00"), ("variant/main", "r/b:1")]));
}

#[test]
fn a_component_leads_to_its_models_images_artifacts_and_base_as_requested_or_described() {
    let requested = json!({ "Image": "r/a:1", "ArtifactUrl": "s3://b/a.tar.gz" });
    let described =
        json!({ "DeployedImage": { "SpecifiedImage": "r/a:1", "ResolvedImage": "r/a@sha256:00" } });
    let document = |container: &Json| {
        json!({
            "EndpointName": "Prod",
            "VariantName": "main",
            "Specification": { "ModelName": "m-1", "BaseInferenceComponentName": "base", "Container": container },
            "Specifications": [{ "InstanceType": "ml.g5.xlarge", "ModelName": "m-2" }],
        })
    };
    let found = seen(ResourceKind::InferenceComponent, document(&requested));
    let endpoint = text("ep#111122223333/eu-west-1/prod");
    assert_eq!(found.facts, facts(&[(node::ENDPOINT, endpoint), (node::VARIANT, text("main"))]));
    let sources = [
        source("model/0", ResourceKind::Model, "m-1"),
        source("adapts/0", ResourceKind::InferenceComponent, "base"),
        source("model/ml.g5.xlarge", ResourceKind::Model, "m-2"),
    ];
    assert_eq!(found.sources, sources);
    assert_eq!(found.images, owned(&[("container/0", "r/a:1")]));
    assert_eq!(found.inputs, [read("model-data/0", "s3://b/a.tar.gz", true, None)]);
    let found = seen(ResourceKind::InferenceComponent, document(&described));
    assert_eq!(found.images, owned(&[("container/0", "r/a:1")]), "the same, however often it is resolved");
}

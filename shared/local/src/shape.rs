//! The differences between the kinds of resource in the API: names, first states, refusals, spellings.

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::s3::hex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::fault::Fault;

/// A description.
pub(crate) type Document = Map<String, Value>;

/// The status field of a kind, and the state in which it runs. The account leaves out earlier states: a resource runs from its first
/// moment.
pub(crate) fn first_status(kind: ResourceKind) -> Option<(&'static str, &'static str)> {
    let first = match kind {
        ResourceKind::Endpoint | ResourceKind::InferenceComponent => "Creating",
        ResourceKind::MonitoringSchedule => "Scheduled",
        ResourceKind::InferenceExperiment | ResourceKind::TrackingServer | ResourceKind::MlflowApp => {
            "Created"
        }
        ResourceKind::InferenceRouter | ResourceKind::Cluster | ResourceKind::Hub => "InService",
        ResourceKind::HubContent | ResourceKind::PartnerApp => "Available",
        ResourceKind::TrainingSession => "Running",
        ResourceKind::CompilationJob | ResourceKind::OptimizationJob => "INPROGRESS",
        ResourceKind::RecommendationsJob => "IN_PROGRESS",
        ResourceKind::ModelPackage | ResourceKind::ModelPackageGroup => "Completed",
        ResourceKind::FeatureGroup => "Created",
        ResourceKind::PipelineExecution => "Executing",
        ResourceKind::NotebookInstance
        | ResourceKind::Domain
        | ResourceKind::UserProfile
        | ResourceKind::Space
        | ResourceKind::App => "InService",
        _ => "InProgress",
    };
    kind.status_field().map(|field| (field, first))
}

/// Whether descriptions of a kind have the time of the last change.
pub(crate) fn names_changes(kind: ResourceKind) -> bool {
    !matches!(
        kind,
        ResourceKind::Model
            | ResourceKind::ModelPackageGroup
            | ResourceKind::EndpointConfig
            | ResourceKind::App
            | ResourceKind::Cluster
            | ResourceKind::TransformJob
    )
}

/// The name of the resource that a request creates. The service numbers the versions of a package, and gives ids to domains and executions.
pub(crate) fn name_of(kind: ResourceKind, request: &Value, seed: &str) -> Option<String> {
    let text = |field: &str| request.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = |prefix: &str| format!("{prefix}{}", hex(&Sha256::digest(seed)).get(..12).unwrap_or_default());
    match kind {
        ResourceKind::Domain => text("DomainName").map(|_| id("d-")),
        ResourceKind::MlflowApp | ResourceKind::PartnerApp => text("Name").map(|_| id("app-")),
        ResourceKind::Cluster => text("ClusterName").map(|_| id("")),
        ResourceKind::ModelPackage => text("ModelPackageGroupName")
            .map(|group| format!("{group}/{}", seed.rsplit('#').next().unwrap_or("1"))),
        ResourceKind::PipelineExecution => {
            text("PipelineName").map(|pipeline| format!("{pipeline}/execution/{}", id("")))
        }
        _ => kind.name_in(request),
    }
}

/// Fields that a description has from the first moment, in addition to the fields of the request.
pub(crate) fn begin(kind: ResourceKind, document: &mut Document, now: Timestamp) {
    match kind {
        ResourceKind::TrainingJob => {
            document.insert("SecondaryStatus".into(), "Starting".into());
            let first = json!([{ "Status": "Starting", "StartTime": seconds(now), "StatusMessage": "Starting the training job" }]);
            document.insert("SecondaryStatusTransitions".into(), first);
        }
        ResourceKind::NotebookInstance => {
            // The request has other names for them.
            if let Some(groups) = document.remove("SecurityGroupIds") {
                document.insert("SecurityGroups".into(), groups);
            }
        }
        ResourceKind::Domain => {
            let id = document.get("DomainArn").and_then(Value::as_str).and_then(|arn| arn.rsplit('/').next());
            let id = id.unwrap_or_default().to_owned();
            document.insert("DomainId".into(), id.into());
        }
        ResourceKind::FeatureGroup => begin_store(document, now),
        ResourceKind::ModelPackage => {
            let arn = document.get("ModelPackageArn").and_then(Value::as_str).unwrap_or_default();
            let version = arn.rsplit('/').next().and_then(|version| version.parse::<i64>().ok());
            document.insert("ModelPackageVersion".into(), json!(version));
        }
        ResourceKind::InferenceComponent => begin_component(document, now),
        ResourceKind::Cluster => begin_cluster(document),
        ResourceKind::HubContent => begin_content(document),
        ResourceKind::InferenceExperiment => {
            let endpoint = document.remove("EndpointName");
            document.insert("EndpointMetadata".into(), json!({ "EndpointName": endpoint }));
        }
        ResourceKind::MonitoringSchedule => {
            let config = document.get("MonitoringScheduleConfig");
            let endpoint = config
                .and_then(|config| {
                    config.pointer("/MonitoringJobDefinition/MonitoringInputs/0/EndpointInput/EndpointName")
                })
                .cloned();
            let kind = config.and_then(|config| config.get("MonitoringType")).cloned();
            document.insert("MonitoringType".into(), kind.unwrap_or_else(|| "DataQuality".into()));
            if let Some(endpoint) = endpoint {
                document.insert("EndpointName".into(), endpoint);
            }
        }
        _ => {}
    }
}

/// A description has the image that the image's name resolves to, and the numbers of wanted and present copies.
pub(crate) fn begin_component(document: &mut Document, now: Timestamp) {
    if let Some(copies) = document.get("RuntimeConfig").and_then(|config| config.get("CopyCount")).cloned() {
        document.insert("RuntimeConfig".into(), json!({ "DesiredCopyCount": copies, "CurrentCopyCount": 0 }));
    }
    let several = document.get_mut("Specifications").and_then(Value::as_array_mut);
    several.into_iter().flatten().for_each(|specification| deploy_image(specification, now));
    document.get_mut("Specification").into_iter().for_each(|specification| deploy_image(specification, now));
}

/// A description has counts of machines in place of a wish.
fn begin_cluster(document: &mut Document) {
    for groups in ["InstanceGroups", "RestrictedInstanceGroups"] {
        let groups = document.get_mut(groups).and_then(Value::as_array_mut);
        for group in groups.into_iter().flatten().filter_map(Value::as_object_mut) {
            let count = group.remove("InstanceCount").unwrap_or_else(|| json!(0));
            group.insert("CurrentCount".into(), count.clone());
            group.insert("TargetCount".into(), count);
        }
    }
}

/// The name of a reference is the one of the public model, unless the request has another one.
fn begin_content(document: &mut Document) {
    let arn = document.get("HubContentArn").and_then(Value::as_str).unwrap_or_default();
    let Ok(content) = Resource::parse_arn(arn) else { return };
    for (field, part) in
        ["HubName", "HubContentType", "HubContentName"].into_iter().zip(content.name.split('/'))
    {
        document.insert(field.into(), part.into());
    }
}

/// The endpoint and the models that a request for a component names.
pub(crate) fn named_by(request: &Value) -> Vec<(ResourceKind, String)> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let several = request.get("Specifications").and_then(Value::as_array).into_iter().flatten();
    let models = request.get("Specification").into_iter().chain(several);
    let models = models.filter_map(|each| Some((ResourceKind::Model, text(each, "ModelName")?)));
    let endpoint = text(request, "EndpointName").map(|name| (ResourceKind::Endpoint, name));
    endpoint.into_iter().chain(models).collect()
}

fn deploy_image(specification: &mut Value, now: Timestamp) {
    let container = specification.get_mut("Container").and_then(Value::as_object_mut);
    let image = container.and_then(|container: &mut Document| Some((container.remove("Image")?, container)));
    let Some((Value::String(image), container)) = image else { return };
    let deployed = json!({
        "SpecifiedImage": image,
        "ResolvedImage": resolved(&image),
        "ResolutionTime": seconds(now),
    });
    container.insert("DeployedImage".into(), deployed);
}

/// Where the records of a feature group's offline store go: "Data format in the offline store", Feature Store developer guide.
fn begin_store(document: &mut Document, now: Timestamp) {
    let arn = document.get("FeatureGroupArn").and_then(Value::as_str).unwrap_or_default();
    let Ok(group) = Resource::parse_arn(arn) else { return };
    let storage = document.get_mut("OfflineStoreConfig").and_then(|config| config.get_mut("S3StorageConfig"));
    let Some(storage) = storage.and_then(Value::as_object_mut) else { return };
    let place = storage.get("S3Uri").and_then(Value::as_str).unwrap_or_default().trim_end_matches('/');
    let Resource { account, region, name, .. } = group;
    let created = now.millis().div_euclid(1_000);
    let uri = format!("{place}/{account}/sagemaker/{region}/offline-store/{name}-{created}/data");
    storage.insert("ResolvedOutputS3Uri".into(), uri.into());
}

pub(crate) fn expect_status(
    document: &Document,
    field: &str,
    wanted: &str,
    refusal: &str,
) -> Result<(), Fault> {
    let status = document.get(field).and_then(Value::as_str).unwrap_or_default();
    if status == wanted { Ok(()) } else { Err(Fault::validation(format!("{refusal} {status}."))) }
}

pub(crate) fn not_found(resource: &Resource) -> Fault {
    match resource.kind {
        ResourceKind::Model
        | ResourceKind::EndpointConfig
        | ResourceKind::Endpoint
        | ResourceKind::InferenceComponent => {
            Fault::validation(format!("Could not find {} \"{}\".", resource.kind, resource.arn()))
        }
        ResourceKind::MonitoringSchedule
        | ResourceKind::Trial
        | ResourceKind::Experiment
        | ResourceKind::TrialComponent
        | ResourceKind::UserProfile
        | ResourceKind::Space
        | ResourceKind::App
        | ResourceKind::Domain
        | ResourceKind::FeatureGroup
        | ResourceKind::PipelineExecution
        | ResourceKind::Pipeline
        | ResourceKind::DataQualityDefinition
        | ResourceKind::ModelQualityDefinition
        | ResourceKind::ModelBiasDefinition
        | ResourceKind::ModelExplainabilityDefinition
        | ResourceKind::InferenceExperiment
        | ResourceKind::InferenceRouter
        | ResourceKind::Cluster
        | ResourceKind::Hub
        | ResourceKind::HubContent
        | ResourceKind::PartnerApp
        | ResourceKind::CodeRepository
        | ResourceKind::Job
        | ResourceKind::TrainingSession
        | ResourceKind::TrackingServer
        | ResourceKind::MlflowApp
        | ResourceKind::TuningJob
        | ResourceKind::AutoMlJob
        | ResourceKind::CompilationJob
        | ResourceKind::LabelingJob
        | ResourceKind::OptimizationJob
        | ResourceKind::RecommendationsJob => {
            Fault::new("ResourceNotFound", format!("{} does not exist.", resource.arn()))
        }
        _ => Fault::validation("Requested resource not found."),
    }
}

/// Epoch seconds with a fraction, as JSON 1.1 writes times.
pub(crate) fn seconds(time: Timestamp) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this millennium fit a double exactly")]
    let seconds = time.millis() as f64 / 1000.0;
    json!(seconds)
}

/// A registry that resolves every tag to one digest.
pub(crate) fn resolved(image: &str) -> String {
    if image.contains("@sha256:") {
        return image.to_owned();
    }
    let repository = image.rsplit_once(':').map_or(image, |(repository, _)| repository);
    format!("{repository}@sha256:{}", hex(&Sha256::digest(image)))
}

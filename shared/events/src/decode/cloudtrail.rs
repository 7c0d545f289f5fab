//! `AWS API Call via CloudTrail`: who called which operation. "AWS service events delivered via CloudTrail", EventBridge user guide;
//! "CloudTrail record contents", CloudTrail user guide.
//!
//! Parameters are in lowerCamelCase; an absent one is an empty text. A refused call has an `errorCode`.

use serde_json::Value;

use super::envelope::Envelope;
use super::error::Undecodable;
use super::field::Fields;
use crate::case::{lower_first, to_api_case};
use crate::event::{Actor, CallMade, Effect, Event};
use crate::kind::ResourceKind;
use crate::resource::Resource;

/// The calls that matter. `enforce-policy` judges a created resource, and judges a changed one again. A deleted resource takes its evidence
/// along.
const CALLS: [(&str, ResourceKind, Effect); 72] = [
    ("CreateTrainingJob", ResourceKind::TrainingJob, Effect::Created),
    ("CreateProcessingJob", ResourceKind::ProcessingJob, Effect::Created),
    ("CreateTransformJob", ResourceKind::TransformJob, Effect::Created),
    ("CreateHyperParameterTuningJob", ResourceKind::TuningJob, Effect::Created),
    ("CreateAutoMLJob", ResourceKind::AutoMlJob, Effect::Created),
    ("CreateAutoMLJobV2", ResourceKind::AutoMlJob, Effect::Created),
    ("CreateCompilationJob", ResourceKind::CompilationJob, Effect::Created),
    ("CreateLabelingJob", ResourceKind::LabelingJob, Effect::Created),
    ("CreateOptimizationJob", ResourceKind::OptimizationJob, Effect::Created),
    ("CreateInferenceRecommendationsJob", ResourceKind::RecommendationsJob, Effect::Created),
    ("CreateJob", ResourceKind::Job, Effect::Created),
    ("CreateTrainingSession", ResourceKind::TrainingSession, Effect::Created),
    ("CreateModel", ResourceKind::Model, Effect::Created),
    ("CreateModelPackage", ResourceKind::ModelPackage, Effect::Created),
    ("CreateEndpointConfig", ResourceKind::EndpointConfig, Effect::Created),
    ("CreateEndpoint", ResourceKind::Endpoint, Effect::Created),
    ("CreateInferenceComponent", ResourceKind::InferenceComponent, Effect::Created),
    ("CreateInferenceExperiment", ResourceKind::InferenceExperiment, Effect::Created),
    ("CreateInferenceRouter", ResourceKind::InferenceRouter, Effect::Created),
    ("CreateCluster", ResourceKind::Cluster, Effect::Created),
    ("CreateHub", ResourceKind::Hub, Effect::Created),
    ("CreateHubContentReference", ResourceKind::HubContent, Effect::Created),
    ("ImportHubContent", ResourceKind::HubContent, Effect::Created),
    ("CreatePartnerApp", ResourceKind::PartnerApp, Effect::Created),
    ("CreateMlflowTrackingServer", ResourceKind::TrackingServer, Effect::Created),
    ("CreateMlflowApp", ResourceKind::MlflowApp, Effect::Created),
    ("CreateMonitoringSchedule", ResourceKind::MonitoringSchedule, Effect::Created),
    ("CreateNotebookInstance", ResourceKind::NotebookInstance, Effect::Created),
    ("CreateNotebookInstanceLifecycleConfig", ResourceKind::LifecycleConfig, Effect::Created),
    ("CreateStudioLifecycleConfig", ResourceKind::StudioLifecycleConfig, Effect::Created),
    ("CreateCodeRepository", ResourceKind::CodeRepository, Effect::Created),
    ("CreateDomain", ResourceKind::Domain, Effect::Created),
    ("CreateUserProfile", ResourceKind::UserProfile, Effect::Created),
    ("CreateSpace", ResourceKind::Space, Effect::Created),
    ("CreateApp", ResourceKind::App, Effect::Created),
    ("CreateFeatureGroup", ResourceKind::FeatureGroup, Effect::Created),
    ("StartPipelineExecution", ResourceKind::PipelineExecution, Effect::Created),
    ("UpdateTrainingJob", ResourceKind::TrainingJob, Effect::Changed),
    ("UpdateModelPackage", ResourceKind::ModelPackage, Effect::Changed),
    ("PutModelPackageGroupPolicy", ResourceKind::ModelPackageGroup, Effect::Changed),
    ("DeleteModelPackageGroupPolicy", ResourceKind::ModelPackageGroup, Effect::Changed),
    ("UpdateEndpoint", ResourceKind::Endpoint, Effect::Changed),
    ("PutEndpointPolicy", ResourceKind::Endpoint, Effect::Changed),
    ("DeleteEndpointPolicy", ResourceKind::Endpoint, Effect::Changed),
    ("UpdateInferenceComponent", ResourceKind::InferenceComponent, Effect::Changed),
    ("UpdateInferenceComponentRuntimeConfig", ResourceKind::InferenceComponent, Effect::Changed),
    ("UpdateInferenceExperiment", ResourceKind::InferenceExperiment, Effect::Changed),
    ("StartInferenceExperiment", ResourceKind::InferenceExperiment, Effect::Changed),
    ("StopInferenceExperiment", ResourceKind::InferenceExperiment, Effect::Changed),
    ("UpdateInferenceRouter", ResourceKind::InferenceRouter, Effect::Changed),
    ("UpdateCluster", ResourceKind::Cluster, Effect::Changed),
    ("UpdateClusterSoftware", ResourceKind::Cluster, Effect::Changed),
    ("BatchAddClusterNodes", ResourceKind::Cluster, Effect::Changed),
    ("UpdateHub", ResourceKind::Hub, Effect::Changed),
    ("UpdateHubContent", ResourceKind::HubContent, Effect::Changed),
    ("UpdateHubContentReference", ResourceKind::HubContent, Effect::Changed),
    ("UpdatePartnerApp", ResourceKind::PartnerApp, Effect::Changed),
    ("UpdateMlflowTrackingServer", ResourceKind::TrackingServer, Effect::Changed),
    ("UpdateMlflowApp", ResourceKind::MlflowApp, Effect::Changed),
    ("UpdateMonitoringSchedule", ResourceKind::MonitoringSchedule, Effect::Changed),
    ("StartMonitoringSchedule", ResourceKind::MonitoringSchedule, Effect::Changed),
    ("StopMonitoringSchedule", ResourceKind::MonitoringSchedule, Effect::Changed),
    ("DeleteMonitoringSchedule", ResourceKind::MonitoringSchedule, Effect::Changed),
    ("UpdateNotebookInstance", ResourceKind::NotebookInstance, Effect::Changed),
    ("UpdateNotebookInstanceLifecycleConfig", ResourceKind::LifecycleConfig, Effect::Changed),
    ("UpdateCodeRepository", ResourceKind::CodeRepository, Effect::Changed),
    ("UpdateDomain", ResourceKind::Domain, Effect::Changed),
    ("UpdateUserProfile", ResourceKind::UserProfile, Effect::Changed),
    ("UpdateSpace", ResourceKind::Space, Effect::Changed),
    ("UpdateFeatureGroup", ResourceKind::FeatureGroup, Effect::Changed),
    ("DeleteTrainingJob", ResourceKind::TrainingJob, Effect::Deleted),
    ("DeleteProcessingJob", ResourceKind::ProcessingJob, Effect::Deleted),
];

/// Calls that are recorded: the lineage keeps the removed facts, and the time of the call. Findings on the resource are closed.
const DELETIONS: [(&str, ResourceKind, Effect); 27] = [
    ("DeleteModel", ResourceKind::Model, Effect::Deleted),
    ("DeleteModelPackage", ResourceKind::ModelPackage, Effect::Deleted),
    ("DeleteModelPackageGroup", ResourceKind::ModelPackageGroup, Effect::Deleted),
    ("DeleteEndpointConfig", ResourceKind::EndpointConfig, Effect::Deleted),
    ("DeleteEndpoint", ResourceKind::Endpoint, Effect::Deleted),
    ("DeleteInferenceComponent", ResourceKind::InferenceComponent, Effect::Deleted),
    ("DeleteInferenceExperiment", ResourceKind::InferenceExperiment, Effect::Deleted),
    ("DeleteInferenceRouter", ResourceKind::InferenceRouter, Effect::Deleted),
    ("DeleteCluster", ResourceKind::Cluster, Effect::Deleted),
    ("DeleteHub", ResourceKind::Hub, Effect::Deleted),
    ("DeleteHubContent", ResourceKind::HubContent, Effect::Deleted),
    ("DeleteHubContentReference", ResourceKind::HubContent, Effect::Deleted),
    ("DeletePartnerApp", ResourceKind::PartnerApp, Effect::Deleted),
    ("DeleteMlflowTrackingServer", ResourceKind::TrackingServer, Effect::Deleted),
    ("DeleteMlflowApp", ResourceKind::MlflowApp, Effect::Deleted),
    ("DeleteOptimizationJob", ResourceKind::OptimizationJob, Effect::Deleted),
    ("DeleteJob", ResourceKind::Job, Effect::Deleted),
    ("DeleteTrainingSession", ResourceKind::TrainingSession, Effect::Deleted),
    ("DeleteFeatureGroup", ResourceKind::FeatureGroup, Effect::Deleted),
    ("DeleteNotebookInstance", ResourceKind::NotebookInstance, Effect::Deleted),
    ("DeleteNotebookInstanceLifecycleConfig", ResourceKind::LifecycleConfig, Effect::Deleted),
    ("DeleteStudioLifecycleConfig", ResourceKind::StudioLifecycleConfig, Effect::Deleted),
    ("DeleteCodeRepository", ResourceKind::CodeRepository, Effect::Deleted),
    ("DeleteDomain", ResourceKind::Domain, Effect::Deleted),
    ("DeleteUserProfile", ResourceKind::UserProfile, Effect::Deleted),
    ("DeleteSpace", ResourceKind::Space, Effect::Deleted),
    ("DeleteApp", ResourceKind::App, Effect::Deleted),
];

/// Calls that only the lineage keeps: nothing that a control reads changes. Automatic scaling makes this one for each step.
const MOVEMENTS: [(&str, ResourceKind, Effect); 1] =
    [("UpdateEndpointWeightsAndCapacities", ResourceKind::Endpoint, Effect::Changed)];

/// Calls that open the door to a notebook instance, to what a user has in Studio, or to an app that a team shares. `enforce-policy` judges who
/// asked.
const SIGN_INS: [(&str, ResourceKind, Effect); 6] = [
    ("CreatePresignedNotebookInstanceUrl", ResourceKind::NotebookInstance, Effect::SignedIn),
    ("CreatePresignedDomainUrl", ResourceKind::UserProfile, Effect::SignedIn),
    ("StartSession", ResourceKind::Space, Effect::SignedIn),
    ("CreatePresignedMlflowTrackingServerUrl", ResourceKind::TrackingServer, Effect::SignedIn),
    ("CreatePresignedMlflowAppUrl", ResourceKind::MlflowApp, Effect::SignedIn),
    ("CreatePartnerAppPresignedUrl", ResourceKind::PartnerApp, Effect::SignedIn),
];

/// Calls that change the tags of a resource of any kind: `enforce-policy` judges the resource again.
const TAG_CALLS: [&str; 2] = ["AddTags", "DeleteTags"];

/// What a call of this name does to which kind of resource; `None` for calls that do not matter here.
#[must_use]
pub fn effect_of(call: &str) -> Option<(ResourceKind, Effect)> {
    let mut calls = CALLS.iter().chain(&DELETIONS).chain(&MOVEMENTS).chain(&SIGN_INS);
    calls.find(|(name, ..)| *name == call).map(|(_, kind, effect)| (*kind, *effect))
}

/// The calls that `enforce-policy` reads: those whose resource is judged, those that delete one, and those that sign in. The states of an endpoint say when it
/// is deleted.
pub fn known_calls() -> impl Iterator<Item = &'static str> {
    let calls = CALLS.iter().chain(&DELETIONS).chain(&SIGN_INS).map(|(name, ..)| *name);
    calls.filter(|name| *name != "DeleteEndpoint").chain(TAG_CALLS)
}

/// Whether a call changes nothing that a control reads, so that only the lineage keeps it.
#[must_use]
pub fn is_for_the_lineage_alone(call: &str) -> bool {
    MOVEMENTS.iter().any(|(name, ..)| *name == call)
}

/// Changes of what an endpoint runs, and of where a router sends requests.
const MOVES: [&str; 3] = ["UpdateEndpoint", "UpdateInferenceComponent", "UpdateInferenceRouter"];

/// The calls that create or delete a resource, or change what an endpoint runs. For kinds in the lineage, `record-lineage` records their
/// callers.
pub fn lineage_calls() -> impl Iterator<Item = (&'static str, ResourceKind)> {
    let calls = CALLS
        .iter()
        .chain(&DELETIONS)
        .filter(|(name, _, effect)| *effect != Effect::Changed || MOVES.contains(name));
    calls.chain(&MOVEMENTS).map(|(name, kind, _)| (*name, *kind))
}

pub(super) fn call_made(envelope: &Envelope, detail: &Fields<'_>) -> Result<Event, Undecodable> {
    let name = detail.required("eventName")?;
    let known = effect_of(&name);
    if known.is_none() && !TAG_CALLS.contains(&name.as_str()) {
        return Ok(envelope.not_ours(&name));
    }
    if detail.required("eventSource")? != "sagemaker.amazonaws.com" {
        return Ok(envelope.not_ours(&name));
    }
    let account = same(detail, "recipientAccountId", &envelope.account, "the account of the event")?;
    let region = same(detail, "awsRegion", &envelope.region, "the region of the event")?;
    let error_code = detail.text("errorCode");
    let (effect, resource) = match known {
        Some((kind, effect)) => {
            let name = named(detail, kind);
            if name.is_none() && error_code.is_none() {
                return Err(detail.missing(&format!("requestParameters.{}", lower_first(kind.name_field()))));
            }
            (effect, name.map(|name| Resource::in_region(kind, &account, &region, &name)))
        }
        None => match tagged(detail).filter(|own| own.account == account && own.region == region) {
            Some(resource) => (Effect::Changed, Some(resource)),
            None => return Ok(envelope.not_ours(&name)),
        },
    };
    Ok(Event::CallMade(CallMade {
        name,
        effect,
        resource,
        actor: actor(detail),
        error_code,
        request: detail.get("requestParameters").cloned().unwrap_or(Value::Null),
        time: detail.time("eventTime").unwrap_or(envelope.time),
    }))
}

/// The name of the resource. Ids that the service chooses (of a domain, of a version of a package) are only in the answer.
fn named(detail: &Fields<'_>, kind: ResourceKind) -> Option<String> {
    let request = detail.get("requestParameters").map(to_api_case);
    // A session is asked for by the ARN of the space.
    let of_session = || detail.object("requestParameters")?.text("resourceIdentifier");
    let asked = request.and_then(|request| kind.name_in(&request)).or_else(of_session);
    // A version of a package may be named by its ARN.
    let by_arn = |name: &str| Resource::parse_arn(name).ok().filter(|it| it.kind == kind).map(|it| it.name);
    let asked = asked.map(|name| by_arn(&name).unwrap_or(name));
    let answered = || by_arn(&detail.object("responseElements")?.text(&lower_first(kind.arn_field()))?);
    match kind {
        // Their requests have less than the ARN: the name of a cluster, and contents of a hub without a version.
        ResourceKind::Cluster | ResourceKind::HubContent => answered().or(asked),
        _ => asked.or_else(answered),
    }
}

/// The resource whose tags a call changes, if Sagewarden judges resources of its kind.
fn tagged(detail: &Fields<'_>) -> Option<Resource> {
    let arn = detail.object("requestParameters")?.text("resourceArn")?;
    let resource = Resource::parse_arn(&arn).ok()?;
    CALLS.iter().any(|(_, kind, _)| *kind == resource.kind).then_some(resource)
}

/// A value that the record and the event around it must have in common. If they differ, somebody made one of them up.
fn same(detail: &Fields<'_>, field: &str, around: &str, wanted: &'static str) -> Result<String, Undecodable> {
    match detail.text(field) {
        Some(text) if text != around => Err(detail.invalid(field, &Value::String(text), wanted)),
        _ => Ok(around.to_owned()),
    }
}

fn actor(detail: &Fields<'_>) -> Actor {
    let identity = detail.object("userIdentity");
    let session = identity.as_ref().and_then(|identity| identity.object("sessionContext"));
    // "CloudTrail userIdentity element", CloudTrail user guide: a user of Identity Center who calls without a role has no ARN.
    let behalf = identity.as_ref().and_then(|identity| identity.object("onBehalfOf"));
    let issuer = session.as_ref().and_then(|session| session.object("sessionIssuer"));
    Actor {
        arn: identity.as_ref().and_then(|identity| identity.text("arn")),
        role: issuer.and_then(|issuer| issuer.text("arn")),
        source_identity: session.and_then(|session| session.text("sourceIdentity")),
        on_behalf_of: behalf.and_then(|behalf| behalf.text("userId")),
        source_ip: detail.text("sourceIPAddress"),
    }
}

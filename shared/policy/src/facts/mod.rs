//! The fact layer: the content of a description, in the vocabulary of the Cedar schema. All logic that a policy cannot express
//! (absence, patterns, key forms, instance totals, lists) is here; all decisions are in the policies.

mod component;
mod context;
mod experiment;
mod job_config;
mod jobs;
mod listed;
mod managed;
mod mlflow;
mod person;
mod platform;
mod principals;
mod registry;
mod repositories;
mod secrets;
mod serving;
mod stages;
mod studio;

use sagewarden_events::{Resource, ResourceKind};
use serde_json::Value as Json;

use context::bool;
pub(crate) use context::{Context, Facts};

/// The attributes of a resource; `None` for kinds without controls.
pub(crate) fn attributes(context: &Context<'_>) -> Option<Facts> {
    let mut facts = match context.resource.kind {
        ResourceKind::TrainingJob => jobs::training_job(context),
        ResourceKind::ProcessingJob => jobs::processing_job(context),
        ResourceKind::TransformJob => jobs::transform_job(context),
        ResourceKind::TuningJob => jobs::tuning_job(context),
        ResourceKind::AutoMlJob => jobs::automl_job(context),
        ResourceKind::CompilationJob => jobs::compilation_job(context),
        ResourceKind::LabelingJob => managed::labeling_job(context),
        ResourceKind::OptimizationJob => managed::optimization_job(context),
        ResourceKind::RecommendationsJob => managed::recommendations_job(context),
        ResourceKind::Job => managed::job(context),
        ResourceKind::TrainingSession => managed::training_session(context),
        ResourceKind::Model => serving::model(context),
        ResourceKind::EndpointConfig => serving::endpoint_config(context),
        ResourceKind::Endpoint => serving::endpoint(context),
        ResourceKind::InferenceComponent => component::inference_component(context),
        ResourceKind::InferenceExperiment => experiment::inference_experiment(context),
        ResourceKind::InferenceRouter => platform::inference_router(context),
        ResourceKind::Cluster => platform::cluster(context),
        ResourceKind::Hub => platform::hub(context),
        ResourceKind::HubContent => platform::hub_content(context),
        ResourceKind::PartnerApp => platform::partner_app(context),
        ResourceKind::CodeRepository => platform::code_repository(context),
        ResourceKind::TrackingServer => mlflow::tracking_server(context),
        ResourceKind::MlflowApp => mlflow::mlflow_app(context),
        ResourceKind::MonitoringSchedule => registry::monitoring_schedule(context),
        ResourceKind::ModelPackage => registry::model_package(context),
        ResourceKind::ModelPackageGroup => registry::model_package_group(context),
        ResourceKind::FeatureGroup => registry::feature_group(context),
        ResourceKind::PipelineExecution => registry::pipeline_execution(context),
        ResourceKind::NotebookInstance => studio::notebook_instance(context),
        ResourceKind::LifecycleConfig => studio::lifecycle_config(context),
        ResourceKind::StudioLifecycleConfig => studio::studio_lifecycle_config(context),
        ResourceKind::Domain => studio::domain(context),
        ResourceKind::UserProfile => studio::user_profile(context),
        ResourceKind::Space => studio::space(context),
        ResourceKind::App => studio::app(context),
        _ => return None,
    };
    if secrets::can_hold(context.resource.kind) {
        facts.push(("secretsInTheClear".to_owned(), bool(context.secrets_in_the_clear())));
    }
    context.note_unreadable_tags();
    facts.push(("highRisk".to_owned(), bool(context.is_high_risk())));
    Some(facts)
}

/// The Cedar entity type of a kind, and the first part of its controls' ids; `None` for kinds without controls.
pub(crate) fn entity_type(kind: ResourceKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        ResourceKind::TrainingJob => ("TrainingJob", "TRN-"),
        ResourceKind::ProcessingJob => ("ProcessingJob", "PRC-"),
        ResourceKind::TransformJob => ("TransformJob", "TRF-"),
        ResourceKind::TuningJob => ("TuningJob", "HPO-"),
        ResourceKind::AutoMlJob => ("AutoMlJob", "AML-"),
        ResourceKind::CompilationJob => ("CompilationJob", "CMP-"),
        ResourceKind::LabelingJob => ("LabelingJob", "LBL-"),
        ResourceKind::OptimizationJob => ("OptimizationJob", "OPT-"),
        ResourceKind::RecommendationsJob => ("RecommendationsJob", "REC-"),
        ResourceKind::Job => ("Job", "JOB-"),
        ResourceKind::TrainingSession => ("TrainingSession", "TSN-"),
        ResourceKind::Model => ("Model", "MDL-"),
        ResourceKind::EndpointConfig => ("EndpointConfig", "EPC-"),
        ResourceKind::Endpoint => ("Endpoint", "END-"),
        ResourceKind::InferenceComponent => ("InferenceComponent", "INC-"),
        ResourceKind::InferenceExperiment => ("InferenceExperiment", "EXP-"),
        ResourceKind::InferenceRouter => ("InferenceRouter", "RTR-"),
        ResourceKind::Cluster => ("Cluster", "CLU-"),
        ResourceKind::Hub => ("Hub", "HUB-"),
        ResourceKind::HubContent => ("HubContent", "HBC-"),
        ResourceKind::PartnerApp => ("PartnerApp", "PAP-"),
        ResourceKind::CodeRepository => ("CodeRepository", "CRP-"),
        ResourceKind::TrackingServer => ("TrackingServer", "MLS-"),
        ResourceKind::MlflowApp => ("MlflowApp", "MLA-"),
        ResourceKind::MonitoringSchedule => ("MonitoringSchedule", "MSC-"),
        ResourceKind::ModelPackage => ("ModelPackage", "MPK-"),
        ResourceKind::ModelPackageGroup => ("ModelPackageGroup", "MPG-"),
        ResourceKind::FeatureGroup => ("FeatureGroup", "FGR-"),
        ResourceKind::PipelineExecution => ("PipelineExecution", "PPL-"),
        ResourceKind::NotebookInstance => ("NotebookInstance", "NBK-"),
        ResourceKind::LifecycleConfig => ("LifecycleConfig", "NLC-"),
        ResourceKind::StudioLifecycleConfig => ("StudioLifecycleConfig", "SLC-"),
        ResourceKind::Domain => ("Domain", "DOM-"),
        ResourceKind::UserProfile => ("UserProfile", "USR-"),
        ResourceKind::Space => ("Space", "SPC-"),
        ResourceKind::App => ("App", "APP-"),
        ResourceKind::DataQualityDefinition
        | ResourceKind::ModelQualityDefinition
        | ResourceKind::ModelBiasDefinition
        | ResourceKind::ModelExplainabilityDefinition
        | ResourceKind::Pipeline
        | ResourceKind::Trial
        | ResourceKind::Experiment
        | ResourceKind::TrialComponent => return None,
    })
}

/// The ARN of the parent that started the resource on a user's behalf: the settings come from the parent, and the remedy acts on it.
pub(crate) fn parent<'a>(resource: &Resource, document: &'a Json) -> Option<&'a str> {
    // A processing job of the debugger names the training job that it watches.
    const FIELDS: [&str; 4] = ["TuningJobArn", "AutoMLJobArn", "MonitoringScheduleArn", "TrainingJobArn"];
    // Parents have these fields, too: there they are their own.
    let others = FIELDS.iter().filter(|field| **field != resource.kind.arn_field());
    let mut arns = others.filter_map(|field| document.get(*field)?.as_str());
    arns.find(|arn| !arn.is_empty())
}

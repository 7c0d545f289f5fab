//! The SageMaker account through `aws-sdk-sagemaker`: descriptions as the service wrote them, tags, and remedies.
//!
//! A description is kept as the service's own JSON, not as the SDK's types: policy and lineage read fields by the names of
//! the API reference, and a field that this SDK does not know yet is not lost.

pub mod actions;
mod apps;
mod capture;
mod estate;
mod hubs;
mod lineage;
mod monitoring;
mod newer;
mod policies;
mod remedies;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_sagemaker::Client;
use aws_sdk_sagemaker::error::ProvideErrorMetadata;
use aws_sdk_sagemaker::types::JobCategory;
use sagewarden_aws::port_error;
use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::{Account, Description, PortError, PortErrorKind, SummaryPage};
use serde_json::Value;

use crate::capture::Capture;

/// The size of a page of any list: the most that SageMaker gives (`MaxResults`, API reference). Its default is ten.
pub(crate) const PAGE: i32 = 100;

/// SageMaker in the account and region of the configuration.
#[derive(Clone, Debug)]
pub struct SageMakerAccount {
    client: Client,
}

impl SageMakerAccount {
    /// A client with this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

/// Sends a `Describe…` call and gives the body of its answer; `None` if the resource does not exist.
macro_rules! describe {
    ($context:expr, $call:expr) => {{
        let capture = Capture::default();
        match $call.customize().interceptor(capture.clone()).send().await {
            Ok(_) => Ok(Some(capture.body())),
            Err(error) if error.as_service_error().is_some_and(is_not_found) => Ok(None),
            Err(error) => Err(port_error($context, error)),
        }
    }};
}

pub(crate) use describe;

impl Account for SageMakerAccount {
    async fn describe(&self, resource: &Resource) -> Result<Option<Description>, PortError> {
        let (client, name) = (&self.client, resource.name.as_str());
        let context = format!("describe {resource}");
        let body: Result<Option<Vec<u8>>, PortError> = match resource.kind {
            ResourceKind::TrainingJob => {
                describe!(&context, client.describe_training_job().training_job_name(name))
            }
            ResourceKind::ProcessingJob => {
                describe!(&context, client.describe_processing_job().processing_job_name(name))
            }
            ResourceKind::TransformJob => {
                describe!(&context, client.describe_transform_job().transform_job_name(name))
            }
            ResourceKind::TuningJob => {
                let call = client.describe_hyper_parameter_tuning_job();
                describe!(&context, call.hyper_parameter_tuning_job_name(name))
            }
            // The second version describes the jobs of the first, too.
            ResourceKind::AutoMlJob => {
                describe!(&context, client.describe_auto_ml_job_v2().auto_ml_job_name(name))
            }
            ResourceKind::CompilationJob => {
                describe!(&context, client.describe_compilation_job().compilation_job_name(name))
            }
            ResourceKind::LabelingJob => {
                describe!(&context, client.describe_labeling_job().labeling_job_name(name))
            }
            ResourceKind::OptimizationJob => {
                describe!(&context, client.describe_optimization_job().optimization_job_name(name))
            }
            ResourceKind::RecommendationsJob => {
                describe!(&context, client.describe_inference_recommendations_job().job_name(name))
            }
            ResourceKind::Job => {
                let (category, name) = in_category(&context, resource)?;
                describe!(&context, client.describe_job().job_category(category).job_name(name))
            }
            ResourceKind::TrainingSession => {
                describe!(&context, client.describe_training_session().training_session_name(name))
            }
            ResourceKind::Model => describe!(&context, client.describe_model().model_name(name)),
            // SageMaker identifies packages of other accounts, and versions, by their ARN.
            ResourceKind::ModelPackage => {
                describe!(&context, client.describe_model_package().model_package_name(resource.arn()))
            }
            ResourceKind::ModelPackageGroup => {
                describe!(&context, client.describe_model_package_group().model_package_group_name(name))
            }
            ResourceKind::EndpointConfig => {
                describe!(&context, client.describe_endpoint_config().endpoint_config_name(name))
            }
            ResourceKind::Endpoint => describe!(&context, client.describe_endpoint().endpoint_name(name)),
            ResourceKind::InferenceComponent => {
                describe!(&context, client.describe_inference_component().inference_component_name(name))
            }
            ResourceKind::InferenceExperiment => {
                describe!(&context, client.describe_inference_experiment().name(name))
            }
            ResourceKind::InferenceRouter => self.describe_router(name, &context).await,
            // By its id or, if a call names it so, by its name.
            ResourceKind::Cluster => {
                describe!(&context, client.describe_cluster().cluster_name(of_cluster(resource)))
            }
            ResourceKind::Hub => describe!(&context, client.describe_hub().hub_name(name)),
            ResourceKind::HubContent => self.describe_content(resource, &context).await,
            ResourceKind::PartnerApp => {
                describe!(&context, client.describe_partner_app().arn(resource.arn()))
            }
            ResourceKind::CodeRepository => {
                describe!(&context, client.describe_code_repository().code_repository_name(name))
            }
            ResourceKind::TrackingServer => {
                describe!(&context, client.describe_mlflow_tracking_server().tracking_server_name(name))
            }
            ResourceKind::MlflowApp => {
                describe!(&context, client.describe_mlflow_app().arn(resource.arn()))
            }
            ResourceKind::MonitoringSchedule => {
                describe!(&context, client.describe_monitoring_schedule().monitoring_schedule_name(name))
            }
            ResourceKind::DataQualityDefinition => {
                describe!(&context, client.describe_data_quality_job_definition().job_definition_name(name))
            }
            ResourceKind::ModelQualityDefinition => {
                describe!(&context, client.describe_model_quality_job_definition().job_definition_name(name))
            }
            ResourceKind::ModelBiasDefinition => {
                describe!(&context, client.describe_model_bias_job_definition().job_definition_name(name))
            }
            ResourceKind::ModelExplainabilityDefinition => {
                let call = client.describe_model_explainability_job_definition();
                describe!(&context, call.job_definition_name(name))
            }
            ResourceKind::NotebookInstance => {
                describe!(&context, client.describe_notebook_instance().notebook_instance_name(name))
            }
            ResourceKind::LifecycleConfig => {
                let call = client.describe_notebook_instance_lifecycle_config();
                describe!(&context, call.notebook_instance_lifecycle_config_name(name))
            }
            ResourceKind::StudioLifecycleConfig => {
                let call = client.describe_studio_lifecycle_config();
                describe!(&context, call.studio_lifecycle_config_name(name))
            }
            ResourceKind::FeatureGroup => {
                describe!(&context, client.describe_feature_group().feature_group_name(name))
            }
            ResourceKind::Pipeline => describe!(&context, client.describe_pipeline().pipeline_name(name)),
            ResourceKind::PipelineExecution => {
                let call = client.describe_pipeline_execution();
                describe!(&context, call.pipeline_execution_arn(resource.arn()))
            }
            ResourceKind::Domain => describe!(&context, client.describe_domain().domain_id(name)),
            ResourceKind::UserProfile | ResourceKind::Space | ResourceKind::App => {
                self.describe_in_domain(resource, &context).await
            }
            ResourceKind::Trial => describe!(&context, client.describe_trial().trial_name(name)),
            ResourceKind::Experiment => {
                describe!(&context, client.describe_experiment().experiment_name(name))
            }
            ResourceKind::TrialComponent => {
                describe!(&context, client.describe_trial_component().trial_component_name(name))
            }
        };
        let Some(body) = body? else { return Ok(None) };
        let document = match (resource.kind, json(&context, &body)?) {
            // Only here, the description is a part of the answer.
            (ResourceKind::TrainingSession, Value::Object(mut answer)) => {
                answer.remove("TrainingSessionDetail").unwrap_or(Value::Object(answer))
            }
            (_, answer) => answer,
        };
        Ok(Some(Description::new(resource, document)))
    }

    async fn schedules_of(&self, endpoint: &Resource) -> Result<Value, PortError> {
        self.schedules_of_endpoint(&endpoint.name).await
    }

    async fn policy_of(&self, resource: &Resource) -> Result<Option<Value>, PortError> {
        self.resource_policy(resource).await
    }

    async fn schedules(&self, from: Option<&str>) -> Result<SummaryPage, PortError> {
        self.schedule_page("list the monitoring schedules", None, from.map(str::to_owned)).await
    }

    async fn endpoints(&self, from: Option<&str>) -> Result<SummaryPage, PortError> {
        self.endpoint_page(from.map(str::to_owned)).await
    }

    async fn executions_of(&self, schedule: &Resource, since: Timestamp) -> Result<Value, PortError> {
        self.list_executions(schedule, since).await
    }

    async fn steps_of(&self, execution: &Resource) -> Result<Option<Value>, PortError> {
        self.pipeline_steps(execution).await
    }

    async fn components_of(&self, job: &Resource) -> Result<Value, PortError> {
        self.trial_components(job).await
    }

    async fn annotate(
        &self,
        component: &Resource,
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        self.put_parameters(component, parameters).await
    }

    async fn tags(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError> {
        let mut pages = self.client.list_tags().resource_arn(resource.arn()).into_paginator().send();
        let mut tags = BTreeMap::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                    tags.extend(page.tags().iter().map(|tag| (text(tag.key()), text(tag.value()))));
                }
                Err(error) if error.as_service_error().is_some_and(is_not_found) => break,
                Err(error) => return Err(port_error(format!("list the tags of {resource}"), error)),
            }
        }
        Ok(tags)
    }
}

impl SageMakerAccount {
    /// A resource in a domain has the name `<domain>/<name>`, and an app `<domain>/<owner>/<type>/<name>`, as in their ARNs.
    async fn describe_in_domain(
        &self,
        resource: &Resource,
        context: &str,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let client = &self.client;
        let parts: Vec<&str> = resource.name.split('/').collect();
        match (resource.kind, parts.as_slice()) {
            (ResourceKind::UserProfile, [domain, name]) => {
                describe!(context, client.describe_user_profile().domain_id(*domain).user_profile_name(*name))
            }
            (ResourceKind::Space, [domain, name]) => {
                describe!(context, client.describe_space().domain_id(*domain).space_name(*name))
            }
            (ResourceKind::App, [domain, owner, app_type, name]) => {
                self.describe_app([domain, owner, app_type, name], context).await
            }
            _ => Err(PortError::new(
                PortErrorKind::Invalid,
                context,
                "its name does not belong to anything in a domain",
            )),
        }
    }
}

/// Category and name of a job: `job/<category>/<name>`, as in its ARN.
fn in_category<'a>(context: &str, job: &'a Resource) -> Result<(JobCategory, &'a str), PortError> {
    match job.name.split_once('/') {
        Some((category, name)) => Ok((JobCategory::from(category), name)),
        None => Err(PortError::new(PortErrorKind::Invalid, context, "its name has no category")),
    }
}

/// In its ARN, a cluster has an id of twelve letters and digits; a call may also name it by a name that looks so. The API takes ARNs and
/// names, and no ids.
fn of_cluster(cluster: &Resource) -> String {
    let is_id = cluster.name.len() == 12
        && cluster.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if is_id { cluster.arn() } else { cluster.name.clone() }
}

fn json(context: &str, body: &[u8]) -> Result<Value, PortError> {
    serde_json::from_slice(body).map_err(|error| {
        PortError::new(PortErrorKind::Unavailable, context, format!("the answer is not valid JSON: {error}"))
    })
}

/// SageMaker has a code of its own for this, and uses it for some kinds only; for the others it is a validation error with
/// these words in its text.
fn is_not_found(error: &impl ProvideErrorMetadata) -> bool {
    not_found(error.code(), error.message())
}

fn not_found(code: Option<&str>, message: Option<&str>) -> bool {
    let message = message.unwrap_or_default().to_lowercase();
    match code {
        Some("ResourceNotFound" | "ResourceNotFoundException") => true,
        Some("ValidationException") => {
            const WORDS: [&str; 5] =
                ["could not find", "cannot find", "not found", "recordnotfound", "does not exist"];
            WORDS.iter().any(|words| message.contains(words))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_resource_has_several_errors() {
        let check = |code: &str, message: &str, expect: bool| {
            assert_eq!(not_found(Some(code), Some(message)), expect, "{code}: {message}");
        };
        check("ValidationException", "Requested resource not found.", true);
        check("ValidationException", "Could not find model \"arn:aws:sagemaker:eu-west-1:1:model/m\".", true);
        check("ValidationException", "RecordNotFound", true);
        check("ValidationException", "Cannot find CodeRepository \"x\"", true);
        check("ResourceNotFound", "", true);
        check("ValidationException", "1 validation error detected: Value 'a b' at 'trainingJobName'", false);
        check("AccessDeniedException", "not found", false);
    }
}

//! The SageMaker account through `aws-sdk-sagemaker`: descriptions as the service wrote them, tags, stops and deletions.
//!
//! A description is kept as the service's own JSON, not as the SDK's types: policy and lineage read fields by the names of
//! the API reference, and a field that this SDK does not know yet is not lost.

mod capture;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_sagemaker::Client;
use aws_sdk_sagemaker::config::http::HttpResponse;
use aws_sdk_sagemaker::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sagemaker::types::ProductionVariant;
use sagewarden_aws::port_error;
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::ports::{Account, Description, ModelUse, PortError, PortErrorKind, Remedies, Stopped};
use serde_json::Value;

use crate::capture::Capture;

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

/// Sends a `Describe…` call and gives the body of its answer; `None` when there is no such resource.
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
            ResourceKind::Model => describe!(&context, client.describe_model().model_name(name)),
            ResourceKind::EndpointConfig => {
                describe!(&context, client.describe_endpoint_config().endpoint_config_name(name))
            }
            ResourceKind::Endpoint => describe!(&context, client.describe_endpoint().endpoint_name(name)),
            ResourceKind::MonitoringSchedule => {
                describe!(&context, client.describe_monitoring_schedule().monitoring_schedule_name(name))
            }
            ResourceKind::Trial => describe!(&context, client.describe_trial().trial_name(name)),
        };
        let Some(body) = body? else { return Ok(None) };
        let document: Value = serde_json::from_slice(&body).map_err(|error| {
            PortError::new(PortErrorKind::Unavailable, &context, format!("the answer is no JSON: {error}"))
        })?;
        Ok(Some(Description::new(resource, document)))
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

impl Remedies for SageMakerAccount {
    async fn stop(&self, job: &Resource) -> Result<Stopped, PortError> {
        let context = format!("stop {job}");
        match job.kind {
            ResourceKind::TrainingJob => {
                stopped(context, self.client.stop_training_job().training_job_name(&job.name).send().await)
            }
            ResourceKind::ProcessingJob => stopped(
                context,
                self.client.stop_processing_job().processing_job_name(&job.name).send().await,
            ),
            kind => {
                Err(PortError::new(PortErrorKind::Invalid, context, format!("a {kind} cannot be stopped")))
            }
        }
    }

    async fn model_use(&self, model: &Resource, at_most: usize) -> Result<ModelUse, PortError> {
        let context = format!("look for endpoint configurations of {model}");
        let mut names = self.client.list_endpoint_configs().max_results(100).into_paginator().items().send();
        let mut looked_at = 0;
        while let Some(config) = names.next().await {
            let config = config.map_err(|error| port_error(&context, error))?;
            let Some(name) = config.endpoint_config_name() else { continue };
            if looked_at == at_most {
                return Ok(ModelUse::Unknown { looked_at });
            }
            looked_at += 1;
            let described =
                match self.client.describe_endpoint_config().endpoint_config_name(name).send().await {
                    Ok(described) => described,
                    // Deleted since it was listed.
                    Err(error) if error.as_service_error().is_some_and(is_not_found) => continue,
                    Err(error) => return Err(port_error(&context, error)),
                };
            let uses = |variant: &ProductionVariant| variant.model_name() == Some(model.name.as_str());
            // One user is reason enough to keep the model.
            if described.production_variants().iter().any(uses)
                || described.shadow_production_variants().iter().any(uses)
            {
                return Ok(ModelUse::UsedBy(vec![name.to_owned()]));
            }
        }
        Ok(ModelUse::Unused)
    }

    async fn delete_model(&self, model: &Resource) -> Result<(), PortError> {
        match self.client.delete_model().model_name(&model.name).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(is_not_found) => Ok(()),
            Err(error) => Err(port_error(format!("delete {model}"), error)),
        }
    }
}

/// Stopping what has stopped already is success.
fn stopped<A, E>(context: String, answer: Result<A, SdkError<E, HttpResponse>>) -> Result<Stopped, PortError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(Stopped::Requested),
        Err(error) if error.as_service_error().is_some_and(is_already_stopped) => Ok(Stopped::Already),
        Err(error) => Err(port_error(context, error)),
    }
}

/// SageMaker has a code of its own for this, and uses it for some kinds only; for the others it is a validation error whose
/// text tells.
fn is_not_found(error: &impl ProvideErrorMetadata) -> bool {
    not_found(error.code(), error.message())
}

fn not_found(code: Option<&str>, message: Option<&str>) -> bool {
    let message = message.unwrap_or_default().to_lowercase();
    match code {
        Some("ResourceNotFound" | "ResourceNotFoundException") => true,
        Some("ValidationException") => {
            ["could not find", "not found", "does not exist"].iter().any(|words| message.contains(words))
        }
        _ => false,
    }
}

/// "The request was rejected because the training job is in status Completed": it had ended, or was being stopped.
fn is_already_stopped(error: &impl ProvideErrorMetadata) -> bool {
    already_stopped(error.code(), error.message())
}

fn already_stopped(code: Option<&str>, message: Option<&str>) -> bool {
    code == Some("ValidationException") && message.is_some_and(|message| message.contains("is in status"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_resource_is_told_in_several_ways() {
        let check = |code: &str, message: &str, expect: bool| {
            assert_eq!(not_found(Some(code), Some(message)), expect, "{code}: {message}");
        };
        check("ValidationException", "Requested resource not found.", true);
        check("ValidationException", "Could not find model \"arn:aws:sagemaker:eu-west-1:1:model/m\".", true);
        check("ResourceNotFound", "", true);
        check("ValidationException", "1 validation error detected: Value 'a b' at 'trainingJobName'", false);
        check("AccessDeniedException", "not found", false);
    }

    #[test]
    fn a_job_that_has_ended_cannot_be_stopped_and_that_is_fine() {
        let text = "The request was rejected because the training job is in status Completed.";
        assert!(already_stopped(Some("ValidationException"), Some(text)));
        assert!(!already_stopped(Some("ValidationException"), Some("Requested resource not found.")));
        assert!(!already_stopped(Some("ThrottlingException"), Some(text)));
    }
}

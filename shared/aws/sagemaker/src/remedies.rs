//! Carries out remedies: stops, changes in place, marks, deletions.

use std::collections::BTreeSet;

use aws_sdk_sagemaker::config::http::HttpResponse;
use aws_sdk_sagemaker::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sagemaker::operation::update_domain::builders::UpdateDomainFluentBuilder;
use aws_sdk_sagemaker::types::{
    AppNetworkAccessType, DockerSettings, DomainSettingsForUpdate, EndpointConfigSortKey,
    ExecutionRoleIdentityConfig, FeatureStatus, InstanceMetadataServiceConfiguration, ModelApprovalStatus,
    OrderKey, ProductionVariant, RemoteDebugConfigForUpdate, RootAccess, SpaceSettings, Tag, TagPropagation,
};
use sagewarden_aws::port_error;
use sagewarden_events::{Change, Corrections, Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::{ModelUse, PortError, PortErrorKind, Remedies, Stopped};

use crate::{SageMakerAccount, in_category, is_not_found};

impl Remedies for SageMakerAccount {
    async fn stop(&self, resource: &Resource) -> Result<Stopped, PortError> {
        let (client, name) = (&self.client, resource.name.as_str());
        let context = format!("stop {resource}");
        match resource.kind {
            ResourceKind::TrainingJob => {
                stopped(context, client.stop_training_job().training_job_name(name).send().await)
            }
            ResourceKind::ProcessingJob => {
                stopped(context, client.stop_processing_job().processing_job_name(name).send().await)
            }
            ResourceKind::TransformJob => {
                stopped(context, client.stop_transform_job().transform_job_name(name).send().await)
            }
            ResourceKind::TuningJob => {
                let call = client.stop_hyper_parameter_tuning_job().hyper_parameter_tuning_job_name(name);
                stopped(context, call.send().await)
            }
            ResourceKind::AutoMlJob => {
                stopped(context, client.stop_auto_ml_job().auto_ml_job_name(name).send().await)
            }
            ResourceKind::CompilationJob => {
                stopped(context, client.stop_compilation_job().compilation_job_name(name).send().await)
            }
            ResourceKind::LabelingJob => {
                stopped(context, client.stop_labeling_job().labeling_job_name(name).send().await)
            }
            ResourceKind::OptimizationJob => {
                stopped(context, client.stop_optimization_job().optimization_job_name(name).send().await)
            }
            ResourceKind::RecommendationsJob => {
                let call = client.stop_inference_recommendations_job().job_name(name);
                stopped(context, call.send().await)
            }
            ResourceKind::Job => {
                let (category, name) = in_category(&context, resource)?;
                stopped(context, client.stop_job().job_category(category).job_name(name).send().await)
            }
            ResourceKind::TrainingSession => {
                stopped(context, client.stop_training_session().training_session_name(name).send().await)
            }
            ResourceKind::NotebookInstance => {
                stopped(context, client.stop_notebook_instance().notebook_instance_name(name).send().await)
            }
            ResourceKind::PipelineExecution => {
                let call = client.stop_pipeline_execution().pipeline_execution_arn(resource.arn());
                stopped(context, call.send().await)
            }
            kind => {
                Err(PortError::new(PortErrorKind::Invalid, context, format!("a {kind} cannot be stopped")))
            }
        }
    }

    async fn change(&self, resource: &Resource, corrections: &Corrections) -> Result<(), PortError> {
        let (client, name) = (&self.client, resource.name.as_str());
        let context = format!("change {resource}");
        let is_set = |change: Change| corrections.settings.contains(&change);
        match resource.kind {
            ResourceKind::TrainingJob => {
                let off = RemoteDebugConfigForUpdate::builder().enable_remote_debug(false).build();
                let call = client.update_training_job().training_job_name(name).remote_debug_config(off);
                answered(context, call.send().await)
            }
            ResourceKind::NotebookInstance => {
                let mut call = client.update_notebook_instance().notebook_instance_name(name);
                if is_set(Change::DisableRootAccess) {
                    call = call.root_access(RootAccess::Disabled);
                }
                if is_set(Change::RequireMetadataV2) {
                    let version = InstanceMetadataServiceConfiguration::builder();
                    let version = version.minimum_instance_metadata_service_version("2").build();
                    call = call.instance_metadata_service_configuration(version);
                }
                if is_set(Change::ReplacePlatform) {
                    call = call.set_platform_identifier(corrections.platform.clone());
                }
                answered(context, call.send().await)
            }
            ResourceKind::Domain => self.change_domain(resource, &corrections.settings, context).await,
            ResourceKind::ModelPackage => {
                let call = client.update_model_package().model_package_arn(resource.arn());
                let call = call.model_approval_status(ModelApprovalStatus::PendingManualApproval);
                answered(context, call.send().await)
            }
            ResourceKind::MonitoringSchedule => {
                let call = client.start_monitoring_schedule().monitoring_schedule_name(name);
                answered(context, call.send().await)
            }
            ResourceKind::Space | ResourceKind::App => self.change_in_domain(resource, context).await,
            kind => {
                Err(PortError::new(PortErrorKind::Invalid, context, format!("a {kind} cannot be changed")))
            }
        }
    }

    async fn start(&self, notebook: &Resource) -> Result<(), PortError> {
        let call = self.client.start_notebook_instance().notebook_instance_name(&notebook.name);
        answered(format!("start {notebook}"), call.send().await)
    }

    async fn mark(&self, resource: &Resource, tags: &[(&str, &str)]) -> Result<(), PortError> {
        let context = format!("tag {resource}");
        let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build());
        let call = self.client.add_tags().resource_arn(resource.arn()).set_tags(Some(tags.collect()));
        answered(context, call.send().await)
    }

    async fn model_use(
        &self,
        model: &Resource,
        since: Timestamp,
        at_most: usize,
    ) -> Result<ModelUse, PortError> {
        let context = format!("look for endpoint configurations of {model}");
        let listing = self.client.list_endpoint_configs().max_results(100);
        let newest_first =
            listing.sort_by(EndpointConfigSortKey::CreationTime).sort_order(OrderKey::Descending);
        let made_since = newest_first
            .creation_time_after(aws_sdk_sagemaker::primitives::DateTime::from_millis(since.millis()));
        let mut names = made_since.into_paginator().items().send();
        let mut looked_at = 0;
        while let Some(config) = names.next().await {
            let config = config.map_err(|error| port_error(&context, error))?;
            let Some(name) = config.endpoint_config_name() else { continue };
            // An emulator may ignore `CreationTimeAfter`.
            if config.creation_time().and_then(|at| at.to_millis().ok()).is_some_and(|at| at < since.millis())
            {
                continue;
            }
            if looked_at == at_most {
                return Ok(ModelUse::Unknown { looked_at });
            }
            looked_at += 1;
            let described =
                match self.client.describe_endpoint_config().endpoint_config_name(name).send().await {
                    Ok(described) => described,
                    // It was deleted after it was listed.
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

impl SageMakerAccount {
    /// Makes all changes in one call. If running apps prevent some changes, makes the others, and answers with the first call's error, so
    /// that the record is retried for the rest.
    async fn change_domain(
        &self,
        domain: &Resource,
        changes: &BTreeSet<Change>,
        context: String,
    ) -> Result<(), PortError> {
        let update = |changes: &BTreeSet<Change>| {
            domain_changes(self.client.update_domain().domain_id(&domain.name), changes).send()
        };
        let error = match update(changes).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let is_refused = matches!(error.code(), Some("ResourceInUse" | "ValidationException"));
        let others: BTreeSet<Change> =
            changes.iter().copied().filter(|change| !needs_no_apps(*change)).collect();
        if is_refused && !others.is_empty() && others.len() < changes.len() {
            // Whatever the result of this call, the first call's error says which changes are still missing.
            let _made = update(&others).await;
        }
        Err(port_error(context, error))
    }

    async fn change_in_domain(&self, resource: &Resource, context: String) -> Result<(), PortError> {
        let parts: Vec<&str> = resource.name.split('/').collect();
        match (resource.kind, parts.as_slice()) {
            (ResourceKind::Space, [domain, name]) => {
                let off = SpaceSettings::builder().remote_access(FeatureStatus::Disabled).build();
                let call =
                    self.client.update_space().domain_id(*domain).space_name(*name).space_settings(off);
                answered(context, call.send().await)
            }
            (ResourceKind::App, [domain, owner, app_type, name]) => {
                self.delete_app([domain, owner, app_type, name], &context).await
            }
            _ => Err(PortError::new(
                PortErrorKind::Invalid,
                context,
                "its name does not belong to anything in a domain",
            )),
        }
    }
}

/// One `UpdateDomain` that makes all these changes: a domain that is `Updating` refuses the next one.
fn domain_changes(
    mut call: UpdateDomainFluentBuilder,
    changes: &BTreeSet<Change>,
) -> UpdateDomainFluentBuilder {
    let mut settings = None;
    for change in changes {
        let part = || settings.clone().unwrap_or_else(DomainSettingsForUpdate::builder);
        match change {
            Change::RouteThroughVpc => call = call.app_network_access_type(AppNetworkAccessType::VpcOnly),
            Change::PropagateTags => call = call.tag_propagation(TagPropagation::Enabled),
            Change::NameTheUser => {
                let by_user = ExecutionRoleIdentityConfig::UserProfileName;
                settings = Some(part().execution_role_identity_config(by_user));
            }
            Change::DisableDocker => {
                let off = DockerSettings::builder().enable_docker_access(FeatureStatus::Disabled).build();
                settings = Some(part().docker_settings(off));
            }
            _ => {}
        }
    }
    call.set_domain_settings_for_update(settings.map(|settings| settings.build()))
}

/// The route of the traffic and the name in sessions can change only while no app runs ("UpdateDomain", API reference).
fn needs_no_apps(change: Change) -> bool {
    matches!(change, Change::RouteThroughVpc | Change::NameTheUser)
}

fn answered<A, E>(context: String, answer: Result<A, SdkError<E, HttpResponse>>) -> Result<(), PortError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    answer.map(|_| ()).map_err(|error| port_error(context, error))
}

/// Stopping a stopped resource succeeds.
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

/// "The request was rejected because the training job is in status Completed", "Status (Stopped) not in ([InService])": the resource had
/// ended, or was being stopped.
fn is_already_stopped(error: &impl ProvideErrorMetadata) -> bool {
    already_stopped(error.code(), error.message())
}

fn already_stopped(code: Option<&str>, message: Option<&str>) -> bool {
    let names_status = |message: &str| message.contains("is in status") || message.contains("Status (");
    code == Some("ValidationException") && message.is_some_and(names_status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_has_ended_cannot_be_stopped_and_that_is_fine() {
        let text = "The request was rejected because the training job is in status Completed.";
        assert!(already_stopped(Some("ValidationException"), Some(text)));
        let notebook = "Status (Stopped) not in ([InService]). Unable to transition to (Stopping)";
        assert!(already_stopped(Some("ValidationException"), Some(notebook)));
        assert!(!already_stopped(Some("ValidationException"), Some("Requested resource not found.")));
        assert!(!already_stopped(Some("ThrottlingException"), Some(text)));
    }
}

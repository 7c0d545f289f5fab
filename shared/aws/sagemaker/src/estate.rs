//! Lists of everything that an account has: `Search` for the kinds that it lists in full, `List…` for the others.

use aws_sdk_sagemaker::primitives::DateTime;
use aws_sdk_sagemaker::types::{
    AutoMlSortBy, AutoMlSortOrder, ClusterSortBy, CodeRepositorySortBy, CodeRepositorySortOrder,
    EndpointConfigSortKey, EndpointSortKey, FeatureGroupSortBy, FeatureGroupSortOrder, HubSortBy,
    HyperParameterTuningJobSortByOptions, InferenceComponentSortKey, ListCompilationJobsSortBy,
    ListInferenceRecommendationsJobsSortBy, ListOptimizationJobsSortBy, ModelPackageGroupSortBy,
    ModelPackageSortBy, ModelPackageType, ModelSortKey, MonitoringJobDefinitionSortKey,
    MonitoringScheduleSortKey, NotebookInstanceLifecycleConfigSortKey,
    NotebookInstanceLifecycleConfigSortOrder, NotebookInstanceSortKey, NotebookInstanceSortOrder, OrderKey,
    ResourceType, SearchSortOrder, SortBy, SortInferenceExperimentsBy, SortMlflowAppBy, SortOrder,
    SortPipelinesBy, SortTrackingServerBy, StudioLifecycleConfigSortKey,
};
use sagewarden_aws::port_error;
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::ports::{
    Account, Estate, EstatePage, ListedResource, PortError, PortErrorKind, Wanted,
};
use serde_json::Value;

use crate::capture::Capture;
use crate::lineage::taken;
use crate::{PAGE, SageMakerAccount};

/// A page of a list: its entries, and the token of the next page.
type Raw = Result<(Vec<Value>, Option<String>), PortError>;

/// Sends a call, and gives the list in the body of its answer.
macro_rules! listed {
    ($context:expr, $field:expr, $call:expr) => {{
        let capture = Capture::default();
        let page = $call.customize().interceptor(capture.clone()).send().await;
        let page = page.map_err(|error| port_error($context, error))?;
        Ok((taken($context, &capture, $field)?, page.next_token().map(str::to_owned)))
    }};
}

impl Estate for SageMakerAccount {
    async fn page(&self, wanted: &Wanted, from: Option<&str>) -> Result<EstatePage, PortError> {
        let context = format!("list the {}s", wanted.kind);
        let from = from.map(str::to_owned);
        let searched = searched(wanted.kind).filter(|_| wanted.by_search);
        let (entries, next) = match &searched {
            Some(resource) => self.search(&context, resource.clone(), from).await?,
            None => self.list(&context, wanted, from).await?,
        };
        let home = self.home(wanted.kind, &entries).await?;
        let read = |entry: &Value| match &searched {
            Some(_) => ListedResource::of_record(&home, entry),
            None => ListedResource::of_summary(&home, entry),
        };
        Ok(EstatePage { resources: entries.iter().filter_map(read).collect(), next })
    }
}

/// The name of a kind in `Search`.
fn searched(kind: ResourceKind) -> Option<ResourceType> {
    Some(match kind {
        ResourceKind::TrainingJob => ResourceType::TrainingJob,
        ResourceKind::TuningJob => ResourceType::HyperParameterTuningJob,
        ResourceKind::ModelPackage => ResourceType::ModelPackage,
        ResourceKind::Model => ResourceType::Model,
        ResourceKind::PipelineExecution => ResourceType::PipelineExecution,
        _ => return None,
    })
}

impl SageMakerAccount {
    /// The newest first, without a filter. The caller stops at the first entry that is too old, and no filter can
    /// hide a resource.
    async fn search(&self, context: &str, resource: ResourceType, from: Option<String>) -> Raw {
        let call = self.client.search().resource(resource).max_results(PAGE).set_next_token(from);
        let call = call.sort_by("CreationTime").sort_order(SearchSortOrder::Descending);
        listed!(context, "Results", call)
    }

    /// The newest first, where SageMaker sorts the kind by its creation.
    async fn list(&self, context: &str, wanted: &Wanted, from: Option<String>) -> Raw {
        let client = &self.client;
        let since = wanted.since.map(|since| DateTime::from_millis(since.millis()));
        match wanted.kind {
            ResourceKind::TrainingJob => {
                let call = client.list_training_jobs().set_creation_time_after(since).max_results(PAGE);
                let call = call.sort_by(SortBy::CreationTime).sort_order(SortOrder::Descending);
                listed!(context, "TrainingJobSummaries", call.set_next_token(from))
            }
            ResourceKind::ProcessingJob => {
                let call = client.list_processing_jobs().set_creation_time_after(since).max_results(PAGE);
                let call = call.sort_by(SortBy::CreationTime).sort_order(SortOrder::Descending);
                listed!(context, "ProcessingJobSummaries", call.set_next_token(from))
            }
            ResourceKind::TransformJob => {
                let call = client.list_transform_jobs().set_creation_time_after(since).max_results(PAGE);
                let call = call.sort_by(SortBy::CreationTime).sort_order(SortOrder::Descending);
                listed!(context, "TransformJobSummaries", call.set_next_token(from))
            }
            ResourceKind::TuningJob => {
                let call = client.list_hyper_parameter_tuning_jobs().max_results(PAGE);
                let call = call.sort_by(HyperParameterTuningJobSortByOptions::CreationTime);
                let call = call.sort_order(SortOrder::Descending).set_creation_time_after(since);
                listed!(context, "HyperParameterTuningJobSummaries", call.set_next_token(from))
            }
            ResourceKind::AutoMlJob => {
                let call = client.list_auto_ml_jobs().set_creation_time_after(since).max_results(PAGE);
                let call = call.sort_by(AutoMlSortBy::CreationTime).sort_order(AutoMlSortOrder::Descending);
                listed!(context, "AutoMLJobSummaries", call.set_next_token(from))
            }
            ResourceKind::CompilationJob => {
                let call = client.list_compilation_jobs().set_creation_time_after(since).max_results(PAGE);
                let call = call.sort_by(ListCompilationJobsSortBy::CreationTime);
                let call = call.sort_order(SortOrder::Descending);
                listed!(context, "CompilationJobSummaries", call.set_next_token(from))
            }
            ResourceKind::LabelingJob => {
                let call = client.list_labeling_jobs().set_creation_time_after(since).max_results(PAGE);
                let call = call.sort_by(SortBy::CreationTime).sort_order(SortOrder::Descending);
                listed!(context, "LabelingJobSummaryList", call.set_next_token(from))
            }
            ResourceKind::OptimizationJob => {
                let call = client.list_optimization_jobs().set_creation_time_after(since).max_results(PAGE);
                let call = call.sort_by(ListOptimizationJobsSortBy::CreationTime);
                let call = call.sort_order(SortOrder::Descending);
                listed!(context, "OptimizationJobSummaries", call.set_next_token(from))
            }
            ResourceKind::RecommendationsJob => {
                let call = client.list_inference_recommendations_jobs().set_creation_time_after(since);
                let call = call.sort_by(ListInferenceRecommendationsJobsSortBy::CreationTime);
                let call = call.sort_order(SortOrder::Descending).max_results(PAGE);
                listed!(context, "InferenceRecommendationsJobs", call.set_next_token(from))
            }
            ResourceKind::Job => self.list_jobs(context, since, from).await,
            ResourceKind::TrainingSession => {
                let call = client.list_training_sessions().set_creation_time_after(since);
                listed!(context, "TrainingSessionSummaries", call.max_results(PAGE).set_next_token(from))
            }
            _ => self.list_lasting(context, wanted.kind, from).await,
        }
    }

    /// Resources that last until somebody deletes them: they all count, however old they are.
    async fn list_lasting(&self, context: &str, kind: ResourceKind, from: Option<String>) -> Raw {
        let client = &self.client;
        match kind {
            ResourceKind::ModelPackage => {
                let call = client.list_model_packages().model_package_type(ModelPackageType::Both);
                let call = call.max_results(PAGE).sort_by(ModelPackageSortBy::CreationTime);
                let call = call.sort_order(SortOrder::Descending);
                listed!(context, "ModelPackageSummaryList", call.set_next_token(from))
            }
            ResourceKind::ModelPackageGroup => {
                let call = client.list_model_package_groups().max_results(PAGE);
                let call =
                    call.sort_by(ModelPackageGroupSortBy::CreationTime).sort_order(SortOrder::Descending);
                listed!(context, "ModelPackageGroupSummaryList", call.set_next_token(from))
            }
            ResourceKind::Model => {
                let call = client.list_models().max_results(PAGE).sort_by(ModelSortKey::CreationTime);
                let call = call.sort_order(OrderKey::Descending);
                listed!(context, "Models", call.set_next_token(from))
            }
            ResourceKind::EndpointConfig => {
                let call = client.list_endpoint_configs().max_results(PAGE);
                let call = call.sort_by(EndpointConfigSortKey::CreationTime).sort_order(OrderKey::Descending);
                listed!(context, "EndpointConfigs", call.set_next_token(from))
            }
            ResourceKind::Endpoint => {
                let call = client.list_endpoints().max_results(PAGE).sort_by(EndpointSortKey::CreationTime);
                let call = call.sort_order(OrderKey::Descending);
                listed!(context, "Endpoints", call.set_next_token(from))
            }
            ResourceKind::InferenceComponent => {
                let call = client.list_inference_components().max_results(PAGE);
                let call =
                    call.sort_by(InferenceComponentSortKey::CreationTime).sort_order(OrderKey::Descending);
                listed!(context, "InferenceComponents", call.set_next_token(from))
            }
            ResourceKind::InferenceExperiment => {
                let call = client.list_inference_experiments().max_results(PAGE);
                let call = call.sort_by(SortInferenceExperimentsBy::CreationTime);
                let call = call.sort_order(SortOrder::Descending);
                listed!(context, "InferenceExperiments", call.set_next_token(from))
            }
            ResourceKind::InferenceRouter => self.list_routers(context, from).await,
            ResourceKind::Cluster => {
                let call = client.list_clusters().max_results(PAGE).sort_by(ClusterSortBy::CreationTime);
                let call = call.sort_order(SortOrder::Descending);
                listed!(context, "ClusterSummaries", call.set_next_token(from))
            }
            ResourceKind::Hub => {
                let call = client.list_hubs().max_results(PAGE).sort_by(HubSortBy::CreationTime);
                let call = call.sort_order(SortOrder::Descending);
                listed!(context, "HubSummaries", call.set_next_token(from))
            }
            ResourceKind::HubContent => self.list_contents(context, from).await,
            ResourceKind::PartnerApp => {
                let call = client.list_partner_apps().max_results(PAGE);
                listed!(context, "Summaries", call.set_next_token(from))
            }
            ResourceKind::CodeRepository => {
                let call = client.list_code_repositories().max_results(PAGE);
                let call = call.sort_by(CodeRepositorySortBy::CreationTime);
                let call = call.sort_order(CodeRepositorySortOrder::Descending);
                listed!(context, "CodeRepositorySummaryList", call.set_next_token(from))
            }
            ResourceKind::TrackingServer => {
                let call = client.list_mlflow_tracking_servers().max_results(PAGE);
                let call = call.sort_by(SortTrackingServerBy::CreationTime).sort_order(SortOrder::Descending);
                listed!(context, "TrackingServerSummaries", call.set_next_token(from))
            }
            ResourceKind::MlflowApp => {
                let call = client.list_mlflow_apps().max_results(PAGE);
                let call = call.sort_by(SortMlflowAppBy::CreationTime).sort_order(SortOrder::Descending);
                listed!(context, "Summaries", call.set_next_token(from))
            }
            ResourceKind::NotebookInstance => {
                let call = client.list_notebook_instances().max_results(PAGE);
                let call = call.sort_by(NotebookInstanceSortKey::CreationTime);
                let call = call.sort_order(NotebookInstanceSortOrder::Descending);
                listed!(context, "NotebookInstances", call.set_next_token(from))
            }
            ResourceKind::LifecycleConfig => {
                let call = client.list_notebook_instance_lifecycle_configs().max_results(PAGE);
                let call = call.sort_by(NotebookInstanceLifecycleConfigSortKey::CreationTime);
                let call = call.sort_order(NotebookInstanceLifecycleConfigSortOrder::Descending);
                listed!(context, "NotebookInstanceLifecycleConfigs", call.set_next_token(from))
            }
            ResourceKind::StudioLifecycleConfig => {
                let call = client.list_studio_lifecycle_configs().max_results(PAGE);
                let call = call.sort_by(StudioLifecycleConfigSortKey::CreationTime);
                let call = call.sort_order(SortOrder::Descending);
                listed!(context, "StudioLifecycleConfigs", call.set_next_token(from))
            }
            ResourceKind::FeatureGroup => {
                let call = client.list_feature_groups().max_results(PAGE);
                let call = call.sort_by(FeatureGroupSortBy::CreationTime);
                let call = call.sort_order(FeatureGroupSortOrder::Descending);
                listed!(context, "FeatureGroupSummaries", call.set_next_token(from))
            }
            ResourceKind::Pipeline => {
                let call = client.list_pipelines().max_results(PAGE).sort_by(SortPipelinesBy::CreationTime);
                let call = call.sort_order(SortOrder::Descending);
                listed!(context, "PipelineSummaries", call.set_next_token(from))
            }
            ResourceKind::Domain => {
                let call = client.list_domains().max_results(PAGE);
                listed!(context, "Domains", call.set_next_token(from))
            }
            ResourceKind::UserProfile => {
                let call = client.list_user_profiles().max_results(PAGE);
                listed!(context, "UserProfiles", call.set_next_token(from))
            }
            ResourceKind::Space => {
                let call = client.list_spaces().max_results(PAGE);
                listed!(context, "Spaces", call.set_next_token(from))
            }
            ResourceKind::App => {
                let call = client.list_apps().max_results(PAGE);
                listed!(context, "Apps", call.set_next_token(from))
            }
            _ => self.list_monitoring(context, kind, from).await,
        }
    }

    async fn list_monitoring(&self, context: &str, kind: ResourceKind, from: Option<String>) -> Raw {
        let client = &self.client;
        let (by, order) = (MonitoringJobDefinitionSortKey::CreationTime, SortOrder::Descending);
        match kind {
            ResourceKind::MonitoringSchedule => {
                let call = client.list_monitoring_schedules().max_results(PAGE).sort_order(order);
                let call = call.sort_by(MonitoringScheduleSortKey::CreationTime);
                listed!(context, "MonitoringScheduleSummaries", call.set_next_token(from))
            }
            ResourceKind::DataQualityDefinition => {
                let call = client.list_data_quality_job_definitions().max_results(PAGE);
                listed!(
                    context,
                    "JobDefinitionSummaries",
                    call.sort_by(by).sort_order(order).set_next_token(from)
                )
            }
            ResourceKind::ModelQualityDefinition => {
                let call = client.list_model_quality_job_definitions().max_results(PAGE);
                listed!(
                    context,
                    "JobDefinitionSummaries",
                    call.sort_by(by).sort_order(order).set_next_token(from)
                )
            }
            ResourceKind::ModelBiasDefinition => {
                let call = client.list_model_bias_job_definitions().max_results(PAGE);
                listed!(
                    context,
                    "JobDefinitionSummaries",
                    call.sort_by(by).sort_order(order).set_next_token(from)
                )
            }
            ResourceKind::ModelExplainabilityDefinition => {
                let call = client.list_model_explainability_job_definitions().max_results(PAGE);
                listed!(
                    context,
                    "JobDefinitionSummaries",
                    call.sort_by(by).sort_order(order).set_next_token(from)
                )
            }
            kind => {
                let message = format!("SageMaker lists no {kind}s of a whole account");
                Err(PortError::new(PortErrorKind::Invalid, context, message))
            }
        }
    }

    /// The account and region of the entries. Resources of a Studio domain are listed without an ARN, so the domains'
    /// ARNs give the account. Inference experiments are, too: the description of one gives it.
    async fn home(&self, kind: ResourceKind, entries: &[Value]) -> Result<Resource, PortError> {
        let home = Resource::in_region(kind, "", "", "");
        let named = entries.first().and_then(|entry| kind.name_in(entry));
        if let Some(name) = named.filter(|_| kind == ResourceKind::InferenceExperiment) {
            let described = self.describe(&home.sibling(kind, name)).await?;
            let arn = described.as_ref().and_then(|found| found.document.get(kind.arn_field())?.as_str());
            let own = arn.and_then(|arn| Resource::parse_arn(arn).ok());
            return Ok(own.map_or(home, |own| own.sibling(kind, "")));
        }
        let is_in_domain =
            matches!(kind, ResourceKind::UserProfile | ResourceKind::Space | ResourceKind::App);
        if !is_in_domain || entries.is_empty() {
            return Ok(home);
        }
        // The first page may be empty although more pages follow.
        let mut pages = self.client.list_domains().max_results(PAGE).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| port_error("list the domains", error))?;
            let arn = page.domains().iter().find_map(|domain| domain.domain_arn());
            if let Some(domain) = arn.and_then(|arn| Resource::parse_arn(arn).ok()) {
                return Ok(domain.sibling(kind, ""));
            }
        }
        Ok(home)
    }
}

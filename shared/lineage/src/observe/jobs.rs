//! Reads the descriptions of jobs.

use std::collections::BTreeMap;

use sagewarden_events::ResourceKind;
use serde_json::{Map, Value as Json};

use super::{Observation, View};
use crate::edge::{DRIVERS, channel_role};
use crate::id::NodeId;
use crate::rows::node;
use crate::table::Value;

/// The members of `CreateTrainingJob` that `DescribeTrainingJob` gives back ("CreateTrainingJob", SageMaker API reference), without the
/// name, the hyperparameters and the environment.
const REQUEST: [&str; 23] = [
    "AlgorithmSpecification",
    "CheckpointConfig",
    "DebugHookConfig",
    "DebugRuleConfigurations",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "EnableNetworkIsolation",
    "ExperimentConfig",
    "InfraCheckConfig",
    "InputDataConfig",
    "MlflowConfig",
    "ModelPackageConfig",
    "OutputDataConfig",
    "ProfilerConfig",
    "ProfilerRuleConfigurations",
    "RemoteDebugConfig",
    "ResourceConfig",
    "RetryStrategy",
    "RoleArn",
    "ServerlessJobConfig",
    "StoppingCondition",
    "TensorBoardOutputConfig",
    "VpcConfig",
];

/// The tags of a job that runs a notebook: Studio's scheduler sets the first one, and a step of a pipeline the second one
/// (`sagemaker_studio_jupyter_scheduler`; `NotebookJobStep` of the SageMaker SDK).
const OF_NOTEBOOKS: [(&str, &[&str]); 2] = [
    ("sagemaker:is-scheduling-notebook-job", &["true"]),
    ("sagemaker:notebook-job-origin", &["PIPELINE_STEP"]),
];

impl Observation {
    /// The notebook that the job runs, if it is one of Studio's notebook jobs.
    pub(super) fn notebook(&mut self, tags: &BTreeMap<String, String>) {
        let is = |(key, words): &(&str, &[&str])| {
            tags.get(*key).is_some_and(|word| words.contains(&word.as_str()))
        };
        if OF_NOTEBOOKS.iter().any(is) {
            let name = tags.get("sagemaker:notebook-name").map_or("a notebook", String::as_str);
            self.facts.insert(node::NOTEBOOK.into(), Value::Text(name.to_owned()));
        }
    }

    pub(super) fn training_job(&mut self, view: &View<'_>) {
        self.job_status(view, "TrainingJobStatus");
        self.fact_text(view, node::ROLE, "RoleArn");
        self.fact_text(view, node::INSTANCE_TYPE, "ResourceConfig.InstanceType");
        self.fact_number(view, node::INSTANCE_COUNT, "ResourceConfig.InstanceCount");
        if view.bool("EnableManagedSpotTraining") == Some(true) {
            self.facts.insert(node::SPOT.into(), Value::Text("true".into()));
        }
        // These still grow until the job has ended, and only the first value of a fact stays. So they are read after the end.
        if self.has_ended() {
            self.fact_number(view, node::TRAINING_SECONDS, "TrainingTimeInSeconds");
            self.fact_number(view, node::BILLABLE_SECONDS, "BillableTimeInSeconds");
            if let Some(metrics) = view.at("FinalMetricDataList").filter(|list| list.is_array()) {
                self.detail.insert("FinalMetricDataList".into(), metrics.clone());
            }
        }
        self.environment(view);
        self.belongings(view);
        self.logs_to(view);
        if let Some(parameters) = view.at("HyperParameters").and_then(Json::as_object) {
            self.detail.insert("HyperParameters".into(), Json::Object(parameters.clone()));
        }
        self.request(view);
        let image = view
            .text("AlgorithmSpecification.TrainingImage")
            .or_else(|| view.text("AlgorithmSpecification.AlgorithmName"));
        self.images.extend(image.map(|image| ("image".to_owned(), image)));
        self.channels(view);
        if let (Some(uri), Some(ended)) =
            (view.text("ModelArtifacts.S3ModelArtifacts"), view.time("TrainingEndTime"))
        {
            self.output(Some(uri), "artifact".into(), ended, true);
        }
    }

    /// The request that would run the job again. Parameters and environment are kept beside it.
    fn request(&mut self, view: &View<'_>) {
        let fields = REQUEST.into_iter().filter_map(|name| Some((name.to_owned(), view.at(name)?.clone())));
        let mut request: Map<String, Json> = fields.collect();
        if let Some(resources) = request.get_mut("ResourceConfig").and_then(Json::as_object_mut) {
            // The service chose these values. They are not part of a request.
            resources.retain(|name, _| !name.starts_with("Selected"));
        }
        self.detail.insert("Request".into(), Json::Object(request));
    }

    pub(super) fn processing_job(&mut self, view: &View<'_>) {
        self.job_status(view, "ProcessingJobStatus");
        self.fact_text(view, node::ROLE, "RoleArn");
        self.fact_text(view, node::INSTANCE_TYPE, "ProcessingResources.ClusterConfig.InstanceType");
        self.fact_number(view, node::INSTANCE_COUNT, "ProcessingResources.ClusterConfig.InstanceCount");
        if self.has_ended() {
            self.fact_text(view, node::EXIT_MESSAGE, "ExitMessage");
        }
        self.environment(view);
        self.belongings(view);
        if let Some(schedule) = view.text("MonitoringScheduleArn") {
            // A run of a schedule is a node of its own kind, although the API calls it a processing job.
            self.id = NodeId::monitoring_execution(&self.resource, self.created_at);
            self.schedule = Some(schedule);
        }
        for key in ["ContainerArguments", "ContainerEntrypoint"] {
            if let Some(list) = view.at(&format!("AppSpecification.{key}")).filter(|list| list.is_array()) {
                self.detail.insert(key.into(), list.clone());
            }
        }
        self.images.extend(view.text("AppSpecification.ImageUri").map(|image| ("image".to_owned(), image)));
        for input in view.list("ProcessingInputs") {
            let role = format!("input/{}", input.text("InputName").unwrap_or_default());
            let kind = input.text("S3Input.S3DataType");
            self.typed_input(input.text("S3Input.S3Uri"), role, kind.as_deref());
        }
        if let Some(ended) = view.time("ProcessingEndTime") {
            for output in view.list("ProcessingOutputConfig.Outputs") {
                let role = format!("output/{}", output.text("OutputName").unwrap_or_default());
                let group = output.text("FeatureStoreOutput.FeatureGroupName");
                self.feature_groups.extend(group.map(|group| (role.clone(), group)));
                self.output(output.text("S3Output.S3Uri"), role, ended, false);
            }
        }
    }

    pub(super) fn transform_job(&mut self, view: &View<'_>) {
        self.job_status(view, "TransformJobStatus");
        // Its description has no `LastModifiedTime`.
        if let (Some(mark), Some(ended)) = (&mut self.status, view.time("TransformEndTime")) {
            mark.at = ended;
        }
        self.fact_text(view, node::INSTANCE_TYPE, "TransformResources.InstanceType");
        self.fact_number(view, node::INSTANCE_COUNT, "TransformResources.InstanceCount");
        self.environment(view);
        self.belongings(view);
        if let Some(model) = view.text("ModelName") {
            self.source_name("model".into(), ResourceKind::Model, model);
        }
        if let Some(input) = view.at("TransformInput").map(View) {
            self.s3_source(&input, "input".into());
        }
        if let Some(ended) = view.time("TransformEndTime") {
            self.output(view.text("TransformOutput.S3OutputPath"), "output".into(), ended, false);
        }
    }

    /// The channels of a training job, or of the jobs that a tuning job starts.
    pub(super) fn channels(&mut self, view: &View<'_>) {
        let name = |channel: &View<'_>| channel.text("ChannelName").unwrap_or_default();
        let has_drivers = view.list("InputDataConfig").any(|channel| name(&channel) == DRIVERS);
        for channel in view.list("InputDataConfig") {
            let role = channel_role(&name(&channel), has_drivers);
            self.dataset_source(&channel, &role);
            self.s3_source(&channel, role);
        }
    }

    /// A `DataSource.S3DataSource`.
    pub(super) fn s3_source(&mut self, view: &View<'_>, role: String) {
        let source = View(view.at("DataSource.S3DataSource").unwrap_or(&Json::Null));
        self.typed_input(source.text("S3Uri"), role, source.text("S3DataType").as_deref());
    }
}

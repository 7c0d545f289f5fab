//! Reads the descriptions of jobs that SageMaker runs on its own, and of resources that start jobs: tuning jobs, Autopilot jobs, labeling
//! jobs, optimization jobs, pipeline executions.

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use serde_json::{Map, Value as Json};

use super::{Observation, ResourceReference, View};
use crate::edge::MODEL_DATA;
use crate::rows::node;

/// The parts of an `OptimizationConfig`, and what each does.
const TECHNIQUES: [(&str, &str); 4] = [
    ("ModelQuantizationConfig", "quantization"),
    ("ModelCompilationConfig", "compilation"),
    ("ModelShardingConfig", "sharding"),
    ("ModelSpeculativeDecodingConfig", "speculative-decoding"),
];

impl Observation {
    pub(super) fn tuning_job(&mut self, view: &View<'_>) {
        self.job_status(view, "HyperParameterTuningJobStatus");
        self.fact_text(view, node::STRATEGY, "HyperParameterTuningJobConfig.Strategy");
        let one = view.at("TrainingJobDefinition").filter(|definition| definition.is_object()).map(View);
        let mut parameters = Map::new();
        for definition in one.into_iter().chain(view.list("TrainingJobDefinitions")) {
            let image = definition
                .text("AlgorithmSpecification.TrainingImage")
                .or_else(|| definition.text("AlgorithmSpecification.AlgorithmName"));
            let image = image.map(|image| ("image".to_owned(), image));
            self.images.extend(image.filter(|image| !self.images.contains(image)));
            self.channels(&definition);
            let name = definition.text("DefinitionName").unwrap_or_else(|| "-".to_owned());
            let pairs = definition.at("StaticHyperParameters").and_then(Json::as_object);
            if let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) {
                parameters.insert(name, Json::Object(pairs.clone()));
            }
        }
        if !parameters.is_empty() {
            self.detail.insert("StaticHyperParameters".into(), Json::Object(parameters));
        }
        if self.has_ended() {
            self.fact_text(view, node::BEST_JOB, "BestTrainingJob.TrainingJobName");
            if let Some(metric) = view.at("BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric") {
                self.detail.insert("BestMetric".into(), metric.clone());
            }
        }
    }

    /// The fields in the second version of the API, and in the first.
    pub(super) fn automl_job(&mut self, view: &View<'_>) {
        self.job_status(view, "AutoMLJobStatus");
        self.fact_text(view, node::ROLE, "RoleArn");
        self.fact_text(view, node::PROBLEM, "AutoMLProblemTypeConfigName");
        for channel in view.list("AutoMLJobInputDataConfig").chain(view.list("InputDataConfig")) {
            let name = channel.text("ChannelType").unwrap_or_else(|| "training".to_owned());
            self.s3_source(&channel, format!("channel/{name}"));
        }
        if !self.has_ended() {
            return;
        }
        self.fact_text(view, node::BEST_CANDIDATE, "BestCandidate.CandidateName");
        if let Some(best) = view.at("BestCandidate").and_then(Json::as_object) {
            let kept = ["CandidateName", "FinalAutoMLJobObjectiveMetric", "CandidateSteps"];
            let best = kept.iter().filter_map(|key| Some(((*key).to_owned(), best.get(*key)?.clone())));
            self.detail.insert("BestCandidate".into(), Json::Object(best.collect()));
        }
    }

    /// The job reads the manifest of the items to label, and writes the manifest of their labels.
    pub(super) fn labeling_job(&mut self, view: &View<'_>) {
        self.job_status(view, "LabelingJobStatus");
        self.fact_text(view, node::ROLE, "RoleArn");
        self.input(view.text("InputConfig.DataSource.S3DataSource.ManifestS3Uri"), "manifest".into(), true);
        self.input(view.text("LabelCategoryConfigS3Uri"), "categories".into(), true);
        let initial = "LabelingJobAlgorithmsConfig.InitialActiveLearningModelArn";
        self.source_arn(view, "initial-model", initial, ResourceKind::Model);
        // Its description has no time of its end, but nothing changes after that.
        if let (true, Some(ended)) = (self.has_ended(), view.time("LastModifiedTime")) {
            let labeled = view.text("LabelingJobOutput.OutputDatasetS3Uri");
            self.output(labeled, "labels".into(), ended, true);
            self.made_arn(view, "active-learning", "LabelingJobOutput.FinalActiveLearningModelArn", ended);
        }
    }

    /// It reads a model, and makes another one of it.
    pub(super) fn optimization_job(&mut self, view: &View<'_>) {
        self.job_status(view, "OptimizationJobStatus");
        self.fact_text(view, node::ROLE, "RoleArn");
        self.fact_text(view, node::INSTANCE_TYPE, "DeploymentInstanceType");
        self.input(view.text("ModelSource.S3.S3Uri"), MODEL_DATA.into(), false);
        if let Some(model) = view.text("ModelSource.SageMakerModel.ModelName") {
            self.source_name("model".into(), ResourceKind::Model, model);
        }
        let mut techniques = Vec::new();
        for config in view.list("OptimizationConfigs") {
            for (field, technique) in TECHNIQUES {
                let Some(one) = config.at(field).filter(|one| one.is_object()).map(View) else { continue };
                techniques.push(technique);
                let role = format!("image/{technique}");
                self.images.extend(one.text("Image").map(|image| (role, image)));
                let kind = one.text("TrainingDataSource.S3DataType");
                let uri = one.text("TrainingDataSource.S3Uri");
                self.typed_input(uri, format!("channel/{technique}"), kind.as_deref());
            }
        }
        if !techniques.is_empty() {
            self.facts.insert(node::STRATEGY.into(), crate::table::Value::Text(techniques.join(", ")));
        }
        if let Some(ended) = view.time("OptimizationEndTime") {
            self.output(view.text("OutputConfig.S3OutputLocation"), "optimized".into(), ended, false);
            if let Some(model) = view.text("OutputConfig.SageMakerModel.ModelName") {
                let resource = self.resource.sibling(ResourceKind::Model, model);
                self.made.push((ResourceReference { role: "optimized".into(), resource }, ended));
            }
        }
    }

    /// A model that the job made, by its ARN.
    fn made_arn(&mut self, view: &View<'_>, role: &str, path: &str, at: Timestamp) {
        let named = view.text(path).and_then(|arn| Resource::parse_arn(&arn).ok());
        if let Some(resource) = named.filter(|resource| resource.kind == ResourceKind::Model) {
            self.made.push((ResourceReference { role: role.to_owned(), resource }, at));
        }
    }

    pub(super) fn pipeline_execution(&mut self, view: &View<'_>) {
        self.job_status(view, "PipelineExecutionStatus");
        self.fact_text(view, node::PIPELINE, "PipelineArn");
        self.fact_text(view, node::DISPLAY_NAME, "PipelineExecutionDisplayName");
        self.fact_text(view, node::EXPERIMENT, "PipelineExperimentConfig.ExperimentName");
        self.fact_text(view, node::TRIAL, "PipelineExperimentConfig.TrialName");
        // It names no run: each of its steps may log to one.
        self.fact_text(view, node::MLFLOW, "MLflowConfig.MlflowResourceArn");
        self.fact_text(view, node::MLFLOW_EXPERIMENT, "MLflowConfig.MlflowExperimentName");
        let started_by = person(view, "CreatedBy");
        if let Some(person) = started_by {
            self.facts.insert(node::STARTED_BY.into(), crate::table::Value::Text(person));
        }
    }
}

/// Who a `UserContext` names: a user of Studio, else an identity of IAM.
pub(super) fn person(view: &View<'_>, field: &str) -> Option<String> {
    ["UserProfileArn", "UserProfileName", "IamIdentity.Arn", "IamIdentity.PrincipalId"]
        .iter()
        .find_map(|path| view.text(&format!("{field}.{path}")))
}

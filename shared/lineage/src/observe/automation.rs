//! Reads the descriptions of resources that start jobs: tuning jobs, Autopilot jobs, pipeline executions.

use serde_json::{Map, Value as Json};

use super::{Observation, View};
use crate::rows::node;

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
            for channel in definition.list("InputDataConfig") {
                let name = channel.text("ChannelName").unwrap_or_default();
                self.s3_source(&channel, format!("channel/{name}"));
            }
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

    pub(super) fn pipeline_execution(&mut self, view: &View<'_>) {
        self.job_status(view, "PipelineExecutionStatus");
        self.fact_text(view, node::PIPELINE, "PipelineArn");
        self.fact_text(view, node::DISPLAY_NAME, "PipelineExecutionDisplayName");
        self.fact_text(view, node::EXPERIMENT, "PipelineExperimentConfig.ExperimentName");
        self.fact_text(view, node::TRIAL, "PipelineExperimentConfig.TrialName");
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

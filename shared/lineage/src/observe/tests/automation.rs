use super::*;

fn definition(name: &str, image: &str, uri: &str) -> Json {
    json!({
        "DefinitionName": name,
        "AlgorithmSpecification": { "TrainingImage": image },
        "InputDataConfig": [{
            "ChannelName": "train",
            "DataSource": { "S3DataSource": { "S3Uri": uri, "S3DataType": "S3Prefix" } },
        }],
        "StaticHyperParameters": { "name": name },
    })
}

fn tuning_job(status: &str) -> Json {
    json!({
        "HyperParameterTuningJobStatus": status,
        "HyperParameterTuningJobConfig": { "Strategy": "Bayesian" },
        "TrainingJobDefinitions": [definition("a", "r/x:1", "s3://b/a"), definition("b", "r/x:1", "s3://b/b")],
        "BestTrainingJob": {
            "TrainingJobName": "tune-007",
            "FinalHyperParameterTuningJobObjectiveMetric": { "MetricName": "auc", "Value": 0.8 },
        },
    })
}

#[test]
fn a_tuning_job_names_what_all_its_definitions_read_and_run() {
    let found = seen(ResourceKind::TuningJob, tuning_job("Completed"));
    assert_eq!(found.status, mark(Status::Completed, 0, None));
    assert_eq!(found.facts, facts(&[(node::STRATEGY, text("Bayesian")), (node::BEST_JOB, text("tune-007"))]));
    assert_eq!(found.images, owned(&[("image", "r/x:1")]), "one image once");
    let inputs =
        [read("channel/train", "s3://b/a", false, None), read("channel/train", "s3://b/b", false, None)];
    assert_eq!(found.inputs, inputs);
    let detail = json!({
        "StaticHyperParameters": { "a": { "name": "a" }, "b": { "name": "b" } },
        "BestMetric": { "MetricName": "auc", "Value": 0.8 },
    });
    assert_eq!(Json::Object(found.detail), detail);
}

#[test]
fn a_tuning_job_with_one_definition_may_leave_its_name_out() {
    let document = json!({ "TrainingJobDefinition": {
        "AlgorithmSpecification": { "AlgorithmName": "own" },
        "StaticHyperParameters": { "depth": "6" },
    } });
    let found = seen(ResourceKind::TuningJob, document);
    assert_eq!(found.images, owned(&[("image", "own")]));
    assert_eq!(Json::Object(found.detail), json!({ "StaticHyperParameters": { "-": { "depth": "6" } } }));
    let empty = json!({ "TrainingJobDefinition": { "StaticHyperParameters": {} } });
    assert!(seen(ResourceKind::TuningJob, empty).detail.is_empty());
}

#[test]
fn a_tuning_job_that_runs_has_no_best_job_yet() {
    let found = seen(ResourceKind::TuningJob, tuning_job("InProgress"));
    assert_eq!(found.facts, facts(&[(node::STRATEGY, text("Bayesian"))]));
    assert!(!found.detail.contains_key("BestMetric"), "{found:?}");
}

fn automl_job(status: &str) -> Json {
    json!({
        "AutoMLJobStatus": status,
        "RoleArn": "arn:aws:iam::111122223333:role/auto",
        "AutoMLProblemTypeConfigName": "Tabular",
        "AutoMLJobInputDataConfig": [{
            "ChannelType": "validation",
            "DataSource": { "S3DataSource": { "S3Uri": "s3://b/two", "S3DataType": "S3Prefix" } },
        }],
        "InputDataConfig": [{ "DataSource": { "S3DataSource": { "S3Uri": "s3://b/one", "S3DataType": "S3Prefix" } } }],
        "BestCandidate": {
            "CandidateName": "c-1",
            "FinalAutoMLJobObjectiveMetric": { "MetricName": "F1", "Value": 0.7 },
            "CandidateSteps": [],
            "InferenceContainers": [{ "Image": "r/serve:1" }],
        },
    })
}

#[test]
fn an_autopilot_job_is_read_in_the_words_of_both_versions_of_the_api() {
    let found = seen(ResourceKind::AutoMlJob, automl_job("Completed"));
    let expect = facts(&[
        (node::ROLE, text("arn:aws:iam::111122223333:role/auto")),
        (node::PROBLEM, text("Tabular")),
        (node::BEST_CANDIDATE, text("c-1")),
    ]);
    assert_eq!(found.facts, expect);
    let inputs = [
        read("channel/validation", "s3://b/two", false, None),
        read("channel/training", "s3://b/one", false, None),
    ];
    assert_eq!(found.inputs, inputs);
    let best = json!({ "BestCandidate": {
        "CandidateName": "c-1",
        "FinalAutoMLJobObjectiveMetric": { "MetricName": "F1", "Value": 0.7 },
        "CandidateSteps": [],
    } });
    assert_eq!(Json::Object(found.detail), best, "without its containers");
    let running = seen(ResourceKind::AutoMlJob, automl_job("InProgress"));
    assert!(running.detail.is_empty() && !running.facts.contains_key(node::BEST_CANDIDATE), "{running:?}");
}

#[test]
fn a_pipeline_execution_names_its_pipeline_its_experiment_and_who_started_it() {
    let document = json!({
        "PipelineExecutionStatus": "Executing",
        "PipelineArn": "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/p",
        "PipelineExecutionDisplayName": "nightly",
        "PipelineExperimentConfig": { "ExperimentName": "credit", "TrialName": "march" },
        "CreatedBy": { "UserProfileName": "ana" },
    });
    let found = seen(ResourceKind::PipelineExecution, document);
    assert_eq!(found.status, mark(Status::Executing, 0, None));
    let expect = facts(&[
        (node::PIPELINE, text("arn:aws:sagemaker:eu-west-1:111122223333:pipeline/p")),
        (node::DISPLAY_NAME, text("nightly")),
        (node::EXPERIMENT, text("credit")),
        (node::TRIAL, text("march")),
        (node::STARTED_BY, text("ana")),
    ]);
    assert_eq!(found.facts, expect);
}

#[test]
fn a_person_is_a_user_of_studio_before_an_identity_of_iam() {
    let mut context = json!({
        "UserProfileArn": "arn:profile", "UserProfileName": "ana",
        "IamIdentity": { "Arn": "arn:iam", "PrincipalId": "AROA" },
    });
    let named = |context: &Json| {
        let document = json!({ "CreatedBy": context });
        seen(ResourceKind::PipelineExecution, document).facts.get(node::STARTED_BY).cloned()
    };
    assert_eq!(named(&context), Some(text("arn:profile")));
    context["UserProfileArn"] = json!(null);
    assert_eq!(named(&context), Some(text("ana")));
    context["UserProfileName"] = json!("");
    assert_eq!(named(&context), Some(text("arn:iam")));
    context["IamIdentity"] = json!({ "PrincipalId": "AROA" });
    assert_eq!(named(&context), Some(text("AROA")));
    assert_eq!(named(&json!({})), None);
}

fn labeling_job(status: &str) -> Json {
    json!({
        "LabelingJobStatus": status,
        "LastModifiedTime": seconds_after(500),
        "RoleArn": "arn:aws:iam::111122223333:role/label",
        "InputConfig": { "DataSource": { "S3DataSource": { "ManifestS3Uri": "s3://b/in.manifest" } } },
        "LabelCategoryConfigS3Uri": "s3://b/categories.json",
        "LabelingJobAlgorithmsConfig": {
            "InitialActiveLearningModelArn": "arn:aws:sagemaker:eu-west-1:111122223333:model/before",
        },
        "LabelingJobOutput": {
            "OutputDatasetS3Uri": "s3://b/out.manifest",
            "FinalActiveLearningModelArn": "arn:aws:sagemaker:eu-west-1:111122223333:model/after",
        },
    })
}

#[test]
fn a_labeling_job_reads_what_is_to_be_labeled_and_makes_labels_and_a_model() {
    let found = seen(ResourceKind::LabelingJob, labeling_job("Completed"));
    assert_eq!(found.facts, facts(&[(node::ROLE, text("arn:aws:iam::111122223333:role/label"))]));
    let inputs = [
        read("manifest", "s3://b/in.manifest", true, None),
        read("categories", "s3://b/categories.json", true, None),
    ];
    assert_eq!(found.inputs, inputs);
    assert_eq!(found.outputs, [wrote("labels", "s3://b/out.manifest", 500, true)]);
    let named = |role: &str, name: &str| ResourceReference {
        role: role.to_owned(),
        resource: resource(ResourceKind::Model, name),
    };
    assert_eq!(found.sources, [named("initial-model", "before")]);
    assert_eq!(found.made, [(named("active-learning", "after"), at(500))]);
    let running = seen(ResourceKind::LabelingJob, labeling_job("InProgress"));
    assert!(running.outputs.is_empty() && running.made.is_empty(), "{running:?}");
}

fn optimization_job(ended: Option<i64>) -> Json {
    json!({
        "OptimizationJobStatus": if ended.is_some() { "COMPLETED" } else { "INPROGRESS" },
        "OptimizationEndTime": ended.map(seconds_after),
        "RoleArn": "arn:aws:iam::111122223333:role/optimize",
        "DeploymentInstanceType": "ml.g5.xlarge",
        "ModelSource": { "S3": { "S3Uri": "s3://b/large/" }, "SageMakerModel": { "ModelName": "large" } },
        "OptimizationConfigs": [
            { "ModelQuantizationConfig": { "Image": "r/quantize:1" } },
            { "ModelSpeculativeDecodingConfig": {
                "TrainingDataSource": { "S3Uri": "s3://b/draft", "S3DataType": "ManifestFile" },
            } },
        ],
        "OutputConfig": { "S3OutputLocation": "s3://b/small", "SageMakerModel": { "ModelName": "small" } },
    })
}

#[test]
fn an_optimization_job_makes_one_model_of_another() {
    let found = seen(ResourceKind::OptimizationJob, optimization_job(Some(500)));
    let expect = facts(&[
        (node::ROLE, text("arn:aws:iam::111122223333:role/optimize")),
        (node::INSTANCE_TYPE, text("ml.g5.xlarge")),
        (node::STRATEGY, text("quantization, speculative-decoding")),
    ]);
    assert_eq!(found.facts, expect);
    let inputs = [
        read(crate::edge::MODEL_DATA, "s3://b/large/", false, None),
        read("channel/speculative-decoding", "s3://b/draft", true, Some(ManifestKind::Listed)),
    ];
    assert_eq!(found.inputs, inputs);
    assert_eq!(found.images, owned(&[("image/quantization", "r/quantize:1")]));
    let named = |role: &str, name: &str| ResourceReference {
        role: role.to_owned(),
        resource: resource(ResourceKind::Model, name),
    };
    assert_eq!(found.sources, [named("model", "large")]);
    assert_eq!(found.outputs, [wrote("optimized", "s3://b/small/", 500, false)]);
    assert_eq!(found.made, [(named("optimized", "small"), at(500))]);
    let running = seen(ResourceKind::OptimizationJob, optimization_job(None));
    assert!(running.outputs.is_empty() && running.made.is_empty(), "{running:?}");
}

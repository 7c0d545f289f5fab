"""Operations that create something, by their names in boto3 and in sagemaker-core."""

from __future__ import annotations

from typing import Dict, Tuple

#: Operations of boto3's client that create resources with controls, or open them to others, by the names of its methods.
OPERATIONS: Dict[str, str] = {
    "create_app": "CreateApp",
    "create_auto_ml_job": "CreateAutoMLJob",
    "create_auto_ml_job_v2": "CreateAutoMLJobV2",
    "create_cluster": "CreateCluster",
    "create_code_repository": "CreateCodeRepository",
    "create_compilation_job": "CreateCompilationJob",
    "create_data_quality_job_definition": "CreateDataQualityJobDefinition",
    "create_domain": "CreateDomain",
    "create_endpoint": "CreateEndpoint",
    "create_endpoint_config": "CreateEndpointConfig",
    "create_feature_group": "CreateFeatureGroup",
    "create_hub": "CreateHub",
    "create_hub_content_reference": "CreateHubContentReference",
    "create_hyper_parameter_tuning_job": "CreateHyperParameterTuningJob",
    "create_inference_component": "CreateInferenceComponent",
    "create_inference_experiment": "CreateInferenceExperiment",
    "create_inference_recommendations_job": "CreateInferenceRecommendationsJob",
    "create_inference_router": "CreateInferenceRouter",
    "create_job": "CreateJob",
    "create_labeling_job": "CreateLabelingJob",
    "create_mlflow_app": "CreateMlflowApp",
    "create_mlflow_tracking_server": "CreateMlflowTrackingServer",
    "create_model": "CreateModel",
    "create_model_bias_job_definition": "CreateModelBiasJobDefinition",
    "create_model_explainability_job_definition": "CreateModelExplainabilityJobDefinition",
    "create_model_package": "CreateModelPackage",
    "create_model_quality_job_definition": "CreateModelQualityJobDefinition",
    "create_monitoring_schedule": "CreateMonitoringSchedule",
    "create_notebook_instance": "CreateNotebookInstance",
    "create_optimization_job": "CreateOptimizationJob",
    "create_partner_app": "CreatePartnerApp",
    "create_pipeline": "CreatePipeline",
    "create_processing_job": "CreateProcessingJob",
    "create_space": "CreateSpace",
    "create_training_job": "CreateTrainingJob",
    "create_training_session": "CreateTrainingSession",
    "create_transform_job": "CreateTransformJob",
    "create_user_profile": "CreateUserProfile",
    "import_hub_content": "ImportHubContent",
    "put_endpoint_policy": "PutEndpointPolicy",
    "put_model_package_group_policy": "PutModelPackageGroupPolicy",
}

#: The same operations by the classes and methods of sagemaker-core, which is a part of the SageMaker SDK 3 (`TrainingJob.create`), each with
#: the argument that names the resource.
CORE_METHODS: Dict[Tuple[str, str], Tuple[str, str]] = {
    **{
        (operation[len("Create") :], "create"): (operation, method[len("create_") :] + "_name")
        for method, operation in OPERATIONS.items()
        if operation.startswith("Create")
    },
    ("HubContent", "load"): ("ImportHubContent", "hub_content_name"),
}
#: Arguments of sagemaker-core whose fields are not their words with capitals.
CORE_NAMES: Dict[str, str] = {
    "auto_ml_algorithms": "AutoMLAlgorithms",
    "auto_ml_compute_config": "AutoMLComputeConfig",
    "auto_ml_job_config": "AutoMLJobConfig",
    "auto_ml_job_input_data_config": "AutoMLJobInputDataConfig",
    "auto_ml_job_name": "AutoMLJobName",
    "auto_ml_job_objective": "AutoMLJobObjective",
    "auto_ml_problem_type_config": "AutoMLProblemTypeConfig",
    "auto_mount_home_efs": "AutoMountHomeEFS",
    "efs_file_system": "EFSFileSystem",
    "efs_file_system_config": "EFSFileSystemConfig",
    "enable_ssm_access": "EnableSSMAccess",
    "max_auto_ml_job_runtime_in_seconds": "MaxAutoMLJobRuntimeInSeconds",
    "max_payload_in_mb": "MaxPayloadInMB",
    "memory_size_in_mb": "MemorySizeInMB",
    "supported_response_mime_types": "SupportedResponseMIMETypes",
    "volume_size_in_gb": "VolumeSizeInGB",
}
#: Arguments of sagemaker-core that are no fields, and fields whose keys are the users' own.
CORE_OTHERS = ("session", "region")
CORE_MAPS = {
    "CollectionParameters", "CustomerMetadataProperties", "Environment", "HookParameters", "HyperParameters",
    "OptimizationEnvironment", "OverrideEnvironment", "ProfilingParameters", "RuleParameters", "StaticHyperParameters",
}  # fmt: skip


def core_name(argument: str) -> str:
    """The field of the API that an argument of sagemaker-core is. A name with a capital is the field's own."""
    if argument[:1].isupper():
        return argument
    return CORE_NAMES.get(argument) or "".join(word[:1].upper() + word[1:] for word in argument.split("_"))

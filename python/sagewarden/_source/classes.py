"""Classes of the SageMaker SDK, and the fields of the request that their arguments become."""

from __future__ import annotations

from typing import Dict, List, Sequence, Set, Tuple

ESTIMATORS = {
    "Estimator", "Chainer", "HuggingFace", "MXNet", "PyTorch", "RLEstimator", "SKLearn", "TensorFlow", "XGBoost",
}  # fmt: skip
PROCESSORS = {
    "Processor", "ScriptProcessor", "FrameworkProcessor", "HuggingFaceProcessor", "MXNetProcessor", "PyTorchProcessor",
    "PySparkProcessor", "SKLearnProcessor", "SparkJarProcessor", "TensorFlowProcessor", "XGBoostProcessor",
}  # fmt: skip
MODELS = {
    "Model", "HuggingFaceModel", "MXNetModel", "PyTorchModel", "SKLearnModel", "TensorFlowModel", "XGBoostModel",
}  # fmt: skip

#: Arguments of the SageMaker SDK 2's classes, and the field of the request that each becomes.
TRAINING = {
    "image_uri": "AlgorithmSpecification.TrainingImage",
    "role": "RoleArn",
    "instance_type": "ResourceConfig.InstanceType",
    "instance_count": "ResourceConfig.InstanceCount",
    "volume_size": "ResourceConfig.VolumeSizeInGB",
    "volume_kms_key": "ResourceConfig.VolumeKmsKeyId",
    "output_path": "OutputDataConfig.S3OutputPath",
    "output_kms_key": "OutputDataConfig.KmsKeyId",
    "subnets": "VpcConfig.Subnets",
    "security_group_ids": "VpcConfig.SecurityGroupIds",
    "enable_network_isolation": "EnableNetworkIsolation",
    "encrypt_inter_container_traffic": "EnableInterContainerTrafficEncryption",
    "use_spot_instances": "EnableManagedSpotTraining",
    "max_run": "StoppingCondition.MaxRuntimeInSeconds",
    "max_wait": "StoppingCondition.MaxWaitTimeInSeconds",
    "checkpoint_s3_uri": "CheckpointConfig.S3Uri",
    "environment": "Environment",
    "hyperparameters": "HyperParameters",
    "tags": "Tags",
}
PROCESSING = {
    "image_uri": "AppSpecification.ImageUri",
    "role": "RoleArn",
    "instance_type": "ProcessingResources.ClusterConfig.InstanceType",
    "instance_count": "ProcessingResources.ClusterConfig.InstanceCount",
    "volume_size_in_gb": "ProcessingResources.ClusterConfig.VolumeSizeInGB",
    "volume_kms_key": "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
    "output_kms_key": "ProcessingOutputConfig.KmsKeyId",
    "max_runtime_in_seconds": "StoppingCondition.MaxRuntimeInSeconds",
    "env": "Environment",
    "network_config": "NetworkConfig",
    "tags": "Tags",
}
MODEL = {
    "image_uri": "PrimaryContainer.Image",
    "model_data": "PrimaryContainer.ModelDataUrl",
    "env": "PrimaryContainer.Environment",
    "name": "ModelName",
    "role": "ExecutionRoleArn",
    "vpc_config": "VpcConfig",
    "enable_network_isolation": "EnableNetworkIsolation",
}
TRANSFORM = {
    "model_name": "ModelName",
    "instance_type": "TransformResources.InstanceType",
    "instance_count": "TransformResources.InstanceCount",
    "volume_kms_key": "TransformResources.VolumeKmsKeyId",
    "output_path": "TransformOutput.S3OutputPath",
    "output_kms_key": "TransformOutput.KmsKeyId",
    "env": "Environment",
    "tags": "Tags",
}
#: The class of the SageMaker SDK 3 for training.
TRAINER = {
    "training_image": "AlgorithmSpecification.TrainingImage",
    "role": "RoleArn",
    "compute": "ResourceConfig",
    "networking": "VpcConfig",
    "output_data_config": "OutputDataConfig",
    "stopping_condition": "StoppingCondition",
    "environment": "Environment",
    "hyperparameters": "HyperParameters",
    "tags": "Tags",
}
#: Objects that are arguments of these classes: their own arguments, and the fields that they become.
PARTS: Dict[str, Dict[str, str]] = {
    "NetworkConfig": {
        "enable_network_isolation": "EnableNetworkIsolation",
        "encrypt_inter_container_traffic": "EnableInterContainerTrafficEncryption",
        "subnets": "VpcConfig.Subnets",
        "security_group_ids": "VpcConfig.SecurityGroupIds",
    },
    "Compute": {
        "instance_type": "InstanceType",
        "instance_count": "InstanceCount",
        "volume_size_in_gb": "VolumeSizeInGB",
        "volume_kms_key_id": "VolumeKmsKeyId",
        "enable_managed_spot_training": "EnableManagedSpotTraining",
    },
    "Networking": {
        "subnets": "Subnets",
        "security_group_ids": "SecurityGroupIds",
        "enable_network_isolation": "EnableNetworkIsolation",
        "enable_inter_container_traffic_encryption": "EnableInterContainerTrafficEncryption",
    },
    "OutputDataConfig": {"s3_output_path": "S3OutputPath", "kms_key_id": "KmsKeyId"},
    "StoppingCondition": {
        "max_runtime_in_seconds": "MaxRuntimeInSeconds",
        "max_wait_time_in_seconds": "MaxWaitTimeInSeconds",
    },
}
#: Fields that `ModelTrainer` takes out of its parts and puts at the top of the request.
RAISED = {
    "ResourceConfig": ("EnableManagedSpotTraining",),
    "VpcConfig": ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"),
}
#: Classes, the operation that their instances lead to, their arguments, and fields that other calls (`fit`, `run`, `transform`) fill in.
CLASSES: List[Tuple[Set[str], str, Dict[str, str], Sequence[str]]] = [
    (ESTIMATORS, "CreateTrainingJob", TRAINING, ("InputDataConfig", "TrainingJobName", "ExperimentConfig")),
    (PROCESSORS, "CreateProcessingJob", PROCESSING, ("ProcessingInputs", "ProcessingJobName", "ExperimentConfig")),
    (MODELS, "CreateModel", MODEL, ()),
    ({"Transformer"}, "CreateTransformJob", TRANSFORM, ("TransformInput", "TransformJobName", "ExperimentConfig")),
    ({"ModelTrainer"}, "CreateTrainingJob", TRAINER, ("InputDataConfig", "TrainingJobName", "ExperimentConfig")),
]
#: Fields that the request always has: without the argument their value is the SDK's.
FILLED = {
    "CreateTrainingJob": ("AlgorithmSpecification.TrainingImage", "OutputDataConfig.S3OutputPath", "RoleArn"),
    "CreateProcessingJob": ("AppSpecification.ImageUri", "RoleArn"),
    "CreateModel": ("PrimaryContainer.Image", "ModelName"),
    "CreateTransformJob": ("ModelName",),
}

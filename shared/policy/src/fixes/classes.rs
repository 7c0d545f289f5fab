//! How the classes of the SageMaker Python SDK call the fields of the API.

use sagewarden_events::ResourceKind;

/// Paths of fields, each with its name elsewhere.
pub(super) type Names = &'static [(&'static str, &'static str)];

/// Version 3 has taken these over from version 2.
const PROCESSOR: Names = &[
    ("NetworkConfig.VpcConfig.Subnets", "network_config.NetworkConfig.subnets"),
    ("NetworkConfig.VpcConfig.SecurityGroupIds", "network_config.NetworkConfig.security_group_ids"),
    ("NetworkConfig.EnableNetworkIsolation", "network_config.NetworkConfig.enable_network_isolation"),
    (
        "NetworkConfig.EnableInterContainerTrafficEncryption",
        "network_config.NetworkConfig.encrypt_inter_container_traffic",
    ),
    ("ProcessingResources.ClusterConfig.VolumeKmsKeyId", "volume_kms_key"),
    ("ProcessingOutputConfig.KmsKeyId", "output_kms_key"),
    ("RoleArn", "role"),
    ("AppSpecification.ImageUri", "image_uri"),
];

/// Version 3 has taken these over from version 2.
const TRANSFORMER: Names = &[
    ("TransformResources.VolumeKmsKeyId", "volume_kms_key"),
    ("TransformOutput.KmsKeyId", "output_kms_key"),
    ("TransformOutput.S3OutputPath", "output_path"),
];

/// How the classes of version 2 of the SDK call the fields of the API: the class, and by the field's path its argument. Arguments of
/// another class within have a dot.
pub(super) const SDK_2: [(ResourceKind, &str, Names); 5] = [
    (
        ResourceKind::TrainingJob,
        "Estimator",
        &[
            ("VpcConfig.Subnets", "subnets"),
            ("VpcConfig.SecurityGroupIds", "security_group_ids"),
            ("EnableNetworkIsolation", "enable_network_isolation"),
            ("ResourceConfig.VolumeKmsKeyId", "volume_kms_key"),
            ("OutputDataConfig.KmsKeyId", "output_kms_key"),
            ("EnableInterContainerTrafficEncryption", "encrypt_inter_container_traffic"),
            ("RoleArn", "role"),
            ("OutputDataConfig.S3OutputPath", "output_path"),
            ("AlgorithmSpecification.TrainingImage", "image_uri"),
        ],
    ),
    (ResourceKind::ProcessingJob, "Processor", PROCESSOR),
    (ResourceKind::TransformJob, "Transformer", TRANSFORMER),
    (
        ResourceKind::Model,
        "Model",
        &[
            ("VpcConfig.Subnets", "vpc_config.dict.Subnets"),
            ("VpcConfig.SecurityGroupIds", "vpc_config.dict.SecurityGroupIds"),
            ("EnableNetworkIsolation", "enable_network_isolation"),
            ("ExecutionRoleArn", "role"),
            ("PrimaryContainer.Image", "image_uri"),
        ],
    ),
    (
        ResourceKind::EndpointConfig,
        "model.deploy",
        &[
            ("KmsKeyId", "kms_key"),
            ("DataCaptureConfig.EnableCapture", "data_capture_config.DataCaptureConfig.enable_capture"),
            ("DataCaptureConfig.KmsKeyId", "data_capture_config.DataCaptureConfig.kms_key_id"),
            (
                "DataCaptureConfig.DestinationS3Uri",
                "data_capture_config.DataCaptureConfig.destination_s3_uri",
            ),
            ("ProductionVariants[].InitialInstanceCount", "initial_instance_count"),
        ],
    ),
];

/// The same for version 3: `ModelTrainer` of `sagemaker.train`, `ModelBuilder` of `sagemaker.serve`, `Processor` and `Transformer` of
/// `sagemaker.core` (compared with its packages, 3.27.0, on 2026-11-29). The fields of a configuration that `deploy` sets have no argument.
pub(super) const SDK_3: [(ResourceKind, &str, Names); 4] = [
    (
        ResourceKind::TrainingJob,
        "ModelTrainer",
        &[
            ("VpcConfig.Subnets", "networking.Networking.subnets"),
            ("VpcConfig.SecurityGroupIds", "networking.Networking.security_group_ids"),
            ("EnableNetworkIsolation", "networking.Networking.enable_network_isolation"),
            (
                "EnableInterContainerTrafficEncryption",
                "networking.Networking.enable_inter_container_traffic_encryption",
            ),
            ("ResourceConfig.VolumeKmsKeyId", "compute.Compute.volume_kms_key_id"),
            ("OutputDataConfig.KmsKeyId", "output_data_config.OutputDataConfig.kms_key_id"),
            ("OutputDataConfig.S3OutputPath", "output_data_config.OutputDataConfig.s3_output_path"),
            ("RoleArn", "role"),
            ("AlgorithmSpecification.TrainingImage", "training_image"),
        ],
    ),
    (ResourceKind::ProcessingJob, "Processor", PROCESSOR),
    (ResourceKind::TransformJob, "Transformer", TRANSFORMER),
    (
        ResourceKind::Model,
        "ModelBuilder",
        &[
            ("VpcConfig.Subnets", "network.Networking.subnets"),
            ("VpcConfig.SecurityGroupIds", "network.Networking.security_group_ids"),
            ("EnableNetworkIsolation", "network.Networking.enable_network_isolation"),
            ("ExecutionRoleArn", "role_arn"),
            ("PrimaryContainer.Image", "image_uri"),
        ],
    ),
];

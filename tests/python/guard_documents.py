"""Requests for training jobs, for the tests of the guard."""

JOB = {
    "TrainingJobName": "j",
    "AlgorithmSpecification": {"TrainingImage": "1.dkr.ecr.eu-west-1.amazonaws.com/x:1", "TrainingInputMode": "File"},
    "RoleArn": "arn:aws:iam::111122223333:role/r",
    "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-0000-0000-0000-000000000000"
#: Keeps every control of the profile `essential`.
GOOD = {
    **JOB,
    "OutputDataConfig": {"S3OutputPath": "s3://b/o", "KmsKeyId": KEY},
    "ResourceConfig": {**JOB["ResourceConfig"], "VolumeKmsKeyId": KEY},
    "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
}

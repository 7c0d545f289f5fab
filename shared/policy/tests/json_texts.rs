//! Documents within texts: the configuration of a job of a category, policies and definitions of pipelines.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is missing"
)]

mod cases;

use cases::strict;
use sagewarden_policy::intake::{self, Candidate};
use sagewarden_policy::{FindingStatus, Subject, Verdict, join, judge};
use serde_json::{Value, json};

fn of_candidate(candidate: &Candidate) -> Verdict {
    let joined = candidate.joined();
    let (resource, document) = (&candidate.resource, &candidate.document);
    judge(&strict(), &Subject { resource, document, as_of: cases::CREATED, joined: &joined })
}

#[test]
fn a_key_in_the_configuration_of_a_job_waits_alone_for_kms() {
    let own = "arn:aws:kms:eu-west-1:111122223333:key/1";
    let mut deep = json!({ "Subnets": ["subnet-9"] }).to_string();
    for _ in 0..10 {
        deep = json!({ "a": deep }).to_string();
    }
    let good = json!({ "KmsKeyId": own }).to_string();
    let check = |document: &str, version: &str, expect: &[&str]| {
        let job = cases::of("job")
            .but("/JobConfigDocument", json!(document))
            .but("/JobConfigSchemaVersion", json!(version));
        let (resource, mut joined) = (job.resource(), join::Joined::new());
        let tags = json!({ "Tags": [{ "Key": "Owner", "Value": "ana" }] });
        joined.insert("ListTags".to_owned(), join::OperationAnswer::Documents(vec![tags]));
        let subject =
            Subject { resource: &resource, document: &job.document, as_of: cases::CREATED, joined: &joined };
        let offline = judge(&strict(), &subject);
        assert_eq!(offline.skipped, ["JOB-ENC-01"], "{document}");
        assert!(offline.findings.iter().all(|finding| finding.status == FindingStatus::Unknown));
        let unknown: Vec<&str> = offline.findings.iter().map(|finding| finding.control.as_str()).collect();
        assert_eq!(unknown, expect, "{document}");
    };
    let others = ["JOB-ART-01", "JOB-ART-02", "JOB-IAM-02", "JOB-IAM-03", "JOB-NET-01"];
    check(&good, "1.0.0", &[]);
    check(&good, "2.0.0", &others);
    let twice = format!(r#"{{"KmsKeyId": "{own}", "Subnets": ["subnet-9"], "Subnets": ["subnet-1"]}}"#);
    check(&twice, "1.0.0", &others);
    check(&json!({ "KmsKeyId": own, "x": deep }).to_string(), "1.0.0", &others);
}

/// The controls that a request of code fails.
fn fails(operation: &str, request: &Value) -> Vec<String> {
    let intake = intake::of_code(operation, request, "line 1").unwrap();
    assert_eq!(intake.candidates.len(), 1, "{request}: {:?}", intake.undecided);
    let verdict = of_candidate(&intake.candidates[0]);
    let broken = verdict.findings.iter().filter(|finding| finding.status == FindingStatus::Violation);
    // No request here has tags.
    broken.map(|finding| finding.control.clone()).filter(|id| !id.contains("-TRC-")).collect()
}

#[test]
fn what_is_literal_in_a_text_of_json_is_judged_whatever_is_known_later() {
    let job = |document: Value| {
        let request = json!({
            "JobName": "j", "JobCategory": "AgentRFT", "RoleArn": "arn:aws:iam::111122223333:role/ds-user",
            "JobConfigSchemaVersion": "1.0.0", "JobConfigDocument": document.to_string(),
        });
        fails("CreateJob", &request)
    };
    let admin = "arn:aws:iam::999988887777:role/Admin";
    let open = "${later}";
    assert_eq!(job(json!({ "A": open, "Subnets": ["subnet-9", open] })), ["JOB-NET-01"]);
    assert_eq!(job(json!({ "A": open, "z": [{ "b": open, "RoleArn": admin }] })), ["JOB-IAM-02"]);
    assert_eq!(job(json!({ "A": open, "S3Uri": "s3://elsewhere/x" })), ["JOB-ART-01"]);
    assert_eq!(job(json!({ "S3Uri": "s3://elsewhere/${later}/x" })), ["JOB-ART-01"]);
    let good = json!({ "Subnets": ["subnet-1", open], "S3Uri": "s3://ds-${later}/x", "Out": "s3://${later}",
        "RoleArn": "arn:aws:iam::${later}:role/x", "KmsKeyId": "arn:aws:kms:eu-west-1:${later}:key/k" });
    assert!(job(good).is_empty());
    let policy = |principal: Value, resource: &str| {
        let statement =
            json!({ "Effect": "Allow", "Principal": principal, "Action": "*", "Resource": resource });
        let text = json!({ "Statement": [open, statement] }).to_string();
        fails("PutModelPackageGroupPolicy", &json!({ "ModelPackageGroupName": "g", "ResourcePolicy": text }))
    };
    assert_eq!(policy(json!("*"), "arn:aws:sagemaker:eu-west-1:${later}:x"), ["MPG-IAM-01"]);
    assert!(policy(json!({ "AWS": open }), "*").is_empty());
    let pipeline = |arguments: Value| {
        let steps = json!([{ "Name": "t", "Type": "Training", "Arguments": arguments }]);
        let definition = json!({ "Version": "2020-12-01", "Steps": steps }).to_string();
        fails("CreatePipeline", &json!({ "PipelineName": "p", "PipelineDefinition": definition }))
    };
    let volume = json!({ "VolumeSizeInGB": open, "InstanceType": "ml.p5.48xlarge" });
    let failed = pipeline(json!({ "RoleArn": admin, "ResourceConfig": volume }));
    assert!(failed.contains(&"TRN-IAM-01".to_owned()), "{failed:?}");
    // Of a part whose fields are not all known, nothing is absent.
    let some = pipeline(json!({ "RoleArn": admin, "${later}": open }));
    assert!(some.contains(&"TRN-IAM-01".to_owned()), "{some:?}");
    assert!(!some.contains(&"TRN-NET-02".to_owned()), "{some:?}");
    let failed = |resources: Value| pipeline(json!({ "RoleArn": admin, "ResourceConfig": resources }));
    let has_key = |failed: Vec<String>| !failed.contains(&"TRN-ENC-01".to_owned());
    assert!(has_key(failed(json!({ "InstanceType": "ml.m5.large", "${later}": open }))));
    assert!(!has_key(failed(json!({ "InstanceType": "ml.m5.large", "VolumeSizeInGB": open }))));
}

#[test]
fn a_hub_without_a_bucket_is_a_hub() {
    let request = json!({ "HubName": "h", "HubDescription": "d" });
    let of_code = intake::of_code("CreateHub", &request, "line 1").unwrap();
    for intake in [intake::read(&request.to_string()).unwrap(), of_code] {
        let verdict = of_candidate(&intake.candidates[0]);
        let unknown: Vec<&str> = verdict.findings.iter().map(|finding| finding.control.as_str()).collect();
        assert_eq!(unknown, ["HUB-ART-01", "HUB-TRC-01"]);
    }
}

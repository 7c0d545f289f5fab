//! `check` judges files by their content. An unknown value does not fail a control. A value that is only known at run time does not count
//! as absent. An absent field has the API's default.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::sync::LazyLock;

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_policy::intake::{self, Candidate, Intake, Unusable};
use sagewarden_policy::{Bundle, FindingStatus, Subject, Verdict, judge};
use sagewarden_settings::Profile;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/r";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

static EMBEDDED: LazyLock<Bundle> =
    LazyLock::new(|| Bundle::embedded().unwrap().with_profile(Profile::Strict));

fn taken(document: &Value) -> Intake {
    intake::read(&document.to_string()).unwrap()
}

fn verdict(bundle: &Bundle, candidate: &Candidate) -> Verdict {
    let joined = candidate.joined();
    let Candidate { resource, document, .. } = candidate;
    judge(bundle, &Subject { resource, document, as_of: Timestamp::from_millis(0), joined: &joined })
}

/// The failed and the undecided controls of the last resource in a file.
fn said_by(bundle: &Bundle, document: &Value) -> (Vec<String>, Vec<String>) {
    let verdict = verdict(bundle, taken(document).candidates.last().unwrap());
    let of = |status: FindingStatus| {
        let found = verdict.findings.iter().filter(|finding| finding.status == status);
        found.map(|finding| finding.control.clone()).collect()
    };
    (of(FindingStatus::Violation), of(FindingStatus::Unknown))
}

fn said(document: &Value) -> (Vec<String>, Vec<String>) {
    said_by(&EMBEDDED, document)
}

fn check(document: &Value, control: &str, is_broken: bool) {
    let (broken, undecided) = said(document);
    assert_eq!(broken.iter().any(|id| id == control), is_broken, "{control}: {broken:?} of {document}");
    assert!(!undecided.iter().any(|id| id == control), "{control} is undecided of {document}");
}

fn with(settings: &str) -> Bundle {
    EMBEDDED.clone().with_settings(settings).unwrap()
}

fn network() -> Value {
    json!({ "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] })
}

fn training() -> Value {
    json!({
        "TrainingJobName": "t",
        "RoleArn": ROLE,
        "AlgorithmSpecification": { "TrainingImage": "1.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:00" },
        "OutputDataConfig": { "S3OutputPath": "s3://b/o", "KmsKeyId": KEY },
        "ResourceConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeKmsKeyId": KEY },
        "VpcConfig": network(),
        "EnableNetworkIsolation": true,
    })
}

fn put(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[key] = value;
    document
}

#[test]
fn the_account_is_that_of_the_roles_wherever_they_stand_and_no_key_breaks_without_one() {
    let tuning = json!({
        "HyperParameterTuningJobName": "h", "HyperParameterTuningJobConfig": {},
        "TrainingJobDefinitions": [{ "RoleArn": ROLE, "OutputDataConfig": { "KmsKeyId": KEY } }],
    });
    assert_eq!(taken(&tuning).candidates[0].resource.account, "111122223333");
    check(&tuning, "HPO-ENC-02", false);
    let domain = json!({
        "DomainName": "d", "AuthMode": "SSO", "KmsKeyId": KEY, "DefaultUserSettings": { "ExecutionRole": ROLE },
    });
    check(&domain, "DOM-ENC-01", false);
    check(&put(domain, "/KmsKeyId", json!(KEY.replace("111122223333", "999988887777"))), "DOM-ENC-01", true);
    // No role: nothing contradicts the account that the key names, and nothing says that it is the right one.
    let transform = json!({
        "TransformJobName": "t", "ModelName": "m", "TransformInput": {},
        "TransformOutput": { "KmsKeyId": KEY }, "TransformResources": { "VolumeKmsKeyId": "1234abcd" },
    });
    let verdict = verdict(&EMBEDDED, &taken(&transform).candidates[0]);
    for control in ["TRF-ENC-01", "TRF-ENC-02"] {
        assert!(verdict.skipped.iter().any(|id| id == control), "{:?}", verdict.skipped);
    }
    let foreign = with("[encryption]\nallowed_key_accounts = [\"444455556666\"]\n");
    assert_eq!(
        said_by(&foreign, &transform).0,
        ["TRF-ENC-02", "TRF-TRC-01"],
        "what is listed is held all the same"
    );
}

fn pipeline(steps: &Value, more: &Value) -> Value {
    let mut definition = json!({ "Version": "2020-12-01", "Steps": steps });
    definition.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    definition
}

fn step(name: &str, kind: &str, mut arguments: Value) -> Value {
    arguments.as_object_mut().unwrap().remove("TrainingJobName");
    json!({ "Name": name, "Type": kind, "Arguments": arguments })
}

#[test]
fn a_step_takes_what_its_definition_says_for_all() {
    let none = json!({});
    let package = json!({ "ModelPackageGroupName": "g", "SecurityConfig": { "KmsKeyId": KEY } });
    let steps = json!([step("Train", "Training", training()), step("Package", "RegisterModel", package)]);
    check(&pipeline(&steps, &none), "MPK-ENC-01", false);
    check(&pipeline(&steps, &none), "MPK-TRC-02", false);
    let steps = json!([step("Train", "Training", training())]);
    check(&pipeline(&steps, &none), "TRN-TRC-01", true);
    let experiment =
        json!({ "PipelineExperimentConfig": { "ExperimentName": { "Get": "Execution.PipelineName" } } });
    check(&pipeline(&steps, &experiment), "TRN-TRC-01", false);
    let off = json!({ "PipelineExperimentConfig": null });
    check(&pipeline(&steps, &off), "TRN-TRC-01", true);
}

#[test]
fn what_is_known_only_when_it_runs_is_there_and_is_never_broken() {
    let get = |what: &str| json!({ "Get": what });
    for (pointer, control) in [
        ("/OutputDataConfig/KmsKeyId", "TRN-ENC-02"),
        ("/VpcConfig", "TRN-NET-01"),
        ("/EnableNetworkIsolation", "TRN-NET-02"),
        ("/AlgorithmSpecification", "TRN-REP-01"),
        ("/ResourceConfig", "TRN-ENC-01"),
    ] {
        let steps = json!([step("Train", "Training", put(training(), pointer, get("Parameters.P")))]);
        check(&pipeline(&steps, &json!({})), control, false);
    }
    // Presence is presence, where nothing more is wanted.
    let subnets = put(training(), "/VpcConfig/Subnets", get("Parameters.Subnets"));
    let definition = pipeline(&json!([step("Train", "Training", subnets)]), &json!({}));
    let intake = taken(&definition);
    assert!(verdict(&EMBEDDED, &intake.candidates[0]).checked.contains(&"TRN-NET-01".to_owned()));
    assert_eq!(intake.passed_over, ["`Parameters.Subnets` is not among the `Parameters` of the definition"]);
    // A value that the list certainly does not allow still fails beside it.
    let channel =
        |uri: Value| json!({ "ChannelName": "c", "DataSource": { "S3DataSource": { "S3Uri": uri } } });
    let inputs = json!([channel(get("Parameters.P")), channel(json!("s3://evil/x"))]);
    let steps = json!([step("Train", "Training", put(training(), "/InputDataConfig", inputs))]);
    let listed = with("[artifacts]\nallowed_buckets = [\"ds-*\"]\n");
    assert!(said_by(&listed, &pipeline(&steps, &json!({}))).0.contains(&"TRN-ART-01".to_owned()));
}

#[test]
fn what_a_job_has_to_name_and_does_not_name_is_not_known() {
    let job = json!({ "TransformJobName": "t", "TransformInput": {}, "TransformOutput": {}, "TransformResources": {} });
    let (broken, undecided) = said(&job);
    assert!(!broken.contains(&"TRF-NET-01".to_owned()), "{broken:?}");
    assert!(undecided.contains(&"TRF-NET-01".to_owned()), "{undecided:?}");
}

#[test]
fn no_key_is_wanted_for_what_goes_to_a_feature_group() {
    let to = |output: Value| {
        json!({
            "ProcessingJobName": "p", "RoleArn": ROLE, "AppSpecification": { "ImageUri": "x" },
            "ProcessingOutputConfig": { "Outputs": [output] },
        })
    };
    let group =
        json!({ "OutputName": "o", "FeatureStoreOutput": { "FeatureGroupName": "g" }, "AppManaged": true });
    check(&to(group), "PRC-ENC-02", false);
    check(&to(json!({ "OutputName": "o", "S3Output": { "S3Uri": "s3://b" } })), "PRC-ENC-02", true);
}

#[test]
fn a_file_cannot_bring_along_that_something_is_known_later() {
    let forged = put(training(), "/EnableNetworkIsolation", json!({ "sagewarden:later": null }));
    let refused = intake::read(&forged.to_string()).unwrap_err();
    assert_eq!(refused, Unusable::NearlyKnown);
}

#[test]
fn the_model_of_a_step_is_that_of_the_same_definition() {
    let model = |isolated: bool| json!({ "VpcConfig": network(), "EnableNetworkIsolation": isolated });
    let transform = |model: Value| json!({ "ModelName": model, "TransformInput": {}, "TransformOutput": {} });
    let of = |isolated: bool, name: &str| {
        let name = json!({ "Get": format!("Steps.{name}.ModelName") });
        let steps = json!([
            step("Create", "Model", model(isolated)),
            step("Transform", "Transform", transform(name))
        ]);
        pipeline(&steps, &json!({}))
    };
    check(&of(true, "Create"), "TRF-NET-01", false);
    check(&of(false, "Create"), "TRF-NET-01", true);
    // The model of another definition is unknown.
    check(&of(false, "Elsewhere"), "TRF-NET-01", false);
    // A definition that cannot be read was not looked up.
    let odd = json!([step("Transform", "Transform", transform(json!(5)))]);
    assert!(said(&pipeline(&odd, &json!({}))).1.contains(&"TRF-NET-01".to_owned()));
}

#[test]
fn the_kind_follows_from_what_creates_it() {
    let other = |document: Value| {
        let refused = intake::read(&document.to_string());
        assert!(matches!(refused, Err(Unusable::OtherOperation { .. })), "{refused:?} of {document}");
    };
    let nothing = |document: Value, operation: &str| {
        let refused = intake::read(&document.to_string());
        assert_eq!(refused, Err(Unusable::NoControls(operation.to_owned())), "{document}");
    };
    nothing(
        json!({ "ModelPackageGroupName": "g", "ModelPackageGroupDescription": "d" }),
        "CreateModelPackageGroup",
    );
    nothing(json!({ "ExperimentName": "e", "Tags": [] }), "CreateExperiment");
    nothing(
        json!({ "ImageName": "i", "ImageArn": "arn:aws:sagemaker:eu-west-1:1:image/i", "ImageStatus": "CREATED" }),
        "CreateImage",
    );
    nothing(
        json!({ "NotebookInstanceName": "n", "SessionExpirationDurationInSeconds": 60 }),
        "CreatePresignedNotebookInstanceUrl",
    );
    let step = json!({ "Name": "s", "ActionOnFailure": "CONTINUE", "HadoopJarStep": { "Jar": "command-runner.jar" } });
    assert_eq!(
        intake::read(&json!({ "Steps": [step] }).to_string()),
        Err(Unusable::UnknownForm),
        "a step of EMR"
    );
    other(json!({ "NotebookInstanceName": "n" }));
    let null = json!({ "HubName": "h", "SageMakerPublicHubContentArn": null }).to_string();
    let refused = intake::read(&null).unwrap_err().to_string();
    assert!(refused.contains("but lacks `SageMakerPublicHubContentArn` (null is no value)"), "{refused}");
    other(json!({ "NotebookInstanceName": "n", "InstanceType": "ml.t3.medium" }));
    other(json!({ "DomainName": "example.com", "HostedZoneId": "Z1" }));
    other(json!({ "ModelName": "gpt-4o", "Tags": [] }));
    other(json!({ "DomainId": "d-1", "UserProfileName": "u" }));
    other(json!({ "MonitoringScheduleName": "s" }));
    let record = |source: &str, name: &str| {
        let record = json!({
            "eventSource": source, "eventName": name, "requestParameters": { "endpointName": "e", "endpointConfigName": "c" },
        });
        intake::read(&record.to_string()).map(|intake| intake.candidates.len())
    };
    assert_eq!(record("sagemaker.amazonaws.com", "CreateEndpoint"), Ok(1));
    assert_eq!(record("comprehend.amazonaws.com", "CreateEndpoint"), Err(Unusable::UnknownForm));
    // A change is judged for what it sets; a deletion sets nothing.
    assert_eq!(record("sagemaker.amazonaws.com", "UpdateEndpoint"), Ok(1));
    let deleted = Unusable::OtherCall("DeleteEndpoint".to_owned());
    assert_eq!(record("sagemaker.amazonaws.com", "DeleteEndpoint"), Err(deleted));
    for call in ["CreatePartnerAppPresignedUrl", "CreatePresignedDomainUrl", "StartSession"] {
        let refused = record("sagemaker.amazonaws.com", call).unwrap_err();
        assert_eq!(refused, Unusable::SignIn(call.to_owned()));
        assert!(refused.to_string().contains("signs somebody in"), "{refused}");
    }
    let without = Unusable::NoControls("CreateTrial".to_owned());
    assert_eq!(record("sagemaker.amazonaws.com", "CreateTrial"), Err(without));
    let package = json!({ "ModelPackageGroupName": "g", "ModelPackageDescription": "d", "SkipModelValidation": "None" });
    assert_eq!(taken(&package).candidates[0].resource.kind, ResourceKind::ModelPackage);
}

#[test]
fn what_has_an_arn_and_says_no_more_of_the_resource_is_no_description() {
    let arn = |rest: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:{rest}");
    let other = |document: Value, operation: &str| {
        let refused = intake::read(&document.to_string());
        assert_eq!(refused, Err(Unusable::OtherCall(operation.to_owned())), "{document}");
    };
    // Entries of lists, and a request that changes an existing resource.
    let job = json!({ "TrainingJobName": "t", "TrainingJobArn": arn("training-job/t"), "TrainingJobStatus": "Completed" });
    other(job.clone(), "ListTrainingJobs");
    other(
        json!({ "ModelName": "m", "ModelArn": arn("model/m"), "CreationTime": 1, "ResponseMetadata": {} }),
        "ListModels",
    );
    let package = json!({ "ModelPackageArn": arn("model-package/g/1"), "ModelApprovalStatus": "Approved" });
    other(package, "UpdateModelPackage");
    other(json!([job, { "a": 1 }]), "ListTrainingJobs");
    // The answer to a request that creates something.
    let created = json!({ "TrainingJobArn": arn("training-job/t"), "ResponseMetadata": {} });
    assert_eq!(intake::read(&created.to_string()), Err(Unusable::UnknownForm));
    // A description is one although it has the ARN of another resource.
    let kind = |document: Value| taken(&document).candidates[0].resource.kind;
    let debugging = json!({
        "ProcessingJobName": "p", "ProcessingJobArn": arn("processing-job/p"), "TrainingJobArn": arn("training-job/t"),
        "AppSpecification": {},
    });
    assert_eq!(kind(debugging), ResourceKind::ProcessingJob);
    let component = json!({
        "InferenceComponentName": "c", "InferenceComponentArn": arn("inference-component/c"), "EndpointName": "e",
        "EndpointArn": arn("endpoint/e"), "Specification": { "ModelName": "m" },
    });
    assert_eq!(kind(component), ResourceKind::InferenceComponent);
    assert_eq!(kind(put(job, "/RoleArn", json!(ROLE))), ResourceKind::TrainingJob);
}

#[test]
fn what_one_fact_decides_is_decided_without_the_account() {
    let arn = |rest: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:{rest}");
    let model =
        json!({ "ModelName": "m", "PrimaryContainer": { "Image": "x:1", "ModelDataUrl": "s3://b/m" } });
    check(&model, "MDL-REP-01", true);
    let endpoint = |captures: bool, status: &str, image: Value| {
        json!({
            "EndpointName": "e", "EndpointArn": arn("endpoint/e"), "EndpointConfigName": "c",
            "DataCaptureConfig": { "EnableCapture": captures, "CaptureStatus": status },
            "ProductionVariants": [{ "VariantName": "v", "CurrentInstanceCount": 1, "DeployedImages": [image] }],
        })
    };
    let (tagged, digest) = (json!({ "SpecifiedImage": "x:1" }), json!({ "ResolvedImage": "x@sha256:00" }));
    check(&endpoint(false, "Stopped", tagged.clone()), "END-MON-01", true);
    check(&endpoint(false, "Stopped", tagged), "END-REP-01", true);
    let captured = taken(&endpoint(true, "Started", digest));
    let captured = verdict(&EMBEDDED, &captured.candidates[0]);
    assert_eq!((captured.checked, captured.findings), (vec!["END-MON-01".to_owned()], vec![]));
    let notebook = json!({
        "NotebookInstanceName": "n", "NotebookInstanceArn": arn("notebook-instance/n"), "RoleArn": ROLE,
    });
    check(&notebook, "NBK-TRC-01", true);
}

#[test]
fn what_is_wanted_of_high_risk_is_not_undecided_of_what_has_none() {
    let risky = with("[explainability]\nhigh_risk_tag = \"Risk=high\"\n");
    let package = |tags: Value| {
        json!({
            "ModelPackageGroupName": "g", "InferenceSpecification": {}, "Tags": tags,
            "ModelMetrics": { "Explainability": { "Report": { "S3Uri": 5 } } },
        })
    };
    let high = json!([{ "Key": "Risk", "Value": "high" }]);
    assert!(said_by(&risky, &package(high)).1.contains(&"MPK-XPL-01".to_owned()));
    assert!(!said_by(&risky, &package(json!([]))).1.contains(&"MPK-XPL-01".to_owned()));
}

#[test]
fn what_is_absent_is_what_the_api_takes_it_for() {
    let config = |capture: Value| {
        json!({
            "EndpointConfigName": "c", "DataCaptureConfig": capture,
            "ProductionVariants": [{ "VariantName": "v", "ModelName": "m", "InitialInstanceCount": 2.0 }],
        })
    };
    let capture = json!({
        "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://b",
        "CaptureOptions": [{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }],
    });
    check(&config(capture.clone()), "EPC-MON-01", false);
    check(&config(capture.clone()), "EPC-ENC-02", true);
    check(&config(put(capture.clone(), "/EnableCapture", json!(false))), "EPC-MON-01", true);
    check(&config(put(capture, "/EnableCapture", json!(false))), "EPC-ENC-02", false);
    check(&config(json!(null)), "EPC-MON-01", true);
    // 2.0 is 2.
    check(&config(json!(null)), "EPC-RES-01", false);
    let notebook = json!({ "NotebookInstanceName": "n", "InstanceType": "ml.t3.medium", "RoleArn": ROLE });
    check(&notebook, "NBK-IAM-04", false);
    check(&put(notebook, "/PlatformIdentifier", json!("notebook-al1-v1")), "NBK-IAM-04", true);
    // The subnet decides whether a notebook is in a VPC; which groups hold matters to a list of them.
    let notebook = json!({ "NotebookInstanceName": "n", "InstanceType": "ml.t3.medium", "RoleArn": ROLE, "SubnetId": "subnet-1" });
    check(&notebook, "NBK-NET-02", false);
    let listed = with("[network]\nallowed_security_groups = [\"sg-1\"]\n");
    assert!(said_by(&listed, &notebook).0.contains(&"NBK-NET-02".to_owned()));
    // No output, no key; and none where none can apply.
    let processing = json!({ "ProcessingJobName": "p", "RoleArn": ROLE, "AppSpecification": {} });
    check(&processing, "PRC-ENC-02", false);
    let outputs = json!({ "Outputs": [{ "OutputName": "o", "S3Output": { "S3Uri": "s3://b/o" } }] });
    check(&put(processing, "/ProcessingOutputConfig", outputs), "PRC-ENC-02", true);
    // A day, where no time is set.
    let limit = |seconds: u32| with(&format!("[compute]\nmax_runtime_seconds = {seconds}\n"));
    assert!(!said_by(&limit(86_400), &training()).0.contains(&"TRN-IAM-03".to_owned()));
    assert!(said_by(&limit(86_399), &training()).0.contains(&"TRN-IAM-03".to_owned()));
    let express = json!({ "S3OutputPath": "s3://b--euw1-az1--x-s3/o" });
    check(&put(training(), "/OutputDataConfig", express), "TRN-ENC-02", false);
    check(&put(training(), "/OutputDataConfig", json!({ "S3OutputPath": "s3://b/o" })), "TRN-ENC-02", true);
}

#[test]
fn of_an_instance_that_nobody_described_no_key_is_demanded() {
    for instance in ["ml.p6e-gb200.36xlarge", "ml.dl1.24xlarge"] {
        let cluster = json!({ "InstanceType": instance, "InstanceCount": 1 });
        let (broken, undecided) = said(&put(training(), "/ResourceConfig", cluster));
        assert!(!broken.contains(&"TRN-ENC-01".to_owned()), "{broken:?}");
        assert_eq!(undecided, ["TRN-ENC-01"]);
    }
}

#[test]
fn a_definition_that_a_schedule_names_is_not_known_and_one_that_is_the_file_is_judged() {
    let schedule = |of: &str| {
        json!({
            "MonitoringScheduleName": "s",
            "MonitoringScheduleConfig": { "MonitoringType": of, "MonitoringJobDefinitionName": "d" },
        })
    };
    for of in ["DataQuality", "ModelBias", "Unheard-of"] {
        assert_eq!(said(&schedule(of)), (vec![], vec![]), "{of}");
    }
    let kinds = ["DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"];
    for kind in kinds {
        let definition = json!({
            "JobDefinitionName": "d", format!("{kind}AppSpecification"): { "ImageUri": "x" }, "RoleArn": ROLE,
            format!("{kind}JobOutputConfig"): { "KmsKeyId": "alias/ours" },
            "JobResources": { "ClusterConfig": { "InstanceType": "ml.m5.large", "InstanceCount": 1 } },
            "NetworkConfig": { "EnableNetworkIsolation": true, "VpcConfig": network() },
        });
        let intake = taken(&definition);
        let (candidate, (broken, undecided)) = (&intake.candidates[0], said(&definition));
        assert!(candidate.named().ends_with("job definition `d`"), "{}", candidate.named());
        assert_eq!(broken, ["MSC-ENC-01", "MSC-MON-02"], "{kind}");
        assert!(undecided.is_empty(), "{undecided:?}");
        assert_eq!(candidate.path("MonitoringScheduleConfig.MonitoringType"), None);
        let own = format!("Describe{kind}JobDefinition:NetworkConfig.EnableNetworkIsolation");
        assert_eq!(candidate.path(&own).as_deref(), Some("NetworkConfig.EnableNetworkIsolation"));
    }
}

#[test]
fn an_update_of_a_schedule_brings_its_whole_configuration() {
    let job = json!({
        "RoleArn": ROLE,
        "MonitoringAppSpecification": { "ImageUri": "i" },
        "MonitoringOutputConfig": { "MonitoringOutputs": [] },
        "MonitoringResources": { "ClusterConfig": { "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1 } },
    });
    let request = json!({ "MonitoringScheduleName": "s", "MonitoringScheduleConfig": { "MonitoringJobDefinition": job } });
    let failed = |intake: Intake| {
        let verdict = verdict(&EMBEDDED, &intake.candidates[0]);
        let failed = verdict.findings.iter().filter(|finding| finding.status == FindingStatus::Violation);
        failed.map(|finding| finding.control.clone()).collect::<Vec<_>>()
    };
    let of = |call: &str| failed(intake::of_call(call, request.clone()).unwrap());
    let (created, updated) = (of("CreateMonitoringSchedule"), of("UpdateMonitoringSchedule"));
    assert!(created.iter().any(|id| id == "MSC-NET-01") && created.len() > 4, "{created:?}");
    // Tags stay as they are.
    let created: Vec<String> = created.into_iter().filter(|id| !id.contains("-TRC-")).collect();
    assert_eq!(updated, created);
}

#[test]
fn an_event_that_never_says_something_does_not_say_that_it_is_absent() {
    let event = json!({
        "source": "aws.sagemaker", "detail-type": "SageMaker Training Job State Change", "account": "111122223333",
        "region": "eu-west-1", "detail": { "TrainingJobName": "t", "RoleArn": ROLE, "VpcConfig": {} },
    });
    check(&event, "TRN-NET-01", true);
    check(&event, "TRN-NET-02", false);
    check(&event, "TRN-TRC-01", false);
    let notebook = json!({
        "source": "aws.sagemaker", "detail-type": "SageMaker Notebook Instance State Change",
        "resources": ["arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/n"], "detail": { "RootAccess": null },
    });
    let intake = taken(&notebook);
    assert_eq!(intake.candidates[0].resource.name, "n");
    assert_eq!(
        said(&notebook),
        (vec!["NBK-IAM-01".to_owned()], vec![]),
        "what it has no key for is not absent"
    );
    // A container of a package is reported without its ETag, and one without a digest is reported as such.
    let path = "../../events/aws.sagemaker/model-package-state-change/approved.json";
    let package: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let verdict = verdict(&EMBEDDED, taken(&package).candidates.last().unwrap());
    assert!(verdict.skipped.contains(&"MPK-REP-01".to_owned()), "{:?}", verdict.findings);
    check(
        &put(package, "/detail/InferenceSpecification/Containers/0/ImageDigest", json!(null)),
        "MPK-REP-01",
        true,
    );
    let other = put(event, "/source", json!("aws.ecs"));
    assert!(intake::read(&other.to_string()).is_err());
}

#[test]
fn a_finding_shows_what_broke_it() {
    let listed = with("[artifacts]\nallowed_buckets = [\"b\"]\n");
    let inputs = json!([
        { "ChannelName": "a", "DataSource": { "S3DataSource": { "S3Uri": "s3://b/x" } } },
        { "ChannelName": "b", "DataSource": { "S3DataSource": { "S3Uri": "s3://evil/x" } } },
    ]);
    let job = put(training(), "/InputDataConfig", inputs);
    let verdict = verdict(&listed, &taken(&job).candidates[0]);
    let finding = verdict.findings.iter().find(|finding| finding.control == "TRN-ART-01").unwrap();
    assert_eq!(finding.actual, "InputDataConfig[1] s3://evil/x");
    assert_eq!(finding.field, "InputDataConfig[].DataSource.S3DataSource.S3Uri");
}

#[test]
fn what_is_nested_as_deep_as_json_may_be_is_judged_on_a_small_stack() {
    let nested = |lists: bool| {
        let wrap = |inner: Value| if lists { json!([inner]) } else { json!({ "VpcConfig": inner }) };
        (0..110).fold(json!("deep"), |inner, _| wrap(inner))
    };
    for inner in [nested(true), nested(false)] {
        let document = put(training(), "/VpcConfig", inner);
        let task = json!({
            "Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob", "Parameters": document,
        });
        let change = json!({
            "address": "a", "type": "aws_sagemaker_model", "change": { "actions": ["create"], "after": document },
        });
        for file in [
            pipeline(&json!([step("t", "Training", document.clone())]), &json!({})),
            json!({ "Resources": { "M": { "Type": "AWS::SageMaker::Model", "Properties": document } } }),
            json!({ "StartAt": "T", "States": { "T": task } }),
            json!({ "resource_changes": [change] }),
            json!({ "apiVersion": "sagemaker.services.k8s.aws/v1", "kind": "Model", "spec": document }),
        ] {
            for candidate in taken(&file).candidates {
                let _ = verdict(&EMBEDDED, &candidate);
            }
        }
    }
}

#[test]
fn a_path_names_the_field_that_the_file_has() {
    let path = |document: &Value, field: &str| taken(document).candidates[0].path(field).unwrap();
    let resource = |kind: &str| json!({ "DefaultResourceSpec": { "InstanceType": kind } });
    let domain = json!({
        "DomainName": "d", "AuthMode": "IAM",
        "DefaultUserSettings": { "CodeEditorAppSettings": {}, "JupyterLabAppSettings": resource("ml.p3.2xlarge") },
    });
    let field = "DefaultUserSettings.*AppSettings.DefaultResourceSpec.InstanceType";
    assert_eq!(path(&domain, field), field.replace('*', "JupyterLab"));
    assert_eq!(path(&put(domain, "/DefaultUserSettings", json!({})), field), field, "of none, all are named");
    let definition = json!({
        "JobDefinitionName": "d", "ModelBiasAppSpecification": { "ImageUri": "x" }, "RoleArn": ROLE,
    });
    let of = "DescribeModelBiasJobDefinition:";
    assert_eq!(
        path(&definition, &format!("{of}*AppSpecification.ImageUri")),
        "ModelBiasAppSpecification.ImageUri"
    );
    // The names of a map are not one field.
    assert_eq!(path(&put(training(), "/Environment", json!({ "A": "b" })), "Environment.*"), "Environment.*");
}

#[test]
fn a_name_of_a_users_own_is_no_pattern() {
    let listed = with("[artifacts]\nallowed_buckets = [\"b\"]\n");
    let job = put(training(), "/Environment", json!({ "*": "s3://evil/x", "*password": "hunter2" }));
    let verdict = verdict(&listed, &taken(&job).candidates[0]);
    let actual = |control: &str| {
        let finding = verdict.findings.iter().find(|finding| finding.control == control).unwrap();
        finding.actual.clone()
    };
    assert_eq!(actual("TRN-ART-01"), "* s3://evil");
    assert_eq!(actual("TRN-IAM-05"), "*password (not shown)");
}

#[test]
fn an_endpoint_that_is_asked_for_captures_what_its_configuration_in_the_file_does() {
    let config = |capture: Value| {
        let variant = json!({ "VariantName": "v", "ModelName": "m", "InitialInstanceCount": 2, "InstanceType": "ml.m5.xlarge" });
        json!({ "Type": "AWS::SageMaker::EndpointConfig", "Properties": { "ProductionVariants": [variant], "DataCaptureConfig": capture } })
    };
    let template = |capture: Value, named: Value| {
        let endpoint =
            json!({ "Type": "AWS::SageMaker::Endpoint", "Properties": { "EndpointConfigName": named } });
        json!({ "Resources": { "C": config(capture), "E": endpoint } })
    };
    let both = || json!([{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }]);
    let own = || json!({ "Fn::GetAtt": ["C", "EndpointConfigName"] });
    let on =
        json!({ "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://b", "CaptureOptions": both() });
    check(&template(on.clone(), own()), "END-MON-01", false);
    check(&template(put(on.clone(), "/EnableCapture", json!(false)), own()), "END-MON-01", true);
    check(&template(put(on.clone(), "/InitialSamplingPercentage", json!(0)), own()), "END-MON-01", true);
    check(&template(Value::Null, own()), "END-MON-01", true);
    // What only the account or a later value says breaks nothing, and is not kept either.
    let later = put(on.clone(), "/EnableCapture", json!({ "Fn::ImportValue": "x" }));
    for open in [template(on, json!("of-the-account")), template(later, own())] {
        let verdict = verdict(&EMBEDDED, taken(&open).candidates.last().unwrap());
        assert!(verdict.skipped.iter().any(|id| id == "END-MON-01"), "{open}: {verdict:?}");
    }
    let bare = json!({ "EndpointName": "e", "EndpointConfigName": "c" });
    let verdict = verdict(&EMBEDDED, &taken(&bare).candidates[0]);
    assert!(verdict.skipped.iter().any(|id| id == "END-MON-01"), "{verdict:?}");
}

#[test]
fn where_nothing_is_captured_there_is_nothing_to_encrypt() {
    let config = |capture: Value| {
        json!({
            "EndpointConfigName": "c",
            "ProductionVariants": [{ "VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 2 }],
            "DataCaptureConfig": capture,
        })
    };
    let capture =
        json!({ "EnableCapture": true, "InitialSamplingPercentage": 50, "DestinationS3Uri": "s3://b" });
    check(&config(capture.clone()), "EPC-ENC-02", true);
    check(&config(put(capture.clone(), "/EnableCapture", json!(false))), "EPC-ENC-02", false);
    check(&config(put(capture, "/InitialSamplingPercentage", json!(0))), "EPC-ENC-02", false);
}

#[test]
fn the_arn_of_an_alias_without_an_account_breaks_nothing_and_decides_nothing() {
    let alias = |name: &str| format!("arn:aws:kms:eu-west-1:111122223333:alias/{name}");
    let transform = |name: &str| {
        json!({
            "TransformJobName": "t", "ModelName": "m", "TransformInput": {}, "TransformOutput": { "KmsKeyId": alias(name) },
            "TransformResources": { "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeKmsKeyId": alias(name) },
        })
    };
    let own = verdict(&EMBEDDED, &taken(&transform("ml")).candidates[0]);
    for control in ["TRF-ENC-01", "TRF-ENC-02"] {
        assert!(own.skipped.iter().any(|id| id == control), "{own:?}");
        // Whoever has it, AWS manages this one.
        check(&transform("aws/s3"), control, true);
    }
}

#[test]
fn numbers_and_switches_in_a_map_of_texts_are_texts() {
    let job = |more: Value| put(training(), "/Environment", more);
    let (broken, undecided) = said(&job(json!({ "WORKERS": 4, "DEBUG": true, "SHARE": 0.5, "NAME": null })));
    assert!(
        !undecided.iter().any(|id| id.starts_with("TRN-IAM") || id.starts_with("TRN-ART")),
        "{undecided:?}"
    );
    assert!(!broken.iter().any(|id| id == "TRN-IAM-05"), "{broken:?}");
    check(&job(json!({ "DB_PASSWORD": 12_345_678 })), "TRN-IAM-05", true);
    let model = |environment: Value| {
        let container = json!({ "Image": "x/y@sha256:0", "Environment": environment });
        json!({ "Resources": { "M": { "Type": "AWS::SageMaker::Model", "Properties": { "PrimaryContainer": container } } } })
    };
    let intake = taken(&model(json!({ "WORKERS": 4, "DEBUG": true })));
    let environment = &intake.candidates[0].document["PrimaryContainer"]["Environment"];
    assert_eq!(environment, &json!({ "WORKERS": "4", "DEBUG": "true" }));
    check(&model(json!({ "DB_PASSWORD": 12_345_678 })), "MDL-IAM-03", true);
}

#[test]
fn arguments_that_are_known_only_when_the_pipeline_runs_break_nothing() {
    let experiment =
        json!({ "PipelineExperimentConfig": { "ExperimentName": "e" }, "Parameters": [{ "Name": "A" }] });
    for kind in ["Training", "Processing", "Transform", "RegisterModel", "Model"] {
        let step = json!({ "Name": "s", "Type": kind, "Arguments": { "Get": "Parameters.A" } });
        let verdict = verdict(&EMBEDDED, &taken(&pipeline(&json!([step]), &experiment)).candidates[0]);
        assert!(verdict.findings.is_empty(), "{kind}: {:?}", verdict.findings);
    }
}

#[test]
fn a_part_that_the_api_demands_and_that_is_absent_decides_nothing() {
    let definition = json!({
        "JobDefinitionName": "d", "DataQualityAppSpecification": { "ImageUri": "x" }, "DataQualityJobInput": {}, "RoleArn": ROLE,
        "DataQualityJobOutputConfig": { "KmsKeyId": KEY }, "NetworkConfig": { "VpcConfig": network(), "EnableNetworkIsolation": true },
    });
    let processing = json!({ "ProcessingJobName": "p", "AppSpecification": { "ImageUri": "x" }, "RoleArn": ROLE, "NetworkConfig": {} });
    let transform =
        json!({ "TransformJobName": "t", "ModelName": "m", "TransformInput": {}, "TransformOutput": {} });
    for (document, controls) in [
        (definition, ["MSC-ENC-01", "MSC-ENC-03"].as_slice()),
        (processing, &["PRC-ENC-01", "PRC-ENC-03"]),
        (transform, &["TRF-ENC-01"]),
    ] {
        let (_, undecided) = said(&document);
        for control in controls {
            assert!(undecided.iter().any(|id| id == control), "{control}: {undecided:?}");
        }
    }
}

#[test]
fn a_secret_among_arguments_is_named_and_not_shown() {
    let job =
        put(training(), "/AlgorithmSpecification/ContainerArguments", json!(["--db-password", "hunter2"]));
    check(&job, "TRN-IAM-05", true);
    let verdict = verdict(&EMBEDDED, &taken(&job).candidates[0]);
    let finding = verdict.findings.iter().find(|finding| finding.control == "TRN-IAM-05").unwrap();
    assert_eq!(finding.actual, "db-password (not shown)");
    assert!(!format!("{finding:?}").contains("hunter2"));
}

/// A policy that opens its resource to an account.
fn opening(account: &str) -> String {
    let principal = json!({ "AWS": format!("arn:aws:iam::{account}:root") });
    json!({ "Statement": { "Effect": "Allow", "Principal": principal, "Action": "*" } }).to_string()
}

#[test]
fn a_request_that_opens_a_resource_is_judged_by_its_policy_alone() {
    let policies = [("EndpointName", "END-IAM-01"), ("ModelPackageGroupName", "MPG-IAM-01")];
    let bundle = with(
        "mode = \"enforce\"\n[access]\nallowed_accounts = [\"444455556666\"]\n[traceability]\nrequired_tags = [\"Owner\"]\n",
    );
    for (name, control) in policies {
        let request = json!({ name: "credit", "ResourcePolicy": opening("*") });
        let taken = taken(&request);
        let found = verdict(&bundle, &taken.candidates[0]);
        assert_eq!(found.checked, [control], "nothing else is in the request");
        assert_eq!(found.findings[0].actual, "arn:aws:iam::*:root");
        assert_eq!(taken.candidates[0].path(&found.findings[0].field).as_deref(), Some("ResourcePolicy"));
        // A file does not say in which account it will be: only everybody is certainly too many.
        let request = json!({ name: "credit", "ResourcePolicy": opening("999988887777") });
        assert_eq!(said_by(&bundle, &request), (Vec::new(), Vec::new()));
        let arn = format!("arn:aws:sagemaker:eu-west-1:111122223333:{}/credit", kind_of(name));
        let answer = json!({ name: "credit", arn_of(name): arn, "ResourcePolicy": opening("999988887777") });
        assert_eq!(said_by(&bundle, &answer).0, [control]);
        let answer = json!({ name: "credit", arn_of(name): arn, "ResourcePolicy": opening("444455556666") });
        assert_eq!(said_by(&bundle, &answer), (Vec::new(), Vec::new()));
        let answer = json!({ name: "credit", arn_of(name): arn, "ResourcePolicy": "{" });
        assert_eq!(said_by(&bundle, &answer), (Vec::new(), vec![control.to_owned()]));
    }
}

fn kind_of(name: &str) -> &'static str {
    if name == "EndpointName" { "endpoint" } else { "model-package-group" }
}

fn arn_of(name: &str) -> String {
    name.replace("Name", "Arn")
}

#[test]
fn a_recorded_call_that_opens_a_resource_is_judged_in_its_account() {
    let record = json!({
        "eventSource": "sagemaker.amazonaws.com",
        "eventName": "PutEndpointPolicy",
        "recipientAccountId": "111122223333",
        "awsRegion": "eu-west-1",
        "requestParameters": { "endpointName": "credit", "resourcePolicy": opening("999988887777") },
    });
    let taken = taken(&record);
    assert_eq!(
        taken.candidates[0].resource.arn(),
        "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/credit"
    );
    let found = verdict(&EMBEDDED, &taken.candidates[0]);
    assert_eq!(found.findings[0].control, "END-IAM-01");
    let path = taken.candidates[0].path(&found.findings[0].field);
    assert_eq!(path.as_deref(), Some("requestParameters.resourcePolicy"));
}

#[test]
fn a_document_with_a_name_is_no_experiment() {
    let other = json!({ "Name": "pipeline", "RoleArn": ROLE, "Stages": [] });
    assert_eq!(intake::read(&other.to_string()), Err(Unusable::UnknownForm));
    let experiment = json!({
        "Name": "test", "Type": "ShadowMode", "RoleArn": ROLE, "EndpointName": "credit",
        "ModelVariants": [], "ShadowModeConfig": {}, "DataStorageConfig": { "Destination": "s3://b/o" },
    });
    let (broken, _) = said(&experiment);
    assert_eq!(broken, ["EXP-ENC-01", "EXP-ENC-02"]);
}

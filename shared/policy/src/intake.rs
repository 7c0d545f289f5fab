//! What can be judged before it exists, or without an account: requests, descriptions, CloudTrail events and pipeline
//! definitions, as files hold them.

use sagewarden_events::{Effect, Resource, ResourceKind, Timestamp, effect_of, to_api_case};
use serde_json::{Value as Json, json};
use thiserror::Error;

use crate::parameters::with_defaults;

/// One thing to judge out of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Which resource it is, or will be.
    pub resource: Resource,
    /// In the shape of the API.
    pub document: Json,
    /// Where in the file it stands, for definitions of several; such as `Steps[2]`.
    pub place: Option<String>,
}

impl Candidate {
    /// When it was created, or changed last where it can be changed; `None` for a request, whatever it says of itself: only a
    /// description has the ARN of the resource.
    #[must_use]
    pub fn changed_at(&self) -> Option<Timestamp> {
        let kind = self.resource.kind;
        let arn = self.document.get(kind.arn_field())?.as_str()?;
        Resource::parse_arn(arn).ok().filter(|own| own.kind == kind)?;
        let time = |field: &str| self.document.get(field).and_then(Timestamp::from_json);
        time("LastModifiedTime").filter(|_| kind.is_mutable()).or_else(|| time("CreationTime"))
    }
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intake {
    /// What can be judged.
    pub candidates: Vec<Candidate>,
    /// What there are no controls for, in words.
    pub passed_over: Vec<String>,
}

/// A file that holds nothing to judge.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unusable {
    /// It is no JSON.
    #[error("it cannot be read as JSON: {0}")]
    NotJson(String),
    /// It is JSON of no known form.
    #[error(
        "it is no Create request or Describe answer of a SageMaker resource with controls, no CloudTrail event of one, and no \
         pipeline definition: a request names the resource (`TrainingJobName`, `ModelName`, `EndpointConfigName`, …)"
    )]
    UnknownForm,
    /// It is of no known form, and has the fields of a request all the same.
    #[error(
        "it has the fields of a Create request and is none: a request stands alone at the top of its file, its name is a text, \
         and nothing of an event or of a pipeline definition stands beside it"
    )]
    NearlyKnown,
    /// A call that was refused: nothing came of it.
    #[error("the call was refused with `{0}`: nothing was created")]
    Refused(String),
}

/// Reads the text of a file.
///
/// # Errors
/// When it holds nothing that could be judged.
pub fn read(text: &str) -> Result<Intake, Unusable> {
    let text = without_mark(text);
    let json: Json = serde_json::from_str(text).map_err(|error| Unusable::NotJson(error.to_string()))?;
    let is_near = has_fields_of_request(&json);
    of_known_form(json).map_err(|unusable| if is_near { Unusable::NearlyKnown } else { unusable })
}

/// A text without the byte order mark that editors put before it, and readers of JSON may pass over (RFC 8259, section 8.1).
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Whether a document, or a part of it right below, names what requests name and has something else that they have.
fn has_fields_of_request(json: &Json) -> bool {
    const OTHERS: [&str; 8] = [
        "RoleArn",
        "ExecutionRoleArn",
        "ResourceConfig",
        "ProcessingResources",
        "TransformResources",
        "PrimaryContainer",
        "Containers",
        "ProductionVariants",
    ];
    let has_any = |part: &Json, fields: &[&str]| fields.iter().any(|field| part.get(*field).is_some());
    let is_one =
        |part: &Json| has_any(part, &OTHERS) && MARKS.iter().any(|(field, _)| has_any(part, &[*field]));
    match json {
        Json::Array(parts) => parts.iter().any(is_one),
        Json::Object(parts) => is_one(json) || parts.values().any(is_one),
        _ => false,
    }
}

fn of_known_form(json: Json) -> Result<Intake, Unusable> {
    if json.get("Steps").is_some_and(Json::is_array) {
        let mut intake = Intake::default();
        let definition = with_defaults(&json, &json, &mut intake.passed_over);
        let steps = definition.get("Steps").and_then(Json::as_array);
        pipeline(steps.map_or(&[], Vec::as_slice), "Steps", &mut intake);
        return if intake == Intake::default() { Err(Unusable::UnknownForm) } else { Ok(intake) };
    }
    // An event of EventBridge has the record in its detail; a trail's file has the record itself.
    let record = json.get("detail").unwrap_or(&json);
    if record.get("eventName").is_some() {
        return call(record);
    }
    let kind = kind_of(&json).ok_or(Unusable::UnknownForm)?;
    let document = in_one_form(json);
    // What the service names (a domain's id, a package's version) is not known before it exists.
    let name = kind.name_in(&document).unwrap_or_else(|| stands_for_name(&document));
    let resource = resource(kind, &name, &document);
    Ok(Intake { candidates: vec![Candidate { resource, document, place: None }], passed_over: Vec::new() })
}

/// Fields that only requests and descriptions of a kind have. Of a document that names several, the first is what it is about.
const MARKS: [(&str, ResourceKind); 19] = [
    ("TrainingJobName", ResourceKind::TrainingJob),
    ("ProcessingJobName", ResourceKind::ProcessingJob),
    ("TransformJobName", ResourceKind::TransformJob),
    ("HyperParameterTuningJobName", ResourceKind::TuningJob),
    ("AutoMLJobName", ResourceKind::AutoMlJob),
    ("CompilationJobName", ResourceKind::CompilationJob),
    ("MonitoringScheduleName", ResourceKind::MonitoringSchedule),
    ("EndpointName", ResourceKind::Endpoint),
    ("EndpointConfigName", ResourceKind::EndpointConfig),
    ("ModelPackageGroupName", ResourceKind::ModelPackage),
    ("ModelPackageName", ResourceKind::ModelPackage),
    ("ModelName", ResourceKind::Model),
    ("NotebookInstanceName", ResourceKind::NotebookInstance),
    ("AppName", ResourceKind::App),
    ("FeatureGroupName", ResourceKind::FeatureGroup),
    ("PipelineExecutionArn", ResourceKind::PipelineExecution),
    ("UserProfileName", ResourceKind::UserProfile),
    ("SpaceName", ResourceKind::Space),
    ("DomainName", ResourceKind::Domain),
];

/// The kind that a document speaks of.
fn kind_of(document: &Json) -> Option<ResourceKind> {
    let is_named = |field: &str| document.get(field).is_some_and(Json::is_string);
    MARKS.into_iter().find(|(field, _)| is_named(field)).map(|(_, kind)| kind)
}

fn stands_for_name(document: &Json) -> String {
    let fields = ["DomainName", "ModelPackageGroupName", "PipelineExecutionDisplayName"];
    let found = fields.iter().find_map(|field| document.get(*field)?.as_str());
    found.unwrap_or("(not named yet)").to_owned()
}

/// Requests in the words of descriptions. The first version of the AutoML API keeps what the second has at the top one level
/// deeper, and calls the inputs otherwise; requests for notebook instances name some things otherwise than their descriptions.
fn in_one_form(mut document: Json) -> Json {
    let Some(fields) = document.as_object_mut() else { return document };
    if fields.contains_key("NotebookInstanceName") {
        let names = [
            ("SecurityGroupIds", "SecurityGroups"),
            ("LifecycleConfigName", "NotebookInstanceLifecycleConfigName"),
        ];
        for (asked, described) in names {
            if let Some(value) = fields.remove(asked) {
                fields.insert(described.to_owned(), value);
            }
        }
    }
    if !fields.contains_key("AutoMLJobName") {
        return document;
    }
    if let Some(inputs) = fields.remove("InputDataConfig") {
        fields.insert("AutoMLJobInputDataConfig".to_owned(), inputs);
    }
    if let Some(Json::Object(config)) = fields.remove("AutoMLJobConfig") {
        let features =
            config.get("CandidateGenerationConfig").and_then(|of| of.get("FeatureSpecificationS3Uri"));
        if let Some(uri) = features {
            let config = json!({ "TabularJobConfig": { "FeatureSpecificationS3Uri": uri } });
            fields.insert("AutoMLProblemTypeConfig".to_owned(), config);
        }
        fields.extend(config.into_iter().filter(|(key, _)| key == "SecurityConfig"));
    }
    document
}

/// A CloudTrail record of a call that creates or changes something.
fn call(record: &Json) -> Result<Intake, Unusable> {
    if let Some(code) = record.get("errorCode").and_then(Json::as_str).filter(|code| !code.is_empty()) {
        return Err(Unusable::Refused(code.to_owned()));
    }
    let name = record.get("eventName").and_then(Json::as_str).unwrap_or_default();
    // Only a request to create says everything; what changes or deletes says what is to be otherwise.
    let Some((kind, Effect::Created)) = effect_of(name) else { return Err(Unusable::UnknownForm) };
    let document = record.get("requestParameters").map(to_api_case).filter(Json::is_object);
    let document = in_one_form(document.ok_or(Unusable::UnknownForm)?);
    let answered = record.get("responseElements").map(to_api_case).and_then(|answer| kind.name_in(&answer));
    let name = kind.name_in(&document).or(answered).ok_or(Unusable::UnknownForm)?;
    let text = |key: &str| record.get(key).and_then(Json::as_str);
    let mut resource = resource(kind, &name, &document);
    if let (Some(account), Some(region)) = (text("recipientAccountId"), text("awsRegion")) {
        resource = Resource::in_region(kind, account, region, &name);
    }
    Ok(Intake { candidates: vec![Candidate { resource, document, place: None }], passed_over: Vec::new() })
}

/// The steps of a SageMaker pipeline definition (schema version 2020-12-01), those of both branches of a condition included.
/// A step's `Arguments` are the request without the name, which the pipeline gives.
fn pipeline(steps: &[Json], at: &str, intake: &mut Intake) {
    for (index, step) in steps.iter().enumerate() {
        let place = format!("{at}[{index}]");
        let text = |key: &str| step.get(key).and_then(Json::as_str).unwrap_or_default();
        let arguments = step.get("Arguments");
        let kind = match text("Type") {
            "Training" => ResourceKind::TrainingJob,
            "Processing" | "QualityCheck" | "ClarifyCheck" => ResourceKind::ProcessingJob,
            "Transform" => ResourceKind::TransformJob,
            "Tuning" => ResourceKind::TuningJob,
            "AutoML" => ResourceKind::AutoMlJob,
            "Model" => ResourceKind::Model,
            "RegisterModel" => ResourceKind::ModelPackage,
            "EndpointConfig" => ResourceKind::EndpointConfig,
            "Endpoint" => ResourceKind::Endpoint,
            "Condition" => {
                for branch in ["IfSteps", "ElseSteps"] {
                    let steps = arguments.and_then(|arguments| arguments.get(branch)?.as_array());
                    pipeline(
                        steps.map_or(&[], Vec::as_slice),
                        &format!("{place}.Arguments.{branch}"),
                        intake,
                    );
                }
                continue;
            }
            other => {
                intake.passed_over.push(format!("{place}: no controls for steps of type `{other}`"));
                continue;
            }
        };
        let Some(document) = arguments.filter(|arguments| arguments.is_object()) else {
            intake.passed_over.push(format!("{place}: the step has no `Arguments`"));
            continue;
        };
        let resource = resource(kind, text("Name"), document);
        let document = in_one_form(document.clone());
        intake.candidates.push(Candidate { resource, document, place: Some(place) });
    }
}

/// The resource of a request: account and region from its own ARN, else the account from its role.
fn resource(kind: ResourceKind, name: &str, document: &Json) -> Resource {
    let own = document.get(kind.arn_field()).and_then(|arn| Resource::parse_arn(arn.as_str()?).ok());
    if let Some(own) = own {
        return own.sibling(kind, name);
    }
    let definition = document.get("TrainingJobDefinition").unwrap_or(document);
    let role = ["RoleArn", "ExecutionRoleArn"].iter().find_map(|key| definition.get(*key)?.as_str());
    // arn:aws:iam::<account>:role/<name>
    let account = role.and_then(|role| role.split(':').nth(4)).unwrap_or_default();
    Resource::in_region(kind, account, "", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &Json, expect: &[(ResourceKind, &str, &str, Option<&str>)]) {
        let intake = read(&document.to_string()).unwrap();
        let found: Vec<_> = intake
            .candidates
            .iter()
            .map(|each| {
                let Resource { kind, account, name, .. } = &each.resource;
                (*kind, account.as_str(), name.as_str(), each.place.as_deref())
            })
            .collect();
        assert_eq!(found, expect, "{document}");
    }

    #[test]
    fn requests_descriptions_and_calls_are_told_apart() {
        let role = "arn:aws:iam::111122223333:role/r";
        let job = ResourceKind::TrainingJob;
        check(&json!({ "TrainingJobName": "t", "RoleArn": role }), &[(job, "111122223333", "t", None)]);
        let arn = "arn:aws:sagemaker:eu-west-1:444455556666:training-job/t";
        check(
            &json!({ "TrainingJobName": "t", "TrainingJobArn": arn, "RoleArn": role }),
            &[(job, "444455556666", "t", None)],
        );
        check(
            &json!({ "ModelName": "m", "ExecutionRoleArn": role }),
            &[(ResourceKind::Model, "111122223333", "m", None)],
        );
        let record = json!({
            "eventName": "CreateTrainingJob", "recipientAccountId": "999988887777", "awsRegion": "eu-west-1",
            "requestParameters": { "trainingJobName": "t", "vpcConfig": { "subnets": ["subnet-1"] } },
        });
        check(&record, &[(job, "999988887777", "t", None)]);
        check(&json!({ "source": "aws.sagemaker", "detail": record }), &[(job, "999988887777", "t", None)]);
        let read = read(&record.to_string()).unwrap();
        assert_eq!(read.candidates[0].document["VpcConfig"]["Subnets"][0], "subnet-1");
    }

    #[test]
    fn every_step_of_a_pipeline_is_found() {
        let step = |name: &str, kind: &str| json!({ "Name": name, "Type": kind, "Arguments": { "RoleArn": "arn:aws:iam::1:role/r" } });
        let branches =
            json!({ "IfSteps": [step("wait", "Callback"), step("model", "Model")], "ElseSteps": [] });
        let definition = json!({
            "Version": "2020-12-01",
            "Steps": [step("split", "Processing"), step("train", "Training"), { "Name": "good", "Type": "Condition", "Arguments": branches }],
        });
        check(
            &definition,
            &[
                (ResourceKind::ProcessingJob, "1", "split", Some("Steps[0]")),
                (ResourceKind::TrainingJob, "1", "train", Some("Steps[1]")),
                (ResourceKind::Model, "1", "model", Some("Steps[2].Arguments.IfSteps[1]")),
            ],
        );
        let intake = read(&definition.to_string()).unwrap();
        assert_eq!(
            intake.passed_over,
            ["Steps[2].Arguments.IfSteps[0]: no controls for steps of type `Callback`"]
        );
    }

    #[test]
    fn what_cannot_be_judged_is_told_why() {
        let check = |text: &str, words: &str| {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        check("no json", "it cannot be read as JSON: expected ident at line 1 column 2");
        check("{}", "a request names the resource");
        check("[1]", "a request names the resource");
        check(r#"{"Steps": []}"#, "a request names the resource");
        check(r#"{"eventName": "CreateModel", "errorCode": "AccessDenied"}"#, "refused with `AccessDenied`");
        check(r#"{"eventName": "CreateModel", "requestParameters": null}"#, "a request names the resource");
        check(r#"{"eventName": "DeleteModel", "requestParameters": {}}"#, "a request names the resource");
    }

    #[test]
    fn what_has_the_fields_of_a_request_and_is_none_is_told_from_what_is_somebody_elses() {
        let request = json!({ "TrainingJobName": "t", "RoleArn": "arn:aws:iam::1:role/r" });
        let with = |key: &str, value: Json| {
            let mut request = request.clone();
            request[key] = value;
            request
        };
        for document in [
            json!([request]),
            json!({ "job": request }),
            with("TrainingJobName", json!(7)),
            with("Steps", json!([])),
            with("eventName", json!("DeleteModel")),
        ] {
            assert_eq!(read(&document.to_string()), Err(Unusable::NearlyKnown), "{document}");
        }
        for document in [json!({ "train": { "ModelName": "m" } }), json!({ "role": { "RoleArn": "r" } })] {
            assert_eq!(read(&document.to_string()), Err(Unusable::UnknownForm), "{document}");
        }
        assert_eq!(read(&format!("\u{feff}{request}")), read(&request.to_string()));
    }

    #[test]
    fn only_a_description_says_when_it_was_changed() {
        let at = |document: Json| {
            read(&document.to_string()).unwrap().candidates[0].changed_at().map(Timestamp::millis)
        };
        let arn = |rest: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:{rest}");
        let times = |mut document: Json| {
            document["CreationTime"] = json!(7);
            document["LastModifiedTime"] = json!(9);
            document
        };
        let job = json!({ "TrainingJobName": "t", "TrainingJobArn": arn("training-job/t") });
        assert_eq!(at(times(job)), Some(7_000), "nobody changes a job");
        let notebook =
            json!({ "NotebookInstanceName": "n", "NotebookInstanceArn": arn("notebook-instance/n") });
        assert_eq!(at(times(notebook.clone())), Some(9_000));
        assert_eq!(at(notebook), None);
        assert_eq!(at(times(json!({ "TrainingJobName": "t" }))), None, "a request");
        let other = json!({ "TrainingJobName": "t", "TrainingJobArn": arn("model/t") });
        assert_eq!(at(times(other)), None, "the ARN of something else");
    }

    #[test]
    fn a_step_is_judged_as_what_it_makes() {
        let steps = [
            ("QualityCheck", ResourceKind::ProcessingJob),
            ("ClarifyCheck", ResourceKind::ProcessingJob),
            ("Transform", ResourceKind::TransformJob),
            ("Tuning", ResourceKind::TuningJob),
            ("AutoML", ResourceKind::AutoMlJob),
            ("RegisterModel", ResourceKind::ModelPackage),
            ("EndpointConfig", ResourceKind::EndpointConfig),
            ("Endpoint", ResourceKind::Endpoint),
        ];
        let step = |kind: &str| json!({ "Name": "s", "Type": kind, "Arguments": {} });
        let definition = json!({ "Steps": steps.map(|(kind, _)| step(kind)) });
        let intake = read(&definition.to_string()).unwrap();
        let kinds: Vec<ResourceKind> = intake.candidates.iter().map(|each| each.resource.kind).collect();
        assert_eq!(kinds, steps.map(|(_, kind)| kind));
        let empty = read(&json!({ "Steps": [{ "Name": "s", "Type": "Training" }] }).to_string()).unwrap();
        assert_eq!(empty.passed_over, ["Steps[0]: the step has no `Arguments`"]);
    }
}

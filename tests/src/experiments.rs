//! Trial components as SageMaker keeps them for jobs in an experiment and for trackers, and the search that shows them as a table.

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_local::{Fault, SimulatedAccount};
use serde_json::{Map, Value, json};

use crate::wire::{Answer, fault, text};

/// Answers an operation on trial components; `None` if it is not one of those that need more than the account's own facts.
pub(crate) fn answer(
    account: &SimulatedAccount,
    operation: &str,
    body: &Value,
    now: Timestamp,
) -> Option<Answer> {
    match operation {
        "AssociateTrialComponent" => Some(associate(account, body, now)),
        "Search" if text(body, "Resource") == "ExperimentTrialComponent" => Some(search(account, body)),
        _ => None,
    }
}

/// SageMaker makes the component of a job that names an experiment or a trial ("CreateTrainingJob", `ExperimentConfig`).
pub(crate) fn follow_job(
    account: &SimulatedAccount,
    job: &Resource,
    request: &Value,
    now: Timestamp,
) -> Result<(), Fault> {
    let Some(place) = request.get("ExperimentConfig").filter(|place| place.is_object()) else {
        return Ok(());
    };
    let component = account.attach_component(job, now)?;
    let name = match text(place, "TrialComponentDisplayName") {
        "" => component.name.as_str(),
        name => name,
    };
    let contents = json!({
        "DisplayName": name,
        "Parameters": parameters(request),
        "InputArtifacts": inputs(request),
        "OutputArtifacts": {},
    });
    account.update(&component, &contents, now)?;
    let trial = text(place, "TrialName");
    // A test about something else may name a trial that does not exist.
    let is_there = account.describe_document(&account.resource(ResourceKind::Trial, trial)).is_ok();
    if is_there { join(account, &component, trial, now) } else { Ok(()) }
}

/// The outputs of a job that has ended appear on its component.
pub(crate) fn finish_job(account: &SimulatedAccount, job: &Resource, now: Timestamp) -> Result<(), Fault> {
    let component =
        account.resource(ResourceKind::TrialComponent, &format!("{}-aws-{}", job.name, job.kind.segment()));
    if account.describe_document(&component).is_err() {
        return Ok(());
    }
    let described = account.describe_document(job)?;
    let Some(model) = described.pointer("/ModelArtifacts/S3ModelArtifacts") else { return Ok(()) };
    let output = json!({ "SageMaker.ModelArtifact": { "Value": model } });
    account.update(&component, &json!({ "OutputArtifacts": output }), now)
}

/// Numbers are kept as numbers.
fn parameters(request: &Value) -> Value {
    let value = |value: &Value| match value.as_str().and_then(|text| text.parse::<f64>().ok()) {
        Some(number) => json!({ "NumberValue": number }),
        None => match value {
            Value::Number(number) => json!({ "NumberValue": number }),
            other => json!({ "StringValue": other }),
        },
    };
    let given = request.get("HyperParameters").and_then(Value::as_object);
    let mut found: Map<String, Value> =
        given.into_iter().flatten().map(|(name, given)| (name.clone(), value(given))).collect();
    for field in ["InstanceType", "InstanceCount", "VolumeSizeInGB"] {
        let config = request.get("ResourceConfig");
        let config = config.or_else(|| request.pointer("/ProcessingResources/ClusterConfig"));
        if let Some(given) = config.and_then(|config| config.get(field)) {
            found.insert(format!("SageMaker.{field}"), value(given));
        }
    }
    Value::Object(found)
}

fn inputs(request: &Value) -> Value {
    let image = request.pointer("/AlgorithmSpecification/TrainingImage");
    let image = image.or_else(|| request.pointer("/AppSpecification/ImageUri"));
    let mut found = Map::new();
    found.extend(image.map(|image| ("SageMaker.ImageUri".to_owned(), json!({ "Value": image }))));
    for channel in request.get("InputDataConfig").and_then(Value::as_array).into_iter().flatten() {
        let place = channel.pointer("/DataSource/S3DataSource/S3Uri");
        let media = channel.get("ContentType");
        found.insert(text(channel, "ChannelName").to_owned(), json!({ "Value": place, "MediaType": media }));
    }
    Value::Object(found)
}

fn associate(account: &SimulatedAccount, body: &Value, now: Timestamp) -> Answer {
    let component = account.resource(ResourceKind::TrialComponent, text(body, "TrialComponentName"));
    join(account, &component, text(body, "TrialName"), now)?;
    let trial = account.resource(ResourceKind::Trial, text(body, "TrialName"));
    Ok(json!({ "TrialComponentArn": component.arn(), "TrialArn": trial.arn() }))
}

/// Puts a component into a trial.
fn join(account: &SimulatedAccount, component: &Resource, trial: &str, now: Timestamp) -> Result<(), Fault> {
    let described = account.describe_document(&account.resource(ResourceKind::Trial, trial))?;
    let parent = json!({ "TrialName": trial, "ExperimentName": described.get("ExperimentName") });
    let mut parents = account
        .describe_document(component)?
        .get("Parents")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if !parents.contains(&parent) {
        parents.push(parent);
    }
    account.update(component, &json!({ "Parents": parents }), now)
}

/// "Search" for components: by the trial that they are in, or all; the oldest first if it is asked for.
fn search(account: &SimulatedAccount, body: &Value) -> Answer {
    let mut wanted = Vec::new();
    for filter in body.pointer("/SearchExpression/Filters").and_then(Value::as_array).into_iter().flatten() {
        match text(filter, "Name").strip_prefix("Parents.") {
            Some(field) if text(filter, "Operator") == "Equals" => {
                wanted.push((field, text(filter, "Value")))
            }
            _ => return Err(fault("ValidationException", format!("it is not searched by {filter}"))),
        }
    }
    let is_wanted = |component: &Value| {
        let parents = component.get("Parents").and_then(Value::as_array);
        wanted
            .iter()
            .all(|(field, value)| parents.into_iter().flatten().any(|parent| text(parent, field) == *value))
    };
    // The account lists the newest first.
    let mut found: Vec<Value> =
        account.list(ResourceKind::TrialComponent)?.into_iter().filter(is_wanted).collect();
    if text(body, "SortOrder") == "Ascending" {
        found.reverse();
    }
    let records = found.into_iter().map(|component| json!({ "TrialComponent": component }));
    Ok(json!({ "Results": records.collect::<Vec<_>>() }))
}

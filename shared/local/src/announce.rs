//! The events of the simulated account, in AWS's own shapes, collected until they are read.
//!
//! State changes carry only the fields of AWS's published samples, in the samples' spellings: times in milliseconds, tags
//! as a map, `IN_SERVICE`, null for absent structures.

use rusqlite::params;
use sagewarden_events::{
    Actor, Effect, Resource, ResourceKind, Timestamp, WatchPart, effect_of, lower_first, state_change_of,
    to_api_case, to_trail_case,
};
use sagewarden_govern::ports::{PortError, tag_map};
use sagewarden_lineage::s3::hex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::account::SimulatedAccount;
use crate::fault::Fault;
use crate::shape::{Document, first_status, seconds};
use crate::store::port_error;

impl SimulatedAccount {
    /// The events since the last call, in order.
    ///
    /// # Errors
    /// If the store fails.
    pub fn drain_events(&self) -> Result<Vec<Value>, PortError> {
        let connection = self.store.lock();
        let drain = || {
            let mut statement = connection.prepare_cached("SELECT event FROM outbox ORDER BY seq")?;
            let texts: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            connection.execute("DELETE FROM outbox", [])?;
            Ok(texts)
        };
        let texts = drain().map_err(|error| port_error("read the outbox", error))?;
        Ok(texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }

    /// A `… State Change` of a resource as it is now.
    pub(crate) fn announce(&self, resource: &Resource, now: Timestamp) -> Result<(), Fault> {
        if resource.kind == ResourceKind::PipelineExecution {
            return self.announce_execution(resource, now);
        }
        let Some((detail_type, fields)) = published(resource.kind) else { return Ok(()) };
        let Some((document, tags)) = self.load(resource)? else { return Ok(()) };
        let mut detail = Map::new();
        for field in fields {
            detail.insert((*field).to_owned(), announced(field, document.get(*field)));
        }
        detail.insert("Tags".into(), json!(tags));
        self.emit("aws.sagemaker", detail_type, &[resource.arn()], Value::Object(detail), now)?;
        Ok(())
    }

    /// Pipelines have events of another form.
    fn announce_execution(&self, execution: &Resource, now: Timestamp) -> Result<(), Fault> {
        let Some((document, _)) = self.load(execution)? else { return Ok(()) };
        let name = execution.name.split('/').next().unwrap_or_default();
        let pipeline = execution.sibling(ResourceKind::Pipeline, name).arn();
        let started = document.get("CreationTime").and_then(Timestamp::from_json);
        let detail = json!({
            "pipelineExecutionDisplayName": document.get("PipelineExecutionDisplayName"),
            "currentPipelineExecutionStatus": document.get("PipelineExecutionStatus"),
            "executionStartTime": started,
            "pipelineArn": pipeline,
            "pipelineExecutionArn": execution.arn(),
        });
        let resources = [pipeline, execution.arn()];
        let detail_type = "SageMaker Model Building Pipeline Execution Status Change";
        self.emit("aws.sagemaker", detail_type, &resources, detail, now)?;
        Ok(())
    }

    /// CloudTrail's event about a call.
    pub(crate) fn announce_call(
        &self,
        name: &str,
        resource: &Resource,
        request: &Value,
        caller: &Actor,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let mut identity = json!({ "type": "AssumedRole", "arn": caller.arn, "accountId": self.account });
        if let Some(identity) = identity.as_object_mut() {
            let mut session = json!({ "sessionIssuer": { "type": "Role", "arn": caller.role } });
            if let (Some(kept), Some(session)) = (&caller.source_identity, session.as_object_mut()) {
                session.insert("sourceIdentity".into(), kept.as_str().into());
            }
            identity.insert("sessionContext".into(), session);
            if let Some(user) = &caller.on_behalf_of {
                identity.insert("onBehalfOf".into(), json!({ "userId": user }));
            }
        }
        let detail = json!({
            "eventVersion": "1.08",
            "userIdentity": identity,
            "eventTime": now,
            "eventSource": "sagemaker.amazonaws.com",
            "eventName": name,
            "awsRegion": self.region,
            "sourceIPAddress": caller.source_ip,
            "requestParameters": to_trail_case(request),
            "responseElements": { lower_first(resource.kind.arn_field()): resource.arn() },
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": self.account,
        });
        self.emit("aws.sagemaker", "AWS API Call via CloudTrail", &[], detail, now)?;
        Ok(())
    }

    pub(crate) fn announce_object(
        &self,
        bucket: &str,
        key: &str,
        size: usize,
        etag: &str,
        version: Option<&str>,
        now: Timestamp,
    ) -> Result<(), PortError> {
        let mut object =
            json!({ "key": key, "size": size, "etag": etag, "sequencer": format!("{:016X}", now.millis()) });
        if let (Some(version), Some(object)) = (version, object.as_object_mut()) {
            object.insert("version-id".into(), version.into());
        }
        let detail = json!({
            "version": "0",
            "bucket": { "name": bucket },
            "object": object,
            "reason": "PutObject",
        });
        self.emit("aws.s3", "Object Created", &[format!("arn:aws:s3:::{bucket}")], detail, now)
    }

    fn emit(
        &self,
        source: &str,
        detail_type: &str,
        resources: &[String],
        detail: Value,
        now: Timestamp,
    ) -> Result<(), PortError> {
        // EventBridge gives times in whole seconds.
        let time = Timestamp::from_millis(now.millis().div_euclid(1000) * 1000);
        let event = json!({
            "version": "0",
            "id": event_id(&format!("{source}{detail_type}{detail}{now}")),
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": time,
            "region": self.region,
            "resources": resources,
            "detail": detail,
        });
        self.announce_event(&event)
    }

    /// Puts a part of a tick's work among the account's own events.
    pub(crate) fn announce_part(&self, detail: &Value) -> Result<(), PortError> {
        let tick = detail.get("tick").and_then(Timestamp::from_json).unwrap_or(Timestamp::from_millis(0));
        self.emit(WatchPart::SOURCE, WatchPart::DETAIL_TYPE, &[], detail.clone(), tick)
    }

    /// Adds an event from elsewhere (a push) to the account's own.
    ///
    /// # Errors
    /// If the store fails.
    pub fn announce_event(&self, event: &Value) -> Result<(), PortError> {
        self.store
            .execute("INSERT INTO outbox (event) VALUES (?1)", params![event.to_string()])
            .map_err(|error| port_error("announce a change", error))?;
        Ok(())
    }

    /// If the account lacks the resource that an event names, adds it, so that an event can be replayed without AWS. A `Create…` request
    /// becomes the description. Otherwise the fields of a state change do, although it has only some of them. Returns the added resource.
    ///
    /// # Errors
    /// If the store fails.
    pub fn adopt(&self, event: &Value) -> Result<Option<Resource>, PortError> {
        let Some((resource, mut document)) = described_by(event) else { return Ok(None) };
        if self.load(&resource)?.is_some() {
            return Ok(None);
        }
        let tags = match document.remove("Tags") {
            Some(Value::Object(map)) => {
                map.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.to_owned()))).collect()
            }
            list => tag_map(list.as_ref()),
        };
        document.entry(resource.kind.arn_field()).or_insert_with(|| resource.arn().into());
        self.take_in(&resource, &Value::Object(document), &tags)?;
        Ok(Some(resource))
    }
}

/// The detail-type of a kind and the fields that AWS's samples show.
fn published(kind: ResourceKind) -> Option<(&'static str, &'static [&'static str])> {
    Some(match kind {
        ResourceKind::TrainingJob => (
            "SageMaker Training Job State Change",
            &[
                "TrainingJobName",
                "TrainingJobArn",
                "TrainingJobStatus",
                "SecondaryStatus",
                "FailureReason",
                "HyperParameters",
                "AlgorithmSpecification",
                "RoleArn",
                "InputDataConfig",
                "OutputDataConfig",
                "ResourceConfig",
                "VpcConfig",
                "StoppingCondition",
                "CreationTime",
                "TrainingStartTime",
                "TrainingEndTime",
                "LastModifiedTime",
                "ModelArtifacts",
            ],
        ),
        ResourceKind::ProcessingJob => (
            "SageMaker Processing Job State Change",
            &[
                "ProcessingInputs",
                "ProcessingOutputConfig",
                "ProcessingJobName",
                "ProcessingResources",
                "StoppingCondition",
                "AppSpecification",
                "NetworkConfig",
                "RoleArn",
                "ExperimentConfig",
                "ProcessingJobArn",
                "ProcessingJobStatus",
                "FailureReason",
                "ProcessingStartTime",
                "ProcessingEndTime",
                "CreationTime",
                "LastModifiedTime",
            ],
        ),
        ResourceKind::Model => (
            "SageMaker Model State Change",
            &["ModelName", "ModelArn", "PrimaryContainer", "ExecutionRoleArn", "CreationTime"],
        ),
        ResourceKind::EndpointConfig => (
            "SageMaker Endpoint Config State Change",
            &[
                "EndpointConfigName",
                "EndpointConfigArn",
                "ProductionVariants",
                "DataCaptureConfig",
                "KmsKeyId",
                "AsyncInferenceConfig",
                "CreationTime",
            ],
        ),
        ResourceKind::Endpoint => (
            "SageMaker Endpoint State Change",
            &[
                "EndpointName",
                "EndpointArn",
                "EndpointConfigName",
                "EndpointStatus",
                "FailureReason",
                "CreationTime",
                "LastModifiedTime",
            ],
        ),
        ResourceKind::TransformJob => (
            "SageMaker Transform Job State Change",
            &[
                "TransformJobName",
                "TransformJobArn",
                "TransformJobStatus",
                "ModelName",
                "TransformInput",
                "TransformOutput",
                "TransformResources",
                "CreationTime",
            ],
        ),
        ResourceKind::TuningJob => (
            "SageMaker HyperParameter Tuning Job State Change",
            &[
                "HyperParameterTuningJobName",
                "HyperParameterTuningJobArn",
                "HyperParameterTuningJobStatus",
                "TrainingJobDefinition",
                "TrainingJobDefinitions",
                "CreationTime",
                "LastModifiedTime",
            ],
        ),
        ResourceKind::ModelPackage => (
            "SageMaker Model Package State Change",
            &[
                "ModelPackageGroupName",
                "ModelPackageVersion",
                "ModelPackageArn",
                "InferenceSpecification",
                "ModelPackageStatus",
                "ModelApprovalStatus",
                "CreationTime",
                "LastModifiedTime",
            ],
        ),
        ResourceKind::NotebookInstance => (
            "SageMaker Notebook Instance State Change",
            &[
                "NotebookInstanceArn",
                "NotebookInstanceName",
                "NotebookInstanceStatus",
                "InstanceType",
                "SubnetId",
                "SecurityGroups",
                "RoleArn",
                "KmsKeyId",
                "LastModifiedTime",
                "CreationTime",
                "DirectInternetAccess",
            ],
        ),
        ResourceKind::FeatureGroup => (
            "SageMaker Feature Group State Change",
            &[
                "FeatureGroupArn",
                "FeatureGroupName",
                "FeatureGroupStatus",
                "OnlineStoreConfig",
                "OfflineStoreConfig",
                "RoleArn",
                "CreationTime",
            ],
        ),
        // AWS has published no sample of a schedule's event, the code above makes an execution's event, and the other kinds have none.
        _ => return None,
    })
}

fn announced(field: &str, value: Option<&Value>) -> Value {
    match (field, value) {
        (_, None) => Value::Null,
        ("EndpointStatus", Some(Value::String(status))) => upper_snake(status).into(),
        (field, Some(value)) if field.ends_with("Time") => {
            Timestamp::from_json(value).map_or(Value::Null, |time| time.millis().into())
        }
        (_, Some(value)) => value.clone(),
    }
}

/// The resource of an event, and its facts in the event, in the shape of a description.
fn described_by(event: &Value) -> Option<(Resource, Document)> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let (account, region) = (text("/account")?, text("/region")?);
    let time = text("/time").and_then(Timestamp::from_text)?;
    let detail = event.get("detail")?.as_object()?;
    if let Some(call) = text("/detail/eventName") {
        let (kind, Effect::Created) = effect_of(call)? else { return None };
        if detail.contains_key("errorCode") {
            return None;
        }
        let Value::Object(mut document) = to_api_case(event.pointer("/detail/requestParameters")?) else {
            return None;
        };
        let created = text("/detail/eventTime").and_then(Timestamp::from_text).unwrap_or(time);
        document.insert("CreationTime".into(), seconds(created));
        document.insert("LastModifiedTime".into(), seconds(created));
        if let Some((status, first)) = first_status(kind) {
            document.insert(status.into(), first.into());
        }
        let answered =
            detail.get("responseElements").map(to_api_case).and_then(|answer| kind.name_in(&answer));
        let name = kind.name_in(&Value::Object(document.clone())).or(answered)?;
        return Some((Resource::in_region(kind, account, region, &name), document));
    }
    let kind = state_change_of(text("/detail-type")?)?;
    // The events of pipelines are in lowerCamelCase, all others in PascalCase.
    let detail = match kind {
        ResourceKind::PipelineExecution => to_api_case(event.get("detail")?),
        _ => event.get("detail")?.clone(),
    };
    let name = kind.name_in(&detail)?;
    let Value::Object(mut document) = detail else { return None };
    document.entry("CreationTime").or_insert_with(|| seconds(time));
    if let Some(status) = document.remove("CurrentPipelineExecutionStatus") {
        document.entry("PipelineExecutionStatus").or_insert(status);
    }
    Some((Resource::in_region(kind, account, region, &name), document))
}

fn upper_snake(word: &str) -> String {
    let mut text = String::new();
    for (index, c) in word.chars().enumerate() {
        if c.is_uppercase() && index > 0 {
            text.push('_');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}

/// An id in the form of a UUID. It depends only on its seed, so that a story can be played twice.
pub(crate) fn event_id(seed: &str) -> String {
    let text = hex(&Sha256::digest(seed));
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    #[test]
    fn endpoint_states_are_spelt_as_in_events() {
        assert_eq!(upper_snake("InService"), "IN_SERVICE");
        assert_eq!(upper_snake("Creating"), "CREATING");
    }

    #[test]
    fn a_call_that_was_refused_creates_nothing() {
        let account = SimulatedAccount::new(Store::in_memory().unwrap(), "111122223333", "eu-west-1");
        let mut event = json!({
            "account": "111122223333", "region": "eu-west-1", "time": "2026-03-02T09:00:00Z",
            "detail-type": "AWS API Call via CloudTrail", "source": "aws.sagemaker",
            "detail": { "eventName": "CreateModel", "requestParameters": { "modelName": "m" }, "errorCode": "AccessDenied" },
        });
        assert_eq!(account.adopt(&event).unwrap(), None);
        event["detail"].as_object_mut().unwrap().remove("errorCode");
        assert_eq!(account.adopt(&event).unwrap().unwrap().name, "m");
        assert_eq!(account.adopt(&event).unwrap(), None, "the second time it is known");
    }
}

//! SageMaker, CodeCommit and KMS over HTTP: the simulated account and the git repositories of `shared/local` behind the wire
//! protocol that these services speak, AWS JSON 1.1. Beside them, what a notebook calls in other protocols: S3, endpoints, STS and IAM.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_local::{Fault, LocalGit, SimulatedAccount};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::runtime::Captured;
use crate::s3::ObjectRequest;
use crate::wire::{Answer, caller, fault, text};
use crate::{Result, codecommit, experiments, identity, s3};

/// A call that arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Service and operation, such as `SageMaker.StopTrainingJob`.
    pub target: String,
    /// The request.
    pub body: Value,
}

/// The running simulator; it ends with this value.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    services: Services,
    task: JoinHandle<()>,
}

#[derive(Clone, Debug)]
struct Services {
    account: SimulatedAccount,
    git: LocalGit,
    calls: Arc<Mutex<Vec<Call>>>,
    /// The operation and the code of its fault.
    refusals: Arc<Mutex<Vec<(String, String)>>>,
    /// How far its clock is ahead of the machine's, in milliseconds.
    ahead: Arc<AtomicI64>,
    captured: Captured,
}

impl Simulator {
    /// Starts it on a free port of this machine.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start(account: SimulatedAccount, git: LocalGit) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let services = Services {
            account,
            git,
            calls: Arc::default(),
            refusals: Arc::default(),
            ahead: Arc::default(),
            captured: Captured::default(),
        };
        let router = Router::new()
            .route("/", post(answer))
            .fallback(answer_rest)
            .layer(DefaultBodyLimit::disable())
            .with_state(services.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the simulator ended: {error}");
            }
        });
        Ok(Self { address, services, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The calls to an operation, in the order of their arrival.
    #[must_use]
    pub fn calls(&self, target: &str) -> Vec<Call> {
        let calls = self.services.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter(|call| call.target == target).cloned().collect()
    }

    /// The operations that were called.
    #[must_use]
    pub fn targets(&self) -> BTreeSet<String> {
        let calls = self.services.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().map(|call| call.target.clone()).collect()
    }

    /// The time of the account.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.services.now()
    }

    /// Lets time pass in the account.
    pub fn pass(&self, seconds: i64) {
        self.pass_millis(seconds * 1_000);
    }

    /// As [`Self::pass`], in milliseconds; time that is less than none runs back.
    pub(crate) fn pass_millis(&self, millis: i64) {
        self.services.ahead.fetch_add(millis, Ordering::Relaxed);
    }

    /// Writes the calls that endpoints have captured into a file for each endpoint; returns how many calls there were.
    ///
    /// # Errors
    /// When the account refuses.
    pub fn write_captured(&self) -> Result<usize> {
        Ok(self.services.captured.write(&self.services.account, self.now())?)
    }

    /// Refuses the next call to an operation, as to a caller without the permission.
    pub fn refuse_next(&self, target: &str) {
        self.refuse_next_with(target, "AccessDeniedException");
    }

    /// Refuses nothing more.
    pub fn forgive(&self) {
        self.services.refusals.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Refuses the next call to an operation with this error code.
    pub fn refuse_next_with(&self, target: &str, code: &str) {
        let refusal = (target.to_owned(), code.to_owned());
        self.services.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Services without AWS JSON: endpoints are called below `/endpoints`, everything else is a bucket.
async fn answer_rest(State(services): State<Services>, method: Method, uri: Uri, body: Bytes) -> Response {
    let now = services.now();
    if method == Method::POST && uri.path().starts_with("/endpoints/") {
        return services.captured.invoke(&services.account, uri.path(), &body, now);
    }
    let request = ObjectRequest {
        method: &method,
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        body: &body,
    };
    s3::answer(&services.account, request, now).await
}

async fn answer(State(services): State<Services>, headers: HeaderMap, body: Bytes) -> Response {
    let target =
        headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if target.is_empty() {
        let account = services.account.resource(ResourceKind::Model, "-").account;
        return identity::answer(&String::from_utf8_lossy(&body), &account);
    }
    let outcome = match serde_json::from_slice(&body) {
        Ok(body) => services.call(&target, body),
        Err(error) => Err(fault("SerializationException", error.to_string())),
    };
    let (status, document) = match outcome {
        Ok(document) => (StatusCode::OK, document),
        Err(Fault { code, message }) => {
            let status = if code == "InternalFailure" {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                StatusCode::BAD_REQUEST
            };
            (status, json!({ "__type": code, "message": message }))
        }
    };
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], document.to_string()).into_response()
}

impl Services {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(crate::now().millis() + self.ahead.load(Ordering::Relaxed))
    }

    fn call(&self, target: &str, body: Value) -> Answer {
        let call = Call { target: target.to_owned(), body };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = refusals.iter().position(|(refused, _)| refused == target) {
            let (_, code) = refusals.remove(index);
            return Err(fault(&code, "not now"));
        }
        drop(refusals);
        match target.split_once('.') {
            Some(("SageMaker", operation)) => self.sagemaker(operation, &call.body),
            Some(("CodeCommit_20150413", operation)) => codecommit::answer(&self.git, operation, &call.body),
            // No job has written a log yet.
            Some(("Logs_20140328", _)) => {
                Err(fault("ResourceNotFoundException", "The specified log group does not exist."))
            }
            // As KMS calls itself on the wire.
            Some(("TrentService", "DescribeKey")) => self.key(&call.body),
            // A bus that takes nothing: a call that succeeds with an entry that failed, which the emulator never answers.
            Some(("AWSEvents", "PutEvents")) => Ok(json!({
                "FailedEntryCount": 1,
                "Entries": [{ "ErrorCode": "ThrottlingException", "ErrorMessage": "too many" }],
            })),
            _ => Err(fault("UnknownOperationException", format!("the simulator does not know `{target}`"))),
        }
    }

    fn key(&self, body: &Value) -> Answer {
        let key = text(body, "KeyId");
        match self
            .account
            .key_manager(key)
            .map_err(|error| fault("KMSInternalException", error.to_string()))?
        {
            Some(manager) => Ok(json!({ "KeyMetadata": { "KeyId": key, "KeyManager": manager.word() } })),
            None => Err(fault("NotFoundException", format!("Key '{key}' does not exist"))),
        }
    }

    fn sagemaker(&self, operation: &str, body: &Value) -> Answer {
        let named = |verb: &str| {
            let noun = operation.strip_prefix(verb)?;
            let kind = ResourceKind::ALL.into_iter().find(|kind| {
                let first_version = kind.operation().strip_suffix("V2");
                kind.operation() == noun || first_version == Some(noun)
            })?;
            Some((kind, noun))
        };
        let existing = |verb: &str| {
            let (kind, _) = named(verb)?;
            self.named(kind, body)
        };
        if let Some(answer) = experiments::answer(&self.account, operation, body, self.now()) {
            return answer;
        }
        match operation {
            "ListTags" => return self.tags(body),
            "AddTags" => {
                let resource = Resource::parse_arn(text(body, "ResourceArn"))
                    .map_err(|error| fault("ValidationException", error.to_string()))?;
                self.account.add_tags(&resource, tag_map(body))?;
                return Ok(json!({ "Tags": body.get("Tags") }));
            }
            "Search" => return self.account.search_page(body),
            "ListMonitoringSchedules" if body.get("EndpointName").is_some() => {
                return Ok(self.account.schedule_summaries(Some(text(body, "EndpointName")))?);
            }
            "ListMonitoringExecutions" => {
                let since = body.get("ScheduledTimeAfter").and_then(Timestamp::from_json);
                return Ok(self.account.execution_summaries(text(body, "MonitoringScheduleName"), since)?);
            }
            "ListPipelineExecutionSteps" => {
                let execution = Resource::parse_arn(text(body, "PipelineExecutionArn"))
                    .map_err(|error| fault("ValidationException", error.to_string()))?;
                let steps = self.account.pipeline_steps(&execution)?;
                return steps.ok_or_else(|| fault("ResourceNotFound", "there is no such execution"));
            }
            "ListTrialComponents" => {
                return Ok(self.account.trial_components(text(body, "SourceArn"))?);
            }
            "UpdateEndpoint" => {
                let name = text(body, "EndpointName");
                let config = text(body, "EndpointConfigName");
                self.account.update_endpoint(name, config, Some(&caller()), self.now())?;
                return Ok(
                    json!({ "EndpointArn": self.account.resource(ResourceKind::Endpoint, name).arn() }),
                );
            }
            "GetEndpointPolicy" | "GetModelPackageGroupPolicy" => {
                let resource = self.opened(operation, body);
                return Ok(json!({ "ResourcePolicy": self.account.policy_document(&resource)? }));
            }
            "PutEndpointPolicy" | "PutModelPackageGroupPolicy" => {
                let resource = self.opened(operation, body);
                self.account.put_policy(&resource, text(body, "ResourcePolicy"), &caller(), self.now())?;
                return Ok(
                    Map::from_iter([(resource.kind.arn_field().to_owned(), resource.arn().into())]).into()
                );
            }
            "DeleteEndpointPolicy" | "DeleteModelPackageGroupPolicy" => {
                let resource = self.opened(operation, body);
                return self.account.delete_policy(&resource, &caller(), self.now()).map(|()| json!({}));
            }
            "UpdateEndpointWeightsAndCapacities" => {
                let endpoint = self.account.update_weights(body, &caller(), self.now())?;
                return Ok(json!({ "EndpointArn": endpoint.arn() }));
            }
            "UpdateInferenceComponent" | "UpdateInferenceComponentRuntimeConfig" => {
                let component = self.account.update_component(operation, body, &caller(), self.now())?;
                return Ok(json!({ "InferenceComponentArn": component.arn() }));
            }
            "DeleteInferenceComponent" => {
                let name = text(body, "InferenceComponentName");
                return self.account.delete_component(name, &caller(), self.now()).map(|()| json!({}));
            }
            "StartMonitoringSchedule" | "StopMonitoringSchedule" | "StartNotebookInstance" => {
                let runs = operation.starts_with("Start");
                let resource = existing(if runs { "Start" } else { "Stop" });
                let resource = resource.ok_or_else(|| fault("ValidationException", "it is not named"))?;
                return self.account.set_running(&resource, runs, self.now()).map(|()| json!({}));
            }
            "StartPipelineExecution" => {
                let kind = ResourceKind::PipelineExecution;
                let created = self.account.create(kind, body, Some(&caller()), self.now())?;
                return Ok(json!({ "PipelineExecutionArn": created.arn() }));
            }
            _ => {}
        }
        if let Some(page) = self.account.list_page(operation, body) {
            return page;
        }
        // A reference and imported content are of one kind, and have operations of their own.
        let brings_content = ["CreateHubContentReference", "ImportHubContent"].contains(&operation);
        let content = brings_content.then_some(ResourceKind::HubContent);
        if let Some(kind) = content.or_else(|| Some(named("Create")?.0)) {
            let created = self.account.create(kind, body, Some(&caller()), self.now())?;
            experiments::follow_job(&self.account, &created, body, self.now())?;
            return Ok(Map::from_iter([(kind.arn_field().to_owned(), created.arn().into())]).into());
        }
        if let Some(resource) = existing("Describe") {
            let described = self.account.describe_document(&resource)?;
            // A request names an app by its user profile or by its space; the app belongs to one of them.
            let asked_for = ["UserProfileName", "SpaceName"].iter().find(|owner| body.get(**owner).is_some());
            let is_of_another = |owner: &&&str| described.get(**owner).is_none();
            return match asked_for.filter(|_| resource.kind == ResourceKind::App).filter(is_of_another) {
                None if resource.kind == ResourceKind::TrainingSession => {
                    Ok(json!({ "TrainingSessionDetail": described }))
                }
                None => Ok(described),
                Some(_) => Err(fault("ResourceNotFound", format!("there is no such {}", resource.kind))),
            };
        }
        if let Some(resource) = existing("Stop") {
            return self.account.stop_next(&resource).map(|()| json!({}));
        }
        if let Some(resource) = existing("Update") {
            self.account.update(&resource, body, self.now())?;
            let arn = (resource.kind.arn_field().to_owned(), resource.arn().into());
            return Ok(Map::from_iter([arn]).into());
        }
        if let Some(resource) = existing("Delete") {
            return self.account.delete(&resource, self.now()).map(|()| json!({}));
        }
        Err(fault("UnknownOperationException", format!("the simulator does not know `{operation}`")))
    }

    /// The resource whose policy an operation is about.
    fn opened(&self, operation: &str, body: &Value) -> Resource {
        let is_of_endpoint = operation.ends_with("EndpointPolicy");
        let kind = if is_of_endpoint { ResourceKind::Endpoint } else { ResourceKind::ModelPackageGroup };
        self.account.resource(kind, text(body, kind.name_field()))
    }

    /// The resource in a request. Versions of packages and executions are named by their ARN.
    fn named(&self, kind: ResourceKind, body: &Value) -> Option<Resource> {
        let by_arn =
            |field: &str| Resource::parse_arn(text(body, field)).ok().filter(|found| found.kind == kind);
        let found = by_arn(kind.arn_field()).or_else(|| by_arn(kind.name_field()));
        found.or_else(|| kind.name_in(body).map(|name| self.account.resource(kind, &name)))
    }

    fn tags(&self, body: &Value) -> Answer {
        let resource = Resource::parse_arn(text(body, "ResourceArn"))
            .map_err(|error| fault("ValidationException", error.to_string()))?;
        let tags = self.account.tag_map(&resource)?;
        let tags: Vec<Value> =
            tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        Ok(json!({ "Tags": tags }))
    }
}

fn tag_map(body: &Value) -> BTreeMap<String, String> {
    let list = body.get("Tags").and_then(Value::as_array);
    let pair = |tag: &Value| (text(tag, "Key").to_owned(), text(tag, "Value").to_owned());
    list.into_iter().flatten().map(pair).collect()
}

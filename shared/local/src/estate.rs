//! The account's lists: `List…` and `Search` as the API answers them, page by page, and the port that reads them.

use std::collections::BTreeMap;

use rusqlite::params;
use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_govern::ports::{Estate, EstatePage, ListedResource, PortError, PortErrorKind, Wanted};
use serde_json::{Map, Value, json};

use crate::account::SimulatedAccount;
use crate::fault::Fault;
use crate::store::port_error;

/// The list of a kind in the API: the operation, the field of its answer, and the fields of a summary beside name, ARN, state and times.
struct ListNames {
    kind: ResourceKind,
    operation: &'static str,
    field: &'static str,
    more: &'static [&'static str],
}

const fn names(
    kind: ResourceKind,
    operation: &'static str,
    field: &'static str,
    more: &'static [&'static str],
) -> ListNames {
    ListNames { kind, operation, field, more }
}

use ResourceKind as K;

/// "Actions", SageMaker API reference.
#[rustfmt::skip]
const LISTS: [ListNames; 41] = [
    names(K::TrainingJob, "ListTrainingJobs", "TrainingJobSummaries", &["TrainingEndTime"]),
    names(K::ProcessingJob, "ListProcessingJobs", "ProcessingJobSummaries", &["ProcessingEndTime", "FailureReason", "ExitMessage"]),
    names(K::TransformJob, "ListTransformJobs", "TransformJobSummaries", &["TransformEndTime", "FailureReason"]),
    names(K::TuningJob, "ListHyperParameterTuningJobs", "HyperParameterTuningJobSummaries", &["HyperParameterTuningEndTime"]),
    names(K::AutoMlJob, "ListAutoMLJobs", "AutoMLJobSummaries", &["AutoMLJobSecondaryStatus", "EndTime"]),
    names(K::CompilationJob, "ListCompilationJobs", "CompilationJobSummaries", &["CompilationEndTime"]),
    names(K::LabelingJob, "ListLabelingJobs", "LabelingJobSummaryList", &["LabelCounters", "FailureReason", "LabelingJobOutput", "InputConfig"]),
    names(K::OptimizationJob, "ListOptimizationJobs", "OptimizationJobSummaries", &["OptimizationStartTime", "OptimizationEndTime", "DeploymentInstanceType", "MaxInstanceCount"]),
    names(K::RecommendationsJob, "ListInferenceRecommendationsJobs", "InferenceRecommendationsJobs", &["JobDescription", "JobType", "CompletionTime", "RoleArn", "FailureReason"]),
    names(K::Job, "ListJobs", "JobSummaries", &["JobCategory", "SecondaryStatus", "EndTime"]),
    names(K::TrainingSession, "ListTrainingSessions", "TrainingSessionSummaries", &[]),
    names(K::ModelPackage, "ListModelPackages", "ModelPackageSummaryList", &["ModelPackageGroupName", "ModelPackageVersion", "ModelApprovalStatus"]),
    names(K::ModelPackageGroup, "ListModelPackageGroups", "ModelPackageGroupSummaryList", &["ModelPackageGroupDescription"]),
    names(K::Model, "ListModels", "Models", &[]),
    names(K::EndpointConfig, "ListEndpointConfigs", "EndpointConfigs", &[]),
    names(K::Endpoint, "ListEndpoints", "Endpoints", &[]),
    names(K::InferenceComponent, "ListInferenceComponents", "InferenceComponents", &["EndpointArn", "EndpointName", "VariantName"]),
    names(K::InferenceExperiment, "ListInferenceExperiments", "InferenceExperiments", &["Type", "RoleArn"]),
    names(K::InferenceRouter, "ListInferenceRouters", "InferenceRouters", &[]),
    names(K::Cluster, "ListClusters", "ClusterSummaries", &["ClusterName"]),
    names(K::Hub, "ListHubs", "HubSummaries", &["HubDescription"]),
    names(K::HubContent, "ListHubContents", "HubContentSummaries", &["HubContentVersion", "HubContentType", "SageMakerPublicHubContentArn"]),
    names(K::PartnerApp, "ListPartnerApps", "Summaries", &["Type"]),
    names(K::TrackingServer, "ListMlflowTrackingServers", "TrackingServerSummaries", &["IsActive", "MlflowVersion"]),
    names(K::MlflowApp, "ListMlflowApps", "Summaries", &["Name", "MlflowVersion"]),
    names(K::MonitoringSchedule, "ListMonitoringSchedules", "MonitoringScheduleSummaries", &["EndpointName", "MonitoringType"]),
    names(K::DataQualityDefinition, "ListDataQualityJobDefinitions", "JobDefinitionSummaries", &["EndpointName"]),
    names(K::ModelQualityDefinition, "ListModelQualityJobDefinitions", "JobDefinitionSummaries", &["EndpointName"]),
    names(K::ModelBiasDefinition, "ListModelBiasJobDefinitions", "JobDefinitionSummaries", &["EndpointName"]),
    names(K::ModelExplainabilityDefinition, "ListModelExplainabilityJobDefinitions", "JobDefinitionSummaries", &["EndpointName"]),
    names(K::NotebookInstance, "ListNotebookInstances", "NotebookInstances", &["InstanceType"]),
    names(K::LifecycleConfig, "ListNotebookInstanceLifecycleConfigs", "NotebookInstanceLifecycleConfigs", &[]),
    names(K::StudioLifecycleConfig, "ListStudioLifecycleConfigs", "StudioLifecycleConfigs", &["StudioLifecycleConfigAppType"]),
    names(K::CodeRepository, "ListCodeRepositories", "CodeRepositorySummaryList", &["GitConfig"]),
    names(K::FeatureGroup, "ListFeatureGroups", "FeatureGroupSummaries", &[]),
    names(K::Pipeline, "ListPipelines", "PipelineSummaries", &["RoleArn"]),
    names(K::PipelineExecution, "ListPipelineExecutions", "PipelineExecutionSummaries", &[]),
    names(K::Domain, "ListDomains", "Domains", &["DomainName"]),
    names(K::UserProfile, "ListUserProfiles", "UserProfiles", &["DomainId"]),
    names(K::Space, "ListSpaces", "Spaces", &["DomainId"]),
    names(K::App, "ListApps", "Apps", &["DomainId", "UserProfileName", "SpaceName", "AppType"]),
];

/// The kinds that `Search` finds: its word for a kind, its field of a record, and the fields of a description that a record lacks (compared
/// in botocore's model of the service).
struct SearchNames {
    kind: ResourceKind,
    resource: &'static str,
    lacks: &'static [&'static str],
}

#[rustfmt::skip]
const SEARCHED: [SearchNames; 6] = [
    SearchNames { kind: K::TrainingJob, resource: "TrainingJob", lacks: &["BillableTokenCount", "InfraCheckConfig", "MlflowConfig", "MlflowDetails", "ProfilerRuleConfigurations", "ProfilerRuleEvaluationStatuses", "ProfilingStatus", "ProgressInfo", "RemoteDebugConfig", "ServerlessJobConfig"] },
    SearchNames { kind: K::TuningJob, resource: "HyperParameterTuningJob", lacks: &["Autotune"] },
    SearchNames { kind: K::ModelPackage, resource: "ModelPackage", lacks: &["ManagedStorageType"] },
    SearchNames { kind: K::Model, resource: "Model", lacks: &[] },
    SearchNames { kind: K::Endpoint, resource: "Endpoint", lacks: &["AsyncInferenceConfig", "ExplainerConfig", "LastDeploymentConfig", "MetricsConfig", "PendingDeploymentSummary"] },
    SearchNames { kind: K::PipelineExecution, resource: "PipelineExecution", lacks: &["MLflowConfig", "RoleArn"] },
];

/// The largest page, and the size of a page if the caller names none ("ListTrainingJobs", API reference).
const MOST: usize = 100;
const UNASKED: usize = 10;

/// A description, and the tags of the resource.
type Held = (Map<String, Value>, BTreeMap<String, String>);
/// The content of one page of the store, and where the next page begins.
type Cut = (Vec<Held>, Option<String>);

impl SimulatedAccount {
    /// The account with the defects that clients of SageMaker have seen: empty pages before the last, filters that
    /// apply after the page was cut, and a filter by the time of the last change that has no effect.
    #[must_use]
    pub fn with_defects_in_lists(self) -> Self {
        Self { has_defects: true, ..self }
    }

    /// The answer of a `List…` operation; `None` if it lists no kind.
    ///
    /// # Errors
    ///
    /// If a parameter is wrong, or the store fails.
    pub fn list_page(&self, operation: &str, request: &Value) -> Option<Result<Value, Fault>> {
        let names = LISTS.iter().find(|names| names.operation == operation)?;
        Some(self.cut(names.kind, request).map(|(found, next)| {
            let listed = found.iter().filter(|(document, _)| is_wanted(names.kind, document, request));
            let summaries: Vec<Value> = listed.map(|(document, _)| summary(names, document)).collect();
            with_token(json!({ names.field: summaries }), next)
        }))
    }

    /// The answer of `Search`.
    ///
    /// # Errors
    ///
    /// If it does not find the kind, a filter has another form, or the store fails.
    pub fn search_page(&self, request: &Value) -> Result<Value, Fault> {
        let wanted = request.get("Resource").and_then(Value::as_str).unwrap_or_default();
        let names = SEARCHED.iter().find(|names| names.resource == wanted);
        let names = names.ok_or_else(|| Fault::validation(format!("`{wanted}` is not searched here")))?;
        let filters = filters(request)?;
        let (found, next) = self.cut(names.kind, request)?;
        let kept =
            found.into_iter().filter(|(document, _)| filters.iter().all(|filter| filter.keeps(document)));
        let records: Vec<Value> = kept.map(|(document, tags)| record(names, document, &tags)).collect();
        let total: i64 = self.total(names.kind)?;
        let total = json!({ "Value": total, "Relation": "EqualTo" });
        Ok(with_token(json!({ "Results": records, "TotalHits": total }), next))
    }

    /// The next resources of a kind, by their creation. Filters apply afterwards, so pages may be short or empty.
    fn cut(&self, kind: ResourceKind, request: &Value) -> Result<Cut, Fault> {
        let text = |field: &str| request.get(field).and_then(Value::as_str);
        let size =
            request.get("MaxResults").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
        let size = size.unwrap_or(UNASKED).min(MOST);
        let token = text("NextToken").map(Token::parse).transpose()?;
        let is_first = token.is_none();
        if is_first && self.has_defects {
            // An empty page with a token, before anything else.
            return Ok((Vec::new(), Some(Token::begin())));
        }
        let is_ascending = text("SortOrder") == Some("Ascending");
        // Without defects the service filters before it cuts.
        let since = request.get("CreationTimeAfter").or_else(|| request.get("CreatedAfter"));
        let since = since.and_then(Timestamp::from_json).filter(|_| !self.has_defects);
        let from = token.unwrap_or_default();
        let found = self.select(kind, &from, since, is_ascending, size)?;
        let next =
            (found.len() == size).then(|| found.last().map(|(document, _)| Token::behind(kind, document)));
        Ok((found, next.flatten()))
    }

    fn select(
        &self,
        kind: ResourceKind,
        from: &Token,
        since: Option<Timestamp>,
        is_ascending: bool,
        size: usize,
    ) -> Result<Vec<Held>, PortError> {
        const CREATED: &str = "json_extract(document, '$.CreationTime')";
        let (order, than) = if is_ascending { ("ASC", ">") } else { ("DESC", "<") };
        let sql = format!(
            "SELECT document, tags FROM resources WHERE kind = ?1 AND (instr(name, '/execution/') > 0) = ?6 AND (?2 IS NULL OR ({CREATED}, name) {than} (?2, ?3)) \
             AND (?4 IS NULL OR {CREATED} >= ?4) ORDER BY {CREATED} {order}, name {order} LIMIT ?5"
        );
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds of this millennium fit a double exactly"
        )]
        let since = since.map(|since| since.millis() as f64 / 1_000.0);
        // The store keeps pipelines and their executions under one word, the segment that they share.
        let is_execution = kind == ResourceKind::PipelineExecution;
        let connection = self.store.lock();
        let read = || {
            let mut statement = connection.prepare_cached(&sql)?;
            let limit = i64::try_from(size).unwrap_or(i64::MAX);
            let rows = statement.query_map(
                params![kind.segment(), from.created, from.name, since, limit, is_execution],
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
            )?;
            rows.collect::<Result<Vec<_>, _>>()
        };
        let texts = read().map_err(|error| port_error("list resources", error))?;
        let parse = |(document, tags): (String, String)| {
            Ok((serde_json::from_str(&document)?, serde_json::from_str(&tags)?))
        };
        let damaged = |error: serde_json::Error| {
            PortError::new(PortErrorKind::Invalid, "list resources", error.to_string())
        };
        texts.into_iter().map(parse).collect::<Result<_, _>>().map_err(damaged)
    }

    /// How many resources of a kind there are.
    pub(crate) fn total(&self, kind: ResourceKind) -> Result<i64, PortError> {
        let connection = self.store.lock();
        let counted = connection.query_row(
            "SELECT count(*) FROM resources WHERE kind = ?1",
            params![kind.segment()],
            |row| row.get(0),
        );
        counted.map_err(|error| port_error("count resources", error))
    }
}

/// Where a page begins: after the last resource of the page before.
#[derive(Default)]
struct Token {
    created: Option<f64>,
    name: String,
}

impl Token {
    fn begin() -> String {
        "|".to_owned()
    }

    fn behind(kind: ResourceKind, document: &Map<String, Value>) -> String {
        let created = document.get("CreationTime").and_then(Value::as_f64).unwrap_or_default();
        let name = kind.name_in(&Value::Object(document.clone())).unwrap_or_default();
        format!("{created}|{name}")
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        let (created, name) = text.split_once('|').ok_or_else(|| Fault::validation("Invalid NextToken."))?;
        Ok(Self { created: created.parse().ok(), name: name.to_owned() })
    }
}

fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let (Some(next), Some(fields)) = (next, answer.as_object_mut()) {
        fields.insert("NextToken".into(), next.into());
    }
    answer
}

/// Whether a resource passes the filters that a list applies after it cut the page. `LastModifiedTimeAfter` is one
/// that AWS ignored.
fn is_wanted(kind: ResourceKind, document: &Map<String, Value>, request: &Value) -> bool {
    let since = request.get("CreationTimeAfter").or_else(|| request.get("CreatedAfter"));
    let created = document.get("CreationTime").and_then(Timestamp::from_json);
    let is_young = since.and_then(Timestamp::from_json).is_none_or(|since| created >= Some(since));
    let same = |field: &str| request.get(field).is_none_or(|wanted| document.get(field) == Some(wanted));
    let status = |wanted: &Value| kind.status_field().and_then(|field| document.get(field)) == Some(wanted);
    // A hub is named by its name or by its ARN.
    let hub = request.get("HubName").and_then(Value::as_str).and_then(|hub| hub.rsplit('/').next());
    let in_hub = hub.is_none_or(|hub| document.get("HubName").and_then(Value::as_str) == Some(hub));
    let in_part = in_hub && same("HubContentType") && same("JobCategory");
    is_young && in_part && same("EndpointName") && request.get("StatusEquals").is_none_or(status)
}

/// The summary of a resource, with the names that the list has for its fields.
fn summary(names: &ListNames, document: &Map<String, Value>) -> Value {
    let kind = names.kind;
    let own = [kind.name_field(), kind.arn_field(), "CreationTime", "LastModifiedTime"];
    let fields = own.iter().chain(names.more).copied().chain(kind.status_field());
    let mut found: Map<String, Value> =
        fields.filter_map(|field| Some((field.to_owned(), document.get(field)?.clone()))).collect();
    if names.field == "JobDefinitionSummaries" {
        for (from, to) in [
            ("JobDefinitionName", "MonitoringJobDefinitionName"),
            ("JobDefinitionArn", "MonitoringJobDefinitionArn"),
        ] {
            if let Some(value) = found.remove(from) {
                found.insert(to.to_owned(), value);
            }
        }
    }
    // Resources of a domain are listed without their ARN.
    if matches!(kind, ResourceKind::UserProfile | ResourceKind::Space | ResourceKind::App) {
        found.remove(kind.arn_field());
    }
    if kind == ResourceKind::PipelineExecution
        && let Some(created) = found.remove("CreationTime")
    {
        found.insert("StartTime".to_owned(), created);
    }
    Value::Object(found)
}

/// A record of `Search`: the description without the fields that records lack, and the tags.
fn record(names: &SearchNames, mut document: Map<String, Value>, tags: &BTreeMap<String, String>) -> Value {
    for field in names.lacks {
        document.remove(*field);
    }
    if names.kind != ResourceKind::PipelineExecution {
        let tags = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        document.insert("Tags".into(), Value::Array(tags));
    }
    match names.kind {
        ResourceKind::Model => json!({ "Model": { "Model": document } }),
        _ => json!({ names.resource: document }),
    }
}

/// A filter of `Search` that the account knows.
enum SearchFilter {
    Since(String, Timestamp),
    Equal(String, String),
}

impl SearchFilter {
    fn keeps(&self, document: &Map<String, Value>) -> bool {
        match self {
            Self::Since(field, since) => {
                document.get(field).and_then(Timestamp::from_json).is_some_and(|time| time >= *since)
            }
            Self::Equal(field, value) => document.get(field).and_then(Value::as_str) == Some(value),
        }
    }
}

fn filters(request: &Value) -> Result<Vec<SearchFilter>, Fault> {
    let listed = request.pointer("/SearchExpression/Filters").and_then(Value::as_array);
    let read = |filter: &Value| {
        let text = |field: &str| filter.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let time = Timestamp::from_text(&text("Value"));
        match (text("Operator").as_str(), time) {
            ("GreaterThanOrEqualTo", Some(time)) => Ok(SearchFilter::Since(text("Name"), time)),
            ("Equals", _) => Ok(SearchFilter::Equal(text("Name"), text("Value"))),
            (other, _) => Err(Fault::validation(format!("the account does not filter by `{other}`"))),
        }
    };
    listed.into_iter().flatten().map(read).collect()
}

impl Estate for SimulatedAccount {
    async fn page(&self, wanted: &Wanted, from: Option<&str>) -> Result<EstatePage, PortError> {
        let context = format!("list the {}s", wanted.kind);
        let refused = |fault: Fault| PortError::new(PortErrorKind::Invalid, &context, fault.to_string());
        let searched = SEARCHED.iter().find(|names| names.kind == wanted.kind && wanted.by_search);
        let mut request = json!({ "MaxResults": MOST, "SortBy": "CreationTime", "SortOrder": "Descending" });
        if let (Some(from), Some(fields)) = (from, request.as_object_mut()) {
            fields.insert("NextToken".to_owned(), from.into());
        }
        if let (Some(since), Some(fields)) = (wanted.since, request.as_object_mut()) {
            fields.insert("CreationTimeAfter".to_owned(), since.to_string().into());
        }
        let (field, answer) = match searched {
            Some(names) => {
                if let Some(fields) = request.as_object_mut() {
                    fields.insert("Resource".to_owned(), names.resource.into());
                }
                ("Results", self.search_page(&request).map_err(refused)?)
            }
            None => {
                let names = LISTS.iter().find(|names| names.kind == wanted.kind);
                let names = names.ok_or_else(|| refused(Fault::validation("it has no list")))?;
                let answer = self.list_page(names.operation, &request);
                let answer = answer.unwrap_or_else(|| Err(Fault::validation("it has no list")));
                (names.field, answer.map_err(refused)?)
            }
        };
        let next = answer.get("NextToken").and_then(Value::as_str).map(str::to_owned);
        let found = answer.get(field).and_then(Value::as_array).into_iter().flatten();
        let home = self.resource(wanted.kind, "");
        let listed = found.filter_map(|entry| match searched {
            Some(_) => ListedResource::of_record(&home, entry),
            None => ListedResource::of_summary(&home, entry),
        });
        Ok(EstatePage { resources: listed.collect(), next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let document = json!({ "CreationTime": 1_772_532_000.5, "TrainingJobName": "a|b" });
        let token = Token::behind(ResourceKind::TrainingJob, document.as_object().unwrap());
        let token = Token::parse(&token).unwrap();
        assert_eq!((token.created, token.name.as_str()), (Some(1_772_532_000.5), "a|b"));
        assert!(Token::parse("x").is_err());
    }

    #[test]
    fn every_kind_is_listed_but_those_of_experiments() {
        let listed: Vec<ResourceKind> = LISTS.iter().map(|names| names.kind).collect();
        let missing: Vec<ResourceKind> =
            ResourceKind::ALL.into_iter().filter(|kind| !listed.contains(kind)).collect();
        assert_eq!(missing, [ResourceKind::Trial, ResourceKind::Experiment, ResourceKind::TrialComponent]);
    }
}

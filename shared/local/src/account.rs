//! A simulated SageMaker account: resources with state machines, in the Describe API's own shape (PascalCase, times in epoch seconds). It
//! answers and refuses as the API does, for the calls that Sagewarden makes. Every change sends an event in AWS's shape.

use std::collections::BTreeMap;

use rusqlite::types::Value as SqlValue;
use rusqlite::{params, params_from_iter};
use sagewarden_events::{Actor, Resource, ResourceKind, Timestamp, lower_first};
use sagewarden_govern::ports::{Account, Description, PortError, PortErrorKind, SummaryPage, tag_map};
use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::shape::{Document, begin, first_status, name_of, named_by, names_changes, not_found, seconds};
use crate::store::{Store, port_error};

/// The account. Cheap to clone; clones share the store.
#[derive(Clone, Debug)]
pub struct SimulatedAccount {
    pub(crate) store: Store,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) has_defects: bool,
}

/// A description, and the tags of the resource.
type Stored = (Document, BTreeMap<String, String>);

impl SimulatedAccount {
    /// An account in a store, with all that the store holds of it.
    #[must_use]
    pub fn new(store: Store, account: &str, region: &str) -> Self {
        Self { store, account: account.to_owned(), region: region.to_owned(), has_defects: false }
    }

    /// A copy of the account in another store: its present resources, without the events that are still to be sent. A change of one does
    /// not change the other.
    ///
    /// # Errors
    /// If a store fails.
    pub fn copied(&self, store: Store) -> Result<Self, PortError> {
        const TABLES: [&str; 8] =
            ["resources", "policies", "buckets", "objects", "manifests", "roles", "role_policies", "keys"];
        let copy = || {
            let (from, to) = (self.store.lock(), store.lock());
            for table in TABLES {
                let mut rows = from.prepare(&format!("SELECT * FROM {table}"))?;
                let places = vec!["?"; rows.column_count()].join(", ");
                let mut insert = to.prepare(&format!("INSERT INTO {table} VALUES ({places})"))?;
                let columns = 0..rows.column_count();
                let mut rows = rows.query([])?;
                while let Some(row) = rows.next()? {
                    let values = columns.clone().map(|column| row.get::<_, SqlValue>(column));
                    insert.execute(params_from_iter(values.collect::<Result<Vec<_>, _>>()?))?;
                }
            }
            Ok(())
        };
        copy().map_err(|error| port_error("copy an account", error))?;
        Ok(Self { store, ..self.clone() })
    }

    /// A resource of this account by name.
    #[must_use]
    pub fn resource(&self, kind: ResourceKind, name: &str) -> Resource {
        Resource::in_region(kind, &self.account, &self.region, name)
    }

    /// Creates a resource from a `Create…` request in the API's shape.
    ///
    /// # Errors
    /// As the API: if the name is taken or missing, or a reference leads to a resource that does not exist.
    pub fn create(
        &self,
        kind: ResourceKind,
        request: &Value,
        caller: Option<&Actor>,
        now: Timestamp,
    ) -> Result<Resource, Fault> {
        let earlier = self.total(kind)? + 1;
        let Some(name) = name_of(kind, request, &format!("{request}#{earlier}")) else {
            return Err(Fault::validation(format!(
                "1 validation error detected: Value at '{}' failed to satisfy constraint: Member must not be null",
                lower_first(kind.name_field())
            )));
        };
        let resource = self.resource(kind, &name);
        if self.load(&resource)?.is_some() {
            let message = format!("{} already exists.", resource.arn());
            let code = if kind == ResourceKind::Model { "ValidationException" } else { "ResourceInUse" };
            return Err(Fault::new(code, message));
        }
        self.check_references(kind, request)?;
        let mut document = request.as_object().cloned().unwrap_or_default();
        let tags = tag_map(document.remove("Tags").as_ref());
        document.insert(kind.arn_field().into(), resource.arn().into());
        document.insert("CreationTime".into(), seconds(now));
        if names_changes(kind) {
            document.insert("LastModifiedTime".into(), seconds(now));
        }
        if let Some((status, first)) = first_status(kind) {
            document.insert(status.into(), first.into());
        }
        begin(kind, &mut document, now);
        if kind == ResourceKind::MonitoringSchedule {
            self.name_endpoint(&mut document)?;
        }
        self.save(&resource, &document, &tags)?;
        if let Some(caller) = caller {
            let name = match kind {
                ResourceKind::PipelineExecution => "StartPipelineExecution".to_owned(),
                ResourceKind::HubContent if request.get("SageMakerPublicHubContentArn").is_some() => {
                    "CreateHubContentReference".to_owned()
                }
                ResourceKind::HubContent => "ImportHubContent".to_owned(),
                kind => format!("Create{}", kind.operation()),
            };
            self.announce_call(&name, &resource, request, caller, now)?;
        }
        self.announce(&resource, now)?;
        Ok(resource)
    }

    /// Deletes a resource; for endpoints the deletion is announced before it is gone.
    ///
    /// # Errors
    /// If it does not exist.
    pub fn delete(&self, resource: &Resource, now: Timestamp) -> Result<(), Fault> {
        if resource.kind == ResourceKind::Endpoint {
            self.change(resource, now, |document| {
                document.insert("EndpointStatus".into(), "Deleting".into());
                Ok(())
            })?;
        } else if self.load(resource)?.is_none() {
            return Err(not_found(resource));
        }
        let kind = resource.kind.segment();
        self.store
            .execute("DELETE FROM resources WHERE kind = ?1 AND name = ?2", params![kind, resource.name])
            .map_err(|error| port_error("delete a resource", error))?;
        // Its policy goes with it: a successor of the same name has none.
        self.remove_policy(resource)?;
        Ok(())
    }

    /// Adds a resource with a description from elsewhere, without an event.
    ///
    /// # Errors
    /// If the store fails.
    pub fn take_in(
        &self,
        resource: &Resource,
        document: &Value,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        self.save(resource, &document.as_object().cloned().unwrap_or_default(), tags)
    }

    /// The answer of `Describe…`.
    ///
    /// # Errors
    ///
    /// As the API, if the resource does not exist.
    pub fn describe_document(&self, resource: &Resource) -> Result<Value, Fault> {
        match self.load(resource)? {
            Some((document, _)) => Ok(Value::Object(document)),
            None => Err(not_found(resource)),
        }
    }

    /// The tags of a resource; none if the resource does not exist.
    ///
    /// # Errors
    /// If the store fails.
    pub fn tag_map(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError> {
        Ok(self.load(resource)?.map(|(_, tags)| tags).unwrap_or_default())
    }

    /// The descriptions of all resources of a kind, newest first.
    ///
    /// # Errors
    /// If the store fails.
    pub fn list(&self, kind: ResourceKind) -> Result<Vec<Value>, PortError> {
        let connection = self.store.lock();
        let read = || {
            let mut statement =
                connection.prepare_cached("SELECT document FROM resources WHERE kind = ?1 ORDER BY name")?;
            statement
                .query_map(params![kind.segment()], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()
        };
        let texts = read().map_err(|error| port_error("list resources", error))?;
        let mut documents: Vec<Value> =
            texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
        documents.sort_by_key(|document| {
            let created = document.get("CreationTime").and_then(Timestamp::from_json);
            std::cmp::Reverse(created.map(Timestamp::millis))
        });
        Ok(documents)
    }

    /// The answer of `ListMonitoringSchedules` for an endpoint, or for the whole account, on one page.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn schedule_summaries(&self, endpoint: Option<&str>) -> Result<Value, PortError> {
        const FIELDS: [&str; 7] = [
            "MonitoringScheduleName",
            "MonitoringScheduleArn",
            "CreationTime",
            "LastModifiedTime",
            "MonitoringScheduleStatus",
            "EndpointName",
            "MonitoringType",
        ];
        let watches = |schedule: &Value| {
            endpoint.is_none() || schedule.get("EndpointName").and_then(Value::as_str) == endpoint
        };
        let schedules = self.list(ResourceKind::MonitoringSchedule)?.into_iter().filter(watches);
        Ok(
            json!({ "MonitoringScheduleSummaries": schedules.map(|schedule| only(&schedule, &FIELDS)).collect::<Vec<_>>() }),
        )
    }

    /// The answer of `ListEndpoints`, on one page.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn endpoint_summaries(&self) -> Result<Value, PortError> {
        const FIELDS: [&str; 5] =
            ["EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus"];
        let endpoints = self.list(ResourceKind::Endpoint)?.into_iter();
        let summaries = endpoints.map(|endpoint| only(&endpoint, &FIELDS)).collect::<Vec<_>>();
        Ok(json!({ "Endpoints": summaries }))
    }

    pub(crate) fn check_references(&self, kind: ResourceKind, request: &Value) -> Result<(), Fault> {
        let missing = |resource: &Resource| {
            Fault::validation(format!("Could not find {} \"{}\".", resource.kind, resource.arn()))
        };
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut wanted = Vec::new();
        if kind == ResourceKind::Endpoint {
            wanted
                .extend(text(request, "EndpointConfigName").map(|name| (ResourceKind::EndpointConfig, name)));
        }
        if kind == ResourceKind::EndpointConfig {
            let variants = request.get("ProductionVariants").and_then(Value::as_array);
            let models = variants.into_iter().flatten().filter_map(|variant| text(variant, "ModelName"));
            wanted.extend(models.map(|name| (ResourceKind::Model, name)));
        }
        if kind == ResourceKind::InferenceComponent {
            wanted.extend(named_by(request));
        }
        for (kind, name) in wanted {
            let resource = self.resource(kind, &name);
            if self.load(&resource)?.is_none() {
                return Err(missing(&resource));
            }
        }
        Ok(())
    }

    pub(crate) fn change(
        &self,
        resource: &Resource,
        now: Timestamp,
        change: impl FnOnce(&mut Document) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (mut document, tags) = self.load(resource)?.ok_or_else(|| not_found(resource))?;
        change(&mut document)?;
        if names_changes(resource.kind) {
            document.insert("LastModifiedTime".into(), seconds(now));
        }
        self.save(resource, &document, &tags)?;
        self.announce(resource, now)?;
        Ok(())
    }

    pub(crate) fn load(&self, resource: &Resource) -> Result<Option<Stored>, PortError> {
        // Names of endpoints ignore case; names of other kinds do not. A cluster is asked for by its name or its id.
        let by = match resource.kind {
            ResourceKind::Endpoint => "lower(name) = lower(?2)",
            ResourceKind::Cluster => "?2 IN (name, json_extract(document, '$.ClusterName'))",
            _ => "name = ?2",
        };
        let found: Option<(String, String)> = self
            .store
            .row(
                &format!("SELECT document, tags FROM resources WHERE kind = ?1 AND {by}"),
                params![resource.kind.segment(), resource.name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(|error| port_error("read a resource", error))?;
        let Some((document, tags)) = found else { return Ok(None) };
        let damaged = |error: serde_json::Error| {
            PortError::new(PortErrorKind::Invalid, "read a resource", error.to_string())
        };
        Ok(Some((
            serde_json::from_str(&document).map_err(damaged)?,
            serde_json::from_str(&tags).map_err(damaged)?,
        )))
    }

    pub(crate) fn save(
        &self,
        resource: &Resource,
        document: &Document,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        let values = (Value::Object(document.clone()).to_string(), json!(tags).to_string());
        self.store
            .execute(
                "INSERT OR REPLACE INTO resources (kind, name, document, tags) VALUES (?1, ?2, ?3, ?4)",
                params![resource.kind.segment(), resource.name, values.0, values.1],
            )
            .map_err(|error| port_error("save a resource", error))?;
        Ok(())
    }
}

/// The fields of a resource in a list.
fn only(document: &Value, fields: &[&str]) -> Value {
    let found = fields.iter().filter_map(|field| Some(((*field).to_owned(), document.get(*field)?.clone())));
    Value::Object(found.collect())
}

/// A page of a list, the oldest first; its start is a number.
fn page(listed: &Value, field: &str, from: Option<&str>) -> SummaryPage {
    const PAGE: usize = 100;
    let mut all = listed.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    all.sort_by_key(|each| each.get("CreationTime").and_then(Timestamp::from_json));
    let from: usize = from.and_then(|from| from.parse().ok()).unwrap_or_default();
    let next = (from + PAGE < all.len()).then(|| (from + PAGE).to_string());
    SummaryPage { summaries: all.into_iter().skip(from).take(PAGE).collect(), next }
}

impl Account for SimulatedAccount {
    async fn describe(&self, resource: &Resource) -> Result<Option<Description>, PortError> {
        let found = self.load(resource)?;
        Ok(found.map(|(document, _)| Description::new(resource, Value::Object(document))))
    }

    async fn tags(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError> {
        self.tag_map(resource)
    }

    async fn schedules_of(&self, endpoint: &Resource) -> Result<Value, PortError> {
        self.schedule_summaries(Some(&endpoint.name))
    }

    async fn policy_of(&self, resource: &Resource) -> Result<Option<Value>, PortError> {
        let policy = self.policy(resource)?;
        Ok(policy.map(|policy| json!({ "ResourcePolicy": policy })))
    }

    async fn schedules(&self, from: Option<&str>) -> Result<SummaryPage, PortError> {
        Ok(page(&self.schedule_summaries(None)?, "MonitoringScheduleSummaries", from))
    }

    async fn endpoints(&self, from: Option<&str>) -> Result<SummaryPage, PortError> {
        Ok(page(&self.endpoint_summaries()?, "Endpoints", from))
    }

    async fn executions_of(&self, schedule: &Resource, since: Timestamp) -> Result<Value, PortError> {
        self.execution_summaries(&schedule.name, Some(since))
    }

    async fn steps_of(&self, execution: &Resource) -> Result<Option<Value>, PortError> {
        self.pipeline_steps(execution)
    }

    async fn components_of(&self, job: &Resource) -> Result<Value, PortError> {
        self.trial_components(&job.arn())
    }

    async fn annotate(
        &self,
        component: &Resource,
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        let texts = parameters.iter().map(|(name, text)| (name.clone(), json!({ "StringValue": text })));
        let request = json!({ "Parameters": texts.collect::<Map<_, _>>() });
        let put = || self.update(component, &request, self.next_moment(component)?);
        put().map_err(|fault| {
            PortError::new(
                PortErrorKind::Invalid,
                format!("put parameters on {component}"),
                fault.to_string(),
            )
        })
    }
}

//! Looks up the facts that a verdict needs beside a description: tags, the model behind a transform job, the package behind a model, the
//! schedules of an endpoint, the versioning of buckets, the commit, the keys, the role.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::observe;
use sagewarden_lineage::rows::ApprovalRow;
use sagewarden_policy::join::{
    Joined, OPERATIONS, OperationAnswer, OperationTarget, RECORDED_STAGES, ROLE_OPERATION, references,
};
use sagewarden_policy::{Bundle, KEY_OPERATION, key_answer, key_refusal, operations, owner};
use serde_json::{Value as Json, json};

use crate::enforce::inspect_role::{Inspected, InspectedRoles};
use crate::enforce::known_keys::KnownKeys;
use crate::enforce::remediation::VIOLATION_TAG;
use crate::ports::{Account, Description, Objects, PortError, PortErrorKind, SourceControl};
use crate::record::closure::query_all;
use crate::record::commit_claim::claimed;
use crate::record::experiment::describe_trial;
use crate::world::World;

/// Resources that one operation is asked about for one verdict. A configuration of more variants than that is not known.
const MOST: usize = 20;

/// Where answers come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup<'a, W> {
    pub(crate) world: &'a W,
    pub(crate) inspected: &'a InspectedRoles,
    pub(crate) keys: &'a KnownKeys,
    pub(crate) bundle: &'a Bundle,
    pub(crate) now: Timestamp,
}

impl<W: World> Lookup<'_, W> {
    /// Calls every operation that a control of the kind reads. A refusal is kept as the reason why the controls that
    /// need it are not known.
    ///
    /// # Errors
    /// When a service is busy or silent: the same record later will be judged with everything that it takes.
    pub(crate) async fn join(&self, description: &Description) -> Result<Joined, PortError> {
        let Description { resource, document } = description;
        let wanted = operations(self.bundle, resource.kind);
        let mut joined = Joined::new();
        for operation in OPERATIONS.into_iter().filter(|operation| wanted.contains(*operation)) {
            let about = references(operation, resource, document, &joined);
            // If there are too many keys, the keys beyond the limit are refused one by one.
            let answer = if about.len() > MOST && operation != KEY_OPERATION {
                OperationAnswer::Unreadable(format!(
                    "it names {} resources, and at most {MOST} are looked up",
                    about.len()
                ))
            } else {
                match self.ask(operation, description, about, &joined).await {
                    Ok(documents) => OperationAnswer::Documents(documents),
                    Err(error) if error.is_transient() => return Err(error),
                    Err(error) => OperationAnswer::Unreadable(error.to_string()),
                }
            };
            joined.insert(operation.to_owned(), answer);
        }
        if document.pointer("/ModelLifeCycle/Stage").is_some() {
            let stages = self.recorded_stages(description).await?;
            joined.insert(RECORDED_STAGES.to_owned(), OperationAnswer::Documents(stages));
        }
        Ok(joined)
    }

    /// The stages of a version in the registry, as `record-lineage` recorded them: a description has only the present one.
    async fn recorded_stages(&self, package: &Description) -> Result<Vec<Json>, PortError> {
        let created = package.created_at();
        let id = created.and_then(|created| NodeId::resource(&package.resource, created));
        let Some(id) = id else { return Ok(Vec::new()) };
        let rows = query_all(self.world.table(), ApprovalRow::of(&id)).await?;
        let rows = rows.iter().filter_map(ApprovalRow::parse);
        Ok(rows.filter_map(|row| Some(json!({ "Stage": row.stage()? }))).collect())
    }

    async fn ask(
        &self,
        operation: &str,
        description: &Description,
        about: BTreeSet<OperationTarget>,
        joined: &Joined,
    ) -> Result<Vec<Json>, PortError> {
        let resource = &description.resource;
        let mut documents = Vec::new();
        for (asked, reference) in about.into_iter().enumerate() {
            match reference {
                OperationTarget::Tags => {
                    documents.push(tag_list(&self.world.account().tags(resource).await?))
                }
                OperationTarget::Resource(other) => {
                    documents.extend(self.description(description, &other).await?)
                }
                OperationTarget::SchedulesOf(endpoint) => {
                    documents.push(self.world.account().schedules_of(&endpoint).await?)
                }
                OperationTarget::Policy => documents.extend(self.world.account().policy_of(resource).await?),
                OperationTarget::Bucket(bucket) => {
                    let status = self.world.objects().versioning(&bucket).await?;
                    documents.push(json!({ "Bucket": bucket, "Status": status }));
                }
                OperationTarget::Commit => documents.extend(self.commit(description, joined).await?),
                OperationTarget::Key(key) => documents.extend(self.key(&key, asked).await?),
                OperationTarget::Role(role) => documents.extend(self.role(operation, &role).await?),
            }
        }
        Ok(documents)
    }

    /// Who manages a key. If KMS refuses to describe one key, the others still count. Otherwise, somebody could also name a key that nobody
    /// may describe, and a key of AWS would be undecided instead of failing.
    async fn key(&self, key: &str, asked: usize) -> Result<Option<Json>, PortError> {
        if asked >= MOST {
            return Ok(Some(key_refusal(key, &format!("at most {MOST} keys are looked up"))));
        }
        match self.keys.manager(self.world.keys(), key).await {
            Ok(manager) => Ok(manager.map(|manager| key_answer(key, manager))),
            Err(error) if error.is_transient() => Err(error),
            Err(error) => Ok(Some(key_refusal(key, &error.to_string()))),
        }
    }

    /// The policies of a role that allow too much: the managed one, or those that open all of S3.
    async fn role(&self, operation: &str, role: &str) -> Result<Vec<Json>, PortError> {
        let facts = match self.inspected.inspect(self.world.roles(), role, self.now).await? {
            Inspected::Known(facts) => facts,
            Inspected::Unknown(reason) => {
                return Err(PortError::new(PortErrorKind::Denied, format!("look at `{role}`"), reason));
            }
        };
        if operation != ROLE_OPERATION {
            return Ok(facts.unrestricted_s3.iter().map(|name| json!({ "PolicyName": name })).collect());
        }
        let full = facts.sagemaker_full_access;
        let attached =
            full.then(|| json!({ "PolicyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess" }));
        Ok(vec![json!({ "AttachedPolicies": Vec::from_iter(attached) })])
    }

    /// The description of a named resource. If that resource is gone, or younger than the resource that names it (so that it is another one
    /// of the same name), the controls that need it are undecided.
    async fn description(&self, subject: &Description, named: &Resource) -> Result<Option<Json>, PortError> {
        let found = self.world.account().describe(named).await?;
        // Schedules name the endpoint, not the other way round: they come after it, and one that is gone watches nothing.
        if named.kind == ResourceKind::MonitoringSchedule {
            return Ok(found.map(|found| found.document));
        }
        let why = match found {
            None => "it was not found",
            Some(found)
                if found.created_at().zip(subject.changed_at()).is_some_and(|(made, last)| made > last) =>
            {
                "it was created after the resource that names it: another one had the name before"
            }
            Some(found) => return Ok(Some(found.document)),
        };
        Err(PortError::new(PortErrorKind::Invalid, format!("describe {named}"), why.to_owned()))
    }

    /// The owner of a resource, as its tags name one.
    pub(crate) fn owner(&self, resource: &Resource, joined: &Joined) -> Option<String> {
        owner(self.bundle, &resource.account, &tags(joined)).map(str::to_owned)
    }

    /// The repository that a resource names, or that the settings derive from its tags.
    pub(crate) fn repository(&self, description: &Description, joined: &Joined) -> Option<String> {
        let tags = tags(joined);
        let seen = observe(&description.resource, &description.document, &tags).ok()?;
        let (_, repository) = claimed(&seen, None, &tags, &self.bundle.settings().lineage);
        repository.map(|repository| repository.name)
    }

    /// The commit that the resource names, if its repository has it.
    async fn commit(&self, description: &Description, joined: &Joined) -> Result<Option<Json>, PortError> {
        let Description { resource, document } = description;
        let tags = tags(joined);
        // A description without a creation time names no commit that could be found.
        let Ok(seen) = observe(resource, document, &tags) else { return Ok(None) };
        let settings = &self.bundle.settings().lineage;
        let account = self.world.account();
        let trial = if seen.claims.is_empty() { describe_trial(account, &seen).await? } else { None };
        let (Some(claim), Some(repository)) = claimed(&seen, trial.as_ref(), &tags, settings) else {
            return Ok(None);
        };
        let found = self.world.source().commit(&repository, &claim.commit).await?;
        Ok(found.map(|commit| json!({ "commit": { "commitId": commit.id.as_str() } })))
    }
}

/// The mark of a remedy is not a fact of the resource.
fn tag_list(tags: &BTreeMap<String, String>) -> Json {
    let own = tags.iter().filter(|(key, _)| *key != VIOLATION_TAG);
    let list: Vec<Json> = own.map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    json!({ "Tags": list })
}

fn tags(joined: &Joined) -> BTreeMap<String, String> {
    let Some(OperationAnswer::Documents(documents)) = joined.get("ListTags") else { return BTreeMap::new() };
    let list = documents.first().and_then(|answer| answer.get("Tags")?.as_array());
    let pair =
        |tag: &Json| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned()));
    list.into_iter().flatten().filter_map(pair).collect()
}

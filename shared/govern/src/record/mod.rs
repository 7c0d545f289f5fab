//! A resource changed its state: what it is, what it was made from and what it made are recorded.
//!
//! The event only names the resource; the description that the API gives of it is what is recorded. Looking the same
//! resource up twice, or late, leads to the same writes.

pub(crate) mod call;
pub(crate) mod closure;
pub(crate) mod commit_claim;
pub(crate) mod data_versions;
pub(crate) mod deployed_by;
pub(crate) mod deployment;
pub(crate) mod experiment;
pub(crate) mod explanation;
pub(crate) mod feature_group;
pub(crate) mod listed_data;
pub(crate) mod monitoring;
pub(crate) mod pipeline;
pub(crate) mod push;
pub(crate) mod store;
pub(crate) mod walk_commits;
pub(crate) mod write_back;

use std::collections::BTreeMap;

use sagewarden_events::{Repository, Resource, ResourceChanged, ResourceKind, Status, Timestamp};
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::{
    Approval, CommitClaim, Observation, ResourceReference, StatusMark, Unreadable, observe,
};
use sagewarden_lineage::record::{NODE, Record, SOURCE, name_alias, reference_pk};
use sagewarden_lineage::rows::JudgedRow;
use sagewarden_lineage::table::{Key, Query, Range};
use sagewarden_settings::LineageSettings;

use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Description, PortError, Table};
use crate::record::closure::query_all;
use crate::record::commit_claim::claimed;
use crate::record::push::record_confirmed;
use crate::record::store::store_record;
use crate::world::World;

impl From<Unreadable> for Failure {
    fn from(error: Unreadable) -> Self {
        Self::Reject(error.to_string())
    }
}

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct RecordLineage<'a, W> {
    /// Where resources are described and the lineage is kept.
    pub world: &'a W,
    /// Whether the commit of a job may be written onto its trial component, where the settings ask for that.
    pub writes_back: bool,
}

impl<W: World> RecordLineage<'_, W> {
    /// Where to look for a commit that nobody named.
    fn settings(&self) -> &LineageSettings {
        &self.world.settings().lineage
    }

    /// Records what an event tells of.
    ///
    /// # Errors
    /// Rejects events of resources that do not exist and never were recorded; retries when a service does not answer.
    pub async fn record(&self, change: &ResourceChanged) -> Outcome {
        let described = self.world.account().describe(&change.resource).await?;
        let transition = self.transition(change, described.as_ref()).await?;
        if change.resource.kind == ResourceKind::Endpoint {
            return self.record_endpoint(change, described, transition).await;
        }
        let Some(description) = described else {
            self.store(transition).await?;
            return self.gone(&change.resource).await;
        };
        let id = match self.record_described(&description, transition.clone()).await {
            Ok(id) => id,
            Err(failure) => {
                // What the event itself knows does not wait for the rest.
                self.store(transition).await?;
                return Err(failure);
            }
        };
        Ok(Done::Acted(format!("recorded {} ({})", change.resource, id.tail())))
    }

    /// What an event of a resource that is not there comes to.
    async fn gone(&self, resource: &Resource) -> Outcome {
        if self.is_recorded(resource).await? || self.is_judged(resource).await? {
            return Ok(Done::Nothing(format!("{resource} has been deleted; its lineage stays")));
        }
        Err(Failure::Reject(format!(
            "{resource} does not exist (any more), and nothing was recorded of it before"
        )))
    }

    /// Records a resource from its description, with its edges; returns its node.
    pub(crate) async fn record_description(&self, description: &Description) -> Result<NodeId, Failure> {
        self.record_described(description, Record::default()).await
    }

    /// As [`Self::record_description`], together with what an event told.
    async fn record_described(&self, description: &Description, told: Record) -> Result<NodeId, Failure> {
        let resource = &description.resource;
        // Executions carry no tags: their pipelines do.
        let tags = match resource.kind {
            ResourceKind::PipelineExecution => BTreeMap::new(),
            _ => self.world.account().tags(resource).await?,
        };
        let mut seen = observe(resource, &description.document, &tags)?;
        // States on the way are told by events, which know when each was reached. What a description says while the job
        // is still moving depends on when it was asked.
        seen.status = seen.status.filter(|mark| mark.status.is_terminal());
        let mut record = told;
        record.observation(&seen);
        match &seen.schedule {
            // What a monitoring execution runs and reads is Model Monitor's.
            Some(schedule) => self.link_endpoint(&mut record, &seen, schedule).await?,
            None => {
                self.link_data(&mut record, &seen).await?;
                self.link_images(&mut record, &seen);
                if let Some(report) = &seen.explanation {
                    // It was written before the package that names it was registered.
                    self.record_explanation(&mut record, &seen.id, report, None, seen.created_at).await?;
                }
                if is_built(&seen) {
                    self.link_commit(&mut record, &seen, &tags).await?;
                }
            }
        }
        self.link_sources(&mut record, &seen).await?;
        self.link_feature_groups(&mut record, &seen).await?;
        if seen.resource.kind == ResourceKind::PipelineExecution {
            self.link_steps(&mut record, &seen).await?;
        }
        self.link_experiment(&mut record, &seen).await?;
        store_record(self.world.table(), record, Some(&seen.id)).await?;
        self.link_calls(resource, &seen.id, seen.created_at).await?;
        if is_built(&seen) {
            self.write_back(&seen, &tags).await?;
        }
        Ok(seen.id)
    }

    /// Writes a record and refreshes the closures it touches.
    pub(crate) async fn store(&self, record: Record) -> Result<(), PortError> {
        store_record(self.world.table(), record, None).await
    }

    /// The state that the event tells of, which the description may have left behind already.
    async fn transition(
        &self,
        change: &ResourceChanged,
        described: Option<&Description>,
    ) -> Result<Record, Failure> {
        let mut record = Record::default();
        let (Some(at), Some(created)) = (change.modified_at, change.created_at) else { return Ok(record) };
        let Some(id) = self.node_of_event(&change.resource, created, described).await? else {
            return Ok(record);
        };
        if let Some(status) = &change.status {
            let reason = change.failure_reason.clone();
            let at = if change.resource.kind == ResourceKind::ModelPackage { created } else { at };
            record.status(&id, &StatusMark { status: status.clone(), at, reason });
        }
        if let Some(state) = &change.approval {
            let approval = Approval { state: state.clone(), at, by: None, description: None };
            record.approval(&id, &approval);
        }
        Ok(record)
    }

    fn link_images(&self, record: &mut Record, seen: &Observation) {
        for (role, reference) in &seen.images {
            let image = record.image(reference);
            record.edge(&seen.id, &InEdge::new(Relation::ContributedTo, role, image));
        }
    }

    /// The resources that went into this one: a configuration's models, a model's package, a job's tuning job.
    async fn link_sources(&self, record: &mut Record, seen: &Observation) -> Result<(), Failure> {
        for ResourceReference { role, resource } in &seen.sources {
            match self.incarnation(resource, seen.created_at).await? {
                Some(id) => record.edge(&seen.id, &InEdge::new(Relation::ContributedTo, role, id)),
                None => {
                    let what = format!("{resource} was deleted before it could be recorded");
                    record.gap(&seen.id, role, what);
                }
            }
        }
        Ok(())
    }

    /// The node of a resource that another one names: from its description, else the newest incarnation that was recorded
    /// and is no younger than whoever names it. Records it if that has not happened: its own event may be late or lost.
    pub(crate) async fn incarnation(
        &self,
        resource: &Resource,
        named_at: Timestamp,
    ) -> Result<Option<NodeId>, Failure> {
        let Some(description) = self.world.account().describe(resource).await? else {
            return Ok(self.recorded_incarnation(resource, named_at).await?);
        };
        let seen = observe(&description.resource, &description.document, &BTreeMap::new())?;
        if seen.created_at > named_at {
            return Ok(self.recorded_incarnation(resource, named_at).await?);
        }
        let recorded = self.world.table().get(&[Key::new(seen.id.as_str(), NODE)]).await?.pop();
        let is_recorded = recorded.as_ref().is_some_and(|item| item.text("ty").is_some());
        // No event tells that an Autopilot job has ended: those of its jobs do.
        let told = resource.kind != ResourceKind::AutoMlJob
            || recorded.as_ref().is_some_and(|item| item.text("st").is_some());
        if !(is_recorded && told) {
            // The kinds that are named by others form a chain (endpoint, configuration, model, package, training job,
            // tuning job): this ends.
            Box::pin(self.record_description(&description)).await?;
        }
        Ok(Some(seen.id))
    }

    pub(crate) async fn recorded_incarnation(
        &self,
        resource: &Resource,
        named_at: Timestamp,
    ) -> Result<Option<NodeId>, PortError> {
        let alias = name_alias(resource.kind.segment(), &resource.name);
        let found = query_all(self.world.table(), Query::prefix(alias, "")).await?;
        let ids = found.iter().filter_map(|item| item.text("id").and_then(NodeId::parse));
        let dated = ids.filter_map(|id| Some((id.created_at()?, id)));
        Ok(dated.filter(|(created, _)| *created <= named_at).max().map(|(_, id)| id))
    }

    async fn is_recorded(&self, resource: &Resource) -> Result<bool, PortError> {
        Ok(self.recorded_incarnation(resource, Timestamp::from_millis(i64::MAX)).await?.is_some())
    }

    /// A model that broke a control may be deleted before its event gets here.
    async fn is_judged(&self, resource: &Resource) -> Result<bool, PortError> {
        Ok(!self.world.table().get(&[JudgedRow::key(resource)]).await?.is_empty())
    }

    /// Links a job or deployment to the commit it was built from: the commit somebody named, else the head of the branch
    /// when it was created.
    pub(crate) async fn link_commit(
        &self,
        record: &mut Record,
        seen: &Observation,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        let (claim, repository) = claimed(self.world.account(), self.settings(), seen, tags).await?;
        if let (None, Some((found_by, text))) = (&claim, seen.unclear.first()) {
            let what = format!(
                "its {} names commit `{text}`, which is no whole commit id: name all 40 digits",
                found_by.word()
            );
            record.gap(&seen.id, &found_by.role(), what);
        }
        match (claim, repository) {
            (Some(claim), Some(repository)) => self.link_claim(record, seen, &claim, &repository).await,
            (Some(claim), None) => {
                let CommitClaim { commit, found_by } = claim;
                let source = found_by.word();
                record.gap(
                    &seen.id,
                    SOURCE,
                    format!("its {source} names commit `{commit}` but no repository: add a tag `Repository`"),
                );
                Ok(())
            }
            (None, Some(repository)) => self.infer_commit(record, seen, &repository).await,
            (None, None) => {
                record.gap(&seen.id, SOURCE, "no commit: add the tags `CommitId` and `Repository`");
                Ok(())
            }
        }
    }

    async fn link_claim(
        &self,
        record: &mut Record,
        seen: &Observation,
        claim: &CommitClaim,
        repository: &Repository,
    ) -> Result<(), Failure> {
        let CommitClaim { commit, found_by } = claim;
        let confirmed = record_confirmed(self.world.source(), record, repository, commit).await?;
        if confirmed.is_none() {
            record.gap(
                &seen.id,
                NodeId::commit(repository, commit).as_str(),
                format!(
                    "its {} names commit `{commit}`, which repository `{}` does not have",
                    found_by.word(),
                    repository.name
                ),
            );
        }
        let id = confirmed.unwrap_or_else(|| NodeId::commit(repository, commit));
        record.edge(&seen.id, &InEdge::new(Relation::ContributedTo, found_by.role(), id));
        Ok(())
    }

    async fn infer_commit(
        &self,
        record: &mut Record,
        seen: &Observation,
        repository: &Repository,
    ) -> Result<(), Failure> {
        let branch = reference_pk(repository, &format!("refs/heads/{}", self.settings().branch));
        let mut follower = Record::default();
        follower.follows(&branch, &seen.id, seen.created_at);
        // Written before the heads are read: a push that comes meanwhile finds the follower, or is found.
        self.world.table().write(&follower.writes).await?;
        let head = self
            .world
            .table()
            .query(&Query {
                pk: branch,
                range: Range::Between("H#".into(), format!("H#{:015}#~", seen.created_at.millis())),
                descending: true,
                limit: Some(1),
                after: None,
            })
            .await?;
        if let Some(head) = head.items.first() {
            let version = head.key.sk.strip_prefix("H#").unwrap_or_default();
            record.inferred(&seen.id, version, head.text("commit"));
        }
        Ok(())
    }
}

/// Whether a resource is built from code of its own: a package has its job's, unless it says otherwise.
fn is_built(seen: &Observation) -> bool {
    match seen.resource.kind {
        ResourceKind::TrainingJob | ResourceKind::ProcessingJob => true,
        ResourceKind::ModelPackage => !seen.claims.is_empty(),
        _ => false,
    }
}

/// Whether a state means that an endpoint's configuration is in force.
pub(crate) fn in_force(status: &Status) -> bool {
    *status == Status::InService
}

/// The role of the edge from a configuration to its deployment.
pub(crate) const CONFIGURATION: &str = "configuration";

//! An endpoint changed: which configuration is in force from when on, and the closure of what is running now.
//!
//! A deployment is a configuration in force on an endpoint; the endpoint's revisions tell from when. Revisions are facts of
//! the endpoint's history and may be heard in any order; the newest one is what runs.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{Resource, ResourceChanged, ResourceKind, Status, Timestamp};
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::{Observation, observe};
use sagewarden_lineage::record::{NEVER_FILLED, Record};
use sagewarden_lineage::table::{Attributes, Item, Key, Query, Range, Value, Write};

use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Description, PortError, Table};
use crate::record::closure::{CURRENT, current_deployment, query_all, settle_deployment};
use crate::record::{CONFIGURATION, RecordLineage, in_force};
use crate::world::World;

/// A configuration came into force, or the endpoint went away.
#[derive(PartialEq, Eq)]
struct Revision {
    at: Timestamp,
    created: Timestamp,
    config: Option<String>,
}

/// An endpoint as it was described, with its tags.
struct Seen {
    observation: Observation,
    tags: BTreeMap<String, String>,
}

impl<W: World> RecordLineage<'_, W> {
    pub(crate) async fn record_endpoint(
        &self,
        change: &ResourceChanged,
        described: Option<Description>,
        told: Record,
    ) -> Outcome {
        let endpoint = &change.resource;
        let seen = match &described {
            Some(description) => {
                let tags = self.world.account().tags(endpoint).await?;
                Some(Seen { observation: observe(endpoint, &description.document, &tags)?, tags })
            }
            None => None,
        };
        let revisions = revisions(change, seen.as_ref().map(|seen| &seen.observation));
        let mut record = told;
        if let Some(Seen { observation, .. }) = &seen {
            let status = observation.status.clone().filter(|mark| in_force(&mark.status));
            record.observation(&Observation { status, ..observation.clone() });
        }
        self.store(record).await?;
        if seen.is_none() && revisions.is_empty() {
            return Err(Failure::Reject(format!("{endpoint} does not exist (any more)")));
        }
        let mut told = Vec::new();
        for revision in revisions {
            told.push(self.record_revision(endpoint, &revision, seen.as_ref()).await?);
        }
        Ok(match told.pop() {
            Some(text) => Done::Acted(text),
            None => Done::Acted(format!("recorded {endpoint}; nothing is in force yet")),
        })
    }

    /// Records the endpoint as it is now, without an event: what a drift alert does when it is faster than the events of
    /// the deployment.
    pub(crate) async fn record_endpoint_now(&self, endpoint: &Resource, now: Timestamp) -> Outcome {
        let change = ResourceChanged {
            resource: endpoint.clone(),
            status: None,
            failure_reason: None,
            created_at: None,
            modified_at: None,
            tags: BTreeMap::new(),
            endpoint_config: None,
            approval: None,
            time: now,
        };
        let described = self.world.account().describe(endpoint).await?;
        self.record_endpoint(&change, described, Record::default()).await
    }

    async fn record_revision(
        &self,
        endpoint: &Resource,
        revision: &Revision,
        seen: Option<&Seen>,
    ) -> Result<String, Failure> {
        let node = NodeId::endpoint(endpoint);
        let deployment = match &revision.config {
            Some(config) => match self.record_deployment(endpoint, revision, config, seen).await? {
                Some(deployment) => Some(deployment),
                None => {
                    return Ok(format!("configuration `{config}` of {endpoint} is gone: recorded as a gap"));
                }
            },
            None => None,
        };
        let before = current_deployment(self.world.table(), &node).await?;
        self.world.table().write(&pointer(&node, revision, deployment.as_ref())).await?;
        if let Some(deployment) = &deployment {
            self.link_deployer(endpoint, deployment, revision.at).await?;
        }
        let concerned: BTreeSet<NodeId> = [before, deployment].into_iter().flatten().collect();
        for each in concerned {
            settle_deployment(self.world.table(), &node, &each).await?;
        }
        Ok(match &revision.config {
            Some(config) => format!("recorded deployment of `{config}` on {endpoint}"),
            None => format!("recorded that {endpoint} is deleted"),
        })
    }

    async fn record_deployment(
        &self,
        endpoint: &Resource,
        revision: &Revision,
        config: &str,
        seen: Option<&Seen>,
    ) -> Result<Option<NodeId>, Failure> {
        let mut record = Record::default();
        let resource = endpoint.sibling(ResourceKind::EndpointConfig, config);
        let Some(config_node) = self.incarnation(&resource, revision.at).await? else {
            record.gap(
                &NodeId::endpoint(endpoint),
                NEVER_FILLED,
                format!("{resource} was deleted before it could be recorded"),
            );
            self.store(record).await?;
            return Ok(None);
        };
        let config_created = config_node.as_str().rsplit('@').next().and_then(|text| text.parse().ok());
        let config_created = Timestamp::from_millis(config_created.unwrap_or_default());
        let id = NodeId::deployment(endpoint, revision.created, config, config_created);
        let facts = Attributes::from([
            ("ep".into(), Value::Text(NodeId::endpoint(endpoint).to_string())),
            ("arn".into(), Value::Text(endpoint.arn())),
        ]);
        record.node(&id, &format!("{}/{config}", endpoint.name), Some(config_created), facts);
        record.edge(&id, &InEdge::new(Relation::ContributedTo, CONFIGURATION, config_node));
        self.link_deployment(&mut record, &id, &resource, config_created, seen).await?;
        self.store(record).await?;
        Ok(Some(id))
    }

    /// The images that the endpoint resolved, and the commit of the deployment's code: named by a tag of the configuration
    /// or the endpoint, else the head of the branch when the configuration was made.
    async fn link_deployment(
        &self,
        record: &mut Record,
        id: &NodeId,
        config: &Resource,
        config_created: Timestamp,
        seen: Option<&Seen>,
    ) -> Result<(), Failure> {
        let Some(Seen { observation, tags }) = seen else { return Ok(()) };
        if observation.config.as_deref() == Some(config.name.as_str()) {
            for (role, reference) in &observation.images {
                let image = record.image(reference);
                record.edge(id, &InEdge::new(Relation::ContributedTo, role, image));
            }
        }
        let mut tags = tags.clone();
        tags.extend(self.world.account().tags(config).await?);
        // The commit belongs to the deployment, whose time is the configuration's; claims are read from the tags alone.
        let document = serde_json::json!({ "CreationTime": config_created.millis() });
        let mut asked = observe(config, &document, &tags)?;
        asked.id = id.clone();
        self.link_commit(record, &asked, &tags).await
    }
}

/// The deployment that was in force on an endpoint at a time; `None` when none was, or none is known.
///
/// # Errors
/// When the table fails.
pub async fn deployment_at(
    table: &impl Table,
    endpoint: &NodeId,
    at: Timestamp,
) -> Result<Option<NodeId>, PortError> {
    let page = table
        .query(&Query {
            pk: endpoint.to_string(),
            range: Range::Between("R#".into(), format!("R#{:015}#~", at.millis())),
            descending: true,
            limit: Some(1),
            after: None,
        })
        .await?;
    Ok(page.items.first().and_then(|item| item.text("dep").and_then(NodeId::parse)))
}

/// The deployment that was in force when a span of time began, else the first that came into force in it: a later one changes nothing
/// about what was asked before.
pub(crate) async fn deployment_in(
    table: &impl Table,
    endpoint: &NodeId,
    began: Timestamp,
    ended: Timestamp,
) -> Result<Option<NodeId>, PortError> {
    if let Some(deployment) = deployment_at(table, endpoint, began).await? {
        return Ok(Some(deployment));
    }
    let range = Range::Between(format!("R#{:015}", began.millis()), format!("R#{:015}#~", ended.millis()));
    let revisions = query_all(table, Query { range, ..Query::prefix(endpoint.as_str(), "") }).await?;
    Ok(revisions.iter().find_map(|item| NodeId::parse(item.text("dep")?)))
}

fn revisions(change: &ResourceChanged, seen: Option<&Observation>) -> Vec<Revision> {
    let mut revisions = Vec::new();
    if let (Some(status), Some(at), Some(created)) = (&change.status, change.modified_at, change.created_at) {
        if in_force(status) && change.endpoint_config.is_some() {
            revisions.push(Revision { at, created, config: change.endpoint_config.clone() });
        } else if *status == Status::Deleting {
            revisions.push(Revision { at, created, config: None });
        }
    }
    let described = seen.and_then(|seen| Some((seen, seen.status.as_ref()?, seen.config.as_ref()?)));
    if let Some((seen, mark, config)) = described.filter(|(_, mark, _)| in_force(&mark.status)) {
        let revision = Revision { at: mark.at, created: seen.created_at, config: Some(config.clone()) };
        // The event and the description mostly tell of the same.
        if !revisions.contains(&revision) {
            revisions.push(revision);
        }
    }
    revisions
}

fn pointer(endpoint: &NodeId, revision: &Revision, deployment: Option<&NodeId>) -> [Write; 2] {
    let target = deployment.map_or("deleted", NodeId::as_str);
    let version = format!("{:015}#{target}", revision.at.millis());
    let attributes = Attributes::from([("dep".into(), Value::Text(target.into()))]);
    [
        Write::Put(Item {
            key: Key::new(endpoint.as_str(), format!("R#{version}")),
            attributes: attributes.clone(),
        }),
        Write::Newest {
            key: Key::new(endpoint.as_str(), CURRENT),
            version_attribute: "v".into(),
            version,
            attributes,
        },
    ]
}

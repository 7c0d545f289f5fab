//! Resources that another one names, and the edges between the two.

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::Observation;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::s3::S3Location;

/// A resource that what is being recorded names.
#[derive(Clone, Debug)]
pub(crate) struct NamedResource {
    /// What the two are to each other.
    pub(crate) tie: Tie,
    /// The role of the edge.
    pub(crate) role: String,
    /// Which.
    pub(crate) resource: Resource,
    /// An incarnation that is younger than this is another one.
    pub(crate) named_at: Timestamp,
}

/// What a named resource is to the one that names it.
#[derive(Clone, Debug)]
pub(crate) enum Tie {
    /// It went into it: a configuration's models, a model's package, a job's tuning job.
    Source,
    /// It is a feature group that the job wrote to. Those have unboundedly many writers, so the job alone remembers.
    Filled,
    /// It was started by this step of the pipeline's execution.
    Started {
        /// The step's name.
        step: String,
    },
    /// It is the feature group in whose offline store data that was read may lie.
    MayHold {
        /// The data.
        data: NodeId,
        /// Where the data lies.
        location: S3Location,
    },
    /// It is the experiment that the job's trial components belong to; the edges are those of the components.
    Experiment,
    /// It is a trial component of the job.
    Component,
}

/// A named resource and its node; none where it was deleted before it could be recorded.
pub(crate) type NamedNode = (NamedResource, Option<NodeId>);

/// Adds the edges to what was found, and the gaps of what was not.
pub(crate) fn link_named(record: &mut Record, seen: &Observation, found: &[NamedNode]) {
    let experiment = found.iter().find(|(named, _)| matches!(named.tie, Tie::Experiment));
    let experiment = experiment.and_then(|(named, id)| Some((named, id.as_ref()?)));
    for (named, id) in found {
        let NamedResource { tie, role, resource, .. } = named;
        match (tie, id) {
            (Tie::Source, Some(id)) => {
                record.edge(&seen.id, &InEdge::new(Relation::ContributedTo, role, id.clone()));
            }
            (Tie::Filled, Some(id)) => record.written_to(&seen.id, role, id),
            (Tie::Source | Tie::Filled, None) => {
                record.gap(&seen.id, role, format!("{resource} was deleted before it could be recorded"));
            }
            (Tie::Started { .. }, Some(id)) => {
                record.edge(id, &InEdge::new(Relation::ContributedTo, role, seen.id.clone()));
            }
            (Tie::Started { step }, None) => {
                let what = format!("step {step}: {resource} was deleted before it could be recorded");
                record.gap(&seen.id, role, what);
            }
            (Tie::MayHold { data, .. }, Some(id)) => {
                record.edge(data, &InEdge::new(Relation::ContributedTo, role, id.clone()));
            }
            (Tie::Component, Some(id)) => {
                record.edge(&seen.id, &InEdge::new(Relation::AssociatedWith, role, id.clone()));
                if let Some((named, experiment)) = experiment {
                    let edge = InEdge::new(Relation::AssociatedWith, &named.role, experiment.clone());
                    record.edge(id, &edge);
                }
            }
            (Tie::Experiment, _) | (Tie::MayHold { .. } | Tie::Component, None) => {}
        }
    }
}

//! Resources that another one names, and the edges between the two.

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::Observation;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::s3::S3Location;

/// A resource that the recorded resource names.
#[derive(Clone, Debug)]
pub(crate) struct NamedResource {
    /// The relation between the two.
    pub(crate) tie: Tie,
    /// The role of the edge.
    pub(crate) role: String,
    /// Which.
    pub(crate) resource: Resource,
    /// An incarnation that is younger than this is another one.
    pub(crate) named_at: Timestamp,
}

/// The relation of a named resource to the one that names it.
#[derive(Clone, Debug)]
pub(crate) enum Tie {
    /// It went into it: a configuration's models, a model's package, a job's tuning job.
    Source,
    /// It is a feature group that the job wrote to. A feature group may have any number of writers, so only the node of the job holds the
    /// link.
    Filled,
    /// The job made it. A resource of that name that is older than the job is another one.
    Made,
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
    /// It is the experiment that the job's trial components belong to; the edges belong to the components.
    Experiment,
    /// It is a trial component of the job.
    Component,
}

/// A named resource and its node; no node if it was deleted before it could be recorded.
pub(crate) type NamedNode = (NamedResource, Option<NodeId>);

/// Adds edges to the resources that were found, and gaps for the others.
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
            (Tie::Made, Some(id)) => {
                if id.created_at().is_some_and(|at| at >= seen.created_at) {
                    record.edge(id, &InEdge::new(Relation::Produced, role, seen.id.clone()));
                }
            }
            (Tie::Source | Tie::Filled | Tie::Made, None) => {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sagewarden_events::ResourceKind;
    use sagewarden_lineage::observe::observe;
    use sagewarden_lineage::table::Write;
    use serde_json::json;

    use super::*;

    fn resource(kind: ResourceKind, name: &str) -> Resource {
        Resource::in_region(kind, "111122223333", "eu-west-1", name)
    }

    /// The job, and what links it to a named resource that was found, or was not.
    fn links(named: &[(Tie, &str, ResourceKind)], is_found: bool) -> (NodeId, Record) {
        let job = resource(ResourceKind::TrainingJob, "job");
        let seen = observe(&job, &json!({ "CreationTime": 1_000 }), &BTreeMap::new()).unwrap();
        let found = named.iter().map(|(tie, role, kind)| {
            let (resource, named_at) = (resource(*kind, "named"), seen.created_at);
            let id = NodeId::resource(&resource, named_at).filter(|_| is_found);
            (NamedResource { tie: tie.clone(), role: (*role).to_owned(), resource, named_at }, id)
        });
        let mut record = Record::default();
        link_named(&mut record, &seen, &found.collect::<Vec<_>>());
        (seen.id, record)
    }

    /// The writes of a record in words, without the rows that it writes for a source.
    fn merges(record: &Record) -> Vec<String> {
        let merges = record.writes.iter().filter_map(|write| match write {
            Write::Merge { key, union, .. } => Some((&key.pk, union.values().flatten())),
            _ => None,
        });
        merges.flat_map(|(pk, members)| members.map(move |member| format!("{pk} <- {member}"))).collect()
    }

    #[test]
    fn what_was_found_is_linked_in_the_direction_in_which_it_was_made() {
        let check = |tie: Tie, kind: ResourceKind, expect: &[&str]| {
            let (_, record) = links(&[(tie.clone(), "role", kind)], true);
            assert_eq!(merges(&record), expect, "{tie:?}");
        };
        let at = |kind: &str, name: &str| format!("{kind}#111122223333/eu-west-1/{name}@1000000");
        let (job, model) = (at("tjob", "job"), at("model", "named"));
        check(Tie::Source, ResourceKind::Model, &[&format!("{job} <- ContributedTo:role|{model}")]);
        let step = Tie::Started { step: "Train".to_owned() };
        check(step, ResourceKind::Model, &[&format!("{model} <- ContributedTo:role|{job}")]);
        let data = NodeId::dataset("b", "k", "v");
        let location = S3Location { bucket: "b".to_owned(), key: "k".to_owned() };
        let group = at("fg", "named");
        let held = format!("{data} <- ContributedTo:role|{group}");
        check(Tie::MayHold { data, location }, ResourceKind::FeatureGroup, &[&held]);
        // The group may have many writers, so its node names none of them.
        check(Tie::Filled, ResourceKind::FeatureGroup, &[]);
        let component = at("tc", "named");
        let of_job = format!("{job} <- AssociatedWith:role|{component}");
        check(Tie::Component, ResourceKind::TrialComponent, &[&of_job]);
        let both = [
            (Tie::Experiment, "trial/t1", ResourceKind::Experiment),
            (Tie::Component, "role", ResourceKind::TrialComponent),
        ];
        let (_, record) = links(&both, true);
        let of_experiment = format!("{component} <- AssociatedWith:trial/t1|{}", at("exp", "named"));
        assert_eq!(merges(&record), [of_job, of_experiment]);
    }

    #[test]
    fn what_was_deleted_leaves_a_gap_where_something_is_missing_without_it() {
        let check = |tie: Tie, kind: ResourceKind, expect: Option<&str>| {
            let (job, record) = links(&[(tie.clone(), "role", kind)], false);
            let expect = expect.map(|words| format!("{job} <- role\t{words}"));
            assert_eq!(merges(&record), Vec::from_iter(expect), "{tie:?}");
        };
        let model = Some("model `named` was deleted before it could be recorded");
        check(Tie::Source, ResourceKind::Model, model);
        let step = Tie::Started { step: "Train".to_owned() };
        let started = "step Train: model `named` was deleted before it could be recorded";
        check(step, ResourceKind::Model, Some(started));
        let group = Some("feature group `named` was deleted before it could be recorded");
        check(Tie::Filled, ResourceKind::FeatureGroup, group);
        check(Tie::Component, ResourceKind::TrialComponent, None);
    }
}

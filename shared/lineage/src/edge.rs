//! Edges: which node contributed to which other node, and how Sagewarden knows it.

use std::fmt;

use serde::Serialize;

use crate::id::NodeId;

/// How two nodes are related. These are SageMaker's own association types, seen from the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Relation {
    /// The source went into the destination: data, image or code into a job, a model into a configuration.
    ContributedTo,
    /// The source wrote the destination.
    Produced,
    /// The source and the destination belong together: an endpoint and an observation on it.
    AssociatedWith,
}

impl Relation {
    /// The association type's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContributedTo => "ContributedTo",
            Self::Produced => "Produced",
            Self::AssociatedWith => "AssociatedWith",
        }
    }

    /// The relation with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::ContributedTo, Self::Produced, Self::AssociatedWith]
            .into_iter()
            .find(|relation| relation.as_str() == text)
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The role of the edge from an artifact to the dataset that is the same object version. If a later job begins with a model, the model is
/// data to that job.
pub const SAME_OBJECT: &str = "same-object";

/// The role of the edge from the artifacts of a model to a job that makes another model of them.
pub const MODEL_DATA: &str = "model-data";

/// The role of the edge from an object to a set that it belongs to.
pub const MEMBER: &str = "member";

/// The role of the edge from a run in MLflow to a job that logs to it, and the subject of the gap if the run is unknown.
pub const LOGGED: &str = "mlflow-run";

/// The role of the edge from an endpoint to a run of one of its monitoring schedules.
pub const MONITORED: &str = "monitored";

/// The role of the edge from an endpoint to a finding of monitoring on it.
pub const OBSERVED_ON: &str = "observed-on";

/// The role of the edge from a deployment to a finding of monitoring while it was in force. Each answer makes these edges anew, because
/// Sagewarden may learn late which deployment that was.
pub const IN_FORCE: &str = "in-force";
/// The first part of the roles of shadow variants: they get copies of requests, and their answers reach nobody.
pub const SHADOW: &str = "shadow";

/// The first part of the roles of channels that bring the code of a training job, and no data.
const CODE: &str = "code";

/// The role of a channel of a training job. SageMaker's Python SDK 3 uploads the source code as the channel `code`, and the scripts that run
/// it as `sm_drivers`. Anybody may call a channel `code`: without the scripts beside it, it counts as data.
#[must_use]
pub fn channel_role(name: &str, has_drivers: bool) -> String {
    let is_code = name == DRIVERS || (has_drivers && name == CODE);
    format!("{}/{name}", if is_code { CODE } else { "channel" })
}

/// The channel with the scripts of SageMaker's Python SDK 3.
pub const DRIVERS: &str = "sm_drivers";

/// Whether an object with this role is the code of a job.
#[must_use]
pub fn is_code(role: &str) -> bool {
    role.split('/').next() == Some(CODE)
}

/// How the link from a commit to a job or deployment was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    /// A tag of the resource names the commit.
    Tag,
    /// An environment variable of the job names it.
    Environment,
    /// A hyperparameter of the job names it.
    Hyperparameter,
    /// The trial that the job belongs to names it.
    Experiment,
    /// The model package that it went into names it.
    ModelPackage,
    /// Nothing names it: it was the head of the branch when the resource was created.
    BranchHead,
}

impl FoundBy {
    const ALL: [Self; 6] = [
        Self::Tag,
        Self::Environment,
        Self::Hyperparameter,
        Self::Experiment,
        Self::ModelPackage,
        Self::BranchHead,
    ];

    /// The word in roles and answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Environment => "environment",
            Self::Hyperparameter => "hyperparameter",
            Self::Experiment => "experiment",
            Self::ModelPackage => "model-package",
            Self::BranchHead => "branch-head",
        }
    }

    /// Whether somebody named the commit. Otherwise Sagewarden inferred it.
    #[must_use]
    pub fn is_explicit(self) -> bool {
        self != Self::BranchHead
    }

    /// How the link was found, for people.
    #[must_use]
    pub fn explain(self) -> &'static str {
        match self {
            Self::Tag => "named by a tag",
            Self::Environment => "named by an environment variable",
            Self::Hyperparameter => "named by a hyperparameter",
            Self::Experiment => "named by its experiment",
            Self::ModelPackage => "named by its model package",
            Self::BranchHead => "inferred: head of the branch at its creation",
        }
    }

    /// The role of a commit's edge.
    #[must_use]
    pub fn role(self) -> String {
        format!("source/{}", self.word())
    }

    /// Reads a commit edge's role.
    #[must_use]
    pub fn from_role(role: &str) -> Option<Self> {
        let word = role.strip_prefix("source/")?;
        Self::ALL.into_iter().find(|found| found.word() == word)
    }
}

/// An edge as its destination stores it: `<relation>:<role>|<source>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InEdge {
    /// Where it comes from.
    pub source: NodeId,
    /// How the source is related to the node.
    pub relation: Relation,
    /// The role of the source for the node, such as `channel/train` or `image`.
    pub role: String,
}

impl InEdge {
    /// An edge from `source`.
    #[must_use]
    pub fn new(relation: Relation, role: impl Into<String>, source: NodeId) -> Self {
        Self { source, relation, role: role.into() }
    }

    /// Reads the stored form; `None` if it is not valid.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (label, source) = text.split_once('|')?;
        let (relation, role) = label.split_once(':')?;
        Some(Self {
            source: NodeId::parse(source)?,
            relation: Relation::parse(relation)?,
            role: role.to_owned(),
        })
    }
}

impl fmt::Display for InEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Roles contain names that users chose. `|` ends a role, so it cannot be part of one.
        write!(f, "{}:{}|{}", self.relation, self.role.replace('|', "_"), self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_survives_being_stored() {
        let source = NodeId::parse("ds#s3://b/k|odd@v1").unwrap();
        let edge = InEdge::new(Relation::ContributedTo, "channel/train", source);
        assert_eq!(InEdge::parse(&edge.to_string()), Some(edge));
    }

    #[test]
    fn a_role_with_a_bar_cannot_hide_the_source() {
        let source = NodeId::parse("img#tag:x").unwrap();
        let edge = InEdge::new(Relation::Produced, "output/a|b", source.clone());
        let read = InEdge::parse(&edge.to_string()).unwrap();
        assert_eq!((read.source, read.role.as_str()), (source, "output/a_b"));
    }

    #[test]
    fn only_a_branch_head_is_inferred() {
        for found in FoundBy::ALL {
            assert_eq!(found.is_explicit(), found != FoundBy::BranchHead);
            assert_eq!(FoundBy::from_role(&found.role()), Some(found));
        }
    }

    #[test]
    fn relations_are_read_by_the_names_that_sagemaker_gives_them() {
        for (relation, name) in [
            (Relation::ContributedTo, "ContributedTo"),
            (Relation::Produced, "Produced"),
            (Relation::AssociatedWith, "AssociatedWith"),
        ] {
            assert_eq!((relation.as_str(), relation.to_string().as_str()), (name, name));
            assert_eq!(Relation::parse(name), Some(relation));
        }
        assert_eq!(Relation::parse("DerivedFrom"), None);
    }

    #[test]
    fn a_commit_is_found_in_words_of_roles_and_of_people() {
        assert_eq!(FoundBy::ModelPackage.role(), "source/model-package");
        assert_eq!((FoundBy::from_role("model-package"), FoundBy::from_role("source/other")), (None, None));
        let words: std::collections::BTreeSet<&str> =
            FoundBy::ALL.into_iter().map(FoundBy::explain).collect();
        assert_eq!(words.len(), FoundBy::ALL.len(), "each is explained in its own words");
        assert!(FoundBy::BranchHead.explain().starts_with("inferred"));
        assert_eq!(FoundBy::Tag.explain(), "named by a tag");
    }

    #[test]
    fn a_text_of_another_form_is_no_edge() {
        for text in ["", "Produced:a", "Produced|img#x", "Made:a|img#x", "Produced:a|nothing"] {
            assert_eq!(InEdge::parse(text), None, "{text}");
        }
    }
}

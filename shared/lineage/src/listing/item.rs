//! The entries of lists. Names and texts of others are as they were recorded: code that shows them must escape them.

use sagewarden_events::{Resource, Timestamp};
use serde::{Deserialize, Serialize};

/// Which SageMaker resource an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its type, as in its ARN.
    pub kind: String,
    /// Its name. The name of an endpoint may be in lower case, because it ignores case.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
}

impl About {
    /// A resource.
    #[must_use]
    pub fn of(resource: &Resource) -> Self {
        Self {
            kind: resource.kind.segment().to_owned(),
            name: resource.name.clone(),
            arn: resource.arn(),
            account: resource.account.clone(),
            region: resource.region.clone(),
        }
    }
}

/// An endpoint and its deployment in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointItem {
    /// Which endpoint.
    #[serde(flatten)]
    pub about: About,
    /// Whether it is live or deleted, at the time in the question.
    pub live: bool,
    /// The newest state that is recorded.
    pub state: Option<String>,
    /// The configuration in force.
    pub configuration: Option<String>,
    /// The identity of the deployment.
    pub deployment: Option<String>,
    /// Since when that has been so.
    pub since: Timestamp,
    /// Who asked for the deployment.
    pub owner: Option<String>,
}

/// A job of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobItem {
    /// Which job.
    #[serde(flatten)]
    pub about: About,
    /// Its identity in the lineage.
    pub identity: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// The newest state that is recorded.
    pub state: Option<String>,
    /// Who created it.
    pub owner: Option<String>,
    /// The IAM role that it ran with.
    pub role: Option<String>,
    /// Its instance type.
    pub instance_type: Option<String>,
    /// The call that stopped it, and the controls that it failed.
    pub remedy: Option<String>,
    /// When its description was erased.
    pub deleted_at: Option<Timestamp>,
}

/// A model or a model package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelItem {
    /// Which model.
    #[serde(flatten)]
    pub about: About,
    /// Its identity in the lineage.
    pub identity: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Who created or registered it.
    pub owner: Option<String>,
    /// For a package: whether it is approved.
    pub approval: Option<String>,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// The live endpoints that run it, or something built from it.
    pub endpoints: Vec<String>,
}

/// A control that a resource does not fulfil.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingItem {
    /// The control's id.
    pub control: String,
    /// `critical`, `high`, `medium`, `low` or `info`.
    pub severity: String,
    /// `violation`, or `unknown` if the control could not be decided.
    pub status: String,
    /// `open`; `closed`: the resource fulfils the control again, or was deleted; `closed: history`: its job ended long ago.
    pub state: String,
    /// Which resource.
    #[serde(flatten)]
    pub about: About,
    /// When the resource came into the state that was judged.
    pub since: Timestamp,
    /// Who created the resource.
    pub owner: Option<String>,
    /// The first digits of the bundle that judged it.
    pub bundle: String,
    /// `enforce` or `observe`; only in lists of everything that was found.
    pub mode: Option<String>,
    /// In the mode `observe`, what `enforce` would have done: `stop`, `delete`, `change` or `mark`.
    pub would: Option<String>,
}

/// How many findings share something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountItem {
    /// The field that the counts are grouped by: `owner`, `control`, `kind` or `week`.
    pub by: String,
    /// The owner, control, kind, or the Monday of the week.
    pub value: String,
    /// How many findings there are.
    pub findings: usize,
    /// How many resources have them.
    pub resources: usize,
    /// The controls, by their ids.
    pub controls: Vec<String>,
    /// The worst severity.
    pub severity: String,
}

/// A control that is waived for a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiverItem {
    /// The control's id.
    pub control: String,
    /// Its severity.
    pub severity: String,
    /// Who waived it.
    pub approver: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Timestamp,
    /// Which resource is covered.
    #[serde(flatten)]
    pub about: About,
    /// When the resource came into the state that was judged.
    pub since: Timestamp,
    /// Who created the resource.
    pub owner: Option<String>,
}

/// A remedy of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemedyItem {
    /// The API call.
    pub action: String,
    /// The result of the call.
    pub result: String,
    /// How long after the creation or change, in milliseconds.
    pub after_ms: Option<i64>,
    /// The controls, by their ids.
    pub controls: Vec<String>,
    /// The worst severity.
    pub severity: String,
    /// Which resource.
    #[serde(flatten)]
    pub about: About,
    /// When the resource came into the state that was judged.
    pub since: Timestamp,
    /// Who created the resource.
    pub owner: Option<String>,
}

/// A description of a job that somebody erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedItem {
    /// When.
    pub at: Timestamp,
    /// The API call.
    pub call: String,
    /// Who called.
    pub by: Option<String>,
    /// Which job.
    #[serde(flatten)]
    pub about: About,
}

//! The SageMaker account: what there is, as the API says.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, Timestamp};
use serde_json::Value;

use super::error::PortError;

/// The answer of a `Describe…` call in the API's own words (PascalCase, times in epoch seconds).
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Which resource was described.
    pub resource: Resource,
    /// The answer.
    pub document: Value,
}

impl Description {
    /// The answer about `asked`. The name comes from the answer: an ARN may be in lower case although the name is not, and an identity must
    /// not depend on the spelling of a question.
    #[must_use]
    pub fn new(asked: &Resource, document: Value) -> Self {
        let name = asked.kind.name_in(&document).unwrap_or_else(|| asked.name.clone());
        Self { resource: asked.sibling(asked.kind, name), document }
    }

    /// When it was created, as the answer says it.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        self.time("CreationTime")
    }

    /// When it was last changed, or else created.
    #[must_use]
    pub fn changed_at(&self) -> Option<Timestamp> {
        self.created_at().max(self.time("LastModifiedTime"))
    }

    fn time(&self, field: &str) -> Option<Timestamp> {
        self.document.get(field).and_then(Timestamp::from_json)
    }
}

/// A page of a list: at most a hundred summaries, in the API's own words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SummaryPage {
    /// The summaries.
    pub summaries: Vec<Value>,
    /// Where the next page begins; absent behind the last one.
    pub next: Option<String>,
}

/// The SageMaker account, as its API describes it.
pub trait Account {
    /// Describes a resource; `None` if no resource has that name (any more).
    async fn describe(&self, resource: &Resource) -> Result<Option<Description>, PortError>;

    /// The tags of a resource; none when it is gone.
    async fn tags(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError>;

    /// The monitoring schedules of an endpoint, as `ListMonitoringSchedules` answers: the pages as one.
    async fn schedules_of(&self, endpoint: &Resource) -> Result<Value, PortError>;

    /// The policy that opens a resource to others, as `Get…Policy` answers; `None` if the resource has none, or is gone.
    async fn policy_of(&self, resource: &Resource) -> Result<Option<Value>, PortError>;

    /// A page of the account's monitoring schedules, as `ListMonitoringSchedules` answers, the oldest first: a schedule created
    /// between two pages moves none of the others. `from` is where the page before said that this one begins.
    async fn schedules(&self, from: Option<&str>) -> Result<SummaryPage, PortError>;

    /// A page of the account's endpoints, as `ListEndpoints` answers, the oldest first.
    async fn endpoints(&self, from: Option<&str>) -> Result<SummaryPage, PortError>;

    /// The executions of a schedule that were due no earlier than `since`, as `ListMonitoringExecutions` answers: the pages as
    /// one. None if the schedule does not exist (any more).
    async fn executions_of(&self, schedule: &Resource, since: Timestamp) -> Result<Value, PortError>;

    /// The steps of a pipeline's execution, as `ListPipelineExecutionSteps` answers: the pages as one. `None` when there is no
    /// such execution (any more).
    async fn steps_of(&self, execution: &Resource) -> Result<Option<Value>, PortError>;

    /// The trial components whose source is this job, as `ListTrialComponents` answers: the pages as one.
    async fn components_of(&self, job: &Resource) -> Result<Value, PortError>;

    /// Adds parameters to a trial component, as texts. Its other parameters stay.
    async fn annotate(
        &self,
        component: &Resource,
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), PortError>;
}

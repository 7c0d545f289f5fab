//! Ports that a process does not have.

use std::collections::BTreeMap;

use sagewarden_events::{CommitId, Corrections, KeyManager, Repository, Resource, Timestamp};
use sagewarden_lineage::s3::Checksum;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};
use serde_json::Value;

use super::Absent;
use crate::ports::{
    Account, Bus, ChangedFile, Changes, Claim, Claimed, Comment, Commit, Description, Estate, EstatePage,
    Files, Grants, Keys, Listing, Metrics, ModelUse, Notice, ObjectVersion, Objects, PortError, Remedies,
    Roles, SourceControl, Stopped, SummaryPage, Table, Wanted, WindowMetrics,
};

impl Account for Absent {
    async fn describe(&self, _: &Resource) -> Result<Option<Description>, PortError> {
        Self::refusal("SageMaker resources")
    }

    async fn tags(&self, _: &Resource) -> Result<BTreeMap<String, String>, PortError> {
        Self::refusal("SageMaker resources")
    }

    async fn schedules_of(&self, _: &Resource) -> Result<Value, PortError> {
        Self::refusal("SageMaker resources")
    }

    async fn policy_of(&self, _: &Resource) -> Result<Option<Value>, PortError> {
        Self::refusal("SageMaker resources")
    }

    async fn schedules(&self, _: Option<&str>) -> Result<SummaryPage, PortError> {
        Self::refusal("SageMaker resources")
    }

    async fn endpoints(&self, _: Option<&str>) -> Result<SummaryPage, PortError> {
        Self::refusal("SageMaker resources")
    }

    async fn executions_of(&self, _: &Resource, _: Timestamp) -> Result<Value, PortError> {
        Self::refusal("SageMaker resources")
    }

    async fn steps_of(&self, _: &Resource) -> Result<Option<Value>, PortError> {
        Self::refusal("SageMaker resources")
    }

    async fn components_of(&self, _: &Resource) -> Result<Value, PortError> {
        Self::refusal("SageMaker resources")
    }

    async fn annotate(&self, _: &Resource, _: &BTreeMap<String, String>) -> Result<(), PortError> {
        Self::refusal("SageMaker resources")
    }
}

impl Estate for Absent {
    async fn page(&self, _: &Wanted, _: Option<&str>) -> Result<EstatePage, PortError> {
        Self::refusal("lists of resources")
    }
}

impl Remedies for Absent {
    async fn stop(&self, _: &Resource) -> Result<Stopped, PortError> {
        Self::refusal("remedies")
    }

    async fn change(&self, _: &Resource, _: &Corrections) -> Result<(), PortError> {
        Self::refusal("remedies")
    }

    async fn start(&self, _: &Resource) -> Result<(), PortError> {
        Self::refusal("remedies")
    }

    async fn mark(&self, _: &Resource, _: &[(&str, &str)]) -> Result<(), PortError> {
        Self::refusal("remedies")
    }

    async fn model_use(&self, _: &Resource, _: Timestamp, _: usize) -> Result<ModelUse, PortError> {
        Self::refusal("remedies")
    }

    async fn delete_model(&self, _: &Resource) -> Result<(), PortError> {
        Self::refusal("remedies")
    }
}

impl Objects for Absent {
    async fn versions(&self, _: &str, _: &str, _: Timestamp, _: usize) -> Result<Listing, PortError> {
        Self::refusal("objects")
    }

    async fn versioning(&self, _: &str) -> Result<Option<String>, PortError> {
        Self::refusal("objects")
    }

    async fn read(&self, _: &str, _: &str, _: u64) -> Result<Option<Vec<u8>>, PortError> {
        Self::refusal("objects")
    }

    async fn entity_tag(&self, _: &str, _: &str) -> Result<Option<String>, PortError> {
        Self::refusal("objects")
    }

    async fn read_version(&self, _: &str, _: &ObjectVersion, _: u64) -> Result<Option<Vec<u8>>, PortError> {
        Self::refusal("objects")
    }

    async fn checksum(&self, _: &str, _: &ObjectVersion) -> Result<Option<Checksum>, PortError> {
        Self::refusal("objects")
    }

    async fn keep_manifest(&self, _: &str, _: &str) -> Result<Option<String>, PortError> {
        Self::refusal("objects")
    }
}

impl Files for Absent {
    async fn stream(&self, _: &str, _: &ObjectVersion, _: &mut dyn FnMut(&[u8])) -> Result<bool, PortError> {
        Self::refusal("files")
    }

    async fn write(&self, _: &str, _: &str, _: &str, _: &[u8]) -> Result<(), PortError> {
        Self::refusal("files")
    }
}

impl SourceControl for Absent {
    async fn commit(&self, _: &Repository, _: &CommitId) -> Result<Option<Commit>, PortError> {
        Self::refusal("source control")
    }

    async fn changes(
        &self,
        _: &Repository,
        _: Option<&CommitId>,
        _: &CommitId,
        _: usize,
    ) -> Result<Option<Changes>, PortError> {
        Self::refusal("source control")
    }

    async fn content(&self, _: &Repository, _: &ChangedFile, _: usize) -> Result<Option<Vec<u8>>, PortError> {
        Self::refusal("source control")
    }

    async fn post(&self, _: &Comment<'_>) -> Result<(), PortError> {
        Self::refusal("source control")
    }
}

impl Roles for Absent {
    async fn grants(&self, _: &str) -> Result<Grants, PortError> {
        Self::refusal("roles")
    }
}

impl Keys for Absent {
    async fn manager(&self, _: &str) -> Result<Option<KeyManager>, PortError> {
        Self::refusal("keys")
    }
}

impl Table for Absent {
    async fn write(&self, _: &[Write]) -> Result<(), PortError> {
        Self::refusal("the table")
    }

    async fn get(&self, _: &[Key]) -> Result<Vec<Item>, PortError> {
        Self::refusal("the table")
    }

    async fn query(&self, _: &Query) -> Result<Page, PortError> {
        Self::refusal("the table")
    }

    async fn claim(&self, _: &Claim) -> Result<Claimed, PortError> {
        Self::refusal("the table")
    }

    async fn settle(&self, _: &Claim, _: Attributes) -> Result<(), PortError> {
        Self::refusal("the table")
    }

    async fn release(&self, _: &Claim) -> Result<(), PortError> {
        Self::refusal("the table")
    }
}

impl Bus for Absent {
    async fn publish(&self, _: &Notice) -> Result<(), PortError> {
        Self::refusal("the bus")
    }
}

/// Without CloudWatch there are no metrics: no finding depends on them.
impl Metrics for Absent {
    fn publish(&self, _: &WindowMetrics<'_>) {}
}

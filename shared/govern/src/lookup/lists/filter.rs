//! Which entries a question wants.

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_lineage::listing::About;
use sagewarden_lineage::rows::{FoundControl, SEVERITIES, severity_rank};

use crate::lookup::question::{NoAnswer, Question};

/// The conditions of a question.
pub(super) struct Filter {
    account: Option<String>,
    region: Option<String>,
    owner: Option<String>,
    kind: Option<ResourceKind>,
    control: Option<String>,
    /// The least severity, as a rank.
    severity: usize,
    pub(super) since: Option<Timestamp>,
}

impl Filter {
    pub(super) fn of(question: &Question) -> Result<Self, NoAnswer> {
        Ok(Self {
            account: question.account.clone(),
            region: question.region.clone(),
            owner: question.owner.as_deref().map(str::to_lowercase),
            kind: question.kind.as_deref().and_then(ResourceKind::from_segment),
            control: question.control.clone(),
            severity: question.severity.as_deref().map_or(SEVERITIES.len(), severity_rank),
            since: question.since()?,
        })
    }

    /// The account, where keys begin with one.
    pub(super) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The region, where keys have one behind the account.
    pub(super) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The partitions by severity that may have matching entries: a resource is listed under its worst finding.
    pub(super) fn severities(&self) -> impl Iterator<Item = &'static str> {
        SEVERITIES.into_iter().take(self.severity.saturating_add(1))
    }

    /// The least severity that is wanted.
    pub(super) fn least_severity(&self) -> &'static str {
        self.severities().last().unwrap_or_default()
    }

    /// Whether rows may be left out after they were read.
    pub(super) fn is_any(&self) -> bool {
        let Self { account, region, owner, kind, control, severity, since } = self;
        let by_place = region.is_some() && account.is_none();
        by_place
            || owner.is_some()
            || kind.is_some()
            || control.is_some()
            || since.is_some()
            || *severity < SEVERITIES.len()
    }

    /// Whether an entry about this resource, of this age and owner, is wanted.
    pub(super) fn wants(&self, about: &About, at: Option<Timestamp>, owner: Option<&str>) -> bool {
        self.wants_place(&about.account, &about.region)
            && self.kind.is_none_or(|kind| kind.segment() == about.kind)
            && self.since.is_none_or(|since| at.is_some_and(|at| at >= since))
            && self.wants_owner(owner)
    }

    /// Whether something in this account and region is wanted.
    pub(super) fn wants_place(&self, account: &str, region: &str) -> bool {
        self.account.as_deref().is_none_or(|wanted| wanted == account)
            && self.region.as_deref().is_none_or(|wanted| wanted == region)
    }

    /// Whether something of this owner is wanted.
    pub(super) fn wants_owner(&self, owner: Option<&str>) -> bool {
        self.owner
            .as_deref()
            .is_none_or(|wanted| owner.is_some_and(|owner| owner.to_lowercase().contains(wanted)))
    }

    /// Whether a control of this severity is wanted.
    pub(super) fn wants_control(&self, control: &str, severity: &str) -> bool {
        self.control.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(control))
            && severity_rank(severity) <= self.severity
    }

    /// The wanted ones of some controls.
    pub(super) fn controls<'a>(
        &self,
        controls: &'a [FoundControl],
    ) -> impl Iterator<Item = &'a FoundControl> {
        let mut wanted: Vec<_> =
            controls.iter().filter(|each| self.wants_control(&each.control, &each.severity)).collect();
        wanted.sort_by_key(|each| severity_rank(&each.severity));
        wanted.into_iter()
    }
}

//! Walks an account kind by kind and page by page, and passes its resources to the use cases that handle events: they are judged without a
//! remedy, and recorded. So a sweep finds resources that are older than the stack, and resources whose event was lost.
//!
//! A page is one step. The cursor is written after the page is done. A process that dies repeats a page, and nothing is recorded twice. If
//! the service is busy, the step fails, and the cursor stays. A verdict that still holds and a node with all its facts are left alone. So a
//! second sweep writes only its mark ([`SweepRow`]).

mod gone;
mod held;

use std::cell::RefCell;
use std::collections::BTreeSet;

use sagewarden_events::{Resource, ResourceKind, Status, Timestamp};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{GAPS, STATE};
use sagewarden_lineage::rows::{NodeRow, SeenRow, SweepRow};
use sagewarden_policy::{Bundle, Verdict};

use crate::enforce::EnforcePolicy;
use crate::enforce::judged::Judged;
use crate::notify::Moment;
use crate::outcome::Failure;
use crate::ports::{Estate, EstatePage, ListedResource, PortError, SEARCHED, Table, Wanted, is_newest_first};
use crate::record::RecordLineage;
use crate::route::Judging;
use crate::sweep::gone::{Names, gone};
use crate::sweep::held::HeldWorld;
use crate::world::World;

/// Pages in a row that list nothing and are not the last. SageMaker gave such pages until it throttled; a sweep gives up and says where.
const EMPTY_PAGES: u64 = 50;

/// The kinds that a sweep walks through, what serves first: an account of a million jobs answers last.
pub const SWEPT: [ResourceKind; 25] = [
    ResourceKind::Endpoint,
    ResourceKind::EndpointConfig,
    ResourceKind::InferenceComponent,
    ResourceKind::Model,
    ResourceKind::ModelPackage,
    ResourceKind::MonitoringSchedule,
    ResourceKind::DataQualityDefinition,
    ResourceKind::ModelQualityDefinition,
    ResourceKind::ModelBiasDefinition,
    ResourceKind::ModelExplainabilityDefinition,
    ResourceKind::Domain,
    ResourceKind::UserProfile,
    ResourceKind::Space,
    ResourceKind::App,
    ResourceKind::NotebookInstance,
    ResourceKind::LifecycleConfig,
    ResourceKind::FeatureGroup,
    ResourceKind::Pipeline,
    ResourceKind::PipelineExecution,
    ResourceKind::TuningJob,
    ResourceKind::AutoMlJob,
    ResourceKind::CompilationJob,
    ResourceKind::TransformJob,
    ResourceKind::ProcessingJob,
    ResourceKind::TrainingJob,
];

/// Whether resources of a kind last until somebody deletes them. The others end by themselves, and a sweep may leave out old ones.
#[must_use]
pub fn is_lasting(kind: ResourceKind) -> bool {
    !matches!(
        kind,
        ResourceKind::TrainingJob
            | ResourceKind::ProcessingJob
            | ResourceKind::TransformJob
            | ResourceKind::TuningJob
            | ResourceKind::AutoMlJob
            | ResourceKind::CompilationJob
            | ResourceKind::PipelineExecution
    )
}

/// The result for a listed resource.
#[derive(Debug)]
pub enum Swept {
    /// It was looked at.
    Found(Box<SweptResource>),
    /// It was gone when it was to be described.
    Vanished(Resource),
    /// It could not be judged or recorded; the rest of the sweep continues.
    Failed {
        /// Which one.
        resource: Resource,
        /// Why.
        reason: String,
        /// Whether a permission is missing.
        is_denied: bool,
    },
    /// A sweep saw it before, and it no longer exists.
    Gone(Resource),
}

/// A resource that a sweep looked at.
#[derive(Debug)]
pub struct SweptResource {
    /// Which one.
    pub resource: Resource,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Its state, for kinds that have one.
    pub status: Option<String>,
    /// The role that it runs with.
    pub role: Option<String>,
    /// The verdict; `None` for a kind without controls.
    pub verdict: Option<Verdict>,
    /// Why the verdict is not recorded: the resource is being changed, or another one started it.
    pub left: Option<String>,
    /// Why it is not in the lineage, though its kind belongs there.
    pub unrecorded: Option<String>,
}

/// The result of a step of a sweep.
#[derive(Debug, PartialEq, Eq)]
pub enum SweepStep {
    /// There are more pages.
    More,
    /// The kind is done.
    Done,
    /// A permission is missing: nothing of this kind is known.
    Denied(String),
    /// The service gave page after page of nothing. The cursor is kept.
    GaveUp,
}

/// A sweep through an account.
pub struct Sweep<'a, W: World, E> {
    held: HeldWorld<'a, W>,
    estate: &'a E,
    judging: &'a Judging,
    bundle: &'a Bundle,
    region: &'a str,
    began: Timestamp,
    names: Names,
    empty: RefCell<u64>,
}

impl<'a, W: World, E: Estate> Sweep<'a, W, E> {
    /// A sweep that begins now. The bundle decides which controls are judged. Its mode should be to observe, because a bundle that enforces
    /// would remedy.
    #[must_use]
    pub fn new(
        world: &'a W,
        estate: &'a E,
        judging: &'a Judging,
        bundle: &'a Bundle,
        region: &'a str,
        began: Timestamp,
    ) -> Self {
        let held = HeldWorld::new(world);
        Self {
            held,
            estate,
            judging,
            bundle,
            region,
            began,
            names: Names::default(),
            empty: RefCell::default(),
        }
    }

    /// How far the newest sweep through a kind came; `None` if there was none.
    ///
    /// # Errors
    /// If the table fails.
    pub async fn mark(&self, kind: ResourceKind) -> Result<Option<SweepRow>, PortError> {
        let found = self.held.table().get(&[SweepRow::key(kind, self.region)]).await?.pop();
        Ok(found.as_ref().and_then(SweepRow::parse))
    }

    /// Where a sweep through a kind begins: where the one of this mark stopped, or at the beginning.
    #[must_use]
    pub fn first(&self, kind: ResourceKind, since: Option<Timestamp>, stopped: Option<SweepRow>) -> SweepRow {
        stopped.filter(|mark| mark.cursor.is_some()).unwrap_or_else(|| SweepRow {
            kind,
            region: self.region.to_owned(),
            began: self.began,
            since: since.filter(|_| !is_lasting(kind)),
            pages: 0,
            listed: 0,
            by_search: SEARCHED.contains(&kind),
            cursor: None,
        })
    }

    /// One page: lists it, passes each resource to the use cases, and moves `at` behind it. Calls `take` with each resource.
    ///
    /// # Errors
    ///
    /// When a service is busy or silent, or the table fails. The same step continues where this one stopped.
    pub async fn step(
        &self,
        at: &mut SweepRow,
        moment: &Moment,
        take: &mut dyn FnMut(Swept),
    ) -> Result<SweepStep, PortError> {
        let page = match self.page(at).await {
            Ok(page) => page,
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => return Ok(SweepStep::Denied(error.to_string())),
        };
        self.held.turn_to(&page.resources);
        let (wanted, is_over) = within(at, &page);
        for listed in &wanted {
            take(self.one(listed, moment).await?);
        }
        if is_lasting(at.kind) {
            self.note_seen(&wanted).await?;
        }
        let more = page.next.clone().filter(|_| !is_over);
        if self.is_stuck(&page.resources) && more.is_some() {
            return Ok(SweepStep::GaveUp);
        }
        at.pages += 1;
        at.listed += wanted.len() as u64;
        at.cursor = more;
        if at.cursor.is_none() && is_lasting(at.kind) {
            for resource in gone(&self.held, &self.names, at.kind, moment.now).await? {
                take(Swept::Gone(resource));
            }
        }
        self.held.table().write(&[at.write()]).await?;
        Ok(if at.cursor.is_some() { SweepStep::More } else { SweepStep::Done })
    }

    /// The next page. If `Search` is refused, the kind is listed from its beginning.
    async fn page(&self, at: &mut SweepRow) -> Result<EstatePage, PortError> {
        let wanted = |by_search| Wanted { kind: at.kind, since: at.since, by_search };
        match self.estate.page(&wanted(at.by_search), at.cursor.as_deref()).await {
            Err(error) if at.by_search && !error.is_transient() => {
                let page = self.estate.page(&wanted(false), None).await;
                // Some kinds have no list. Then the refusal of `Search` names the missing permission.
                let page = page.map_err(|other| if other.is_transient() { other } else { error })?;
                at.by_search = false;
                Ok(page)
            }
            answer => answer,
        }
    }

    /// Whether this is one empty page too many.
    fn is_stuck(&self, page: &[ListedResource]) -> bool {
        let mut empty = self.empty.borrow_mut();
        *empty = if page.is_empty() { *empty + 1 } else { 0 };
        let is_stuck = *empty >= EMPTY_PAGES;
        if is_stuck {
            *empty = 0;
        }
        is_stuck
    }

    /// Judges and records a resource. A fault of the service ends the step; a fault of the resource is reported and ends nothing.
    async fn one(&self, listed: &ListedResource, moment: &Moment) -> Result<Swept, PortError> {
        let resource = &listed.resource;
        let failed = |failure: Failure| match failure {
            Failure::Retry(error) if error.is_transient() => Err(error),
            Failure::Retry(error) => Ok((error.to_string(), true)),
            Failure::Reject(reason) => Ok((reason, false)),
        };
        let mut found = SweptResource::of(listed);
        if self.is_judged(resource.kind) {
            match self.judge(resource, moment).await {
                Ok(Some(judged)) => found.take(judged),
                Ok(None) => return Ok(Swept::Vanished(resource.clone())),
                Err(failure) => {
                    let (reason, is_denied) = failed(failure)?;
                    return Ok(Swept::Failed { resource: resource.clone(), reason, is_denied });
                }
            }
        }
        if let Err(failure) = self.record(&found, moment).await {
            found.unrecorded = Some(failed(failure)?.0);
        }
        Ok(Swept::Found(Box::new(found)))
    }

    async fn judge(&self, resource: &Resource, moment: &Moment) -> Result<Option<Judged>, Failure> {
        let Judging { inspected, keys, .. } = self.judging;
        let enforce = EnforcePolicy { world: &self.held, inspected, keys, bundle: self.bundle };
        enforce.on_found(resource, moment).await
    }

    /// Whether a control of the bundle is about the kind.
    fn is_judged(&self, kind: ResourceKind) -> bool {
        self.bundle.controls().any(|control| self.bundle.kinds(control).any(|judged| judged == kind))
    }

    /// A job that has ended and is recorded without a gap is left alone.
    async fn record(&self, found: &SweptResource, moment: &Moment) -> Result<(), Failure> {
        let resource = &found.resource;
        if NodeKind::of_resource(resource.kind).is_none() || self.is_recorded(found).await? {
            return Ok(());
        }
        let recorder = RecordLineage { world: &self.held, writes_back: false, moment };
        recorder.record_found(resource).await.map(drop)
    }

    async fn is_recorded(&self, found: &SweptResource) -> Result<bool, PortError> {
        let SweptResource { resource, created_at, status, .. } = found;
        let has_ended = status.as_deref().is_some_and(|status| Status::parse(status).is_terminal());
        if is_lasting(resource.kind) || !has_ended {
            return Ok(false);
        }
        let Some(id) = created_at.and_then(|at| NodeId::resource(resource, at)) else { return Ok(false) };
        let stored = self.held.table().get(&[NodeRow::key(&id)]).await?.pop();
        Ok(stored.is_some_and(|node| {
            NodeRow::is_recorded(&node) && node.text(STATE).is_some() && node.set(GAPS).next().is_none()
        }))
    }

    /// Writes the listed resources of lasting kinds, as far as they are new.
    async fn note_seen(&self, page: &[&ListedResource]) -> Result<(), PortError> {
        let rows = page.iter().filter_map(|listed| {
            let (resource, created_at) = (listed.resource.clone(), listed.created_at?);
            Some(SeenRow { resource, created_at, gone_seen_at: None })
        });
        let rows: Vec<SeenRow> = rows.collect();
        let keys: Vec<_> = rows.iter().map(SeenRow::key).collect();
        let known = self.held.table().get(&keys).await?;
        let known: BTreeSet<_> = known.into_iter().map(|item| item.key).collect();
        let new: Vec<_> = rows.iter().filter(|row| !known.contains(&row.key())).map(SeenRow::write).collect();
        rows.iter().for_each(|row| self.names.add(&row.key()));
        if new.is_empty() { Ok(()) } else { self.held.table().write(&new).await }
    }
}

/// The resources of a page within the window of the sweep, and whether all that follow are older. The service may have ignored the limit,
/// so that the times count.
fn within<'p>(at: &SweepRow, page: &'p EstatePage) -> (Vec<&'p ListedResource>, bool) {
    let is_older = |listed: &&ListedResource| {
        at.since.is_some_and(|since| listed.created_at.is_some_and(|created| created < since))
    };
    let is_over = is_newest_first(at.kind) && page.resources.iter().any(|listed| is_older(&listed));
    (page.resources.iter().filter(|listed| !is_older(listed)).collect(), is_over)
}

impl SweptResource {
    fn of(listed: &ListedResource) -> Self {
        Self {
            resource: listed.resource.clone(),
            created_at: listed.created_at,
            status: None,
            role: None,
            verdict: None,
            left: None,
            unrecorded: None,
        }
    }

    /// As it was looked at: the description has the name as its owner wrote it.
    fn take(&mut self, judged: Judged) {
        self.left = judged
            .not_yet()
            .or_else(|| judged.verdict.parent.as_ref().map(|parent| format!("it was started by {parent}")));
        self.created_at = Some(judged.created_at);
        self.status = judged.status.map(|status| status.to_string());
        self.role = judged.role;
        self.verdict = Some(judged.verdict);
        self.resource = judged.resource;
    }
}

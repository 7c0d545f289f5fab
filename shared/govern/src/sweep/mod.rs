//! Walks an account kind by kind and page by page, and passes its resources to the use cases that handle events: they are judged without a
//! remedy, and recorded. So a sweep finds resources that are older than the stack, and resources whose event was lost.
//!
//! A page is one step. The cursor is written after the page is done. If a process dies, the next one repeats a page, and nothing is
//! recorded twice. If the service is busy, the step fails, and the cursor stays. It does not rewrite a verdict that still holds, or a node
//! with all its facts. So a second sweep writes only its mark ([`SweepRow`]).

mod found;
mod gone;
mod held;
mod kinds;
mod standing;

use std::cell::Cell;

use sagewarden_events::{Resource, ResourceKind, Status, Timestamp};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{GAPS, STATE};
use sagewarden_lineage::rows::{MissedRow, NodeRow, SweepRow, SweepTally};
use sagewarden_policy::Bundle;

use crate::enforce::EnforcePolicy;
use crate::enforce::judged::rests;
use crate::judging::Judging;
use crate::notify::Moment;
use crate::outcome::Failure;
use crate::ports::{
    Account, Estate, EstatePage, ListedResource, PortError, SEARCHED, Table, Wanted, is_newest_first,
};
use crate::record::RecordLineage;
use crate::sweep::gone::{GoneResource, Names, compare};
use crate::sweep::held::HeldWorld;
use crate::sweep::kinds::is_announced;
use crate::sweep::standing::{ListedStanding, standings};
use crate::world::World;

pub use found::{Swept, SweptResource};
pub(crate) use kinds::swept_kind;
pub use kinds::{SWEPT, is_lasting};
pub(crate) use standing::ends;

/// Pages in a row that list nothing and are not the last. SageMaker gave such pages until it throttled; a sweep gives up and says where.
const EMPTY_PAGES: u64 = 50;

/// Resources in a row for which a service stayed busy, before a sweep that passes over such resources ends with the error.
const BUSY_RESOURCES: u32 = 3;

/// The cursor of a kind that is to be looked through again. No service gives one with blanks.
const FROM_THE_BEGINNING: &str = "from the beginning";

/// The result of a step of a sweep.
#[derive(Debug, PartialEq, Eq)]
pub enum SweepStep {
    /// There are more pages.
    More,
    /// The kind is done.
    Done,
    /// A permission is missing: the sweep sees no resource of this kind.
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
    repeats: bool,
    enforces: bool,
    /// Resources in a row for which a service stayed busy, in a sweep that passes over them.
    busy: Option<Cell<u32>>,
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
        let (held, names) = (HeldWorld::new(world), Names::default());
        Self {
            held,
            estate,
            judging,
            bundle,
            region,
            began,
            names,
            repeats: false,
            enforces: false,
            busy: None,
        }
    }

    /// The same, for somebody who waits for the end: it passes over a resource for which a service stays busy, and reports it. Only
    /// if that happens to several in a row, it ends with the error. What S3 does not answer leaves a control undecided.
    #[must_use]
    pub fn patient(self) -> Self {
        self.held.go_on_without_objects();
        Self { busy: Some(Cell::new(0)), ..self }
    }

    /// The same, as one sweep of a series: it skips known resources, counts resources that no event announced, and closes the findings on
    /// resources that are gone. If it `enforces`, it remedies resources that were created after the first sweep.
    #[must_use]
    pub fn repeated(self, enforces: bool) -> Self {
        Self { repeats: true, enforces, ..self }
    }

    /// How far the newest sweep through a kind came; `None` if there was none.
    ///
    /// # Errors
    /// If the table fails.
    pub async fn mark(&self, kind: ResourceKind) -> Result<Option<SweepRow>, PortError> {
        let found = self.held.table().get(&[SweepRow::key(kind, self.region)]).await?.pop();
        Ok(found.as_ref().and_then(SweepRow::parse))
    }

    /// The place where a sweep through a kind begins: where the earlier sweep of this mark stopped, or at the first page.
    #[must_use]
    pub fn first(&self, kind: ResourceKind, since: Option<Timestamp>, stopped: Option<SweepRow>) -> SweepRow {
        let place =
            |mark: &SweepRow| mark.cursor.as_deref().is_some_and(|cursor| cursor != FROM_THE_BEGINNING);
        // Looking through a kind again counts on.
        let pages = stopped.as_ref().filter(|mark| mark.began == self.began).map_or(0, |mark| mark.pages);
        stopped.filter(place).unwrap_or_else(|| SweepRow {
            kind,
            region: self.region.to_owned(),
            began: self.began,
            since: since.filter(|_| !is_lasting(kind)),
            pages,
            listed: 0,
            empty: 0,
            gone: 0,
            down_to: None,
            by_search: SEARCHED.contains(&kind),
            cursor: None,
            tally: SweepTally::default(),
        })
    }

    /// Marks a kind as one to look through again, because some of its resources could not be judged.
    ///
    /// # Errors
    /// If the table fails.
    pub async fn reopen(&self, at: &SweepRow) -> Result<(), PortError> {
        // A later page counts as the later state.
        let again =
            SweepRow { pages: at.pages + 1, cursor: Some(FROM_THE_BEGINNING.to_owned()), ..at.clone() };
        self.held.table().write(&[again.write()]).await
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
        let mut next = at.clone();
        let page = match self.page(&mut next).await {
            Ok(page) => page,
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => return Ok(SweepStep::Denied(error.to_string())),
        };
        self.held.turn_to(&page.resources);
        let (wanted, is_over) = within(&next, &page);
        next.tally.arrived += wanted.iter().filter(|listed| is_counted(&next, listed)).count() as u64;
        for (listed, standing) in self.due(&next, &wanted).await? {
            if standing == ListedStanding::New && is_counted(&next, listed) {
                self.note_missed(listed, moment).await?;
            }
            let swept = self.one(listed, &next, moment).await?;
            note_open(&mut next, &swept);
            take(swept);
        }
        next.cursor = page.next.clone().filter(|_| !is_over);
        if is_lasting(next.kind) {
            let is_last = next.cursor.is_none();
            let gone = compare(&self.held, &self.names, &next, &wanted, is_last, moment.now).await?;
            next.gone += gone.len() as u64;
            for one in gone {
                take(Swept::Gone(self.close(one, moment).await?));
            }
        }
        next.pages += 1;
        next.listed += wanted.len() as u64;
        next.empty = if page.resources.is_empty() { next.empty + 1 } else { 0 };
        let oldest = wanted.iter().filter_map(|listed| listed.created_at).min();
        next.down_to = oldest.into_iter().chain(next.down_to).min();
        let is_stuck = next.empty >= EMPTY_PAGES && next.cursor.is_some();
        if is_stuck {
            next.empty = 0;
        }
        self.held.table().write(&[next.write()]).await?;
        *at = next;
        Ok(match &at.cursor {
            None => SweepStep::Done,
            Some(_) if is_stuck => SweepStep::GaveUp,
            Some(_) => SweepStep::More,
        })
    }

    /// The resources of a page to look at: in a series, neither the known ones nor those whose events may still be on their way.
    async fn due<'p>(
        &self,
        at: &SweepRow,
        page: &[&'p ListedResource],
    ) -> Result<Vec<(&'p ListedResource, ListedStanding)>, PortError> {
        if !self.repeats {
            return Ok(page.iter().map(|listed| (*listed, ListedStanding::Again)).collect());
        }
        let until = at.tally.until;
        let is_young = |listed: &ListedResource| {
            until.is_some_and(|until| listed.created_at.is_some_and(|at| at >= until))
        };
        let old: Vec<&ListedResource> = page.iter().copied().filter(|listed| !is_young(listed)).collect();
        let table = self.held.table();
        let standings = standings(table, &old, |kind| self.is_judged(kind), at.tally.again_since).await?;
        Ok(old
            .into_iter()
            .zip(standings)
            .filter(|(_, standing)| *standing != ListedStanding::Settled)
            .collect())
    }

    /// Records that no event announced a resource, before anything else about the resource is written. Otherwise, a process that dies in
    /// between would make it a known resource. A resource that is still being created is judged later.
    async fn note_missed(&self, listed: &ListedResource, moment: &Moment) -> Result<(), PortError> {
        let resource = &listed.resource;
        let described = match self.held.account().describe(resource).await {
            Ok(described) => described,
            Err(error) if error.is_transient() => return Err(error),
            // If the description is refused, judging the resource reports that.
            Err(_) => return Ok(()),
        };
        let Some((created_at, described)) = listed.created_at.zip(described) else { return Ok(()) };
        let status = resource.kind.status_field().and_then(|field| described.document.get(field)?.as_str());
        if status.is_some_and(|status| !rests(resource.kind, &Status::parse(status))) {
            return Ok(());
        }
        let row = MissedRow { resource: resource.clone(), created_at, found_at: moment.now };
        self.held.table().write(&[row.write()]).await
    }

    /// Marks a resource as gone, which closes the findings on it.
    async fn close(
        &self,
        GoneResource { row, at }: GoneResource,
        moment: &Moment,
    ) -> Result<Resource, PortError> {
        self.enforce().close_gone(&row.resource, at).await?;
        self.held.table().write(&[row.write_gone(moment.now)]).await?;
        Ok(row.resource)
    }

    /// The next page. If `Search` is refused, the kind is listed from its beginning.
    async fn page(&self, at: &mut SweepRow) -> Result<EstatePage, PortError> {
        let wanted = |by_search| Wanted { kind: at.kind, since: at.since, by_search };
        match self.estate.page(&wanted(at.by_search), at.cursor.as_deref()).await {
            Err(error) if at.by_search && !error.is_transient() => {
                let page = self.estate.page(&wanted(false), None).await;
                // Some kinds have no list. Then the refusal of `Search` names the missing permission.
                let page = page.map_err(|other| if other.is_transient() { other } else { error })?;
                (at.by_search, at.down_to) = (false, None);
                (at.listed, at.tally.arrived) = (0, 0);
                Ok(page)
            }
            answer => answer,
        }
    }

    /// Judges and records a resource. A fault of the resource is reported and ends nothing. A fault of the service ends the step, but for
    /// the first ones in a row of a sweep that is patient.
    async fn one(&self, listed: &ListedResource, at: &SweepRow, moment: &Moment) -> Result<Swept, PortError> {
        let swept = self.judged_and_recorded(listed, at, moment).await;
        let Some(busy) = &self.busy else { return swept };
        busy.set(if swept.is_ok() { 0 } else { busy.get() + 1 });
        swept.or_else(|error| {
            if busy.get() > BUSY_RESOURCES {
                return Err(error);
            }
            Ok(Swept::Failed { resource: listed.resource.clone(), reason: error.to_string() })
        })
    }

    async fn judged_and_recorded(
        &self,
        listed: &ListedResource,
        at: &SweepRow,
        moment: &Moment,
    ) -> Result<Swept, PortError> {
        let resource = &listed.resource;
        let failed = |failure: Failure| match failure {
            Failure::Retry(error) if error.is_transient() => Err(error),
            Failure::Retry(error) => Ok(error.to_string()),
            Failure::Reject(reason) => Ok(reason),
        };
        let mut found = SweptResource::of(listed);
        if self.is_judged(resource.kind) {
            let remedies_since = at.tally.first.filter(|_| self.enforces);
            match self.enforce().on_found(resource, remedies_since, moment).await {
                Ok(Some(judged)) => found.take(judged),
                Ok(None) => return Ok(Swept::Vanished(resource.clone())),
                Err(failure) => {
                    return Ok(Swept::Failed { resource: resource.clone(), reason: failed(failure)? });
                }
            }
        }
        if let Err(failure) = self.record(&found, moment).await {
            found.unrecorded = Some(failed(failure)?);
        }
        Ok(Swept::Found(Box::new(found)))
    }

    fn enforce(&self) -> EnforcePolicy<'_, HeldWorld<'a, W>> {
        let Judging { inspected, keys, .. } = self.judging;
        EnforcePolicy { world: &self.held, inspected, keys, bundle: self.bundle }
    }

    /// Whether a control of the bundle is about the kind.
    fn is_judged(&self, kind: ResourceKind) -> bool {
        self.bundle.controls().any(|control| self.bundle.kinds(control).any(|judged| judged == kind))
    }

    /// Does nothing for a job that has ended and is recorded without a gap.
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
}

/// Whether a resource came in the time that this sweep counts, and an event should have announced it.
fn is_counted(at: &SweepRow, listed: &ListedResource) -> bool {
    let SweepTally { from, until, .. } = &at.tally;
    let came = |created: Timestamp| *from <= Some(created) && Some(created) < *until;
    is_announced(at.kind) && from.is_some() && listed.created_at.is_some_and(came)
}

/// Remembers the oldest job that has not ended: the next sweep looks at it again.
fn note_open(at: &mut SweepRow, swept: &Swept) {
    let Swept::Found(found) = swept else { return };
    let has_ended = found.status.as_deref().is_none_or(|status| Status::parse(status).is_terminal());
    if !is_lasting(at.kind) && !has_ended {
        at.tally.oldest_open = at.tally.oldest_open.into_iter().chain(found.created_at).min();
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

//! Each hour, looks through the account for resources that no event announced. Judges, records and counts them.
//!
//! The clock's tick hands on a part for each kind of resource. A part begins a sweep through its kind, or finds that an older one is still
//! running. It sweeps some pages, writes down after each how far it came ([`SweepRow`]), and hands on the rest. Parts may come twice, late
//! or never. Then pages are swept twice, but nothing is recorded twice, and a later tick continues a sweep that has stopped.
//!
//! The first sweep through a kind imports the resources that are older than Sagewarden. Each later one looks at the resources that were
//! created since, and says how many of them no event had announced.
//!
//! The first tick of a day also hands on another part: it closes the findings on jobs that ended long ago.

mod begin;
mod history;
mod missed;
mod report;
mod said;
mod token;

use std::sync::Arc;

use sagewarden_events::{ClockTicked, ResourceKind, Timestamp, WatchPart, WatchScope, Watched};
use sagewarden_lineage::rows::SweepRow;
use sagewarden_policy::Bundle;

use crate::bundle::KeepBundle;
use crate::counted::counted;
use crate::judging::Judging;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::parts::hand_on_part;
use crate::ports::{Estate, PortError};
use crate::reconcile::begin::begin;
use crate::reconcile::history::{FINDINGS, HistoryPlace, close_finished, is_due};
use crate::reconcile::report::report;
use crate::reconcile::said::Said;
use crate::reconcile::token::Token;
use crate::sweep::{SWEPT, Sweep, SweepStep, swept_kind};
use crate::world::World;

pub use missed::EVENTS_MISSED;

/// Pages of a list that one record does at most.
const PAGES: usize = 10;
/// A sweep whose mark was moved lately is on its way. A page takes a few minutes at most.
const ON_ITS_WAY_MS: i64 = 15 * 60_000;

/// The use case with the ports it needs.
pub(crate) struct Reconcile<'a, W, E> {
    pub(crate) world: &'a W,
    /// Lists what there is.
    pub(crate) estate: &'a E,
    pub(crate) judging: &'a Judging,
    /// Whether it is time to hand on the rest.
    pub(crate) is_over: &'a dyn Fn() -> bool,
}

impl<W: World, E: Estate> Reconcile<'_, W, E> {
    /// The clock ticked, or this is a part of its work.
    ///
    /// # Errors
    /// Rejects a part that nobody handed on; retries when a service does not answer.
    pub(crate) async fn on_clock(&self, tick: &ClockTicked, moment: &Moment) -> Outcome {
        match tick.part.as_ref().map(|part| &part.scope) {
            None => self.hand_on(tick).await,
            Some(WatchScope::These(names)) => {
                let mut done = Done::Nothing("there is no kind to sweep".to_owned());
                for name in names {
                    done = done.and(match name.as_str() {
                        FINDINGS => self.close(tick, HistoryPlace::default(), moment).await?,
                        kind_name => self.begin(tick, kind(kind_name)?, moment).await?,
                    });
                }
                Ok(done)
            }
            Some(WatchScope::From(from)) => match HistoryPlace::parse(from) {
                Some(place) => self.close(tick, place, moment).await,
                None => self.go_on(tick, from, moment).await,
            },
        }
    }

    /// One part for each kind, so that a kind that fails does not hold up the others.
    async fn hand_on(&self, tick: &ClockTicked) -> Outcome {
        for kind in SWEPT {
            self.publish(tick.time, WatchScope::These(vec![kind.operation().to_owned()])).await?;
        }
        let kinds = counted(SWEPT.len() as u64, "kind");
        if !is_due(tick.time) {
            return Ok(Done::Acted(format!("{kinds} handed on")));
        }
        self.publish(tick.time, WatchScope::These(vec![FINDINGS.to_owned()])).await?;
        Ok(Done::Acted(format!("{kinds} and the findings on finished jobs handed on")))
    }

    async fn publish(&self, tick: Timestamp, scope: WatchScope) -> Result<(), PortError> {
        hand_on_part(self.world.bus(), tick, WatchPart { watched: Watched::Account, scope }).await
    }

    /// Begins a sweep, or continues one that has stopped.
    async fn begin(&self, tick: &ClockTicked, kind: ResourceKind, moment: &Moment) -> Outcome {
        let bundle = self.bundle(moment).await?;
        let sweep = self.sweep(&bundle, tick);
        let last = match sweep.mark(kind).await? {
            Some(mark) if mark.cursor.is_some() => {
                // This very record began it and came to no end.
                let is_own = mark.began == tick.time && mark.tally.hop == 0;
                if !is_own && is_on_its_way(&mark, moment.now) {
                    return Ok(Done::Nothing(format!("a sweep through the {kind}s is still running")));
                }
                return self.run(&sweep, tick, mark, moment).await;
            }
            Some(mark) if !mark.tally.is_reported => Some(report(self.world, mark, moment).await?.0),
            mark => mark,
        };
        if last.as_ref().is_some_and(|last| last.began >= tick.time) {
            return Ok(Done::Nothing(format!("the {kind}s were looked through after {}", tick.time)));
        }
        let at = begin(sweep.first(kind, None, None), last.as_ref(), &bundle.settings().reconcile);
        self.run(&sweep, tick, at, moment).await
    }

    /// Continues where another record stopped, unless a further record has done so already.
    async fn go_on(&self, tick: &ClockTicked, from: &str, moment: &Moment) -> Outcome {
        let token = Token::parse(from)
            .ok_or_else(|| Failure::Reject(format!("`{from}` is not a place where a sweep can continue")))?;
        let bundle = self.bundle(moment).await?;
        let sweep = self.sweep(&bundle, tick);
        let mark = sweep.mark(token.kind).await?.filter(|mark| token.is_for(mark));
        match mark {
            Some(mark) if mark.cursor.is_some() => self.run(&sweep, tick, mark, moment).await,
            Some(mark) if !mark.tally.is_reported => {
                report(self.world, mark, moment).await.map(|(_, said)| Done::Acted(said)).map_err(Into::into)
            }
            _ => Ok(Done::Nothing(format!("another record has continued the {}s", token.kind))),
        }
    }

    /// Closes findings on jobs that ended long ago, as many as one record can.
    async fn close(&self, tick: &ClockTicked, from: HistoryPlace, moment: &Moment) -> Outcome {
        let days = self.bundle(moment).await?.settings().reconcile.close_finished_days;
        if days == 0 {
            return Ok(Done::Nothing("`close_finished_days` is 0: no finding becomes history".to_owned()));
        }
        let (closed, next) = close_finished(self.world.table(), tick, days, from, self.is_over).await?;
        let rest = if next.is_some() { ", and the list goes on" } else { "" };
        if let Some(next) = next {
            self.publish(tick.time, WatchScope::From(next.to_string())).await?;
        }
        let jobs = counted(closed as u64, "job");
        Ok(Done::Acted(format!("the findings on {jobs} were closed as history{rest}")))
    }

    async fn bundle(&self, moment: &Moment) -> Result<Arc<Bundle>, Failure> {
        KeepBundle { world: self.world, in_force: &self.judging.in_force }.bundle(moment).await
    }

    fn sweep<'b>(&'b self, bundle: &'b Bundle, tick: &'b ClockTicked) -> Sweep<'b, W, E> {
        let sweep = Sweep::new(self.world, self.estate, self.judging, bundle, &tick.region, tick.time);
        sweep.repeated(bundle.settings().reconcile.enforce)
    }

    /// Sweeps some pages. Then ends the sweep, or publishes a part that continues it.
    async fn run(
        &self,
        sweep: &Sweep<'_, W, E>,
        tick: &ClockTicked,
        mut at: SweepRow,
        moment: &Moment,
    ) -> Outcome {
        let (kind, mut said) = (at.kind, Said::default());
        at.tally.hop = at.pages;
        at.tally.moved_at = Some(moment.now);
        for _ in 0..PAGES {
            match sweep.step(&mut at, moment, &mut |swept| said.note(swept)).await? {
                SweepStep::More if (self.is_over)() => break,
                SweepStep::More => {}
                SweepStep::Done => {
                    let (_, counts) = report(self.world, at, moment).await?;
                    return Ok(Done::Acted(said.after(&counts)));
                }
                SweepStep::Denied(reason) => {
                    return Ok(Done::Acted(format!("the {kind}s cannot be listed: {reason}")));
                }
                SweepStep::GaveUp => {
                    let why = "SageMaker answered with empty pages only";
                    return Ok(Done::Acted(format!(
                        "the sweep through the {kind}s waits for the next tick: {why}"
                    )));
                }
            }
        }
        self.publish(tick.time, WatchScope::From(Token::of(&at).to_string())).await?;
        let pages = format!("{} of {kind}s, and the list goes on", counted(at.pages, "page"));
        Ok(Done::Acted(said.after(&pages)))
    }
}

fn kind(word: &str) -> Result<ResourceKind, Failure> {
    swept_kind(word).ok_or_else(|| Failure::Reject(format!("`{word}` is not a kind that sweeps cover")))
}

fn is_on_its_way(mark: &SweepRow, now: Timestamp) -> bool {
    mark.tally.moved_at.is_some_and(|at| now.millis() - at.millis() < ON_ITS_WAY_MS)
}

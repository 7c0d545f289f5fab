//! Divides the work of a tick of the clock into parts. Each part is a record of the function's own queue, so that it is retried alone and
//! makes a bounded number of requests, however many resources the account has.
//!
//! A tick lists names. If they fit into one part, it handles them itself. If not, it publishes the names in parts, and the place where the
//! list continues. A part is an event on the system's own bus, and a rule brings it back to the queue of the same function. If a record
//! comes twice, its question is asked twice, but the answer is published once.

use sagewarden_events::{Timestamp, WatchPart, WatchScope, Watched};

use crate::outcome::{Done, Failure};
use crate::ports::{Bus, Notice, PortError};

/// How many pages of a list one record reads.
const PAGES: usize = 10;

/// A page of names, and where the next one begins.
pub(crate) struct NamePage {
    pub(crate) names: Vec<String>,
    pub(crate) next: Option<String>,
}

/// The resources to ask about, and the function that asks.
pub(crate) enum Cut {
    /// Few enough for the function that listed them.
    Here(Vec<String>),
    /// Other records ask.
    HandedOn(Done),
}

/// How the names of a tick are cut into parts.
pub(crate) struct Parts {
    pub(crate) tick: Timestamp,
    pub(crate) watched: Watched,
    /// Names in a part.
    pub(crate) size: usize,
}

impl Parts {
    /// Lists the names, from the beginning or from where an earlier record stopped. Unless all of them fit into one part, hands them on
    /// part by part.
    ///
    /// # Errors
    /// When a list or the bus fails: the record comes again and hands on all of its parts once more, which does no harm.
    pub(crate) async fn cut(
        &self,
        bus: &impl Bus,
        from: Option<String>,
        page: impl AsyncFn(Option<String>) -> Result<NamePage, Failure>,
    ) -> Result<Cut, Failure> {
        let (is_begun, mut from) = (from.is_some(), from);
        let (mut waiting, mut handed) = (Vec::new(), 0_usize);
        for _ in 0..PAGES {
            let NamePage { names, next } = page(from.take()).await?;
            waiting.extend(names);
            from = next;
            if from.is_none() && handed == 0 && !is_begun && waiting.len() <= self.size {
                return Ok(Cut::Here(waiting));
            }
            while waiting.len() >= self.size {
                let rest = waiting.split_off(self.size);
                handed += self.hand_on(bus, std::mem::replace(&mut waiting, rest)).await?;
            }
            if from.is_none() {
                break;
            }
        }
        if !waiting.is_empty() {
            handed += self.hand_on(bus, waiting).await?;
        }
        // At the end: a function that hands parts on has finished its own names.
        let goes_on = if let Some(from) = from {
            self.publish(bus, WatchScope::From(from)).await?;
            ", and the list goes on"
        } else {
            ""
        };
        Ok(Cut::HandedOn(Done::Acted(format!("{handed} {} handed on{goes_on}", self.watched.word()))))
    }

    async fn hand_on(&self, bus: &impl Bus, names: Vec<String>) -> Result<usize, PortError> {
        let count = names.len();
        self.publish(bus, WatchScope::These(names)).await?;
        Ok(count)
    }

    async fn publish(&self, bus: &impl Bus, scope: WatchScope) -> Result<(), PortError> {
        hand_on_part(bus, self.tick, WatchPart { watched: self.watched, scope }).await
    }
}

/// Publishes a part of the work of a tick on the system's own bus.
pub(crate) async fn hand_on_part(bus: &impl Bus, tick: Timestamp, part: WatchPart) -> Result<(), PortError> {
    bus.publish(&Notice::new(WatchPart::DETAIL_TYPE, Vec::new(), part.detail(tick))).await
}

//! Which baseline the traffic of an open window is compared with, looked for at most once in ten minutes: an endpoint that is called
//! all the time has a captured file every minute, and finding its baseline takes several calls to SageMaker and the baseline whole.
//!
//! INVARIANT: what is remembered is used while a window is open, never when it is closed. The clock looks for the baseline anew, so
//! that what a window comes to in the end does not depend on the process or the order in which its files were delivered. A baseline
//! that is replaced meanwhile counts for the files that come within ten minutes as if they had come before.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use sagewarden_events::Timestamp;
use sagewarden_settings::DetectedEndpoint;
use serde_json::Value as Json;

use super::find_baseline::{BaselineSearch, FoundBaseline, find_baseline};
use crate::notify::Moment;
use crate::outcome::Failure;
use crate::window::Window;
use crate::world::World;

/// How long a baseline that was found counts.
const LIFETIME_MS: i64 = 600_000;
/// Bytes of baselines that are held; a larger one is read for each file.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The baselines that were found in the last ten minutes. For as long as a function lives.
#[derive(Debug, Default)]
pub struct KnownBaselines(RefCell<BTreeMap<String, Known>>);

#[derive(Debug)]
struct Known {
    at: Timestamp,
    found: Rc<FoundBaseline>,
}

impl Known {
    fn is_fresh(&self, now: Timestamp) -> bool {
        (0..LIFETIME_MS).contains(&(now.millis() - self.at.millis()))
    }
}

impl KnownBaselines {
    /// The baseline of the traffic of an open window, whose endpoint was described. That there is none is not remembered.
    ///
    /// # Errors
    /// As [`find_baseline`].
    pub(super) async fn find(
        &self,
        world: &impl World,
        window: &Window,
        described: &Json,
        said: &DetectedEndpoint,
        moment: &Moment,
    ) -> Result<BaselineSearch, Failure> {
        let now = moment.now;
        let key = key(window, described, said);
        if let Some(found) = self.get(&key, now) {
            return Ok(BaselineSearch::Found(found));
        }
        let search = find_baseline(world, window, described, said, moment).await?;
        if let BaselineSearch::Found(found) = &search {
            self.keep(key, found, now);
        }
        Ok(search)
    }

    fn get(&self, key: &str, now: Timestamp) -> Option<Rc<FoundBaseline>> {
        let known = self.0.borrow();
        known.get(key).filter(|known| known.is_fresh(now)).map(|known| Rc::clone(&known.found))
    }

    /// The oldest go where there is no room.
    fn keep(&self, key: String, found: &Rc<FoundBaseline>, now: Timestamp) {
        let mut known = self.0.borrow_mut();
        known.retain(|_, each| each.is_fresh(now));
        known.insert(key, Known { at: now, found: Rc::clone(found) });
        while known.values().map(|each| each.found.bytes).sum::<usize>() > MAX_BYTES {
            let oldest = known.iter().min_by_key(|(_, each)| each.at).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            known.remove(&oldest);
        }
    }
}

/// What a baseline is found by: the window, whose deployment served the traffic; the configuration that the endpoint has now; and the
/// settings.
fn key(window: &Window, described: &Json, said: &DetectedEndpoint) -> String {
    let config = described.get("EndpointConfigName").and_then(Json::as_str).unwrap_or_default();
    let named = said.baseline.as_deref().unwrap_or_default();
    format!("{}|{config}|{named}", window.open_row().partition())
}

#[cfg(test)]
mod tests {
    use sagewarden_monitor::{Baseline, Constraints};

    use super::super::baseline_place::BaselinePlace;
    use super::*;

    fn found(bytes: usize) -> Rc<FoundBaseline> {
        let constraints =
            Constraints::parse(br#"{"version":0.0,"features":[{"name":"a","inferred_type":"Integral"}]}"#)
                .unwrap();
        Rc::new(FoundBaseline {
            baseline: Baseline::new(None, constraints),
            place: BaselinePlace::in_folder("s3://b/f", "the settings").unwrap(),
            digest: String::new(),
            bytes,
        })
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn what_was_found_counts_for_ten_minutes() {
        let known = KnownBaselines::default();
        known.keep("a".into(), &found(1), at(1_000));
        let is_known = |key, seconds| known.get(key, at(seconds)).is_some();
        assert!(is_known("a", 1_000) && is_known("a", 1_599));
        assert!(!is_known("a", 1_600), "ten minutes are over");
        assert!(!is_known("a", 999), "a delivery of an earlier time");
        assert!(!is_known("b", 1_000), "another window");
    }

    #[test]
    fn the_oldest_go_where_there_is_no_room_and_what_is_too_large_is_not_held() {
        let known = KnownBaselines::default();
        known.keep("a".into(), &found(MAX_BYTES / 2), at(1));
        known.keep("b".into(), &found(MAX_BYTES / 2), at(2));
        known.keep("c".into(), &found(1), at(3));
        let held = |known: &KnownBaselines| known.0.borrow().keys().cloned().collect::<Vec<_>>();
        assert_eq!(held(&known), ["b", "c"]);
        known.keep("d".into(), &found(MAX_BYTES + 1), at(4));
        assert!(!held(&known).contains(&"d".to_owned()));
    }
}

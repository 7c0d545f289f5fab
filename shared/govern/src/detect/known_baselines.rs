//! The baseline for an open window, looked for at most once in ten minutes. A busy endpoint has a captured file every minute, and finding
//! its baseline takes several calls to SageMaker. For every file, the process checks whether the baseline's files have a new version. It
//! reads each version once.
//!
//! INVARIANT: the place of a baseline is remembered while a window is open, never when it is closed. The clock looks for the baseline anew.
//! So the final result of a window does not depend on the process or on the order in which its files were delivered.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use sagewarden_events::Timestamp;
use sagewarden_settings::DetectedEndpoint;
use serde_json::Value as Json;

use super::baseline_place::BaselinePlace;
use super::find_baseline::{BaselineSearch, find_baseline};
use super::read_baselines::ReadBaselines;
#[cfg(feature = "explaining")]
use crate::explain::known_models::KnownModels;
use crate::notify::Moment;
use crate::outcome::Failure;
use crate::window::Window;
use crate::world::World;

/// How long a baseline that was found is remembered.
const LIFETIME_MS: i64 = 600_000;
/// How many windows have a remembered baseline.
const MOST: usize = 1_000;

/// The baselines that were found in the last ten minutes, and the baselines that were read. It lives as long as the
/// process.
#[derive(Debug, Default)]
pub struct KnownBaselines {
    found: RefCell<BTreeMap<String, Known>>,
    /// The baselines that were read, in any place.
    pub(super) read: ReadBaselines,
    /// The model that was read last.
    #[cfg(feature = "explaining")]
    pub(super) models: KnownModels,
}

#[derive(Debug)]
struct Known {
    at: Timestamp,
    place: BaselinePlace,
}

impl Known {
    fn is_fresh(&self, now: Timestamp) -> bool {
        (0..LIFETIME_MS).contains(&(now.millis() - self.at.millis()))
    }
}

impl KnownBaselines {
    /// The baseline for the traffic of an open window. The caller has described the endpoint. If there is no
    /// baseline, that is not remembered.
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
        if let Some(place) = self.get(&key, now)
            && let Some(found) = self.read.read(world, place, moment).await?
        {
            return Ok(BaselineSearch::Found(Rc::new(found)));
        }
        let search = find_baseline(world, &self.read, window, described, said, moment).await?;
        if let BaselineSearch::Found(found) = &search {
            self.keep(key, &found.place, now);
        }
        Ok(search)
    }

    fn get(&self, key: &str, now: Timestamp) -> Option<BaselinePlace> {
        let known = self.found.borrow();
        known.get(key).filter(|known| known.is_fresh(now)).map(|known| known.place.clone())
    }

    /// If there is no room, the oldest are dropped.
    fn keep(&self, key: String, place: &BaselinePlace, now: Timestamp) {
        let mut known = self.found.borrow_mut();
        known.retain(|_, each| each.is_fresh(now));
        known.insert(key, Known { at: now, place: place.clone() });
        while known.len() > MOST {
            let oldest = known.iter().min_by_key(|(_, each)| each.at).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            known.remove(&oldest);
        }
    }
}

/// The facts that a baseline depends on: the window, whose deployment served the traffic; the present configuration of the endpoint; and
/// the settings.
fn key(window: &Window, described: &Json, said: &DetectedEndpoint) -> String {
    let config = described.get("EndpointConfigName").and_then(Json::as_str).unwrap_or_default();
    let named = said.baseline.as_deref().unwrap_or_default();
    format!("{}|{config}|{named}", window.open_row().partition())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> BaselinePlace {
        BaselinePlace::in_folder("s3://b/f", "the settings").unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn what_was_found_counts_for_ten_minutes() {
        let known = KnownBaselines::default();
        known.keep("a".into(), &found(), at(1_000));
        let is_known = |key, seconds| known.get(key, at(seconds)).is_some();
        assert!(is_known("a", 1_000) && is_known("a", 1_599));
        assert!(!is_known("a", 1_600), "ten minutes are over");
        assert!(!is_known("a", 999), "a delivery of an earlier time");
        assert!(!is_known("b", 1_000), "another window");
    }

    #[test]
    fn the_oldest_go_where_there_is_no_room() {
        let known = KnownBaselines::default();
        for number in 0..=i64::try_from(MOST).unwrap() {
            known.keep(number.to_string(), &found(), Timestamp::from_millis(number));
        }
        assert!(known.get("0", at(2)).is_none() && known.get("1", at(2)).is_some());
    }
}

//! Reads `constraints.json`.

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use thiserror::Error;

use super::check::check;
use super::schema::{Constraints, FeatureConstraints};
use crate::loose;

/// Constraints that cannot be read.
#[derive(Debug, Error)]
#[error("this is not a constraints.json of Model Monitor: {0}")]
pub struct UnreadableConstraints(#[from] serde_json::Error);

impl Constraints {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not valid JSON, a key has an invalid value, or it is another kind of file.
    pub fn parse(bytes: &[u8]) -> Result<Self, UnreadableConstraints> {
        let constraints: Self = loose::document(bytes)?;
        let has_none = |feature: &FeatureConstraints| {
            let FeatureConstraints { completeness, num_constraints, string_constraints, .. } = feature;
            completeness.is_none() && num_constraints.is_none() && string_constraints.is_none()
        };
        if constraints.features.iter().all(has_none) && is_statistics(bytes) {
            return Err(serde_json::Error::custom("it seems to be a statistics.json").into());
        }
        check(&constraints).map_err(serde_json::Error::custom)?;
        Ok(constraints)
    }
}

/// Whether a document has a key that only statistics have.
fn is_statistics(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Keys {
        dataset: Option<IgnoredAny>,
    }
    serde_json::from_slice(bytes).is_ok_and(|keys: Keys| keys.dataset.is_some())
}

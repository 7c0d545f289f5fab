//! Which groups of people `detect-drift` compares with everybody else, once it knows the labels of predictions.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::check::folder;

/// The settings about the bias of an endpoint's model. Without `facets`, nothing is measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WatchedBias {
    /// The groups: a name, and which requests belong to it, as `<column>=<value>,<value>` or `<column>><number>`. A column is a key of a
    /// JSON request, or a place in a row, from 0.
    pub facets: BTreeMap<String, String>,
    /// The labels that are favourable, such as `["0"]`.
    pub favourable: Vec<String>,
    /// The column whose values are the subgroups of conditional demographic disparity.
    pub subgroups: Option<String>,
    /// The folder with the `analysis.json` of a bias baseline.
    #[serde(deserialize_with = "folder")]
    pub baseline: Option<String>,
}

impl WatchedBias {
    /// The most groups of an endpoint, because each has some twenty metrics.
    pub const MOST_FACETS: usize = 10;

    fn contradiction(&self) -> Option<String> {
        let is_rule = |rule: &String| {
            let parts = rule.rsplit_once(['=', '>']);
            parts.is_some_and(|(column, values)| !column.trim().is_empty() && !values.trim().is_empty())
        };
        if let Some((name, rule)) = self.facets.iter().find(|(_, rule)| !is_rule(rule)) {
            return Some(format!(
                "`{rule}` of facet `{name}` is not a group: write COLUMN=VALUE or COLUMN>NUMBER"
            ));
        }
        if self.facets.len() > Self::MOST_FACETS {
            return Some(format!("there are more than {} facets", Self::MOST_FACETS));
        }
        (!self.facets.is_empty() && self.favourable.is_empty())
            .then(|| "`facets` need `favourable`: the labels that are good for people".to_owned())
    }
}

/// Reads it, and refuses what contradicts itself.
pub(crate) fn watched_bias<'de, D: Deserializer<'de>>(deserializer: D) -> Result<WatchedBias, D::Error> {
    let bias = WatchedBias::deserialize(deserializer)?;
    bias.contradiction().map_or(Ok(bias), |why| Err(D::Error::custom(why)))
}

//! The evidence for a verdict on the reasons of a model: how much each feature moved its answers, in a window and in
//! the baseline.

use serde::{Deserialize, Serialize};

/// The importances of a window, in its evaluation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, expecting = "a JSON object")]
pub struct AttributedRows {
    /// The artifact of the model that served the window, with its version.
    pub model: String,
    /// Rows that were explained: a sample, drawn evenly by a digest of file and row.
    pub rows: u64,
    /// Rows in the files that were read.
    pub of: u64,
    /// The rows among these that do not fit the model.
    pub unusable: u64,
    /// Where the importances of the baseline are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// How well the order of the features agrees with the baseline's (NDCG), the worst of all labels; 1 is the same
    /// order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// A score below it is a violation.
    pub threshold: f64,
    /// Whether somebody must fix something before the attribution can be judged: `unknown` of the evaluation says what.
    pub is_broken: bool,
    /// The features, the most important first. At most [`Self::MAX_FEATURES`].
    pub features: Vec<AttributedFeature>,
    /// How many were left out.
    pub omitted: usize,
    /// How the answers moved, where the baseline says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<MovedPredictions>,
}

/// A feature, then and now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, expecting = "a JSON object")]
pub struct AttributedFeature {
    /// Its name.
    pub name: String,
    /// The mean of its absolute SHAP values in the window, added up over all labels.
    pub importance: f64,
    /// The same in the baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
}

/// How far the mean answer of a model moved since the baseline, and which features moved it, in the model's margin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, expecting = "a JSON object")]
pub struct MovedPredictions {
    /// The sum of all features. For a model of several classes, the sum over the classes of how far each moved.
    pub by: f64,
    /// The features that moved it most, the first of all. At most [`Self::MAX_FEATURES`].
    pub features: Vec<MovedBy>,
    /// How many rows this was computed from.
    pub rows: u64,
}

/// How far one feature moved the mean answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, expecting = "a JSON object")]
pub struct MovedBy {
    /// Its name.
    pub name: String,
    /// How far.
    pub by: f64,
}

impl AttributedRows {
    /// The name in Model Monitor's key layout, in place of a schedule's name.
    pub const SCHEDULE: &str = "sagewarden-model-explainability";
    /// How many features are listed.
    pub const MAX_FEATURES: usize = 200;

    /// `the score is 0.8321 (at least 0.9); most important: a 0.52, b 0.3`
    #[must_use]
    pub fn in_words(&self) -> String {
        let score = match self.score {
            Some(score) => format!("the score is {score:.4} (at least {}); ", self.threshold),
            None => String::new(),
        };
        score + &self.most_important()
    }

    /// The same without the score, for a sentence that already gives it.
    #[must_use]
    pub fn most_important(&self) -> String {
        const NAMED: usize = 3;
        let named =
            self.features.iter().take(NAMED).map(|each| format!("{} {:.4}", each.name, each.importance));
        format!("most important: {}", named.collect::<Vec<_>>().join(", "))
    }
}

impl MovedPredictions {
    /// How many features are named.
    pub const MAX_FEATURES: usize = 3;

    /// `its answers moved by +0.4300 in the margin, mostly because of a (+0.3000), b (+0.2000), c (-0.0700)`
    #[must_use]
    pub fn in_words(&self) -> String {
        let features: Vec<String> =
            self.features.iter().map(|each| format!("{} ({:+.4})", each.name, each.by)).collect();
        format!(
            "its answers moved by {:+.4} in the margin, mostly because of {}",
            self.by,
            features.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn importances_and_moves_have_a_sentence_each() {
        let feature =
            |name: &str, importance| AttributedFeature { name: name.to_owned(), importance, before: None };
        let mut rows = AttributedRows {
            threshold: 0.9,
            features: vec![feature("a", 0.5), feature("b", 0.25), feature("c", 0.125), feature("d", 0.1)],
            ..AttributedRows::default()
        };
        assert_eq!(rows.in_words(), "most important: a 0.5000, b 0.2500, c 0.1250");
        rows.score = Some(0.832_14);
        assert!(rows.in_words().starts_with("the score is 0.8321 (at least 0.9); most important: a"));
        assert!(rows.most_important().starts_with("most important: a"));
        let by = |name: &str, by| MovedBy { name: name.to_owned(), by };
        let moved = MovedPredictions { by: 0.43, features: vec![by("a", 0.5), by("b", -0.07)], rows: 9 };
        assert_eq!(
            moved.in_words(),
            "its answers moved by +0.4300 in the margin, mostly because of a (+0.5000), b (-0.0700)"
        );
    }
}

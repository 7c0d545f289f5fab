//! Files that say how a model was: Clarify's analysis, or what `sagewarden explain` wrote.

use std::path::{Path, PathBuf};

use sagewarden_outcomes::clarify::Analysis;
use serde::Deserialize;
use serde_json::json;

use crate::error::CommandError;
use crate::input;

/// Names of the file in a folder, as Clarify gives them.
const NAMES: [&str; 2] = ["analysis.json", "constraints.json"];

/// The fields of `sagewarden explain --format json` that this command needs.
#[derive(Deserialize)]
struct Explanation {
    base_value: serde_json::Value,
    features: Vec<ExplainedFeature>,
}

#[derive(Deserialize)]
struct ExplainedFeature {
    name: String,
    mean_abs_shap: f64,
}

/// Reads a file, or the file of that name in a folder.
pub(super) fn read(path: &Path) -> Result<Analysis, CommandError> {
    let path = in_folder(path);
    parse(&input::read_any(&path)?, &path)
}

/// Reads the content of a file.
pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<Analysis, CommandError> {
    if let Ok(explanation) = serde_json::from_slice::<Explanation>(bytes) {
        return Ok(explanation.analysis());
    }
    Analysis::parse(bytes).map_err(|source| CommandError::Analysis { path: path.to_owned(), source })
}

fn in_folder(path: &Path) -> PathBuf {
    let files = NAMES.map(|name| path.join(name));
    let found = files.into_iter().find(|file| path.is_dir() && file.exists());
    found.unwrap_or_else(|| path.to_owned())
}

impl Explanation {
    /// The values in Clarify's form. The method has a name that Clarify does not use, so that nobody confuses the two.
    fn analysis(&self) -> Analysis {
        let values: serde_json::Map<String, serde_json::Value> =
            self.features.iter().map(|each| (each.name.clone(), json!(each.mean_abs_shap))).collect();
        let label = json!({ "global_shap_values": values, "expected_value": self.base_value });
        let mut explanations = serde_json::Map::new();
        explanations.insert("tree_shap".to_owned(), json!({ "label0": label }));
        Analysis { version: Some(json!("1.0")), explanations: Some(explanations), ..Analysis::default() }
    }
}

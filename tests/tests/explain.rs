//! XGBoost and LightGBM themselves, freshly trained, say what each feature added to each answer: `pred_contribs` and `pred_contrib` of all
//! objectives, formats and kinds of splits. The answers of older versions about their models are in `shared/explain/tests/models`.

#[path = "../../shared/explain/tests/compared/mod.rs"]
mod compared;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use compared::compare;
use sagewarden_tests::{Result, python};
use serde_json::Value;

/// Trains models by a script; the number of models of each format that were compared.
fn compared(name: &str, script: &str) -> Result<BTreeMap<String, usize>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Another version may have left other models.
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let output = python::training_script(script)?.arg(&folder).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout)?;
    assert!(said.get("version").is_some_and(Value::is_string), "{said}");
    compare(&folder)
}

#[test]
fn xgboost_itself_says_the_same_of_its_models() -> Result<()> {
    let formats = compared("xgboost", "explain.py")?;
    let count = |format: &str| formats.get(format).copied().unwrap_or_default();
    assert_eq!((count("json"), count("ubj")), (18, 16), "{formats:?}");
    assert!(["pickle0", "pickle2", "pickle5"].iter().all(|format| count(format) >= 4), "{formats:?}");
    Ok(())
}

#[test]
fn lightgbm_itself_says_the_same_of_its_models() -> Result<()> {
    let formats = compared("lightgbm", "explain_lightgbm.py")?;
    assert_eq!(
        formats,
        BTreeMap::from(
            [("txt", 26), ("pickle0", 1), ("pickle2", 1), ("pickle4", 1)]
                .map(|(format, count)| (format.to_owned(), count))
        )
    );
    Ok(())
}

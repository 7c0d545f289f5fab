//! XGBoost itself, freshly trained, says what each feature added to each answer: `pred_contribs` of all objectives, formats and kinds of
//! splits. The answers of older versions about their models are in `shared/explain/tests/models`.

#[path = "../../shared/explain/tests/compared/mod.rs"]
mod compared;

use std::fs;
use std::path::Path;

use compared::compare;
use sagewarden_tests::{Result, python};
use serde_json::Value;

#[test]
fn xgboost_itself_says_the_same_of_its_models() -> Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("xgboost");
    // Another version may have left other models.
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let output = python::training_script("explain.py")?.arg(&folder).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout)?;
    assert!(said.get("version").is_some_and(Value::is_string), "{said}");
    let formats = compare(&folder)?;
    let count = |format: &str| formats.get(format).copied().unwrap_or_default();
    assert_eq!((count("json"), count("ubj")), (18, 16), "{formats:?}");
    assert!(["pickle0", "pickle2", "pickle5"].iter().all(|format| count(format) >= 4), "{formats:?}");
    Ok(())
}

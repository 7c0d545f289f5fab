//! A place in S3 that the container reads and the control does not: hyperparameters are JSON, and the training toolkit decodes them.

use sagewarden_events::ResourceKind;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, training_job};
use serde_json::json;

/// The controls that a job with this hyperparameter fails.
fn broken(value: &str) -> Result<Vec<String>> {
    let settings = format!("{SETTINGS}\n[artifacts]\nallowed_buckets = [\"models\"]\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let mut request = training_job("t", &[]);
    request["HyperParameters"] = json!({ "sagemaker_submit_directory": value });
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    let sent = local.sent()?;
    let findings = sent.iter().flat_map(|notice| notice.detail["findings"].as_array().cloned()).flatten();
    Ok(findings.filter_map(|finding| finding["control"].as_str().map(str::to_owned)).collect())
}

#[test]
fn a_foreign_bucket_is_found_however_json_writes_it() -> Result<()> {
    assert_eq!(broken("\"s3://models/code.tar.gz\"")?, [""; 0]);
    for value in [
        r#""s3://evil/code.tar.gz""#,
        r#""s3:\/\/evil/code.tar.gz""#,
        r#""\u00733://evil/code.tar.gz""#,
        r#"{"code": "s3:\u002f\u002fevil/code.tar.gz"}"#,
    ] {
        let found = broken(value)?;
        assert!(found.contains(&"TRN-ART-01".to_owned()), "{value}: {found:?}");
    }
    Ok(())
}

//! The baseline of model quality that a model package names.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use super::*;

/// The endpoint serves a package with these metrics.
fn serving_package(metrics: &Value) -> Result<Local> {
    let settings = WATCHED.replace("baseline = \"s3://baselines/quality\"\n", "");
    let local = Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{settings}"))?)?;
    let mut package = json!({
        "ModelPackageGroupName": "credit",
        "InferenceSpecification": { "Containers": [{ "Image": "repository/image@sha256:4f8c3bd2" }] },
    });
    package.as_object_mut().unwrap().extend(metrics.as_object().unwrap().clone());
    let package = local.create(ResourceKind::ModelPackage, &package, 20)?;
    let mut served = model("m");
    served["PrimaryContainer"] = json!({ "ModelPackageName": package.arn() });
    local.serve_model("s3://captured/traffic", &served)?;
    put(&local, "baselines", "package/constraints.json", CONSTRAINTS, 150)?;
    local.settle()?;
    Ok(local)
}

#[test]
fn the_model_package_names_the_baseline_where_nobody_else_does() -> Result<()> {
    let quality = json!({ "ModelQuality": { "Constraints": { "ContentType": "application/json", "S3Uri": "s3://baselines/package/constraints.json" } } });
    for metrics in [json!({ "DriftCheckBaselines": quality }), json!({ "ModelMetrics": quality })] {
        let local = serving_package(&metrics)?;
        captured(&local, 0..100, BEGIN + 60)?;
        labelled(&local, "a", &labels(0..100, 50), HOUR, BEGIN + 600)?;
        local.settle()?;
        tick(&local, CLOSED)?;
        tick(&local, LAST)?;
        let report = report(&local)?;
        assert_eq!(report.baseline.as_deref(), Some("s3://baselines/package/constraints.json"));
        assert_eq!((report.violations.len(), sent(&local, DRIFT_ALERT)?.len()), (2, 1), "{metrics}");
    }
    Ok(())
}

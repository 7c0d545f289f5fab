//! Archives that `detect-drift` cannot read: the notice, and that everything else continues.

use futures::executor::block_on;
use sagewarden_events::{Event, decode};
use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_govern::{DRIFT_ALERT, KnownBaselines, Moment, route};
use sagewarden_local::{Call, Guard, Guarded};
use sagewarden_monitor::WindowReport;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at};
use serde_json::{Value, json};

use crate::{
    CLOSED, Causes, FOLDER, MADE, captured, ended, file, report, sent, stumps, tick_of, trained, unusual,
};

/// Somebody expects reasons, because the settings name a baseline for them.
const EXPECTED: &str = "[[drift.detect.endpoints]]\nendpoint = \"prod\"\nattribution = { baseline = \"s3://baselines/reasons\" }\n";

fn expecting(artifact: &[u8]) -> Result<Local> {
    let local = trained(&format!("{MADE}{EXPECTED}"), artifact)?;
    captured(&local, unusual)?;
    Ok(local)
}

/// The reason is published under the monitor's own name, with the place of the archive; the data is judged all the same.
fn check(local: &Local, unknown: Option<String>, causes: &Causes, expect: &str) -> Result<()> {
    let unknown = unknown.ok_or("no evaluation")?;
    let place = "the model `s3://models/out/t/output/model.tar.gz?versionId=";
    assert!(unknown.starts_with(place) && unknown.contains(expect), "{unknown}");
    assert_eq!(causes, &[(json!("attribution-unmeasured"), json!(unknown))]);
    assert_eq!(sent(local, DRIFT_ALERT, "DataQuality")?.len(), 1);
    assert!(report(local, FOLDER)?.window.complete, "the window is closed");
    Ok(())
}

#[test]
fn an_archive_that_is_too_large_or_none_is_published_where_reasons_are_expected() -> Result<()> {
    let large = vec![0_u8; 65 << 20];
    for (artifact, expect) in [
        (large.as_slice(), "is not explained: it has 65 MB, more than 64"),
        (b"weights", "not a model of XGBoost"),
    ] {
        let local = expecting(artifact)?;
        let (unknown, causes) = ended(&local)?;
        check(&local, unknown, &causes, expect)?;
        // The next window is judged, too, and the same reason is no second notice of this window.
        assert_eq!(ended(&local)?.1.len(), 1);
    }
    let local = trained(MADE, &large)?;
    captured(&local, unusual)?;
    assert_eq!(ended(&local)?, (None, Vec::new()), "nobody expects reasons of a model of any kind");
    Ok(())
}

/// No function may read the models.
struct NoModels;

impl Guard for NoModels {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if call.is_read() && call.about.starts_with("s3://models/") {
            return Err(PortError::new(
                PortErrorKind::Denied,
                format!("read `{}`", call.about),
                "AccessDenied",
            ));
        }
        Ok(())
    }
}

#[test]
fn an_archive_that_may_not_be_read_is_published_and_nothing_is_lost() -> Result<()> {
    let local = trained(MADE, &stumps())?;
    captured(&local, unusual)?;
    let objects = Guarded::new(local.system.account.clone(), NoModels);
    let world = local.system.world().with_objects(objects.clone(), objects);
    let clock: Value = serde_json::from_str(&tick_of(CLOSED))?;
    let moment = Moment { now: at(CLOSED), owner: "t".to_owned() };
    let closed: Vec<Event> = decode(&clock.to_string())?;
    let known = KnownBaselines::default();
    let outcome =
        block_on(route::detect_drift(&world, &known, &closed[0], &moment)).ok_or("it is not its own")?;
    assert!(outcome.is_ok(), "it is not asked for again and again: {outcome:?}");
    local.settle()?;
    let unknown = report(&local, FOLDER).ok().and_then(|report| report.unknown).ok_or("no evaluation")?;
    let expect = "read `s3://models/out/t/output/model.tar.gz`: denied";
    assert!(unknown.contains(expect), "{unknown}");
    let causes = sent(&local, sagewarden_govern::MONITORING_FAILED, "ModelExplainability")?;
    assert_eq!(causes.len(), 1);
    assert_eq!(
        (&causes[0]["cause"], &causes[0]["reason"]),
        (&json!("attribution-unmeasured"), &json!(unknown))
    );
    assert_eq!(sent(&local, DRIFT_ALERT, "DataQuality")?.len(), 1, "the data is judged all the same");
    let data =
        file(&local, "reports/AllTraffic/prod/sagewarden-data-quality/2026/03/03/10", WindowReport::FILE)?;
    assert!(data.is_some());
    Ok(())
}

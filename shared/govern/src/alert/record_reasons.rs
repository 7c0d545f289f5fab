//! The importances of a model's features in its training data, or in the baseline that the settings name, as facts of the lineage. The
//! importances of a window are facts of the window's own node.
//!
//! `detect-drift` explains a new model as soon as its job has ended. It may not write to the lineage, because it reads files of strangers.
//! So `alert-drift` records the file that `detect-drift` wrote.

use sagewarden_events::Resource;
use sagewarden_lineage::explanation::{Attribution, attributions};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::NodeRow;
use sagewarden_lineage::rows::node::EXPLANATION_VERSION;
use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_monitor::AttributedRows;
use sha2::{Digest as _, Sha256};

use super::evaluated::EvaluatedWindow;
use super::recording::incarnation_of;
use super::report::MAX_REPORT;
use crate::detect::baseline_place::explained_job;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Objects as _, PortError, Table};
use crate::record::deployment::{deployment_in, model_of};
use crate::record::explanation::{ReportVersion, keep};
use crate::record::store::store_record;
use crate::window::Window;
use crate::world::World;

/// The method, as `analysis.json` names it.
const METHOD: &str = "tree_shap";
/// All classes together.
const LABEL: &str = "all";

/// Records the importances that `detect-drift` computed when a job had ended, with that job: every model of its
/// artifact has them in its lineage.
///
/// # Errors
/// When a service does not answer.
pub(super) async fn record_training(
    world: &impl World,
    job: &NodeId,
    place: &S3Location,
    moment: &Moment,
) -> Outcome {
    let Some(body) = world.objects().read(&place.bucket, &place.key, MAX_REPORT).await? else {
        return Ok(Done::Nothing(format!("`{place}` is no longer there")));
    };
    let found = attributions(&body);
    let named = job.as_resource().zip(job.created_at()).filter(|_| !found.is_empty());
    let Some((resource, created_at)) = named else {
        return Ok(Done::Nothing(format!("`{place}` has no importances")));
    };
    // The job's own event may be late: the first function that sees the job records it.
    if incarnation_of(world, moment, &resource, created_at).await?.as_ref() != Some(job) {
        return Ok(Done::Nothing(format!("`{place}` belongs to a training job that no longer exists")));
    }
    let report = ReportVersion {
        place: place.clone(),
        version: hex(&Sha256::digest(&body)).chars().take(16).collect(),
        shown: String::new(),
        written_at: created_at,
    };
    let mut record = Record::default();
    keep(&mut record, job, &report, &found);
    store_record(world.table(), moment, record, Some(job)).await?;
    let Resource { name, .. } = &resource;
    Ok(Done::Acted(format!("recorded the importances of the model of training job {name}")))
}

/// Records the importances of a window's baseline, if that was not done when the baseline was made.
///
/// # Errors
/// When a service does not answer.
pub(super) async fn record_reasons(
    world: &impl World,
    record: &mut Record,
    evaluated: &EvaluatedWindow,
    moment: &Moment,
) -> Result<(), Failure> {
    let Some((reasons, baseline)) = evaluated.reasons().zip(evaluated.report.baseline.as_ref()) else {
        return Ok(());
    };
    let Some(place) = S3Location::parse(baseline) else { return Ok(()) };
    if let Some(job) = explained_job(world.evidence_bucket(), &place) {
        // The event of the file may be lost, or older than this version of Sagewarden.
        if !is_explained(world.table(), &job).await? {
            record_training(world, &job, &place, moment).await?;
        }
        return Ok(());
    }
    let Some(attribution) = attribution(reasons) else { return Ok(()) };
    let Some(model) = model_in(world.table(), &evaluated.window).await? else { return Ok(()) };
    let Some(written_at) = model.created_at() else { return Ok(()) };
    let version = evaluated.report.baseline_digest.clone().unwrap_or_default();
    let report = ReportVersion { place, version, shown: String::new(), written_at };
    keep(record, &model, &report, &[attribution]);
    Ok(())
}

async fn is_explained(table: &impl Table, job: &NodeId) -> Result<bool, PortError> {
    let node = table.get(&[NodeRow::key(job)]).await?.pop();
    Ok(node.is_some_and(|node| node.text(EXPLANATION_VERSION).is_some()))
}

/// The model that served a window, if the lineage knows it.
async fn model_in(table: &impl Table, window: &Window) -> Result<Option<NodeId>, PortError> {
    let Window { endpoint, variant, start, end } = window;
    match deployment_in(table, &NodeId::endpoint(endpoint), *start, *end).await? {
        Some(deployment) => model_of(table, &deployment, variant).await,
        None => Ok(None),
    }
}

/// The importances of the baseline; `None` if it has none.
fn attribution(reasons: &AttributedRows) -> Option<Attribution> {
    let before = reasons.features.iter().filter_map(|each| Some((each.name.clone(), each.before?)));
    let mut features: Vec<(String, f64)> = before.collect();
    features.sort_by(|(one, a), (other, b)| b.total_cmp(a).then(one.cmp(other)));
    (!features.is_empty()).then(|| Attribution {
        method: METHOD.to_owned(),
        label: LABEL.to_owned(),
        expected_value: None,
        omitted: reasons.omitted,
        features,
    })
}

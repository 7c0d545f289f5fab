//! Why a model decides as it does, as Clarify reports it: recorded with the job that wrote the report, or the node that names it.

use sagewarden_events::Timestamp;
use sagewarden_lineage::explanation::{Attribution, REPORT, attributions, top_features};
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::{DataReference, Observation};
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::ExplanationRow;
use sagewarden_lineage::rows::node::{EXPLANATION, EXPLANATION_VERSION, TOP_FEATURES};
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::table::{Attributes, Key, Write};
use serde_json::json;

use crate::outcome::Failure;
use crate::ports::{Objects, PortError, PortErrorKind};
use crate::record::data_versions::{LIST, READ, versioned};

/// Reports hold a few numbers for each feature: a larger file is not a report.
const MAX_REPORT: u64 = 2_000_000;
/// Objects at the place of a report: one, unless a key begins with its name.
const NEIGHBOURS: usize = 10;

/// The report that stands where a job wrote: in its output's folder, or beside its artifact.
pub(crate) async fn explain(
    s3: &impl Objects,
    record: &mut Record,
    seen: &Observation,
    output: &DataReference,
) -> Result<(), Failure> {
    let DataReference { location, as_of, since, single, .. } = output;
    let key = location.key.as_str();
    let folder = if *single {
        key.rsplit_once('/').map_or("", |(folder, _)| folder)
    } else {
        key.trim_end_matches('/')
    };
    let key = if folder.is_empty() { REPORT.to_owned() } else { format!("{folder}/{REPORT}") };
    let place = S3Location { bucket: location.bucket.clone(), key };
    record_explanation(s3, record, &seen.id, &place, *since, *as_of).await
}

/// Records the report that was in a place at a time, if there was one and it was written no earlier than `since`. If the place cannot be
/// listed or read, that is not a failure but a gap that names the missing permission.
pub(crate) async fn record_explanation(
    s3: &impl Objects,
    record: &mut Record,
    id: &NodeId,
    place: &S3Location,
    since: Option<Timestamp>,
    as_of: Timestamp,
) -> Result<(), Failure> {
    let S3Location { bucket, key } = place;
    let listed = s3.versions(bucket, key, as_of, NEIGHBOURS).await;
    let report = match listed {
        Ok(listing) => listing.objects.into_iter().find(|object| object.key == *key),
        Err(error) if error.is_transient() => return Err(error.into()),
        // The job's output at the same place has been listed before; one gap is enough.
        Err(_) if since.is_some() => None,
        Err(error) => {
            record.gap(id, EXPLANATION, unread(place, &error, LIST));
            None
        }
    };
    let from = since.map_or(i64::MIN, |time| time.millis() / 1000 * 1000);
    let Some(report) = report.filter(|report| report.modified_at.millis() >= from) else { return Ok(()) };
    let body = match s3.read_version(bucket, &report, MAX_REPORT).await {
        Ok(body) => body.unwrap_or_default(),
        Err(error) if error.is_transient() => return Err(error.into()),
        Err(error) => {
            record.gap(id, EXPLANATION, unread(place, &error, READ));
            return Ok(());
        }
    };
    let shown = report.version_id.as_ref().map(|id| format!("?versionId={id}")).unwrap_or_default();
    let (version, written_at) = (versioned(&report).version(), report.modified_at);
    let version = ReportVersion { place: place.clone(), version, shown, written_at };
    keep(record, id, &version, &attributions(&body));
    Ok(())
}

/// In words that are the same each time: the error's own may change.
fn unread(place: &S3Location, error: &PortError, permission: &str) -> String {
    let why = match error.kind() {
        PortErrorKind::Denied => format!("denied, {permission}"),
        // Nothing else makes it one.
        PortErrorKind::Invalid => format!("it has more than {MAX_REPORT} bytes"),
        kind => kind.word().to_owned(),
    };
    format!("the explanation `{place}` cannot be read: {why}")
}

/// Where the explanation stands whose top features a node names.
pub(crate) fn key(node: &Node) -> Option<Key> {
    ExplanationRow::key_of_newest(&node.id, node.text(EXPLANATION_VERSION)?)
}

/// One version of a report on why a model answers as it does.
pub(crate) struct ReportVersion {
    pub(crate) place: S3Location,
    /// The version of its object, else a digest of it.
    pub(crate) version: String,
    /// The part of the version that people see after the place.
    pub(crate) shown: String,
    /// The newest report counts.
    pub(crate) written_at: Timestamp,
}

/// Keeps a report with a node. Every version of a report is kept; the newest one's features stand on the node.
pub(crate) fn keep(record: &mut Record, id: &NodeId, report: &ReportVersion, attributions: &[Attribution]) {
    if attributions.is_empty() {
        return;
    }
    let ReportVersion { place, version, shown, written_at } = report;
    let said = json!({ "report": place.to_string(), "version": version, "attributions": attributions });
    let row = ExplanationRow { id: id.clone(), version: version.clone(), json: said.to_string() };
    record.writes.push(Write::Put(row.item()));
    let facts = Attributes::from([
        (TOP_FEATURES.into(), top_features(attributions).into()),
        (EXPLANATION.into(), format!("{place}{shown}").into()),
    ]);
    let newest = ExplanationRow::register_version(*written_at, version);
    record.register(id, EXPLANATION_VERSION, newest, facts);
}

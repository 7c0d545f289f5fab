//! Records the finding of a monitor, whether or not an alert is published.

use sagewarden_lineage::edge::{InEdge, OBSERVED_ON, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::node;
use sagewarden_lineage::table::{Attributes, Value};
use sagewarden_monitor::DriftSeverity;
use serde_json::json;

use super::cause::{rank, word};
use super::found::{Found, Observed};
use super::record_reasons::record_reasons;
use super::recording::incarnation_of;
use crate::counted::counted;
use crate::notify::Moment;
use crate::outcome::Failure;
use crate::record::monitoring::REPORT;
use crate::record::store::store_record;
use crate::world::World;

/// The baseline of a finding of Model Monitor: its schedule names it.
pub(super) const NOT_RECORDED: &str = "not recorded";

/// Records a finding, with `worst` as its severity if there are violations; returns its node.
pub(super) async fn record_found(
    world: &impl World,
    observed: &Observed<'_>,
    found: &Found,
    worst: Option<DriftSeverity>,
    moment: &Moment,
) -> Result<NodeId, Failure> {
    let id = observed.node();
    let mut facts = facts_of(observed);
    facts.insert(node::URI.into(), Value::Text(found.report.clone()));
    let number = |number: usize| Value::Number(i64::try_from(number).unwrap_or(i64::MAX));
    let mut newest = Attributes::from([
        (node::VIOLATIONS.into(), number(found.violations.len())),
        (node::FOUND.into(), Value::Text(found.in_words())),
    ]);
    let baseline = found.baseline.clone().unwrap_or_else(|| NOT_RECORDED.to_owned());
    newest.insert(node::BASELINE.into(), Value::Text(baseline));
    let mut record = Record::default();
    if let Observed::Window(evaluated) = observed {
        let rows = evaluated.report.rows;
        newest.insert(node::ROWS.into(), number(usize::try_from(rows).unwrap_or(usize::MAX)));
        if let Some(measured) = evaluated.measured_in_words(&found.named().collect::<Vec<_>>()) {
            newest.insert(node::MEASURED.into(), Value::Text(measured));
        }
        if evaluated.report.window.complete {
            record.grow(&id, node::VERDICTS, [closing_verdict(found)]);
        }
    }
    record.node(&id, &observed.name(), Some(observed.ended()), facts);
    if let Some(worst) = worst {
        // The worst severity so far: an alert about it was published, even if fewer violations are left now.
        let severity = Attributes::from([(node::SEVERITY.into(), Value::Text(word(worst).into()))]);
        record.register(&id, node::SEVERITY_VERSION, rank(worst).to_string(), severity);
    }
    // The last register of the node is written last: a reader takes a finding with this version as completely recorded.
    record.register(&id, node::FOUND_VERSION, found.version.clone(), newest);
    let mut detail = json!({ "violations": found.listed() });
    if let (Observed::Window(evaluated), Some(detail)) = (observed, detail.as_object_mut()) {
        let labelled = evaluated.labelled().map(|labelled| ("labelled".to_owned(), json!(labelled)));
        let reasons = evaluated.reasons().map(|reasons| ("attribution".to_owned(), json!(reasons)));
        detail.extend(labelled.into_iter().chain(reasons));
    }
    record.versioned_detail(&id, &found.version, &detail);
    let endpoint = NodeId::endpoint(observed.endpoint());
    record.observed(&id, OBSERVED_ON, &endpoint, observed.ended());
    let rank = worst.map_or(0, |worst| rank(worst) + 1);
    record.newest_result(
        &endpoint,
        observed.monitoring_type().unwrap_or_default(),
        observed.ended(),
        rank,
        &id,
    );
    if let Observed::Execution(execution) = observed
        && let Some(run) = incarnation_of(world, moment, &execution.job, execution.created_at).await?
    {
        record.edge(&id, &InEdge::new(Relation::Produced, REPORT, run));
    }
    if let Observed::Window(evaluated) = observed {
        record_reasons(world, &mut record, evaluated, moment).await?;
    }
    store_record(world.table(), moment, record, Some(&id)).await?;
    Ok(id)
}

/// The facts that do not depend on the result.
pub(super) fn facts_of(observed: &Observed<'_>) -> Attributes {
    let mut facts = Attributes::from([(node::SCHEDULE.into(), Value::Text(observed.schedule().to_owned()))]);
    if let Some(kind) = observed.monitoring_type() {
        facts.insert(node::MONITORING_TYPE.into(), Value::Text(kind.to_owned()));
    }
    match observed {
        Observed::Execution(execution) => {
            facts.insert(node::ARN.into(), Value::Text(execution.job.arn()));
        }
        Observed::Window(evaluated) => {
            let window = &evaluated.window;
            facts.insert(node::WINDOW_START.into(), Value::Text(window.start.to_string()));
            facts.insert(node::WINDOW_END.into(), Value::Text(window.end.to_string()));
        }
    }
    facts
}

/// The result of a window when it was closed. If a late file makes it close again, both results stay.
fn closing_verdict(found: &Found) -> String {
    format!("when it was closed: {} ({})", counted(found.violations.len(), "violation"), found.in_words())
}

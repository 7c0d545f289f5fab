//! The importances of a model's features, as facts of the model that served a window. What changes with each window is
//! a fact of the window's own node; here stand those of the baseline, which are the model's own.

use sagewarden_lineage::explanation::{Attribution, top_features};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::ExplanationRow;
use sagewarden_lineage::rows::node::{EXPLANATION, EXPLANATION_VERSION, TOP_FEATURES};
use sagewarden_lineage::table::{Attributes, Write};
use sagewarden_monitor::AttributedRows;
use serde_json::json;

use super::evaluated::EvaluatedWindow;
use crate::ports::{PortError, Table};
use crate::record::deployment::{deployment_in, model_of};
use crate::window::Window;

/// The method, as `analysis.json` names it.
const METHOD: &str = "tree_shap";
/// All classes together.
const LABEL: &str = "all";

/// Records the importances of the baseline with the model, if the lineage knows the model. They are the same in each
/// window, so that only the first one changes anything.
///
/// # Errors
/// When the table fails.
pub(super) async fn record_reasons(
    table: &impl Table,
    record: &mut Record,
    evaluated: &EvaluatedWindow,
) -> Result<(), PortError> {
    let Some((reasons, baseline)) = evaluated.reasons().zip(evaluated.report.baseline.as_ref()) else {
        return Ok(());
    };
    let Some(attribution) = attribution(reasons) else { return Ok(()) };
    let Window { endpoint, variant, start, end } = &evaluated.window;
    let deployment = deployment_in(table, &NodeId::endpoint(endpoint), *start, *end).await?;
    let Some(deployment) = deployment else { return Ok(()) };
    let Some(model) = model_of(table, &deployment, variant).await? else { return Ok(()) };
    let Some(created_at) = model.created_at() else { return Ok(()) };
    let version = evaluated.report.baseline_digest.clone().unwrap_or_default();
    let attributions = [attribution];
    let said = json!({ "report": baseline, "version": version, "attributions": attributions });
    let row = ExplanationRow { id: model.clone(), version: version.clone(), json: said.to_string() };
    record.writes.push(Write::Put(row.item()));
    let facts = Attributes::from([
        (TOP_FEATURES.into(), top_features(&attributions).into()),
        (EXPLANATION.into(), baseline.clone().into()),
    ]);
    let newest = ExplanationRow::register_version(created_at, &version);
    record.register(&model, EXPLANATION_VERSION, newest, facts);
    Ok(())
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

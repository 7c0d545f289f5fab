//! A job that Sagewarden stopped says why: its tags have the failed controls and the finding, and SageMaker's page of the job shows tags.

use sagewarden_events::ResourceKind;
use sagewarden_lineage::rows::{NoticeRow, VerdictRow};
use sagewarden_policy::Plan;

use crate::enforce::delivery::Delivery;
use crate::enforce::publish::finding_cause;
use crate::enforce::remediation::{FINDING_TAG, VIOLATION_TAG};
use crate::enforce::remedy::{controls_in_tag, stop_action};
use crate::notify::notice_id;
use crate::outcome::{Done, Outcome};
use crate::ports::{Remedies, Table};
use crate::world::World;

/// Sets two tags, unless they are set: the controls that the job fails, and the id of the finding. The delivery that stopped the job does
/// this, or a later one if that delivery died. A missing permission does not fail the record, because the job is stopped.
pub(crate) async fn explain(delivery: &Delivery<'_, impl World>, done: Done) -> Outcome {
    let Delivery { world, judged, .. } = *delivery;
    let kind = judged.resource.kind;
    // Executions of pipelines take no tags, and a notebook instance may be corrected.
    let takes_tags = !kind.is_mutable() && kind != ResourceKind::PipelineExecution;
    if judged.verdict.plan != Plan::Stop || !takes_tags {
        return Ok(done);
    }
    let Some(row) = delivery.verdict_row_anew().await? else { return Ok(done) };
    let controls = controls_in_tag(judged);
    let is_ours = row.text(VerdictRow::REMEDY) == Some(stop_action(kind).as_str());
    if !is_ours || row.text(VerdictRow::MARKED) == Some(controls.as_str()) {
        return Ok(done);
    }
    let finding = notice_id(&NoticeRow::key(&judged.resource, &finding_cause(delivery).await?));
    let tags = [(VIOLATION_TAG, controls.as_str()), (FINDING_TAG, finding.as_str())];
    match world.remedies().mark(&judged.resource, &tags).await {
        Ok(()) => {
            let marked = VerdictRow::write_marked(delivery.verdict_key(), judged.modified_at, &controls);
            world.table().write(&[marked]).await?;
            Ok(done)
        }
        Err(error) if error.is_transient() => Err(error.into()),
        Err(error) => Ok(Done::Acted(format!("{}; its tags do not say why: {error}", done.text()))),
    }
}

//! Publishes a suggestion to retrain, for a pipeline to react to. It is an event of its own, because alerts are for
//! people, and come more often than a model can be trained.

use sagewarden_lineage::id::NodeId;
use sagewarden_monitor::DriftSeverity;
use sagewarden_settings::Retraining;
use serde_json::json;

use super::behind::BehindOnce;
use super::cause::{Scope, period};
use super::chain_words::chain_in_words;
use super::found::{Found, Observed};
use crate::notify::{Kept, Moment, Receipt};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::Notice;
use crate::record::closure::current_deployment;
use crate::world::World;

/// The `detail-type` of the suggestion.
pub const RETRAINING_SUGGESTED: &str = "Sagewarden Retraining Suggested";

/// How many features or metrics the event names.
const MAX_DRIFTED: usize = 100;

/// Suggests retraining if the findings are bad enough and no suggestion was published in this period. Only check and
/// excess decide how bad they are: whether an event is published must not depend on facts that may arrive later.
///
/// # Errors
/// When a service does not answer, or another delivery is handling the same findings.
pub(super) async fn suggest_retraining(
    world: &impl World,
    observed: &Observed<'_>,
    found: &Found,
    worst: DriftSeverity,
    behind: &mut BehindOnce<'_>,
    moment: &Moment,
) -> Outcome {
    let settings = &world.settings().drift;
    if !is_bad_enough(worst, settings.suggest_retraining_from) {
        return Ok(Done::Nothing("the drift is not bad enough to suggest retraining".to_owned()));
    }
    let table = world.table();
    let endpoint = NodeId::endpoint(observed.endpoint());
    let (node, began) = (observed.node(), observed.began());
    let scope = Scope::of("retrain", &endpoint, &node, began, settings.retraining_cooldown_hours);
    let Some(receipt) = Receipt::claim(table, moment, &scope.cause).await? else {
        return Ok(Done::Nothing("retraining was suggested before".to_owned()));
    };
    let notice = match suggestion(world, observed, found, behind).await {
        Ok(notice) => notice,
        Err(failure) => {
            receipt.give_back(table).await?;
            return Err(failure);
        }
    };
    receipt.publish(table, world.bus(), Kept::ForReplays, &notice).await?;
    Ok(Done::Acted(format!("suggested to train {} again", observed.endpoint())))
}

async fn suggestion(
    world: &impl World,
    observed: &Observed<'_>,
    found: &Found,
    behind: &mut BehindOnce<'_>,
) -> Result<Notice, Failure> {
    let endpoint = observed.endpoint();
    let deployment = behind.deployment();
    let behind = behind.get(world.table()).await?;
    let current = current_deployment(world.table(), &NodeId::endpoint(endpoint)).await?;
    let mut drifted: Vec<String> = found.violations.iter().map(|each| each.subject()).collect();
    drifted.sort();
    drifted.dedup();
    drifted.truncate(MAX_DRIFTED);
    let cooldown = world.settings().drift.retraining_cooldown_hours;
    let until = period(observed.began(), cooldown).map(|(_, until)| until);
    let still_in_force = deployment.is_some() && current.as_ref() == deployment;
    let words = chain_in_words(&behind.chain);
    let detail = json!({
        "text": format!("train the model of endpoint {} again{words}", endpoint.name),
        "about": endpoint.arn(),
        "advice": format!("start the pipeline that trains it, with data that includes the drift that {} shows", found.report),
        "severity": behind.severity_of(&found.violations),
        "endpoint": { "name": endpoint.name, "arn": endpoint.arn() },
        "finding": observed.node().to_string(),
        "report": found.report,
        "drifted": drifted,
        "deployment": deployment.map(ToString::to_string),
        "still_in_force": still_in_force,
        "models": behind.chain.models,
        "training_jobs": behind.chain.training_jobs,
        "commits": behind.chain.commits,
        "data": behind.chain.data,
        "no_other_before": until,
    });
    Ok(Notice::new(RETRAINING_SUGGESTED, vec![endpoint.arn()], detail))
}

fn is_bad_enough(worst: DriftSeverity, from: Retraining) -> bool {
    match from {
        Retraining::Medium => true,
        Retraining::High => worst >= DriftSeverity::High,
        Retraining::Critical => worst >= DriftSeverity::Critical,
        Retraining::Never => false,
    }
}

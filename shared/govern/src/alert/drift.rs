//! A monitor found violations. The findings are recorded, and an alert is published about the new ones, with
//! everything behind the endpoint.

use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::{NodeRow, node};
use sagewarden_lineage::table::Item;
use serde_json::Value as Json;

use super::behind::{BehindOnce, earlier};
use super::cause::{Scope, SetClaim};
use super::commands::commands;
use super::drift_notice::{Before, drift_notice};
use super::found::{Found, Observed};
use super::record_found::record_found;
use super::recording::record_now;
use super::retraining::suggest_retraining;
use super::rewritten::{Rewriting, keep_both};
use super::since::Since;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Bus, PortError, Table};
use crate::record::deployment::deployment_in;
use crate::world::World;

/// Records the findings, publishes an alert about the new ones, and suggests retraining if they are bad enough.
///
/// # Errors
/// When a service does not answer, or another delivery is handling the same findings.
pub(super) async fn alert(
    world: &impl World,
    observed: &Observed<'_>,
    found: &Found,
    moment: &Moment,
) -> Outcome {
    let recorded = recorded(world.table(), &observed.node()).await?;
    let version = recorded.as_ref().and_then(|item| item.text(node::FOUND_VERSION));
    // An evaluation may be delivered again, and an execution may be reported by both its job and its report. Neither
    // changes anything.
    let is_recorded = version == Some(found.version.as_str());
    let why = recorded.as_ref().filter(|_| !is_recorded).and_then(|item| rewriting(item, observed, found));
    let kept = match why {
        None => None,
        // A finding against another baseline is published as well, and replaces nothing.
        Some(why @ Rewriting::Baseline { .. }) if !found.violations.is_empty() => {
            Some(keep_both(world, observed, found, why, moment).await?)
        }
        Some(why) => return keep_both(world, observed, found, why, moment).await,
    };
    let is_recorded = is_recorded || kept.is_some();
    let Some(worst) = found.severity() else {
        return nothing_found(world, observed, found, moment).await;
    };
    let deployment = deployment_of(world, observed, is_recorded, moment).await?;
    if !is_recorded {
        record_found(world, observed, found, Some(worst), moment).await?;
    }
    // The chain is read once, for the alert and for the suggestion. If neither is published, it is not read.
    let mut behind = BehindOnce::new(observed, deployment.as_ref());
    let quiet = world.settings().drift.quiet_hours_after_alert;
    let endpoint = NodeId::endpoint(observed.endpoint());
    let scope = Scope::of("drift", &endpoint, &observed.node(), observed.began(), quiet);
    let published = match SetClaim::of(world.table(), moment, &scope, &found.causes()).await? {
        None => Done::Nothing(format!("the alert for {} was sent before", observed.name())),
        Some(claim) if claim.fresh.is_empty() => {
            claim.settle(world.table()).await?;
            Done::Nothing(format!("an alert about what was found in {} was sent before", observed.name()))
        }
        Some(claim) => publish(world, observed, found, &mut behind, claim).await?,
    };
    let suggested = suggest_retraining(world, observed, found, worst, &mut behind, moment).await?;
    let done = published.and(suggested);
    Ok(match kept {
        Some(kept) => kept.and(done),
        None => done,
    })
}

/// Whether the table holds a finding for it.
///
/// # Errors
/// When the table fails.
pub(super) async fn is_recorded(world: &impl World, observed: &Observed<'_>) -> Result<bool, PortError> {
    let recorded = recorded(world.table(), &observed.node()).await?;
    Ok(recorded.is_some_and(|item| item.text(node::FOUND_VERSION).is_some()))
}

/// The finding that the table holds for it.
async fn recorded(table: &impl Table, node: &NodeId) -> Result<Option<Item>, PortError> {
    Ok(table.get(&[NodeRow::key(node)]).await?.pop())
}

/// Why the present finding does not replace the recorded one. A window grows while its files arrive, as long as it is
/// compared with the same baseline. A report is written once.
fn rewriting<'a>(recorded: &'a Item, observed: &Observed<'_>, found: &'a Found) -> Option<Rewriting<'a>> {
    recorded.text(node::FOUND_VERSION)?;
    match observed {
        Observed::Execution(_) => Some(Rewriting::Report),
        Observed::Window(_) => {
            let (before, now) = (recorded.text(node::BASELINE)?, found.baseline.as_deref()?);
            let has_violations = recorded.number(node::VIOLATIONS).is_some_and(|number| number > 0);
            (has_violations && before != now).then_some(Rewriting::Baseline { before, now })
        }
    }
}

/// The deployment whose traffic was judged: the one in force when the window began, or the first one that came into
/// force in it. If the window has a finding, the endpoint was recorded at that time.
async fn deployment_of(
    world: &impl World,
    observed: &Observed<'_>,
    is_recorded: bool,
    moment: &Moment,
) -> Result<Option<NodeId>, Failure> {
    if !is_recorded {
        record_now(world, observed.endpoint(), moment).await?;
    }
    let endpoint = NodeId::endpoint(observed.endpoint());
    Ok(deployment_in(world.table(), &endpoint, observed.began(), observed.ended()).await?)
}

/// A window without violations is not recorded, unless an earlier evaluation of it had violations, or its metrics are
/// a fact to keep.
async fn nothing_found(
    world: &impl World,
    observed: &Observed<'_>,
    found: &Found,
    moment: &Moment,
) -> Outcome {
    let name = observed.name();
    let key = NodeRow::key(&observed.node());
    if let Observed::Window(window) = observed
        && window.is_measured()
    {
        record_found(world, observed, found, None, moment).await?;
        return Ok(Done::Acted(format!("{name} is recorded: no violations")));
    }
    if matches!(observed, Observed::Window(_)) && !world.table().get(&[key]).await?.is_empty() {
        record_found(world, observed, found, None, moment).await?;
        return Ok(Done::Acted(format!("{name} no longer has violations")));
    }
    Ok(Done::Nothing(format!("{name} completed without violations")))
}

async fn publish(
    world: &impl World,
    observed: &Observed<'_>,
    found: &Found,
    behind: &mut BehindOnce<'_>,
    claim: SetClaim,
) -> Outcome {
    let table = world.table();
    let sent = async {
        let deployment = behind.deployment();
        let behind = behind.get(table).await?;
        let hours = world.settings().drift.quiet_hours_after_alert;
        let earlier = earlier(table, observed, hours).await?;
        let since = Since::of(table, observed).await?;
        let (commands, before) = (commands(world, observed), Before { earlier, since });
        let notice = drift_notice(observed, &commands, found, &claim, deployment, behind, &before);
        world.bus().publish(&claim.stamped(&notice)).await?;
        Ok::<_, Failure>(notice)
    };
    match sent.await {
        Ok(notice) => {
            claim.settle(table).await?;
            let text = notice.detail().get("text").and_then(Json::as_str).unwrap_or_default();
            Ok(Done::Acted(format!("alert sent: {text}")))
        }
        Err(failure) => {
            claim.give_back(table).await?;
            Err(failure)
        }
    }
}

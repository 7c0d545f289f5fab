//! A monitor found violations: they are recorded, and an alert leaves about those that are new, with everything behind the endpoint.

use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::{NodeRow, node};
use sagewarden_lineage::table::Item;
use serde_json::Value as Json;

use super::behind::{BehindOnce, earlier};
use super::cause::{Scope, SetClaim};
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

/// Records what was found, publishes an alert about what is new of it, and suggests to train again where it is bad enough.
///
/// # Errors
/// When a service does not answer, or another delivery is at the same.
pub(super) async fn alert(
    world: &impl World,
    observed: &Observed<'_>,
    found: &Found,
    moment: &Moment,
) -> Outcome {
    let recorded = recorded(world.table(), &observed.node()).await?;
    let version = recorded.as_ref().and_then(|item| item.text(node::FOUND_VERSION));
    // An evaluation that comes again, or an execution whose job and report both tell of it, changes nothing.
    let is_recorded = version == Some(found.version.as_str());
    let why = recorded.as_ref().filter(|_| !is_recorded).and_then(|item| rewriting(item, observed, found));
    let kept = match why {
        None => None,
        // What another baseline finds is alerted on all the same, and takes nothing's place.
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
    // What lies behind is found out once, for the alert and for the suggestion, and not at all where neither leaves.
    let mut behind = BehindOnce::new(observed.endpoint(), deployment.as_ref(), observed.began());
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

/// Whether the table holds anything that was found in it.
///
/// # Errors
/// When the table fails.
pub(super) async fn is_recorded(world: &impl World, observed: &Observed<'_>) -> Result<bool, PortError> {
    let recorded = recorded(world.table(), &observed.node()).await?;
    Ok(recorded.is_some_and(|item| item.text(node::FOUND_VERSION).is_some()))
}

/// What the table holds of it.
async fn recorded(table: &impl Table, node: &NodeId) -> Result<Option<Item>, PortError> {
    Ok(table.get(&[NodeRow::key(node)]).await?.pop())
}

/// Why what is found now does not take the place of what is recorded. A window grows while its files come, as long as it is compared with
/// the same baseline; a report is written once.
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

/// The deployment whose traffic was looked at: the one in force when the window began, or that came into force in it. The endpoint was
/// recorded as it was then where what was found on it is.
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

/// A window without violations leaves nothing, unless it had some when less of it was known.
async fn nothing_found(
    world: &impl World,
    observed: &Observed<'_>,
    found: &Found,
    moment: &Moment,
) -> Outcome {
    let name = observed.name();
    let key = NodeRow::key(&observed.node());
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
        let notice = drift_notice(observed, found, &claim, deployment, behind, &Before { earlier, since });
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

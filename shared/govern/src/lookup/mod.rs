//! A question about the lineage, and its answer. Every answer says whether it is complete, and if not, why.
//!
//! Each kind of question has a file of its own. They share the walks ([`follow`]), the periods in which deployments were in force
//! ([`periods`]), the way from an address to a node ([`address`]), and the reads that count against the limits ([`reading`]).

mod address;
mod arrived;
mod diff;
mod endpoint;
mod entity;
mod entries;
mod follow;
mod gap;
mod history;
mod impact;
mod lineage;
mod lists;
mod periods;
mod question;
mod reading;
mod revisions;
mod router;
mod scoped;
mod uses;
mod why;

use sagewarden_lineage::answer::{Answer, Reply, reproduction};

use crate::ports::Table;
use diff::diff;
pub use entity::entity;
use gap::gap;
use history::history;
use impact::impact;
use lineage::lineage;
use lists::list;
pub use lists::overview;
pub use periods::{DeploymentPeriod, deployment_periods};
pub use question::{Ask, CountBy, EntryState, NoAnswer, Question, Way, is_region};
use reading::Reading;
use sagewarden_lineage::scope::Scope;
use scoped::Scoped;
pub use uses::uses;
use why::why;

/// Answers a question of any kind. `is_over` says whether time is up: then the answer is cut, and says so.
///
/// # Errors
/// If the question names nothing, too much, or an entity that it does not apply to, or if the table fails.
pub async fn answer(
    table: &impl Table,
    question: &Question,
    is_over: &dyn Fn() -> bool,
) -> Result<Reply, NoAnswer> {
    let bounds = question.bounds()?;
    question.check()?;
    let reading = Reading::new(table, bounds.requests, is_over);
    Ok(match question.ask {
        Ask::Lineage => Reply::Lineage(Box::new(lineage(&reading, question, bounds).await?)),
        Ask::Impact => Reply::Impact(impact(&reading, question, bounds).await?),
        Ask::Diff => Reply::Difference(diff(&reading, question, bounds).await?),
        Ask::Reproduce => {
            let answer = lineage(&reading, question, bounds).await?;
            Reply::Reproduction(Box::new(reproduction(&answer)?))
        }
        Ask::History => Reply::History(history(&reading, question, bounds).await?),
        Ask::Why => Reply::Why(Box::new(why(&reading, question).await?)),
        Ask::Gap => Reply::Gap(gap(&reading, question).await?),
        _ => Reply::Listing(list(&reading, question).await?),
    })
}

/// Answers a question of any kind within a scope. An entity outside it is refused in the same words whether or not it is
/// recorded. The answer leaves out nodes outside the scope, and counts them.
///
/// # Errors
/// As [`answer`].
pub async fn answer_within(
    table: &impl Table,
    scope: &Scope,
    question: &Question,
    is_over: &dyn Fn() -> bool,
) -> Result<Reply, NoAnswer> {
    let scoped = Scoped::new(table, scope);
    let mut reply = answer(&scoped, question, is_over).await.map_err(|refused| match refused {
        NoAnswer::Unknown(entity) => NoAnswer::OutOfScope(entity),
        other => other,
    })?;
    reply.leave_out(scoped.outside());
    Ok(reply)
}

/// Answers everything upstream of an entity, without a limit of time.
///
/// # Errors
///
/// As [`answer`].
pub async fn lookup_lineage(table: &impl Table, question: &Question) -> Result<Answer, NoAnswer> {
    let bounds = question.bounds()?;
    question.check()?;
    lineage(&Reading::new(table, bounds.requests, &|| false), question, bounds).await
}

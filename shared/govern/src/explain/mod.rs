//! Why the deployed model answers as it does. Regulators ask for a model's reasons, and for a notice when they change.
//!
//! 1. A training job has ended, and a baseline was made of its data: the importances of the new model's features over
//!    a sample of that data are kept beside the baseline ([`training`]).
//! 2. A window of captured traffic is closed, or its data has drifted: the model that the lineage says was deployed
//!    explains a sample of the window's requests ([`window_reasons`]).
//! 3. When the window is closed, `detect-drift` compares both and writes an evaluation that leads to alerts
//!    ([`write::write`]).
//!
//! The result is a function of the model, the baseline and the set of the window's files.

mod baseline;
mod compare;
mod deployed;
pub(crate) mod known_models;
mod limits;
mod read_model;
mod sample;
mod smallest;
mod summary;
mod traffic;
pub(crate) mod training;
mod unexplained;
pub(crate) mod write;

use std::rc::Rc;

pub(crate) use self::compare::Reasons;
use self::compare::compare;
use self::deployed::deployed;
use self::known_models::KnownModels;
use self::sample::sample;
use self::summary::summary;
pub(crate) use self::traffic::ExplainedTraffic;
pub(crate) use self::unexplained::Unexplained;
use crate::notify::Moment;
use crate::outcome::Failure;
use crate::world::World;

/// The reasons of the model that served a window. If they cannot be known, the answer says why.
///
/// # Errors
/// When a service does not answer.
pub(crate) async fn window_reasons(
    world: &impl World,
    known: &KnownModels,
    traffic: &ExplainedTraffic<'_>,
    moment: &Moment,
) -> Result<Result<Reasons, Unexplained>, Failure> {
    match explain(world, known, traffic, moment).await {
        Ok(reasons) => Ok(Ok(reasons)),
        Err(unexplained) => unexplained.unless_failed().map(Err),
    }
}

async fn explain(
    world: &impl World,
    known: &KnownModels,
    traffic: &ExplainedTraffic<'_>,
    moment: &Moment,
) -> Result<Reasons, Unexplained> {
    let expected = |unexplained: Unexplained| unexplained.if_expected(&traffic.said.attribution);
    let served = deployed(world.table(), traffic.window).await.map_err(expected)?;
    let model = known.read(world, &served.artifact, moment).await.map_err(expected)?;
    let model = Rc::clone(&model);
    let sampled = sample(world, &model, traffic).await?;
    let now = summary(&model, &served.artifact.uri(), &sampled);
    let before = baseline::find(world, &traffic.said.attribution, &served).await?;
    Ok(compare(traffic, sampled, now, before))
}

//! Commands that an alert names. They work as they stand: if the function knows its stack, they ask that stack.

use super::found::Observed;
use crate::world::World;

/// Two commands: one shows the lineage at the end of the window, the other the history of the endpoint.
pub(super) fn commands(world: &impl World, observed: &Observed<'_>) -> [String; 2] {
    let endpoint = &observed.endpoint().name;
    let lineage = format!("lineage endpoint/{endpoint}@{}", observed.ended());
    [command(world, observed, &lineage), history(world, observed)]
}

/// The command that shows what happened to the endpoint.
pub(super) fn history(world: &impl World, observed: &Observed<'_>) -> String {
    command(world, observed, &format!("history endpoint/{}", observed.endpoint().name))
}

fn command(world: &impl World, observed: &Observed<'_>, question: &str) -> String {
    match world.stack() {
        Some(stack) => {
            format!("sagewarden {question} --stack {stack} --region {}", observed.endpoint().region)
        }
        None => format!("sagewarden {question}"),
    }
}

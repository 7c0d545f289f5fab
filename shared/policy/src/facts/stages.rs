//! The order of stages in the life of a version in the model registry. A description has only the present stage: the table knows the others.

use serde_json::Value as Json;

use super::context::Context;
use crate::join::{OperationAnswer, RECORDED_STAGES};

const FACT: &str = "skipsStage";
const PATH: &str = "ModelLifeCycle.Stage";

/// Whether a version is in a stage without having been in the one before.
pub(super) fn skips_stage(context: &Context<'_>) -> bool {
    let order = &context.settings.artifacts.stages;
    let reader = context.reader();
    let Some(stage) = reader.text(PATH).filter(|_| !order.is_empty()) else { return false };
    let place = |stage: &str| order.iter().position(|one| one == stage);
    let Some(now) = place(stage) else {
        reader.undecided(PATH, format!("(`{stage}`) is none of the stages in `artifacts.stages`"));
        return false;
    };
    if now == 0 {
        return false;
    }
    let recorded: Vec<&str> = match context.joined.get(RECORDED_STAGES) {
        Some(OperationAnswer::Documents(rows)) => {
            rows.iter().filter_map(|row| row.get("Stage").and_then(Json::as_str)).collect()
        }
        Some(OperationAnswer::Unreadable(reason)) => {
            reader.undecided(PATH, format!("(`{stage}`): {reason}"));
            return false;
        }
        None => {
            reader.for_the_account(PATH);
            return false;
        }
    };
    let furthest = before(&recorded, stage).iter().filter_map(|stage| place(stage)).max();
    match furthest {
        None => {
            reader.undecided(PATH, format!("(`{stage}`) is the first stage of it that was recorded"));
            false
        }
        Some(furthest) if furthest + 1 < now => {
            reader.offends(FACT, PATH, stage);
            context.unreadable.decides(FACT);
            true
        }
        Some(_) => false,
    }
}

/// The stages before the present one: its own record may be there already, once for each status.
fn before<'a, 'r>(recorded: &'a [&'r str], stage: &str) -> &'a [&'r str] {
    let end = recorded.iter().rposition(|one| *one != stage).map_or(0, |last| last + 1);
    recorded.get(..end).unwrap_or_default()
}

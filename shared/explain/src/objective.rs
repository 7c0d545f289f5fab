//! From the base score that a model was written with to the margin that it adds.

use crate::error::NoModel;

/// The margin of a base score, as each objective of XGBoost has it (`ProbToMargin` in `src/objective`).
pub(crate) fn margin(objective: &str, version: Option<(u32, u32)>, score: f32) -> Result<f64, NoModel> {
    // Before 1.0 the margin itself was written.
    let Some(version) = version else { return finite(f64::from(score), score) };
    let score_as_margin = match objective {
        "reg:logistic" | "binary:logistic" => logit(score),
        // Before version 1.3, it used the transformation of the other binary objectives.
        "binary:logitraw" if version < (1, 3) => logit(score),
        "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => {
            f64::from(score).ln()
        }
        "binary:logitraw"
        | "reg:squarederror"
        | "reg:linear"
        | "reg:squaredlogerror"
        | "reg:pseudohubererror"
        | "reg:absoluteerror"
        | "reg:quantileerror"
        | "binary:hinge"
        | "multi:softmax"
        | "multi:softprob"
        | "rank:pairwise"
        | "rank:ndcg"
        | "rank:map" => f64::from(score),
        other => return Err(NoModel::Objective(other.to_owned())),
    };
    finite(score_as_margin, score)
}

fn logit(score: f32) -> f64 {
    -(1.0 / f64::from(score) - 1.0).ln()
}

fn finite(margin: f64, score: f32) -> Result<f64, NoModel> {
    if margin.is_finite() { Ok(margin) } else { Err(NoModel::BaseScore(score.to_string())) }
}

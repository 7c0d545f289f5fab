//! The metrics of one facet, from counts. Inside is Clarify's disadvantaged group `d`, outside the advantaged one `a`.

use serde_json::{Map, json};

use super::counts::{Counts, Side, Split, Subgroup};
use super::flip_test::FlipTest;
use crate::clarify::BiasMetric;

/// A value, or the reason why there is none.
type Value = Result<f64, &'static str>;

const NO_SUBGROUPS: &str = "no column for the subgroups is named";
const TOO_MANY_SUBGROUPS: &str = "the column for the subgroups has more than 10000 values";
const NO_LABELS: &str = "there are no labels";

/// Metrics of the labels alone, in Clarify's order.
pub(super) fn pre_training(counts: &Counts, has_subgroups: bool) -> Vec<BiasMetric> {
    let (inside, outside) = (&counts.inside, &counts.outside);
    let both = sides(inside, outside);
    let shares = both.map(|()| shared_labels(inside.labels, outside.labels));
    let of_shares = |of: fn(&[(f64, f64)]) -> f64| -> Value {
        let shares = shares.as_ref().map_err(|why| *why)?;
        if shares.is_empty() { Err("the two groups have no label in common") } else { Ok(of(shares)) }
    };
    let disparity = if has_subgroups {
        both.and_then(|()| disparity(counts, |side| side.labels))
    } else {
        Err(NO_SUBGROUPS)
    };
    let imbalance = (outside.rows as f64 - inside.rows as f64) / (outside.rows + inside.rows) as f64;
    [
        ("CDDL", "Conditional Demographic Disparity in Labels (CDDL)", disparity),
        ("CI", "Class Imbalance (CI)", both.map(|()| imbalance)),
        (
            "DPL",
            "Difference in Positive Proportions in Labels (DPL)",
            both.map(|()| share(outside.labels) - share(inside.labels)),
        ),
        ("JS", "Jensen-Shannon Divergence (JS)", of_shares(jensen_shannon)),
        ("KL", "Kullback-Liebler Divergence (KL)", of_shares(kullback_leibler)),
        ("KS", "Kolmogorov-Smirnov Distance (KS)", of_shares(greatest)),
        ("LP", "L-p Norm (LP)", of_shares(norm)),
        ("TVD", "Total Variation Distance (TVD)", of_shares(total_variation)),
    ]
    .into_iter()
    .map(metric)
    .collect()
}

/// Metrics of the predictions, and of predictions beside labels, in Clarify's order.
pub(super) fn post_training(counts: &Counts, has_subgroups: bool, flips: &FlipTest) -> Vec<BiasMetric> {
    let (inside, outside) = (&counts.inside, &counts.outside);
    let both = sides(inside, outside).and_then(|()| {
        match inside.predictions.favourable + outside.predictions.favourable {
            0 => Err("no prediction is favourable"),
            _ => Ok(()),
        }
    });
    let labelled = both.and_then(|()| match (inside.labels.all(), outside.labels.all()) {
        (0, _) | (_, 0) => Err(NO_LABELS),
        _ => Ok(()),
    });
    let between = |of: fn(&Side) -> f64| difference(of(outside), of(inside));
    let against = |of: fn(&Side) -> f64| difference(of(inside), of(outside));
    let disparity = if has_subgroups {
        both.and_then(|()| disparity(counts, |side| side.predictions))
    } else {
        Err(NO_SUBGROUPS)
    };
    let impact = ratio(share(inside.predictions), share(outside.predictions));
    [
        ("AD", "Accuracy Difference (AD)", labelled.map(|()| between(accuracy))),
        ("CDDPL", "Conditional Demographic Disparity in Predicted Labels (CDDPL)", disparity),
        ("DAR", "Difference in Acceptance Rates (DAR)", labelled.map(|()| between(acceptance))),
        (
            "DCA",
            "Difference in Conditional Acceptance (DCA)",
            labelled.map(|()| between(conditional_acceptance)),
        ),
        (
            "DCR",
            "Difference in Conditional Rejection (DCR)",
            labelled.map(|()| against(conditional_rejection)),
        ),
        ("DI", "Disparate Impact (DI)", both.map(|()| impact)),
        (
            "DPPL",
            "Difference in Positive Proportions in Predicted Labels (DPPL)",
            both.map(|()| share(outside.predictions) - share(inside.predictions)),
        ),
        ("DRR", "Difference in Rejection Rates (DRR)", labelled.map(|()| against(rejection))),
        ("FT", "Flip Test (FT)", both.and_then(|()| flips.value())),
        ("GE", "Generalized Entropy (GE)", labelled.and_then(|()| generalized_entropy(inside, outside))),
        ("RD", "Recall Difference (RD)", labelled.map(|()| between(recall))),
        ("SD", "Specificity Difference (SD)", labelled.map(|()| against(specificity))),
        ("TE", "Treatment Equality (TE)", labelled.map(|()| against(treatment))),
    ]
    .into_iter()
    .map(metric)
    .collect()
}

fn metric((name, description, value): (&str, &str, Value)) -> BiasMetric {
    let mut other = Map::new();
    if let Err(why) = value {
        other.insert("error".to_owned(), json!(why));
    }
    BiasMetric { name: name.to_owned(), description: Some(description.to_owned()), value: value.ok(), other }
}

fn sides(inside: &Side, outside: &Side) -> Result<(), &'static str> {
    match (inside.rows, outside.rows) {
        (0, _) => Err("no row belongs to the group"),
        (_, 0) => Err("every row belongs to the group"),
        _ => Ok(()),
    }
}

/// 0 over 0 is 0, and anything else over 0 is infinite.
fn ratio(part: f64, whole: f64) -> f64 {
    match (part, whole) {
        (0.0, 0.0) => 0.0,
        (_, 0.0) => f64::INFINITY,
        _ => part / whole,
    }
}

fn of(part: u64, whole: u64) -> f64 {
    ratio(part as f64, whole as f64)
}

/// Two infinities are equally bad.
fn difference(one: f64, other: f64) -> f64 {
    if one == other { 0.0 } else { one - other }
}

fn share(split: Split) -> f64 {
    of(split.favourable, split.all())
}

fn accuracy(side: &Side) -> f64 {
    let right = side.true_positives + side.true_negatives;
    of(right, right + side.false_positives + side.false_negatives)
}

fn acceptance(side: &Side) -> f64 {
    of(side.true_positives, side.predictions.favourable)
}

fn rejection(side: &Side) -> f64 {
    of(side.true_negatives, side.predictions.other)
}

fn conditional_acceptance(side: &Side) -> f64 {
    of(side.labels.favourable, side.predictions.favourable)
}

fn conditional_rejection(side: &Side) -> f64 {
    of(side.labels.other, side.predictions.other)
}

fn recall(side: &Side) -> f64 {
    of(side.true_positives, side.true_positives + side.false_negatives)
}

fn specificity(side: &Side) -> f64 {
    of(side.true_negatives, side.true_negatives + side.false_positives)
}

fn treatment(side: &Side) -> f64 {
    of(side.false_negatives, side.false_positives)
}

/// The index with exponent 2 over all rows. A row's benefit is 1, 2 where it was accepted wrongly, 0 where it was rejected wrongly.
fn generalized_entropy(inside: &Side, outside: &Side) -> Value {
    let sum = |of: fn(&Side) -> u64| (of(inside) + of(outside)) as f64;
    let wrongly_accepted = sum(|side| side.false_positives);
    let wrongly_rejected = sum(|side| side.false_negatives);
    let right = sum(|side| side.true_positives + side.true_negatives);
    let rows = right + wrongly_accepted + wrongly_rejected;
    let mean = (right + 2.0 * wrongly_accepted) / rows;
    if mean == 0.0 {
        return Err("every prediction is a false negative");
    }
    let squares = (right + 4.0 * wrongly_accepted) / (mean * mean);
    Ok((squares - rows) / (rows * 2.0))
}

/// Disparity within each subgroup, weighed by its rows.
fn disparity(counts: &Counts, split: fn(&Side) -> Split) -> Value {
    if counts.has_too_many_subgroups {
        return Err(TOO_MANY_SUBGROUPS);
    }
    let (inside, outside) = (split(&counts.inside), split(&counts.outside));
    if inside.favourable + outside.favourable == 0 {
        return Err("no outcome is favourable");
    }
    if inside.other + outside.other == 0 {
        return Err("every outcome is favourable");
    }
    let of_one = |Subgroup { inside, outside }: &Subgroup| {
        let rows = (inside.rows + outside.rows) as f64;
        let (inside, outside) = (split(inside), split(outside));
        let rejected = of(inside.other, inside.other + outside.other);
        let accepted = of(inside.favourable, inside.favourable + outside.favourable);
        (rows * (rejected - accepted), rows)
    };
    let (sum, rows) =
        counts.subgroups().map(of_one).fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
    Ok(ratio(sum, rows))
}

/// The shares of the outcomes that both groups have: outside, then inside.
fn shared_labels(inside: Split, outside: Split) -> Vec<(f64, f64)> {
    let (all_inside, all_outside) = (inside.all(), outside.all());
    [(outside.other, inside.other), (outside.favourable, inside.favourable)]
        .into_iter()
        .filter(|(outside, inside)| *outside > 0 && *inside > 0)
        .map(|(outside, inside)| (of(outside, all_outside), of(inside, all_inside)))
        .collect()
}

fn kullback_leibler(shares: &[(f64, f64)]) -> f64 {
    shares.iter().map(|(outside, inside)| outside * (outside / inside).ln()).sum()
}

fn jensen_shannon(shares: &[(f64, f64)]) -> f64 {
    let to_middle = |of: fn(&(f64, f64)) -> f64| -> f64 {
        shares.iter().map(|pair| of(pair) * (of(pair) / f64::midpoint(pair.0, pair.1)).ln()).sum()
    };
    0.5 * (to_middle(|pair| pair.0) + to_middle(|pair| pair.1))
}

fn greatest(shares: &[(f64, f64)]) -> f64 {
    shares.iter().map(|(outside, inside)| (outside - inside).abs()).fold(0.0, f64::max)
}

fn norm(shares: &[(f64, f64)]) -> f64 {
    shares.iter().map(|(outside, inside)| (outside - inside).powi(2)).sum::<f64>().sqrt()
}

fn total_variation(shares: &[(f64, f64)]) -> f64 {
    0.5 * shares.iter().map(|(outside, inside)| (outside - inside).abs()).sum::<f64>()
}

//! What no file of constraints can mean. Each is told, since whoever edits such a file by hand would take silence for success.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::schema::{
    Constraints, DistributionOverrides, FeatureConstraints, MonitoringConfig, MonitoringOverrides,
};

const SHARE: RangeInclusive<f64> = 0.0..=1.0;
/// Pearson's statistic can be any number.
const DISTANCE: RangeInclusive<f64> = 0.0..=f64::MAX;

/// A number by its name, and what it can be.
type Number = (&'static str, Option<f64>, RangeInclusive<f64>);

/// The first thing that is wrong.
pub(super) fn check(constraints: &Constraints) -> Result<(), String> {
    if constraints.features.is_empty() {
        return Err("it has no `features`".to_owned());
    }
    let mut names = BTreeSet::new();
    for feature in &constraints.features {
        if !names.insert(feature.name.as_str()) {
            return Err(format!("there are two features that are called `{}`", feature.name));
        }
        numbers(&format!("feature `{}`", feature.name), of_feature(feature))?;
    }
    numbers("`monitoring_config`", of_all(&constraints.monitoring_config))
}

fn numbers(place: &str, numbers: impl IntoIterator<Item = Number>) -> Result<(), String> {
    for (name, number, range) in numbers {
        if let Some(number) = number.filter(|number| !range.contains(number)) {
            let wanted = if range == SHARE { "a number from 0 to 1" } else { "no negative number" };
            return Err(format!("{place}: `{name}` is {number} and has to be {wanted}"));
        }
    }
    Ok(())
}

fn of_feature(feature: &FeatureConstraints) -> Vec<Number> {
    let mut all = vec![("completeness", feature.completeness, SHARE)];
    for overrides in feature.overrides().into_iter().flatten() {
        let MonitoringOverrides { datatype_check_threshold, domain_content_threshold, .. } = overrides;
        all.extend(shares(*datatype_check_threshold, *domain_content_threshold));
        let distributions = overrides.distribution_constraints.iter();
        all.extend(distributions.flat_map(|own: &DistributionOverrides| {
            distances(own.comparison_threshold, own.categorical_comparison_threshold)
        }));
    }
    all
}

fn of_all(config: &MonitoringConfig) -> impl Iterator<Item = Number> {
    let all = &config.distribution_constraints;
    let distances = distances(Some(all.comparison_threshold), all.categorical_comparison_threshold);
    let shares = shares(Some(config.datatype_check_threshold), Some(config.domain_content_threshold));
    shares.into_iter().chain(distances)
}

fn shares(types: Option<f64>, domains: Option<f64>) -> [Number; 2] {
    [("datatype_check_threshold", types, SHARE), ("domain_content_threshold", domains, SHARE)]
}

fn distances(all: Option<f64>, categorical: Option<f64>) -> [Number; 2] {
    [("comparison_threshold", all, DISTANCE), ("categorical_comparison_threshold", categorical, DISTANCE)]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(features: Value, monitoring: Value, expect: &str) {
        let file = json!({ "features": features, "monitoring_config": monitoring }).to_string();
        let error = Constraints::parse(file.as_bytes()).err().map(|error| error.to_string());
        let expect =
            (!expect.is_empty()).then(|| format!("this is no constraints.json of Model Monitor: {expect}"));
        assert_eq!(error, expect);
    }

    #[test]
    fn what_no_constraint_can_mean_is_refused_by_its_name() {
        check(json!([{ "name": "a", "completeness": 0.5 }, { "name": "b" }]), json!({}), "");
        let distant = json!({ "distribution_constraints": { "comparison_threshold": 7.0 } });
        check(json!([{ "name": "a" }]), distant, "");
        check(json!([]), json!({}), "it has no `features`");
        check(
            json!([{ "name": "a" }, { "name": "a" }]),
            json!({}),
            "there are two features that are called `a`",
        );
        check(
            json!([{ "name": "a" }, { "name": "b", "completeness": 5 }]),
            json!({}),
            "feature `b`: `completeness` is 5 and has to be a number from 0 to 1",
        );
        let negative = json!({ "comparison_threshold": -1 });
        let told = "`comparison_threshold` is -1 and has to be no negative number";
        let config = json!({ "distribution_constraints": negative });
        check(json!([{ "name": "a" }]), config.clone(), &format!("`monitoring_config`: {told}"));
        for place in ["num_constraints", "string_constraints"] {
            let feature = json!([{ "name": "a", place: { "monitoring_config_overrides": config } }]);
            check(feature, json!({}), &format!("feature `a`: {told}"));
        }
        check(
            json!([{ "name": "a", "monitoringConfigOverrides": { "datatype_check_threshold": 1.5 } }]),
            json!({}),
            "feature `a`: `datatype_check_threshold` is 1.5 and has to be a number from 0 to 1",
        );
    }
}

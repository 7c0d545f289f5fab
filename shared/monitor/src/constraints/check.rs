//! Values that are impossible in a file of constraints. Each is reported: somebody who edits such a file by hand
//! would take silence for success.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::schema::{
    CategoricalMethod, Constraints, DistributionOverrides, FeatureConstraints, MonitoringConfig,
    MonitoringOverrides,
};

const SHARE: RangeInclusive<f64> = 0.0..=1.0;
/// Pearson's statistic can be any number; other distances are shares.
const STATISTIC: RangeInclusive<f64> = 0.0..=f64::MAX;

/// A number with its name, and the values that it may have.
type Number = (&'static str, Option<f64>, RangeInclusive<f64>);

/// The first fault.
pub(super) fn check(constraints: &Constraints) -> Result<(), String> {
    if constraints.features.is_empty() {
        return Err("it has no `features`".to_owned());
    }
    let mut names = BTreeSet::new();
    for feature in &constraints.features {
        if !names.insert(feature.name.as_str()) {
            return Err(format!("two features are called `{}`", feature.name));
        }
        let of_all = constraints.monitoring_config.distribution_constraints.categorical_drift_method;
        numbers(&format!("feature `{}`", feature.name), of_feature(feature, of_all))?;
    }
    numbers("`monitoring_config`", of_all(constraints))
}

fn numbers(place: &str, numbers: impl IntoIterator<Item = Number>) -> Result<(), String> {
    for (name, number, range) in numbers {
        if let Some(number) = number.filter(|number| !range.contains(number)) {
            let wanted = if range == SHARE { "a number from 0 to 1" } else { "no negative number" };
            return Err(format!("{place}: `{name}` is {number}, but must be {wanted}"));
        }
    }
    Ok(())
}

fn of_feature(feature: &FeatureConstraints, of_all: Option<CategoricalMethod>) -> Vec<Number> {
    let own = || feature.overrides().into_iter().flatten();
    let distributions = || own().filter_map(|own| own.distribution_constraints.as_ref());
    let method = distributions().find_map(|own| own.categorical_drift_method).or(of_all);
    let mut all = vec![("completeness", feature.completeness, SHARE)];
    for MonitoringOverrides { datatype_check_threshold, domain_content_threshold, .. } in own() {
        all.extend(shares(*datatype_check_threshold, *domain_content_threshold));
    }
    all.extend(distributions().flat_map(|own: &DistributionOverrides| {
        distances(own.comparison_threshold, own.categorical_comparison_threshold, method)
    }));
    all
}

/// The threshold of all columns may be a value of Pearson's statistic if any column asks for that test.
fn of_all(constraints: &Constraints) -> impl Iterator<Item = Number> {
    let config: &MonitoringConfig = &constraints.monitoring_config;
    let all = &config.distribution_constraints;
    let overrides = constraints.features.iter().flat_map(FeatureConstraints::overrides).flatten();
    let own = overrides.filter_map(|own| own.distribution_constraints.as_ref()?.categorical_drift_method);
    let mut methods = own.chain(all.categorical_drift_method);
    let is_tested = methods.any(|method| method == CategoricalMethod::ChiSquared);
    let method = is_tested.then_some(CategoricalMethod::ChiSquared);
    let distances = distances(Some(all.comparison_threshold), all.categorical_comparison_threshold, method);
    let shares = shares(Some(config.datatype_check_threshold), Some(config.domain_content_threshold));
    shares.into_iter().chain(distances)
}

fn shares(types: Option<f64>, domains: Option<f64>) -> [Number; 2] {
    [("datatype_check_threshold", types, SHARE), ("domain_content_threshold", domains, SHARE)]
}

fn distances(all: Option<f64>, categorical: Option<f64>, method: Option<CategoricalMethod>) -> [Number; 2] {
    let range = if method == Some(CategoricalMethod::ChiSquared) { STATISTIC } else { SHARE };
    [("comparison_threshold", all, range.clone()), ("categorical_comparison_threshold", categorical, range)]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(features: Value, monitoring: Value, expect: &str) {
        let file = json!({ "features": features, "monitoring_config": monitoring }).to_string();
        let error = Constraints::parse(file.as_bytes()).err().map(|error| error.to_string());
        let expect = (!expect.is_empty())
            .then(|| format!("this is not a constraints.json of Model Monitor: {expect}"));
        assert_eq!(error, expect);
    }

    #[test]
    fn what_no_constraint_can_mean_is_refused_by_its_name() {
        check(json!([{ "name": "a", "completeness": 0.5 }, { "name": "b" }]), json!({}), "");
        let distant = json!({ "distribution_constraints": { "comparison_threshold": 7.0 } });
        let told = "`comparison_threshold` is 7, but must be a number from 0 to 1";
        check(json!([{ "name": "a" }]), distant.clone(), &format!("`monitoring_config`: {told}"));
        let own = json!([{ "name": "a", "monitoring_config_overrides": distant }]);
        check(own.clone(), json!({}), &format!("feature `a`: {told}"));
        // A value of Pearson's statistic may be this large, for all columns or for one.
        let tested = json!({
            "distribution_constraints": { "comparison_threshold": 7.0, "categorical_drift_method": "ChiSquared" },
        });
        check(json!([{ "name": "a" }]), tested.clone(), "");
        check(json!([{ "name": "a", "monitoring_config_overrides": tested }]), distant.clone(), "");
        check(own, json!({ "distribution_constraints": { "categorical_drift_method": "ChiSquared" } }), "");
        check(json!([]), json!({}), "it has no `features`");
        check(json!([{ "name": "a" }, { "name": "a" }]), json!({}), "two features are called `a`");
        check(
            json!([{ "name": "a" }, { "name": "b", "completeness": 5 }]),
            json!({}),
            "feature `b`: `completeness` is 5, but must be a number from 0 to 1",
        );
        let negative = json!({ "comparison_threshold": -1 });
        let told = "`comparison_threshold` is -1, but must be a number from 0 to 1";
        let config = json!({ "distribution_constraints": negative });
        check(json!([{ "name": "a" }]), config.clone(), &format!("`monitoring_config`: {told}"));
        for place in ["num_constraints", "string_constraints"] {
            let feature = json!([{ "name": "a", place: { "monitoring_config_overrides": config } }]);
            check(feature, json!({}), &format!("feature `a`: {told}"));
        }
        check(
            json!([{ "name": "a", "monitoringConfigOverrides": { "datatype_check_threshold": 1.5 } }]),
            json!({}),
            "feature `a`: `datatype_check_threshold` is 1.5, but must be a number from 0 to 1",
        );
    }
}

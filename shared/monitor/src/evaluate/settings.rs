//! The settings of one column: the settings of all columns, with the column's own on top.

use crate::constraints::{
    CategoricalMethod, Comparison, FeatureConstraints, MonitoringConfig, MonitoringOverrides, Switch,
};
use crate::mode::Mode;

/// The threshold that Model Monitor writes into every baseline: it is nobody's choice.
const SUGGESTED: f64 = 0.1;
/// The largest distance that is not drift in exact mode, if no threshold was chosen. The part that chance explains is subtracted first. So
/// this threshold decides which differences matter, not which are certain: it is exceeded if more than one in a hundred rows moved. With
/// the container's threshold of 0.1, a column whose spread grows by a factor of 1.3 would count as unchanged, however many rows there are.
const EXACT: f64 = 0.01;

/// The settings of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ColumnSettings {
    /// Whether it is checked.
    pub(crate) evaluate: bool,
    /// Whether its metrics are published.
    pub(crate) emit: bool,
    /// The share of values that must be of its type.
    pub(crate) type_match: f64,
    /// The share of values that must be among its domains.
    pub(crate) domain_match: f64,
    /// Whether its distribution is compared.
    pub(crate) compare: bool,
    /// The largest distance of numbers that is not drift.
    pub(crate) threshold: f64,
    /// How numbers are compared.
    pub(crate) comparison: Comparison,
    /// The same for texts.
    pub(crate) categorical_threshold: f64,
    /// How texts are compared.
    pub(crate) categorical_method: CategoricalMethod,
}

impl ColumnSettings {
    /// Overrides may be in one of three places. If they contradict each other, the column's own override wins over the one for its kind. A
    /// threshold for texts wins over one for all columns, in whichever place it is.
    pub(crate) fn of(config: &MonitoringConfig, feature: &FeatureConstraints, mode: Mode) -> Self {
        let all = &config.distribution_constraints;
        let own = Overrides(feature.overrides());
        let distribution = || own.each(|overrides| overrides.distribution_constraints.as_ref());
        let on = |switch: Switch| switch == Switch::Enabled;
        let is_chosen = |threshold: &f64| mode == Mode::Compat || *threshold != SUGGESTED;
        let of_all = Some(all.comparison_threshold).filter(is_chosen).unwrap_or(EXACT);
        let threshold = distribution().find_map(|own| own.comparison_threshold).unwrap_or(of_all);
        let categorical_method = distribution()
            .find_map(|own| own.categorical_drift_method)
            .or(all.categorical_drift_method)
            .unwrap_or_default();
        // A test's threshold is its level of significance, which has another meaning.
        let is_chosen =
            |threshold: &f64| is_chosen(threshold) || categorical_method == CategoricalMethod::ChiSquared;
        Self {
            evaluate: on(own
                .first(|overrides| overrides.evaluate_constraints)
                .unwrap_or(config.evaluate_constraints)),
            emit: on(own.first(|overrides| overrides.emit_metrics).unwrap_or(config.emit_metrics)),
            type_match: own
                .first(|overrides| overrides.datatype_check_threshold)
                .unwrap_or(config.datatype_check_threshold),
            domain_match: own
                .first(|overrides| overrides.domain_content_threshold)
                .unwrap_or(config.domain_content_threshold),
            compare: on(distribution()
                .find_map(|own| own.perform_comparison)
                .unwrap_or(all.perform_comparison)),
            threshold,
            comparison: distribution().find_map(|own| own.comparison_method).unwrap_or(all.comparison_method),
            categorical_threshold: distribution()
                .find_map(|own| own.categorical_comparison_threshold)
                .or(all.categorical_comparison_threshold.filter(is_chosen))
                .unwrap_or(threshold),
            categorical_method,
        }
    }
}

/// The three places, the strongest first.
struct Overrides<'a>([Option<&'a MonitoringOverrides>; 3]);

impl<'a> Overrides<'a> {
    fn each<T>(&self, of: impl Fn(&'a MonitoringOverrides) -> Option<T>) -> impl Iterator<Item = T> {
        self.0.into_iter().flatten().filter_map(of)
    }

    fn first<T>(&self, of: impl Fn(&'a MonitoringOverrides) -> Option<T>) -> Option<T> {
        self.each(of).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraints::Constraints;

    #[test]
    fn the_threshold_that_nobody_has_chosen_is_another_one_in_exact_mode() {
        let thresholds = |feature: &str, all: &str, mode: Mode| {
            let text = format!(
                r#"{{"features":[{{"name":"f"{feature}}}],"monitoring_config":{{"distribution_constraints":{{{all}}}}}}}"#
            );
            let constraints = Constraints::parse(text.as_bytes()).unwrap();
            let settings = ColumnSettings::of(&constraints.monitoring_config, &constraints.features[0], mode);
            (settings.threshold, settings.categorical_threshold)
        };
        let own =
            r#","monitoring_config_overrides":{"distribution_constraints":{"comparison_threshold":0.1}}"#;
        let suggested = r#""comparison_threshold":0.1,"categorical_comparison_threshold":0.1"#;
        for (feature, all, exact) in [
            ("", "", (0.01, 0.01)),
            ("", suggested, (0.01, 0.01)),
            (own, suggested, (0.1, 0.1)),
            ("", r#""comparison_threshold":0.3"#, (0.3, 0.3)),
            ("", r#""categorical_comparison_threshold":0.2"#, (0.01, 0.2)),
            (
                "",
                r#""categorical_comparison_threshold":0.1,"categorical_drift_method":"ChiSquared""#,
                (0.01, 0.1),
            ),
        ] {
            assert_eq!(thresholds(feature, all, Mode::Exact), exact, "{feature} {all}");
        }
        assert_eq!(thresholds("", suggested, Mode::Compat), (0.1, 0.1));
    }

    fn check(feature: &str, monitoring: &str, expect: impl FnOnce(ColumnSettings)) {
        let text =
            format!(r#"{{"features":[{{"name":"f",{feature}}}],"monitoring_config":{{{monitoring}}}}}"#);
        let constraints = Constraints::parse(text.as_bytes()).unwrap();
        expect(ColumnSettings::of(&constraints.monitoring_config, &constraints.features[0], Mode::Compat));
    }

    #[test]
    fn overrides_are_read_in_both_spellings_and_in_three_places() {
        for key in ["monitoring_config_overrides", "monitoringConfigOverrides"] {
            let overrides = format!(
                r#""{key}":{{"evaluate_constraints":"Disabled","datatype_check_threshold":0.5,"distribution_constraints":{{"comparison_threshold":0.3,"comparison_method":"Simple","perform_comparison":"Disabled"}}}}"#
            );
            for place in [
                overrides.clone(),
                format!(r#""num_constraints":{{{overrides}}}"#),
                format!(r#""string_constraints":{{"domains":["a"],{overrides}}}"#),
            ] {
                check(&place, "", |settings| {
                    assert!(!settings.evaluate && !settings.compare && settings.emit);
                    assert_eq!((settings.type_match, settings.domain_match), (0.5, 1.0));
                    assert_eq!((settings.threshold, settings.categorical_threshold), (0.3, 0.3));
                    assert_eq!(settings.comparison, Comparison::Simple);
                });
            }
        }
    }

    #[test]
    fn both_spellings_of_the_comparison_are_read() {
        for (text, comparison) in [
            ("Simple", Comparison::Simple),
            ("linf_simple", Comparison::Simple),
            ("linf_robust", Comparison::Robust),
        ] {
            let monitoring = format!(r#""distribution_constraints":{{"comparison_method":"{text}"}}"#);
            check(r#""inferred_type":"Integral""#, &monitoring, |settings| {
                assert_eq!(settings.comparison, comparison)
            });
        }
    }

    #[test]
    fn what_a_column_says_wins_over_what_its_kind_says() {
        let feature = r#""monitoring_config_overrides":{"evaluate_constraints":"Enabled"},
            "num_constraints":{"monitoring_config_overrides":{"evaluate_constraints":"Disabled","emit_metrics":"Disabled"}}"#;
        check(feature, r#""evaluate_constraints":"Disabled""#, |settings| {
            assert!(settings.evaluate && !settings.emit);
        });
    }

    #[test]
    fn texts_have_the_threshold_of_numbers_unless_they_have_their_own() {
        let distribution = r#""distribution_constraints":{"comparison_threshold":0.2"#;
        check(r#""inferred_type":"String""#, &format!("{distribution}}}"), |settings| {
            assert_eq!((settings.threshold, settings.categorical_threshold), (0.2, 0.2));
            assert_eq!(settings.categorical_method, CategoricalMethod::LInfinity);
        });
        let own = r#","categorical_comparison_threshold":0.05,"categorical_drift_method":"ChiSquared"}"#;
        check(r#""inferred_type":"String""#, &format!("{distribution}{own}"), |settings| {
            assert_eq!((settings.threshold, settings.categorical_threshold), (0.2, 0.05));
            assert_eq!(settings.categorical_method, CategoricalMethod::ChiSquared);
        });
    }
}

//! The keys of `constraints.json`, and the container's suggestion for them.

use crate::java_json;
use crate::statistics::{FeatureStatistics, Statistics};
use sagewarden_measure::InferredType;
use serde::{Deserialize, Serialize};

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct Constraints {
    /// `0.0`
    #[serde(default)]
    pub version: f64,
    /// In the order of the columns.
    #[serde(default)]
    pub features: Vec<FeatureConstraints>,
    /// For all columns.
    #[serde(default)]
    pub monitoring_config: MonitoringConfig,
}

/// The constraints of a column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct FeatureConstraints {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(default)]
    pub inferred_type: InferredType,
    /// The share of rows that must have a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<f64>,
    /// For a column of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_constraints: Option<NumericConstraints>,
    /// For a column of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_constraints: Option<StringConstraints>,
    /// For this column alone. The developer guide spells it in one way, the Python SDK in another.
    #[serde(default, alias = "monitoringConfigOverrides", skip_serializing_if = "Option::is_none")]
    pub monitoring_config_overrides: Option<MonitoringOverrides>,
}

/// Constraints of a column of numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct NumericConstraints {
    /// Whether the baseline has no negative number. The container has no check for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_non_negative: Option<bool>,
    /// For this column alone.
    #[serde(default, alias = "monitoringConfigOverrides", skip_serializing_if = "Option::is_none")]
    pub monitoring_config_overrides: Option<MonitoringOverrides>,
}

/// Constraints of a column of texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct StringConstraints {
    /// The values of the baseline, if they are few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<String>>,
    /// For this column alone.
    #[serde(default, alias = "monitoringConfigOverrides", skip_serializing_if = "Option::is_none")]
    pub monitoring_config_overrides: Option<MonitoringOverrides>,
}

/// On or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Switch {
    /// On.
    #[default]
    Enabled,
    /// Off.
    Disabled,
}

/// How distributions of numbers are compared. The developer guide spells each of them in two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// The largest gap between the two distribution functions, minus the part that chance explains.
    #[default]
    #[serde(alias = "linf_robust")]
    Robust,
    /// The largest gap.
    #[serde(alias = "linf_simple")]
    Simple,
}

/// How distributions of texts are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CategoricalMethod {
    /// The largest difference between the shares of a text.
    #[default]
    LInfinity,
    /// Pearson's test.
    ChiSquared,
}

/// For all columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
#[serde(default)]
pub struct MonitoringConfig {
    /// Whether anything is checked.
    pub evaluate_constraints: Switch,
    /// Whether metrics are published.
    pub emit_metrics: Switch,
    /// The share of values that must be of the column's type.
    pub datatype_check_threshold: f64,
    /// The share of values that must be among the column's `domains`.
    pub domain_content_threshold: f64,
    /// Drift.
    pub distribution_constraints: DistributionConstraints,
}

impl Default for MonitoringConfig {
    /// The container's suggestion, which differs from its documentation.
    fn default() -> Self {
        Self {
            evaluate_constraints: Switch::Enabled,
            emit_metrics: Switch::Enabled,
            datatype_check_threshold: 1.0,
            domain_content_threshold: 1.0,
            distribution_constraints: DistributionConstraints::default(),
        }
    }
}

/// Drift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
#[serde(default)]
pub struct DistributionConstraints {
    /// Whether distributions are compared.
    pub perform_comparison: Switch,
    /// The largest distance that is not drift.
    pub comparison_threshold: f64,
    /// How numbers are compared.
    pub comparison_method: Comparison,
    /// The same for texts; `comparison_threshold` where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categorical_comparison_threshold: Option<f64>,
    /// How texts are compared; absent in files of 2021.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categorical_drift_method: Option<CategoricalMethod>,
}

impl Default for DistributionConstraints {
    fn default() -> Self {
        Self {
            perform_comparison: Switch::Enabled,
            comparison_threshold: 0.1,
            comparison_method: Comparison::Robust,
            categorical_comparison_threshold: None,
            categorical_drift_method: None,
        }
    }
}

/// The overrides of a column: the keys of [`MonitoringConfig`], each optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct MonitoringOverrides {
    /// Whether the column is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate_constraints: Option<Switch>,
    /// Whether its metrics are published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emit_metrics: Option<Switch>,
    /// The share of values that must be of the column's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datatype_check_threshold: Option<f64>,
    /// The share of values that must be among its `domains`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_content_threshold: Option<f64>,
    /// Drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution_constraints: Option<DistributionOverrides>,
}

/// Drift of a column: the keys of [`DistributionConstraints`], each optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct DistributionOverrides {
    /// Whether distributions are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perform_comparison: Option<Switch>,
    /// The largest distance that is not drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison_threshold: Option<f64>,
    /// How numbers are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison_method: Option<Comparison>,
    /// The same for texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categorical_comparison_threshold: Option<f64>,
    /// How texts are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categorical_drift_method: Option<CategoricalMethod>,
}

impl Constraints {
    /// The names of the columns.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.features.iter().map(|feature| feature.name.as_str()).collect()
    }

    /// The container's suggestion for a baseline with these statistics.
    #[must_use]
    pub fn suggest(statistics: &Statistics) -> Self {
        let distribution_constraints = DistributionConstraints {
            categorical_comparison_threshold: Some(0.1),
            categorical_drift_method: Some(CategoricalMethod::LInfinity),
            ..DistributionConstraints::default()
        };
        Self {
            version: 0.0,
            features: statistics.features.iter().map(FeatureConstraints::suggest).collect(),
            monitoring_config: MonitoringConfig { distribution_constraints, ..MonitoringConfig::default() },
        }
    }

    /// Gives a column a threshold of its own, and has it compared whatever the file said before; returns whether
    /// there is such a column.
    pub fn set_threshold(&mut self, feature: &str, threshold: f64) -> bool {
        let Some(feature) = self.features.iter_mut().find(|each| each.name == feature) else { return false };
        let own = feature.monitoring_config_overrides.get_or_insert_default();
        let own = own.distribution_constraints.get_or_insert_default();
        own.perform_comparison = None;
        own.comparison_threshold = Some(threshold);
        own.categorical_comparison_threshold = Some(threshold);
        true
    }

    /// The file, in the container's layout.
    #[must_use]
    pub fn to_java_json(&self) -> String {
        java_json::to_string(self)
    }
}

impl FeatureConstraints {
    /// The overrides of the column. They may stand in three places; the column's own come first, and win.
    pub(crate) fn overrides(&self) -> [Option<&MonitoringOverrides>; 3] {
        let texts = self.string_constraints.as_ref();
        let numbers = self.num_constraints.as_ref();
        [
            self.monitoring_config_overrides.as_ref(),
            texts.and_then(|texts| texts.monitoring_config_overrides.as_ref()),
            numbers.and_then(|numbers| numbers.monitoring_config_overrides.as_ref()),
        ]
    }

    fn suggest(statistics: &FeatureStatistics) -> Self {
        let numbers = statistics.numerical_statistics.as_ref();
        let texts = statistics.string_statistics.as_ref();
        let completeness = numbers.and_then(|numbers| numbers.completeness);
        let smallest = numbers.and_then(|numbers| numbers.min);
        let listed = texts.and_then(|texts| texts.distribution.as_ref());
        let values =
            listed.map(|listed| listed.categorical.buckets.iter().map(|bucket| bucket.value.clone()));
        Self {
            name: statistics.name.clone(),
            inferred_type: statistics.inferred_type,
            completeness: completeness.or_else(|| texts.and_then(|texts| texts.completeness)),
            num_constraints: smallest.map(|smallest| NumericConstraints {
                is_non_negative: Some(smallest >= 0.0),
                monitoring_config_overrides: None,
            }),
            string_constraints: values.map(|values| StringConstraints {
                domains: Some(values.collect()),
                monitoring_config_overrides: None,
            }),
            monitoring_config_overrides: None,
        }
    }
}

//! The content of the page.

/// The content of a page.
#[derive(Clone, Copy, Debug)]
pub struct ExplanationReport<'a> {
    /// The subject of the report, such as the name of the model's file.
    pub title: &'a str,
    /// The objective of the model's training, such as `binary:logistic`.
    pub objective: &'a str,
    /// How many trees it has.
    pub trees: usize,
    /// How many rows were explained.
    pub rows: u64,
    /// How many rows have dots in the picture.
    pub every: u64,
    /// The features, those that matter most first.
    pub features: &'a [ExplainedFeature],
    /// The answers of the model: one, or one for each class or target.
    pub outputs: &'a [ExplainedOutput],
}

/// How much a feature matters.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedFeature {
    /// Its name.
    pub name: String,
    /// The mean of its absolute SHAP values, added up over the outputs.
    pub mean_abs_shap: f64,
    /// Its values in the rows that are drawn; NaN where one is missing.
    pub values: Vec<f32>,
}

/// The contributions of the features to one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedOutput {
    /// The base value: the prediction for a row with no known feature.
    pub base_value: f64,
    /// For each feature, in the order of the report, its contributions to the rows that are drawn.
    pub contributions: Vec<Vec<f32>>,
}

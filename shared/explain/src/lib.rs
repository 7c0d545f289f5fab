//! Explains predictions: reads models of XGBoost and LightGBM from the files that a training job leaves ([`Model::read`]), and what each feature
//! added to each answer ([`Model::explain`]). Pure: bytes come in, numbers go out.
//!
//! The numbers are path-dependent SHAP values (Lundberg and others, "From local explanations to global understanding with explainable AI
//! for trees", 2020): what XGBoost's `pred_contribs` and LightGBM's `pred_contrib` give, in the margin of the model.

mod archive;
mod error;
mod format;
mod limits;
mod model;
mod objective;
mod raw;
mod rows;
mod shap;
mod tree;

pub use error::{ModelError, NoModel, TreeFault};
pub use limits::{
    MAX_CONTRIBUTIONS, MAX_DEPTH, MAX_FEATURES, MAX_MODEL, MAX_NODES, MAX_OUTPUTS, MAX_PATH, MAX_TREES,
    MAX_UNPACKED,
};
pub use model::Model;
pub use rows::{NoValue, RowBlock};
pub use shap::{Contributions, Importance};

/// Reads an input that may be a model in any form: for fuzzing, which has no files.
#[doc(hidden)]
pub fn parse(bytes: &[u8]) -> Result<Model, NoModel> {
    format::model(bytes)
}

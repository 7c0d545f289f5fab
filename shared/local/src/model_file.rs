//! A model as the built-in XGBoost algorithm leaves it: `model.tar.gz` with the member `xgboost-model`. Its trees have one split each,
//! which is enough for a story and for tests.

use std::io;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// The name of the member.
const MEMBER: &str = "xgboost-model";
/// No node, and no parent.
const NONE: i64 = 2_147_483_647;

/// A tree with one split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stump {
    /// The feature, by its place.
    pub feature: usize,
    /// Values below it go left. A missing value goes left, too.
    pub threshold: f64,
    /// The amounts that the left and the right leaf add to the answer.
    pub leaves: [f64; 2],
    /// How many training rows went there.
    pub rows: [u32; 2],
}

/// The archive of a model of two classes with these trees.
///
/// # Errors
/// When memory ends.
pub fn model_archive(features: usize, stumps: &[Stump]) -> io::Result<Vec<u8>> {
    let model = model(features, stumps).to_string();
    let mut header = tar::Header::new_gnu();
    header.set_size(model.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    archive.append_data(&mut header, MEMBER, model.as_bytes())?;
    archive.into_inner()?.finish()
}

/// `Booster.save_model` of XGBoost 1.7 in JSON.
fn model(features: usize, stumps: &[Stump]) -> Value {
    let trees: Vec<Value> = stumps.iter().zip(0..).map(|(stump, id)| tree(features, stump, id)).collect();
    json!({
        "learner": {
            "attributes": {},
            "feature_names": [],
            "feature_types": [],
            "gradient_booster": {
                "model": {
                    "gbtree_model_param": {
                        "num_parallel_tree": "1", "num_trees": stumps.len().to_string(), "size_leaf_vector": "0",
                    },
                    "tree_info": vec![0; stumps.len()],
                    "trees": trees,
                },
                "name": "gbtree",
            },
            "learner_model_param": {
                "base_score": "5E-1", "boost_from_average": "1", "num_class": "0",
                "num_feature": features.to_string(), "num_target": "1",
            },
            "objective": { "name": "binary:logistic", "reg_loss_param": { "scale_pos_weight": "1" } },
        },
        "version": [1, 7, 6],
    })
}

fn tree(features: usize, stump: &Stump, id: u32) -> Value {
    let Stump { feature, threshold, leaves: [left, right], rows: [lefts, rights] } = *stump;
    json!({
        "base_weights": [0.0, left, right],
        "categories": [], "categories_nodes": [], "categories_segments": [], "categories_sizes": [],
        "default_left": [1, 0, 0],
        "id": id,
        "left_children": [1, -1, -1],
        "loss_changes": [1.0, 0.0, 0.0],
        "parents": [NONE, 0, 0],
        "right_children": [2, -1, -1],
        "split_conditions": [threshold, left, right],
        "split_indices": [feature, 0, 0],
        "split_type": [0, 0, 0],
        "sum_hessian": [f64::from(lefts) + f64::from(rights), f64::from(lefts), f64::from(rights)],
        "tree_param": {
            "num_deleted": "0", "num_feature": features.to_string(), "num_nodes": "3", "size_leaf_vector": "0",
        },
    })
}

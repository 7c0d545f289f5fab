//! Models that versions of LightGBM wrote, with what that version itself said of them (`tests/python/explain_lightgbm.py`), and texts that
//! begin like one and are none.
#![expect(clippy::panic, reason = "a test ends where something is missing")]

mod compared;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use compared::{Result, compare};
use flate2::Compression;
use flate2::write::GzEncoder;
use sagewarden_explain::{Model, ModelError};

fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(format!("lightgbm-{version}"))
}

#[test]
fn models_of_lightgbm_are_explained_as_it_explains_them() -> Result<()> {
    for (version, expect) in [("2.2.3", 25), ("3.3.5", 26), ("4.7.0", 26)] {
        let found = compare(&folder(version))?;
        let one = |format: &str, count| (format.to_owned(), count);
        let expect = [one("txt", expect), one("pickle0", 1), one("pickle2", 1), one("pickle4", 1)];
        assert_eq!(found, BTreeMap::from(expect), "{version}");
    }
    Ok(())
}

#[test]
fn the_names_are_those_that_lightgbm_was_told() -> Result<()> {
    let read = |name: &str| Model::read(File::open(folder("4.7.0").join(name))?, None).map_err(Into::into);
    let named: Result<Model> = read("named.txt");
    let expect: Vec<String> = (0..6).map(|place| format!("column_{place}")).collect();
    assert_eq!(named?.names(), expect.as_slice());
    let unnamed: Result<Model> = read("binary.txt");
    let unnamed = unnamed?;
    assert_eq!((unnamed.names(), unnamed.objective(), unnamed.features()), (&[][..], "binary", 6));
    Ok(())
}

#[test]
fn a_model_in_an_archive_is_found_by_how_it_begins() -> Result<()> {
    let model = fs::read(folder("4.7.0").join("binary.txt"))?;
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, content) in [("code/inference.py", b"import lightgbm".as_slice()), ("model.txt", &model)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_cksum();
        archive.append_data(&mut header, name, content)?;
    }
    let archive = archive.into_inner()?.finish()?;
    assert_eq!(Model::read(archive.as_slice(), None)?.trees(), 3);
    Ok(())
}

/// One tree with two splits, the second by categories.
const MODEL: &str = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n\
    objective=regression\nfeature_names=a b\nfeature_infos=[0:1] 0:1\ntree_sizes=400\n\n\
    Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nsplit_gain=1 1\nthreshold=0.5 0\ndecision_type=2 1\nleft_child=1 -1\n\
    right_child=-2 -3\nleaf_value=1 2 3\nleaf_weight=1 1 1\nleaf_count=5 6 7\ninternal_value=0 0\ninternal_weight=1 1\n\
    internal_count=18 12\ncat_boundaries=0 1\ncat_threshold=5\nis_linear=0\nshrinkage=1\n\n\nend of trees\n";

fn refusal(text: &[u8]) -> ModelError {
    match Model::read(text, None) {
        Ok(_) => panic!("it is read: {}", String::from_utf8_lossy(text)),
        Err(error) => error,
    }
}

#[test]
fn a_small_model_is_read_with_lines_of_either_kind() -> Result<()> {
    let model = Model::read(MODEL.as_bytes(), None)?;
    assert_eq!((model.features(), model.trees(), model.leaves(), model.objective()), (2, 1, 3, "regression"));
    assert_eq!(model, Model::read(MODEL.replace('\n', "\r\n").as_bytes(), None)?);
    Ok(())
}

#[test]
fn texts_that_are_no_models_are_refused_with_the_line() {
    let with = |from: &str, to: &str| {
        assert!(MODEL.contains(from), "{from}");
        let error = refusal(MODEL.replacen(from, to, 1).as_bytes());
        assert!(error.is_of_damaged_model(), "{error}");
        error.to_string()
    };
    let many = format!("num_leaves={}\n", 1_000_000);
    for (from, to, expect) in [
        ("max_feature_idx=1\n", "", "line 1: the part that begins here has no `max_feature_idx`"),
        ("max_feature_idx=1", "max_feature_idx=-1", "line 6: `-1` is not a `max_feature_idx`"),
        (
            "max_feature_idx=1",
            "max_feature_idx=99999",
            "it has 100000 features, more than the limit of 16384",
        ),
        ("max_feature_idx=1", "max_feature_idx=0", "it has 2 feature_names; expected: 1"),
        ("iteration=1\n", "iteration=5000\n", "it has 5000 classes or targets, more than the limit of 1000"),
        ("label_index=0", "num_class=2", "line 5: `num_class` is there twice"),
        (
            "tree_sizes=400",
            "tree_sizes=",
            "line 12: `tree_sizes` says that there are 0 trees, but here is one more",
        ),
        (
            "tree_sizes=400",
            "tree_sizes=4 4",
            "line 33: `tree_sizes` says that there are 2 trees, but there are 1",
        ),
        ("end of trees\n", "", "line 33: the file ends without `end of trees`: it is cut off"),
        ("threshold=0.5 0", "threshold=0.5", "line 17: `threshold` has 1 values; expected: 2"),
        ("threshold=0.5 0", "threshold=0.5 x", "line 17: `x` is not a value of `threshold`"),
        (
            "threshold=0.5 0",
            "threshold=nan 0",
            "tree 0: node 0: its threshold is not a number that can be computed with",
        ),
        (
            "leaf_value=1 2 3",
            "leaf_value=1 inf 3",
            "tree 0: node 3: its value is not a number that can be computed with",
        ),
        ("leaf_count=5 6 7\n", "", "line 12: the part that begins here has no `leaf_count`"),
        (
            "left_child=1 -1",
            "left_child=0 -1",
            "tree 0: node 0 leads to node 0, which was reached before: this is not a tree",
        ),
        (
            "left_child=1 -1",
            "left_child=1 -2",
            "tree 0: node 0 leads to node 3, which was reached before: this is not a tree",
        ),
        ("left_child=1 -1", "left_child=2 -1", "tree 0: node 0: its child is node 2, which it does not have"),
        (
            "left_child=1 -1",
            "left_child=1 -4",
            "tree 0: node 1: its child is node -4, which it does not have",
        ),
        ("split_feature=0 1", "split_feature=0 2", "tree 0: node 1 splits by feature 2, and the model has 2"),
        ("num_leaves=3", "num_leaves=0", "tree 0: it has no node"),
        ("num_leaves=3\n", &many, "tree 0: it has 1999999 nodes, more than the limit of 500000"),
        ("threshold=0.5 0", "threshold=0.5 1", "tree 0: node 1: the categories of its split cannot be read"),
        ("cat_boundaries=0 1", "cat_boundaries=0 2", "line 28: `cat_threshold` has 1 values; expected: 2"),
        ("cat_boundaries=0 1", "cat_boundaries=1 0", "line 28: `cat_threshold` has 1 values; expected: 0"),
    ] {
        assert_eq!(with(from, to), format!("LightGBM's text: {expect}"), "{to}");
    }
    let mut text = MODEL.as_bytes().to_vec();
    text[20] = 0xff;
    assert_eq!(refusal(&text).to_string(), "LightGBM's text: line 3: it is not text in UTF-8");
}

#[test]
fn a_model_that_is_cut_off_anywhere_is_refused() {
    for end in 14..MODEL.len() - 1 {
        refusal(&MODEL.as_bytes()[..end]);
    }
}

#[test]
fn trees_with_linear_leaves_are_whole_and_cannot_be_explained() -> Result<()> {
    for version in ["3.3.5", "4.7.0"] {
        let error = refusal(&fs::read(folder(version).join("linear.txt"))?);
        let expect = "tree 0: its leaves are linear functions (linear_tree), which cannot be explained";
        assert_eq!(error.to_string(), format!("LightGBM's text: {expect}"));
        assert!(!error.is_of_damaged_model());
    }
    Ok(())
}

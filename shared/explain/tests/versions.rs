//! Models that versions of XGBoost wrote, from the oldest that has `pred_contribs` for each of its formats to the newest, with what that
//! version itself said of them. `tests/python/explain.py` writes them.

mod compared;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use compared::{Result, compare};
use sagewarden_explain::{Model, ModelError, NoModel};

fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(version)
}

fn hold(version: &str, expect: &[(&str, usize)]) -> Result<()> {
    let found = compare(&folder(version))?;
    let expect: BTreeMap<String, usize> =
        expect.iter().map(|(format, count)| ((*format).to_owned(), *count)).collect();
    assert_eq!(found, expect, "{version}");
    Ok(())
}

#[test]
fn models_of_0_90_are_explained_as_it_explains_them() -> Result<()> {
    hold("0.90", &[("binary", 13), ("pickle0", 4), ("pickle2", 5), ("pickle4", 5), ("raw", 4)])
}

#[test]
fn models_of_1_0_are_explained_as_it_explains_them() -> Result<()> {
    hold("1.0.2", &[("binary", 13), ("json", 5), ("pickle0", 4), ("pickle2", 5), ("pickle4", 5), ("raw", 4)])
}

#[test]
fn models_of_1_3_are_explained_as_it_explains_them() -> Result<()> {
    hold("1.3.3", &[("binary", 13), ("json", 5), ("pickle0", 4), ("pickle2", 5), ("pickle4", 5), ("raw", 4)])
}

#[test]
fn models_of_1_7_are_explained_as_it_explains_them() -> Result<()> {
    hold(
        "1.7.6",
        &[
            ("ubj", 16),
            ("json", 7),
            ("binary", 4),
            ("pickle0", 4),
            ("pickle2", 5),
            ("pickle4", 5),
            ("raw", 4),
        ],
    )
}

#[test]
fn models_of_3_4_are_explained_as_it_explains_them() -> Result<()> {
    hold("3.4.1", &[("ubj", 16), ("json", 7), ("pickle0", 4), ("pickle2", 5), ("pickle5", 5)])
}

#[test]
fn a_linear_model_is_named_as_one_in_every_format() -> Result<()> {
    for (version, format) in
        [("0.90", "binary"), ("1.0.2", "binary"), ("1.3.3", "binary"), ("1.7.6", "ubj"), ("3.4.1", "ubj")]
    {
        let file = File::open(folder(version).join(format!("linear.{format}")))?;
        let Err(ModelError::Bare(NoModel::Booster(name))) = Model::read(file, None) else {
            panic!("{version}: it is explained")
        };
        assert_eq!(name, "gblinear");
    }
    Ok(())
}

#[test]
fn the_names_of_the_features_come_with_the_model_where_it_has_them() -> Result<()> {
    let named: Vec<String> = (0..6).map(|place| format!("column {place}")).collect();
    for (file, expect) in [
        ("1.0.2/named.pickle2", &named),
        ("1.3.3/named.pickle4", &named),
        ("1.7.6/named.json", &named),
        ("3.4.1/named.ubj", &named),
        ("3.4.1/named.pickle5", &named),
        ("1.3.3/dart.raw", &Vec::new()),
    ] {
        let path = folder("").join(file);
        assert_eq!(Model::read(File::open(path)?, None)?.names(), expect.as_slice(), "{file}");
    }
    Ok(())
}

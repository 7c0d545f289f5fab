//! Files that are not models, and damaged models: each is refused, and the error names the place.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where something is missing"
)]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sagewarden_explain::{Model, ModelError, NoModel};
use serde_json::{Value, json};

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models")
}

fn refusal(bytes: &[u8]) -> String {
    match Model::read(bytes, None) {
        Ok(_) => panic!("it is read: {}", String::from_utf8_lossy(bytes)),
        Err(error) => error.to_string(),
    }
}

fn check(bytes: &[u8], expect: &str) {
    assert_eq!(refusal(bytes), expect);
}

const NONE: &str = "not a model of XGBoost or LightGBM: it begins neither as JSON, UBJSON, XGBoost's binary format, a pickle nor \
                    LightGBM's text";

#[test]
fn what_is_no_model_is_said_to_be_none() {
    check(b"", "it is empty");
    for text in ["a,b\n1,2\n", "<html>", "[1]", "{ }", "\x1f", "binf", "bs64AAAA", "tree\nnum_class=1\n"] {
        check(text.as_bytes(), NONE);
    }
    check(&vec![0; 5000], NONE);
    check(br#"{"a": 1}"#, "JSON, at `.`: it has no `learner`, which every model has");
    check(
        br#"{"learner": {"objective": 7}}"#,
        "JSON, at `learner.objective`: invalid type: integer `7`, expected an object at line 1 column 27",
    );
}

/// One tree with one split, as JSON.
fn document() -> Value {
    json!({
        "version": [2, 0, 0],
        "learner": {
            "learner_model_param": { "base_score": "5E-1", "num_class": "0", "num_feature": "2", "num_target": "1" },
            "objective": { "name": "reg:squarederror" },
            "feature_names": [],
            "gradient_booster": {
                "name": "gbtree",
                "model": { "tree_info": [0], "trees": [{
                    "tree_param": { "num_nodes": "3", "size_leaf_vector": "1" },
                    "left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [1, 0, 0],
                    "split_conditions": [0.5, -1.0, 1.0], "default_left": [1, 0, 0], "sum_hessian": [4.0, 1.0, 3.0],
                }] },
            },
        },
    })
}

const TREE: &str = "/learner/gradient_booster/model/trees/0";

fn refusal_with(changes: &[(&str, Value)]) -> String {
    refusal(&with(changes))
}

fn with(changes: &[(&str, Value)]) -> Vec<u8> {
    let mut document = document();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    document.to_string().into_bytes()
}

#[test]
fn a_small_model_is_read() -> Result<()> {
    let model = Model::read(document().to_string().as_bytes(), None)?;
    assert_eq!((model.features(), model.trees(), model.objective()), (2, 1, "reg:squarederror"));
    assert_eq!(model.base_values(), [0.5 + 0.75 - 0.25]);
    assert_eq!(model.rows_per_block(), 1024);
    Ok(())
}

#[test]
fn trees_that_are_none_are_refused_with_tree_and_node() {
    let tree = |key: &str| format!("{TREE}/{key}");
    let cases = [
        (
            "left_children",
            json!([0, -1, -1]),
            "tree 0: node 0 leads to node 0, which was reached before: this is not a tree",
        ),
        (
            "right_children",
            json!([1, -1, -1]),
            "tree 0: node 0 leads to node 1, which was reached before: this is not a tree",
        ),
        ("right_children", json!([3, -1, -1]), "tree 0: node 0: its child is node 3, which it does not have"),
        (
            "left_children",
            json!([-2, -1, -1]),
            "tree 0: node 0: its child is node -2, which it does not have",
        ),
        ("split_indices", json!([2, 0, 0]), "tree 0: node 0 splits by feature 2, and the model has 2"),
        (
            "sum_hessian",
            json!([4.0, -1.0, 3.0]),
            "tree 0: node 1: its cover is not a number that can be computed with",
        ),
        (
            "sum_hessian",
            json!([4.0, null, 3.0]),
            "tree 0: node 1: its cover is not a number that can be computed with",
        ),
        (
            "split_conditions",
            json!([null, 0, 0]),
            "tree 0: node 0: its threshold is not a number that can be computed with",
        ),
        (
            "split_conditions",
            json!([0, null, 0]),
            "tree 0: node 1: its value is not a number that can be computed with",
        ),
        ("default_left", json!([1, 0]), "tree 0: it has 3 nodes, but `default_left` has 2"),
    ];
    for (key, value, expect) in cases {
        assert_eq!(refusal_with(&[(&tree(key), value)]), expect);
    }
    assert_eq!(
        refusal_with(&[
            (&tree("left_children"), json!([1, 0, -1])),
            (&tree("right_children"), json!([2, 2, -1]))
        ]),
        "tree 0: node 1 leads to node 0, which was reached before: this is not a tree"
    );
    assert_eq!(
        refusal_with(&[(&tree("tree_param/size_leaf_vector"), json!("3"))]),
        "tree 0: its leaves have a value for each target (multi_output_tree), which cannot be explained"
    );
    let categories = [
        (tree("categories_nodes"), json!([0])),
        (tree("categories_segments"), json!([0])),
        (tree("categories_sizes"), json!([2])),
        (tree("categories"), json!([1])),
    ];
    let mut changes: Vec<(&str, Value)> =
        categories.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    const UNREADABLE: &str = "tree 0: node 0: the categories of its split cannot be read";
    assert_eq!(refusal_with(&changes), UNREADABLE);
    changes[2].1 = json!([1]);
    changes[3].1 = json!([-5]);
    assert_eq!(refusal_with(&changes), UNREADABLE);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let learner = |key: &str| format!("/learner/{key}");
    let booster = |key: &str| format!("/learner/gradient_booster/{key}");
    let cases = [
        (
            learner("gradient_booster/name"),
            json!("gblinear"),
            "its booster is `gblinear`: only models of trees (gbtree, dart) can be explained",
        ),
        (learner("objective/name"), json!("my:own"), "its objective is `my:own`, whose margin is not known"),
        (learner("feature_names"), json!(["a"]), "it has 1 feature_names; expected: 2"),
        (learner("learner_model_param/base_score"), json!("[1,2]"), "it has 2 base scores; expected: 1"),
        (
            learner("learner_model_param/base_score"),
            json!("x"),
            "JSON, at `learner.learner_model_param.base_score`: `x` is neither a number nor a list of numbers",
        ),
        (
            learner("learner_model_param/num_class"),
            json!("-1"),
            "JSON, at `learner.learner_model_param.num_class`: `-1` is not a count",
        ),
        (
            learner("learner_model_param/num_class"),
            json!("4000000"),
            "it has 4000000 classes or targets, more than the limit of 1000",
        ),
        (
            learner("learner_model_param/num_feature"),
            json!("20000"),
            "it has 20000 features, more than the limit of 16384",
        ),
        (booster("model/tree_info"), json!([]), "it has 0 entries of tree_info; expected: 1"),
        (booster("model/tree_info"), json!([1]), "tree 0: it belongs to output 1, and the model has 1"),
        (booster("model/tree_info"), json!([-1]), "tree 0: it belongs to output -1, and the model has 1"),
    ];
    for (pointer, value, expect) in cases {
        assert_eq!(refusal_with(&[(&pointer, value)]), expect);
    }
    let many = |classes: &str, features: &str| {
        let classes = (learner("learner_model_param/num_class"), json!(classes));
        let features = (learner("learner_model_param/num_feature"), json!(features));
        with(&[(&classes.0, classes.1), (&features.0, features.1)])
    };
    check(&many("1000", "1049"), "it has 1049000 contributions for each row, more than the limit of 1048576");
    let model = Model::read(many("1000", "1000").as_slice(), None).unwrap();
    assert_eq!((model.rows_per_block(), model.base_values().len()), (4, 1000));
    let logistic = (learner("objective/name"), json!("binary:logistic"));
    let certain = (learner("learner_model_param/base_score"), json!("1"));
    assert_eq!(
        refusal_with(&[(&logistic.0, logistic.1), (&certain.0, certain.1)]),
        "its base_score is `1`, which does not fit its objective"
    );
}

/// A path of so many splits, by features in turn.
fn chain(splits: usize, features: usize) -> Vec<u8> {
    let mut document = document();
    document["learner"]["learner_model_param"]["num_feature"] = json!(features.to_string());
    let nodes = 2 * splits + 1;
    let (split, leaf) = (|place: usize| place.is_multiple_of(2) && place + 1 < nodes, json!(-1));
    let each = |of: &dyn Fn(usize) -> Value| (0..nodes).map(of).collect::<Value>();
    let tree = document.pointer_mut(TREE).unwrap();
    tree["left_children"] = each(&|place| if split(place) { json!(place + 1) } else { leaf.clone() });
    tree["right_children"] = each(&|place| if split(place) { json!(place + 2) } else { leaf.clone() });
    tree["split_indices"] = each(&|place| json!(place / 2 % features));
    tree["split_conditions"] = each(&|_| json!(0.5));
    tree["default_left"] = each(&|_| json!(0));
    tree["sum_hessian"] = each(&|_| json!(1.0));
    document.to_string().into_bytes()
}

#[test]
fn trees_that_are_too_deep_or_too_large_are_refused() {
    assert!(Model::read(chain(512, 3).as_slice(), None).is_ok());
    check(&chain(513, 3), "tree 0: node 1025 is more than 512 splits below the root");
    assert!(Model::read(chain(64, 64).as_slice(), None).is_ok());
    check(&chain(65, 65), "tree 0: node 129: the splits above it use more than 64 features");
    let list = vec![0; 500_001];
    assert_eq!(
        refusal_with(&[(&format!("{TREE}/split_indices"), json!(list))]).split(" at line").next(),
        Some(
            "JSON, at `learner.gradient_booster.model.trees[0].split_indices`: the list has more than 500000 entries"
        )
    );
    // The binary format says how many nodes there are before it has them.
    let mut binary = fs::read(models().join("0.90/gamma.binary")).unwrap();
    let nodes = 136 + (8 + 9) + (8 + 6) + 160 + 4;
    assert_eq!(binary[136 + 8..][..9], *b"reg:gamma");
    binary[nodes..nodes + 4].copy_from_slice(&1_000_000_i32.to_le_bytes());
    check(&binary, "tree 0: it has 1000000 nodes, more than the limit of 500000");
    binary[nodes..nodes + 4].copy_from_slice(&400_000_i32.to_le_bytes());
    assert!(refusal(&binary).ends_with("the file ends within a value"), "{}", refusal(&binary));
}

#[test]
fn a_file_that_is_cut_off_is_no_model_wherever_it_is_cut() -> Result<()> {
    let mut cut = 0;
    for version in ["0.90", "1.3.3", "3.4.1"] {
        for entry in fs::read_dir(models().join(version))? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name")?;
            let is_model = name.starts_with("softprob.") || name.starts_with("dart.");
            if !is_model || name.ends_with(".csv") || name.ends_with("contributions.json") {
                continue;
            }
            let whole = fs::read(&path)?;
            let model = Model::read(whole.as_slice(), None)?;
            for length in (0..whole.len()).step_by(1 + whole.len() / 150) {
                // Parts that an explanation does not need may be missing.
                match Model::read(&whole[..length], None) {
                    Ok(read) => assert_eq!(read, model, "{name}, {length} bytes"),
                    Err(ModelError::Bare(_)) => cut += 1,
                    Err(error) => panic!("{name}, {length} bytes: {error}"),
                }
            }
        }
    }
    assert!(cut > 2000, "{cut}");
    Ok(())
}

#[test]
fn ubjson_that_promises_more_than_it_has_is_refused() {
    const KEY: &[u8] = b"{L\0\0\0\0\0\0\0\x07learner";
    let ubjson = |value: &[u8]| [KEY, value].concat();
    let check = |value: &[u8], expect: &str| assert_eq!(refusal(&ubjson(value)), expect);
    check(b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff", "UBJSON, at `learner[0]`: the file ends here (byte 30)");
    check(
        b"{$Z#L\x7f\xff\xff\xff\xff\xff\xff\xff",
        "UBJSON, at `learner`: a list has a type that takes no room (byte 30)",
    );
    check(b"{L\xff\xff\xff\xff\xff\xff\xff\xff", "UBJSON, at `learner.?`: -1 is not a length (byte 27)");
    check(b"{L\0\0\0\0\0\0\0\x7fa", "UBJSON, at `learner.?`: the file ends here (byte 27)");
    check(b"?", "UBJSON, at `learner`: expected a whole number (byte 18)");
    let deep = [b"{L\0\0\0\0\0\0\0\x01x".as_slice(), &[b'['; 100_000]].concat();
    let refused = refusal(&ubjson(&deep));
    assert!(refused.ends_with("[0]`: it is nested too deeply (byte 91)"), "{refused}");
}

#[test]
fn a_pickle_is_read_and_never_run() {
    let none = "it is a pickle, but not of a booster of XGBoost or LightGBM: no object in it has a `handle` of bytes or text";
    check(b"\x80\x02cos\nsystem\nX\x04\0\0\0exit\x85R.", none);
    check(b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04exit\x85R}\x8c\x06handle\x8c\x04exits.", NONE);
    // A pickle within a pickle within a pickle.
    check(b"\x80\x04}\x8c\x06handleC\x03\x80\x04.s.", NONE);
    // A list that has itself, a dictionary that is its own key.
    check(b"\x80\x02]q\0h\0a}q\x01h\x01h\x01s.", none);
    check(b"\x80\x02h\x05.", "pickle, byte 4: nothing was kept under 5");
    check(b"\x80\x02u.", "pickle, byte 3: there is no mark");
    check(b"\x80\x020.", "pickle, byte 3: the stack has too few values");
    check(b"\x80\x02(K\x010\x30.", "pickle, byte 7: the stack has too few values");
    check(b"\x80\x02}(K\x01u.", "pickle, byte 7: a dictionary has a key without a value");
    check(b"\x80\x02\xff.", "pickle, byte 2: unknown step 0xff");
    check(b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.", "pickle, byte 11: the file ends within a step");
    check(b"\x80\x02X\x05\0\0\0ab", "pickle, byte 7: the file ends within a step");
    let endless = [b"\x80\x02K\x01".as_slice(), &[b'2'; 2_000_000]].concat();
    check(&endless, "pickle, byte 1000002: it has more than 1000000 steps");
}

/// An archive with these members.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        if name.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
        }
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

#[test]
fn the_model_of_an_archive_is_found() -> Result<()> {
    let (text, other) = (document().to_string(), fs::read(models().join("1.3.3/gamma.binary"))?);
    let (text, code) = (text.as_bytes(), b"import xgboost\n".as_slice());
    let objective = |members: &[(&str, &[u8])], member: Option<&str>| {
        Model::read(archive(members).as_slice(), member).map(|model| model.objective().to_owned())
    };
    let (squared, gamma) = ("reg:squarederror", "reg:gamma");
    assert_eq!(objective(&[("code/inference.py", code), ("xgboost-model", text)], None)?, squared);
    assert_eq!(objective(&[("./model/my.json", text), ("x.bin", code)], None)?, squared);
    // The name of the built-in algorithm goes before others.
    assert_eq!(objective(&[("a.json", text), ("xgboost-model", &other)], None)?, gamma);
    let several: [(&str, &[u8]); 2] = [("./xgboost-model-0", text), ("./xgboost-model-1", &other)];
    assert_eq!(objective(&several, Some("xgboost-model-1"))?, gamma);
    for (members, member, expect) in [
        (
            several.as_slice(),
            None,
            "it has several members that may be a model, `xgboost-model-0`, `xgboost-model-1`: name one with --member",
        ),
        (
            &several,
            Some("xgboost-model-2"),
            "it has no member `xgboost-model-2`: its members are `xgboost-model-0`, `xgboost-model-1`",
        ),
        (&[("a.py", code)], None, "it has no model: its members are `a.py`"),
        (&[("folder/", b"")], None, "it has no model: the archive is empty"),
        (&[("xgboost-model", code)], None, &format!("member `xgboost-model`: {NONE}")),
        (&[("xgboost-model", b"")], None, "member `xgboost-model`: it is empty"),
    ] {
        assert_eq!(objective(members, member).unwrap_err().to_string(), expect);
    }
    let error = Model::read(text, Some("xgboost-model")).unwrap_err();
    assert_eq!(error.to_string(), "it is not an archive, so it has no member `xgboost-model`");
    Ok(())
}

#[test]
fn an_archive_that_is_cut_off_or_damaged_is_refused() {
    let whole = archive(&[("xgboost-model", document().to_string().as_bytes())]);
    let cut = &whole[..whole.len() / 2];
    assert!(matches!(Model::read(cut, None), Err(ModelError::Input(_))));
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0xff);
    assert!(Model::read(damaged.as_slice(), None).is_err());
    // A member with a name of any length is skipped.
    let long = "x/".repeat(20_000);
    let packed = archive(&[(long.as_str(), b""), ("xgboost-model", document().to_string().as_bytes())]);
    assert!(Model::read(packed.as_slice(), None).is_ok());
}

#[test]
fn a_base_score_may_look_like_the_beginning_of_a_pickle() -> Result<()> {
    let mut model = fs::read(models().join("0.90/gamma.binary"))?;
    model[..2].copy_from_slice(b"\x80\x02");
    assert_eq!(Model::read(model.as_slice(), None)?.objective(), "reg:gamma");
    Ok(())
}

#[test]
fn a_bare_model_may_be_compressed() -> Result<()> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut packed, document().to_string().as_bytes())?;
    assert_eq!(Model::read(packed.finish()?.as_slice(), None)?.trees(), 1);
    assert!(matches!(Model::read(&b"\x1f\x8b"[..], None), Err(ModelError::Input(_))));
    assert!(matches!(sagewarden_explain::parse(b""), Err(NoModel::Empty)));
    Ok(())
}

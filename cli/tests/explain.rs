//! `sagewarden explain`, as somebody at a terminal uses it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends where something is missing"
)]

#[path = "run/folder.rs"]
mod folder;
mod run;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use folder::Folder;
use run::{failure, out, sagewarden};
use serde_json::Value;

/// A model, rows, or what XGBoost said of them.
fn kept(name: &str) -> String {
    let models = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/explain/tests/models");
    models.join(name).to_str().unwrap().to_owned()
}

fn json(arguments: &[&str]) -> Value {
    let output = sagewarden(&[&["explain", "--rows", "--format", "json"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&out(&output)).unwrap()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn assert_near(own: &[f64], expect: &[f64]) {
    assert_eq!(own.len(), expect.len());
    let is_near = own.iter().zip(expect).all(|(own, expect)| (own - expect).abs() < 1e-5);
    assert!(is_near, "{own:?}\n{expect:?}");
}

/// A table with other columns: in another order, with a header or without.
fn table(name: &str, columns: &[usize], header: Option<&str>) -> String {
    let rows = fs::read_to_string(kept(name)).unwrap();
    let rows = rows.lines().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        columns.iter().map(|column| cells[*column]).collect::<Vec<_>>().join(",")
    });
    header.map(str::to_owned).into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_model_of_an_archive_is_explained_as_xgboost_explains_it() {
    let folder = Folder::new();
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    archive.append_path_with_name(kept("1.0.2/binary.pickle4"), "xgboost-model").unwrap();
    let model = folder.file("model.tar.gz", archive.into_inner().unwrap().finish().unwrap());
    let document = json(&["--model", &model, &kept("1.0.2/binary.csv")]);
    let said: Value =
        serde_json::from_slice(&fs::read(kept("1.0.2/binary.contributions.json")).unwrap()).unwrap();
    let (own, said) =
        (document["contributions"].as_array().unwrap(), said["contributions"].as_array().unwrap());
    assert_eq!((own.len(), &document["rows"]), (said.len(), &Value::from(said.len())));
    let mut sums = [0.0; 6];
    for (own, said) in own.iter().zip(said) {
        let (own, said) = (numbers(own), numbers(said));
        assert_near(&own, &said);
        assert_near(&own[6..], &[document["base_value"].as_f64().unwrap()]);
        sums.iter_mut().zip(said).for_each(|(sum, value)| *sum += value.abs());
    }
    // The mean of each feature, the largest first.
    let features = document["features"].as_array().unwrap();
    let means: Vec<f64> = features.iter().map(|each| each["mean_abs_shap"].as_f64().unwrap()).collect();
    assert!(means.is_sorted_by(|left, right| left >= right) && means.len() == 6);
    for feature in features {
        let place: usize = feature["name"].as_str().unwrap()[1..].parse().unwrap();
        assert_near(&[feature["mean_abs_shap"].as_f64().unwrap()], &[sums[place] / own.len() as f64]);
    }
    let text = out(&sagewarden(&["explain", "--model", &model, &kept("1.0.2/binary.csv")]));
    assert!(text.starts_with("12 rows, 6 features, 3 trees, binary:logistic\n"), "{text}");
    assert!(text.contains("\nbase value  "), "{text}");
}

#[test]
fn each_class_has_contributions_and_a_base_value() {
    let document = json(&["--model", &kept("3.4.1/softprob.ubj"), &kept("3.4.1/softprob.csv")]);
    let said: Value =
        serde_json::from_slice(&fs::read(kept("3.4.1/softprob.contributions.json")).unwrap()).unwrap();
    let base_values = numbers(&document["base_value"]);
    assert_eq!(base_values.len(), 3);
    for class in 0..3 {
        let (own, said) = (&document["contributions"][4][class], &said["contributions"][4][class]);
        assert_near(&numbers(own), &numbers(said));
        assert_near(&numbers(own)[6..], &base_values[class..=class]);
    }
    let first = &document["features"][0];
    let together: f64 = numbers(&first["by_class"]).iter().sum();
    assert_near(&[together], &[first["mean_abs_shap"].as_f64().unwrap()]);
}

const NAMES: &str = "column 3,column 0,column 1,column 2,column 5,column 4";

#[test]
fn columns_are_matched_by_their_names_where_the_model_knows_them() {
    let folder = Folder::new();
    let (model, rows) = (kept("3.4.1/named.json"), "3.4.1/named.csv");
    let plain = json(&["--model", &model, &kept(rows)]);
    assert_eq!(plain["features"][0]["name"], "column 0");
    let order = [3, 0, 1, 2, 5, 4];
    let other = folder.file("other.csv", table(rows, &order, Some(NAMES)));
    let named = json(&["--model", &model, &other]);
    assert_eq!(named["features"][0], plain["features"][0]);
    for row in 0..12 {
        let (plain, named) = (numbers(&plain["contributions"][row]), numbers(&named["contributions"][row]));
        let expect: Vec<f64> = order.iter().chain([&6]).map(|column| plain[*column]).collect();
        assert_near(&named, &expect);
    }
    // Names of their own say nothing about the order.
    let own = folder.file("own.csv", table(rows, &[0, 1, 2, 3, 4, 5], Some("a,b,c,d,e,f")));
    let own = json(&["--model", &model, &own]);
    assert_eq!(own["contributions"], plain["contributions"]);
    assert_eq!(own["features"][0]["name"], "a");
    let mistaken =
        folder.file("mistaken.csv", table(rows, &order, Some(&NAMES.replace("column 5", "amount"))));
    let (code, said) = failure(&["explain", "--model", &model, &mistaken]);
    assert_eq!(code, Some(2));
    let expect = "column `amount` is not a feature of the model, although `column 3` is one";
    assert!(said.contains(expect), "{said}");
}

#[test]
fn a_column_too_many_may_be_the_label() {
    let folder = Folder::new();
    let (model, rows) = (kept("3.4.1/named.json"), "3.4.1/named.csv");
    let plain = json(&["--model", &model, &kept(rows)]);
    let with_label = table(rows, &[1, 0, 1, 2, 3, 4, 5], Some("label,a,b,c,d,e,f"));
    let with_label = folder.file("label.csv", with_label);
    let (code, said) = failure(&["explain", "--model", &model, &with_label]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("one more than the model has features (6)") && said.contains("--label COLUMN"),
        "{said}"
    );
    for label in ["label", "0"] {
        let document = json(&["--model", &model, "--label", label, &with_label]);
        assert_eq!(document["contributions"], plain["contributions"]);
        assert!(document["features"].as_array().unwrap().iter().all(|each| each["name"] != "label"));
    }
    for (label, expect) in [("7", "there is no column `7`"), ("truth", "there is no column `truth`")] {
        let (_, said) = failure(&["explain", "--model", &model, "--label", label, &with_label]);
        assert!(said.contains(expect), "{said}");
    }
    let few = folder.file("few.csv", table(rows, &[0, 1], None));
    let (_, said) = failure(&["explain", "--model", &model, &few]);
    assert!(said.contains("the rows have 2 columns, and the model has 6 features"), "{said}");
}

#[test]
fn a_table_with_another_separator_is_refused_with_its_name() {
    let folder = Folder::new();
    let rows = fs::read_to_string(kept("1.0.2/binary.csv")).unwrap();
    let model = kept("1.0.2/binary.pickle4");
    for (separator, header, name) in [
        (";", "", "`;`"),
        (";", "a;b;c;d;e;f\n", "`;`"),
        ("\t", "", "tabs"),
        (" ", "", "spaces"),
        (";", "sep=;\n", "`;`"),
    ] {
        let data = folder.file("rows.csv", format!("{header}{}", rows.replace(',', separator)));
        let (code, said) = failure(&["explain", "--model", &model, &data]);
        assert!(code == Some(2) && said.contains(&format!("separated by {name}")), "{said}");
    }
    // A decimal comma makes more columns than the model has.
    let data = folder.file("rows.csv", "1,5;2,5;1,5;2,5;1,5;2,5\n3,5;4,5;1,5;2,5;1,5;2,5\n");
    let (code, said) = failure(&["explain", "--model", &model, &data]);
    assert!(code == Some(2) && said.contains("separated by `;`"), "{said}");
}

#[test]
fn a_row_that_does_not_fit_is_named_with_its_column() {
    let folder = Folder::new();
    let model = kept("3.4.1/named.json");
    for (name, rows, expect) in [
        ("short", "1,2,3,4,5,6\n1,2,3,4,5\n", "line 2: more or fewer fields than the table has columns"),
        ("long", "a,b,c,d,e,f\n1,2,3,4,5,6,7\n", "line 2: more or fewer fields than the table has columns"),
        ("text", "1,2,3,4,5,6\n1,2,red,4,5,6\n", "row 2, column `column 2`: `red` is not a number"),
        (
            "infinite",
            "1,2,3,4,5,6\n1,-inf,3,4,5,6\n",
            "row 2, column `column 1`: `-inf` is not a finite number",
        ),
        ("large", "1,2,3,4,5,6\n1,1e39,3,4,5,6\n", "row 2, column `column 1`: `1e39` is not a finite number"),
        ("header", "a,b,c,d,e,f\n", "there are no rows"),
        ("empty", "", "there are no rows"),
    ] {
        let file = folder.file(name, rows);
        let (code, said) = failure(&["explain", "--model", &model, &file]);
        assert_eq!(code, Some(2));
        assert!(said.starts_with(&format!("error: `{file}`: ")) && said.contains(expect), "{said}");
    }
}

#[test]
fn what_is_missing_may_be_written_in_many_ways() {
    let folder = Folder::new();
    let model = kept("3.4.1/squarederror.ubj");
    let rows = |missing: &str| format!("1,2,3,4,5,6\n1,{missing},3,4,{missing},6\n");
    let empty = json(&["--model", &model, &folder.file("empty.csv", rows(""))]);
    for missing in ["NaN", "nan", "NA", " ", "null"] {
        let other = json(&["--model", &model, &folder.file("other.csv", rows(missing))]);
        assert_eq!(other, empty, "{missing}");
    }
    let own = folder.file("own.csv", rows("nothing"));
    assert!(failure(&["explain", "--model", &model, &own]).1.contains("`nothing` is not a number"));
    assert_eq!(json(&["--model", &model, &own, "--missing", "nothing"]), empty);
}

#[test]
fn many_rows_are_explained_as_few_are_and_drawn_as_a_sample() {
    let folder = Folder::new();
    let (model, rows) = (kept("1.7.6/binary.ubj"), fs::read_to_string(kept("1.7.6/binary.csv")).unwrap());
    let few = json(&["--model", &model, &kept("1.7.6/binary.csv")]);
    let many = folder.file("many.csv", rows.repeat(300));
    let out = folder.path("new/page");
    let document = json(&["--model", &model, &many, "--out", &out]);
    assert_eq!(document["rows"], 3600);
    for row in [0, 1023, 1024, 3599] {
        let (many, few) = (&document["contributions"][row], &few["contributions"][row % 12]);
        assert_near(&numbers(many), &numbers(few));
    }
    let page = fs::read_to_string(PathBuf::from(out).join("explanation.html")).unwrap();
    assert!(page.contains("data-rows=\"3600\"") && page.contains("One row of 4 is drawn."));
    assert!(page.contains("data-feature=\"f0\" data-dots=\"900\""));
}

#[test]
fn rows_come_from_standard_input_as_well() {
    let model = kept("0.90/dart.raw");
    let mut child = Command::new(env!("CARGO_BIN_EXE_sagewarden"))
        .args(["explain", "--model", &model, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(kept("0.90/dart.csv")).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && out(&output).starts_with("12 rows, 6 features, 6 trees"));
}

#[test]
fn what_cannot_be_explained_is_said_with_file_and_place() {
    let folder = Folder::new();
    let rows = kept("3.4.1/named.csv");
    let none = folder.file("model.bin", "no model");
    let absent = folder.path("absent");
    for (model, expect) in [
        (
            &kept("0.90/linear.binary"),
            "its booster is `gblinear`: only models of trees (gbtree, dart) can be explained",
        ),
        (&none, "not a model of XGBoost or LightGBM"),
        (&absent, "cannot be read"),
    ] {
        let (code, said) = failure(&["explain", "--model", model, &rows]);
        assert_eq!(code, Some(2));
        assert!(said.starts_with(&format!("error: `{model}`")) && said.contains(expect), "{said}");
    }
    let (_, said) = failure(&["explain", "--model", "/dev/zero", &rows]);
    assert!(said.contains("it is a device, not a file"), "{said}");
    let (code, said) = failure(&["explain", "--rows", "--model", &kept("3.4.1/named.json"), &rows]);
    assert!(code == Some(2) && said.contains("--format json"), "{said}");
    let (_, said) = failure(&["explain", "--member", "x", "--model", &kept("3.4.1/named.json"), &rows]);
    assert!(said.contains("it is not an archive, so it has no member `x`"), "{said}");
}

//! `sagewarden baseline`, as somebody at a terminal uses it.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "run/folder.rs"]
mod folder;
mod run;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use folder::Folder;
use run::{failure, out, sagewarden};
use serde_json::Value;

const TABLE: &str = "age,income,marriage\n37,52000.5,single\n51,,married\n24,1800.25,single\n";

impl Folder {
    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path(name)).unwrap()).unwrap()
    }
}

#[test]
fn a_table_becomes_a_baseline() {
    let folder = Folder::new();
    let data = folder.file("train.csv", TABLE);
    let output = sagewarden(&["baseline", &data, "--out", &folder.path("new/baseline")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = out(&output);
    assert!(text.starts_with("3 rows, 3 columns\n"), "{text}");
    for (feature, told) in [
        ("age", ["Integral", "100 %", "3", "24 .. 51"]),
        ("income", ["Fractional", "66.66 %", "2", "1800.25 .. 52000.5"]),
        ("marriage", ["String", "100 %", "2", "married, single"]),
    ] {
        let line = text.lines().find(|line| line.trim().starts_with(feature)).unwrap();
        assert!(told.iter().all(|word| line.contains(word)), "{line}");
    }
    let statistics = folder.json("new/baseline/statistics.json");
    assert_eq!(statistics["dataset"]["item_count"], 3);
    assert_eq!(statistics["features"][1]["numerical_statistics"]["common"]["num_missing"], 1);
    let constraints = folder.json("new/baseline/constraints.json");
    assert_eq!(
        constraints["features"][2]["string_constraints"]["domains"],
        serde_json::json!(["married", "single"])
    );
    assert_eq!(constraints["monitoring_config"]["distribution_constraints"]["comparison_threshold"], 0.1);
}

#[test]
fn a_compiled_baseline_answers_as_its_files_do_and_only_while_they_are_as_they_were() {
    let folder = Folder::new();
    let data = folder.file("train.csv", TABLE);
    let base = folder.path("base");
    assert!(sagewarden(&["baseline", &data, "--out", &base]).status.success());
    let drift = || out(&sagewarden(&["drift", "--format", "json", "--baseline", &base, &data]));
    let compiled = fs::read(folder.path("base/baseline.compiled")).unwrap();
    let with = drift();
    assert!(with.contains("\"marriage\""), "{with}");
    for bytes in [&b""[..], b"something else", &compiled[..compiled.len() - 1]] {
        fs::write(folder.path("base/baseline.compiled"), bytes).unwrap();
        assert_eq!(drift(), with);
    }
    fs::remove_file(folder.path("base/baseline.compiled")).unwrap();
    assert_eq!(drift(), with);
    // The column is not in these statistics: an answer from the file of before would compare it.
    fs::write(folder.path("base/baseline.compiled"), compiled).unwrap();
    let statistics = fs::read_to_string(folder.path("base/statistics.json")).unwrap();
    folder.file("base/statistics.json", statistics.replace("\"marriage\"", "\"wedding\""));
    assert_ne!(drift(), with);
}

#[test]
fn a_baseline_is_not_overwritten_by_chance() {
    let folder = Folder::new();
    let data = folder.file("train.csv", TABLE);
    folder.file("constraints.json", "edited by hand");
    let arguments = ["baseline", &data, "--out", &folder.path("")];
    let (code, said) = failure(&arguments);
    assert_eq!(code, Some(2));
    assert!(said.contains("constraints.json` exists already") && said.contains("--force"), "{said}");
    assert_eq!(fs::read_to_string(folder.path("constraints.json")).unwrap(), "edited by hand");
    assert!(!PathBuf::from(folder.path("statistics.json")).exists());
    assert!(sagewarden(&[arguments.as_slice(), &["--force"]].concat()).status.success());
    assert_eq!(folder.json("constraints.json")["features"][0]["name"], "age");
}

#[test]
fn standard_input_without_a_header_is_read() {
    let folder = Folder::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sagewarden"))
        .args(["baseline", "-", "--no-header"])
        .current_dir(folder.0.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    command.stdin.take().unwrap().write_all(b"1,a\n2,b\n").unwrap();
    assert!(command.wait_with_output().unwrap().status.success());
    let statistics = folder.json("baseline/statistics.json");
    assert_eq!(statistics["dataset"]["item_count"], 2);
    assert_eq!(statistics["features"][1]["name"], "_c1");
}

#[test]
fn what_is_odd_is_told_with_its_place() {
    let folder = Folder::new();
    for (text, arguments, warnings) in [
        (
            "a,b\n1,2\n3\n4,5,6\n",
            &[][..],
            &["`, lines 3, 4: more or fewer fields than the table has columns"][..],
        ),
        ("a\nx\n\u{e9}\n", &[], &[]),
        ("1,2.5\n3,4\n", &[], &["first row has numbers only: if it is not a header, pass --no-header"]),
        ("1,2.5\n3,4\n", &["--no-header"], &[]),
        ("a,b\n1,\n2,\n", &[], &["column `b` has no value"]),
        (
            "a\n1\n2.5\n1e-5\n",
            &[],
            &["column `a` is text for Model Monitor: of 3 values, 1 value is neither a whole number nor"],
        ),
    ] {
        let data = folder.file("train.csv", text);
        let base = ["baseline", &data, "--force", "--out", &folder.path("b")];
        let output = sagewarden(&[base.as_slice(), arguments].concat());
        assert!(output.status.success(), "{text}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.lines().count(), warnings.len(), "{said}");
        assert!(warnings.iter().all(|warning| said.contains(warning)), "{said}");
    }
    let data = folder.file("latin.csv", b"a\ncaf\xe9\n");
    let output = sagewarden(&["baseline", &data, "--out", &folder.path("l")]);
    assert!(
        String::from_utf8(output.stderr).unwrap().contains("latin.csv`, line 2: bytes that are not UTF-8")
    );
    let data = folder.file("latin.csv", b"caf\xe9\n1\n");
    let output = sagewarden(&["baseline", &data, "--out", &folder.path("m")]);
    assert!(
        String::from_utf8(output.stderr).unwrap().contains("latin.csv`, line 1: bytes that are not UTF-8")
    );
}

#[test]
fn what_is_no_table_is_refused() {
    let folder = Folder::new();
    let wide = folder.file("wide.csv", "1,".repeat(1_000_000));
    let rows: String = (1..=3_000).map(|row| if row == 100 { "\"x,1\n" } else { "x,1\n" }).collect();
    let open = folder.file("open.csv", format!("a,b\n{rows}"));
    let utf16: Vec<u8> = "\u{feff}a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (data, message) in [
        (folder.file("utf16.csv", utf16), "utf16.csv`: it is text in UTF-16: convert it to UTF-8"),
        (
            folder.file("train.csv.gz", b"\x1f\x8b\x08\0x"),
            "train.csv.gz`: it is compressed (gzip): unpack it",
        ),
        (folder.file("random.csv", b"q\xfe\0\x17\n\n\xab\n"), "random.csv`: line 1: the row has a zero byte"),
        (open, "open.csv`: line 101: a quote in the row that begins here is not closed"),
        (wide, "wide.csv`: line 1: the first row has more than 16384 columns"),
        (folder.file("empty.csv", ""), "empty.csv`: there are no rows"),
        (folder.file("twice.csv", "a,a\n1,2\n"), "columns 1 and 2 are both called `a`"),
        (folder.path("absent.csv"), "absent.csv` cannot be read"),
        (folder.path(""), "cannot be read"),
    ] {
        let (code, said) = failure(&["baseline", &data, "--out", &folder.path("b")]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(message), "{said}");
        assert!(!PathBuf::from(folder.path("b")).exists());
    }
}

//! Tables of whatever kind, as `sagewarden baseline` and `sagewarden drift` read them. The files of `tables` were written by `DuckDB`.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "run/folder.rs"]
mod folder;
mod run;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use folder::Folder;
use run::{failure, out, sagewarden};
use serde_json::Value;

fn stored(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables");
    folder.join(name).to_str().unwrap().to_owned()
}

/// Both files of the baseline of a table.
fn baseline(folder: &Folder, data: &str) -> [String; 2] {
    let output = sagewarden(&["baseline", data, "--force", "--out", &folder.path("base")]);
    assert!(output.status.success(), "{data}: {}", String::from_utf8_lossy(&output.stderr));
    ["statistics.json", "constraints.json"]
        .map(|name| fs::read_to_string(folder.path(&format!("base/{name}"))).unwrap())
}

#[test]
fn one_table_has_one_baseline_whatever_file_it_is_in() {
    let folder = Folder::new();
    let csv = baseline(&folder, &stored("table.csv"));
    for packed in ["snappy", "zstd", "gzip", "lz4_raw"] {
        assert_eq!(baseline(&folder, &stored(&format!("{packed}.parquet"))), csv, "{packed}");
    }
    let text = fs::read_to_string(stored("table.csv")).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let record = |cells: Vec<&str>| {
        let cells = names.iter().zip(cells).map(|(name, cell)| {
            let is_bare = cell.parse::<f64>().is_ok() || ["true", "false"].contains(&cell);
            let cell = if cell.is_empty() { "null".to_owned() } else { cell.to_owned() };
            let quoted = if is_bare || cell == "null" { cell } else { format!("\"{cell}\"") };
            format!("\"{name}\":{quoted}")
        });
        format!("{{{}}}", cells.collect::<Vec<_>>().join(","))
    };
    let records: Vec<String> = lines.map(record).collect();
    for (name, text) in [
        ("a.jsonl", records.join("\n")),
        ("a.json", format!("[{}]", records.join(",\n"))),
        ("b.json", records.join("\n") + "\n"),
    ] {
        let file = folder.file(name, text);
        assert_eq!(baseline(&folder, &file), csv, "{name}");
        let mut piped = Command::new(env!("CARGO_BIN_EXE_sagewarden"))
            .args(["baseline", "-", "--force", "--out", &folder.path("base")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        piped.stdin.take().unwrap().write_all(&fs::read(&file).unwrap()).unwrap();
        assert!(piped.wait().unwrap().success());
        assert_eq!(fs::read_to_string(folder.path("base/constraints.json")).unwrap(), csv[1]);
    }
}

#[test]
fn drift_reads_tables_of_every_kind() {
    let folder = Folder::new();
    baseline(&folder, &stored("table.csv"));
    fs::create_dir_all(folder.path("now")).unwrap();
    fs::copy(stored("zstd.parquet"), folder.path("now/a.parquet")).unwrap();
    folder.file("now/b.jsonl", "{\"age\":61,\"income\":2.5,\"word\":\"w1\"}\n");
    folder.file("now/c.json", "[{\"age\":62,\"income\":2.5},{\"age\":63}]");
    let arguments = ["drift", "--format", "json", "--baseline", &folder.path("base"), &folder.path("now")];
    let found: Value = serde_json::from_str(&out(&sagewarden(&arguments))).unwrap();
    assert_eq!(found["rows"], 63, "{found:#}");
    assert_eq!(found["troubles"], serde_json::json!([]));
    let age = found["features"].as_array().unwrap().iter().find(|feature| feature["name"] == "age").unwrap();
    assert_eq!(age["checks"][1]["observed"], 1.0, "{age:#}");
}

#[test]
fn what_cannot_be_read_of_a_table_is_said_with_the_cure() {
    let folder = Folder::new();
    let whole = fs::read(stored("snappy.parquet")).unwrap();
    let cut = folder.file("cut.parquet", &whole[..whole.len() / 2]);
    let mut bytes = whole.clone();
    bytes[200..400].fill(0xff);
    let broken = folder.file("broken.parquet", bytes);
    let short = folder.file("short.parquet", b"PAR1\x15\x04");
    let lines = folder.file("lines.jsonl", "{\"a\":1}\n{\"a\":");
    let nested = folder.file("nested.jsonl", "{\"a\":1}\n{\"a\":{\"b\":2}}\n");
    let events = folder.file("events.jsonl", "{\"captureData\":{},\"eventMetadata\":{}}\n");
    for (data, message) in [
        (cut, "cut.parquet`: the Parquet file is cut off: write it again"),
        (short, "short.parquet`: the Parquet file is cut off: write it again"),
        (broken, "broken.parquet`: the Parquet file is damaged ("),
        (stored("list.parquet"), "list.parquet`: column `tags` holds lists, maps or records: give each"),
        (stored("record.parquet"), "record.parquet`: column `place` holds lists, maps or records"),
        (
            stored("brotli.parquet"),
            "brotli.parquet`: column `age` is compressed with brotli: write the table",
        ),
        (lines, "lines.jsonl`: line 2: the record that begins here is not closed: write the file again"),
        (nested, "nested.jsonl`: line 2: there are objects or lists within a record"),
        (events, "events.jsonl`: line 1: these are captured events, not the records of a table"),
    ] {
        let (code, said) = failure(&["baseline", &data, "--out", &folder.path("b")]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(message), "{said}");
        assert!(!PathBuf::from(folder.path("b")).exists());
    }
    let mut piped = Command::new(env!("CARGO_BIN_EXE_sagewarden"))
        .args(["baseline", "-", "--out", &folder.path("b")])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    piped.stdin.take().unwrap().write_all(&whole).unwrap();
    let said = String::from_utf8(piped.wait_with_output().unwrap().stderr).unwrap();
    assert!(said.contains("Parquet cannot be read from a pipe: save it as a file"), "{said}");
}

#[test]
fn a_header_where_none_is_expected_and_values_where_one_is_are_said() {
    let folder = Folder::new();
    let rows: String = (0..300).map(|row| format!("{},{}.5\n", row % 7, row % 11)).collect();
    baseline(&folder, &folder.file("train.csv", format!("a,b\n{rows}")));
    let base = folder.path("base");
    let headed = folder.file("headed.csv", format!("a,b\n{rows}"));
    let bare = folder.file("bare.csv", &rows);
    let run = |file: &str, more: &[&str]| {
        let output = sagewarden(&[&["drift", "--baseline", &base, file], more].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run(&headed, &[]), (Some(0), String::new()));
    assert_eq!(run(&bare, &["--no-header"]), (Some(0), String::new()));
    let (code, said) = run(&headed, &["--no-header"]);
    assert_eq!(code, Some(0));
    assert!(said.contains("it is a header: leave out --no-header"), "{said}");
    let (code, said) = run(&bare, &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("if it has values, pass --no-header"), "{said}");
}

//! Captured answers and their labels, made up, and those that the containers answered.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::run::{out, sagewarden};

/// Three right of four that are true, one wrong among four that are not.
pub(crate) const BINARY: [(&str, &str); 8] = [
    ("1,0.9", "1"),
    ("1,0.8", "0"),
    ("1,0.7", "1"),
    ("1,0.6", "1"),
    ("0,0.4", "1"),
    ("0,0.3", "0"),
    ("0,0.2", "0"),
    ("0,0.1", "0"),
];

/// A folder for a test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Events with one answer each and their labels, in two files.
    pub(crate) fn pairs(&self, pairs: &[(&str, &str)]) -> [String; 2] {
        let ids = || (0..).map(|number| format!("id-{number}"));
        let said: String = ids().zip(pairs).map(|(id, (said, _))| event(&id, None, said)).collect();
        let truths: String = ids().zip(pairs).map(|(id, (_, label))| truth(&id, label)).collect();
        [self.file("captured/a.jsonl", &said), self.file("truth/a.jsonl", &truths)]
    }

    /// The exit status and the document of a run over `captured` and `truth`.
    pub(crate) fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let (captured, truths) = (self.path("captured"), self.path("truth"));
        let whole = ["quality", &captured, "--ground-truth", &truths, "--format", "json", "--problem"];
        let output = sagewarden(&[&whole, arguments].concat());
        (output.status.code(), serde_json::from_str(&out(&output)).unwrap())
    }
}

/// A captured event whose answer is text.
pub(crate) fn event(id: &str, inference_id: Option<&str>, answer: &str) -> String {
    let encoding = if answer.starts_with('{') { "JSON" } else { "CSV" };
    let side = json!({ "observedContentType": "x", "mode": "OUTPUT", "data": answer, "encoding": encoding });
    let mut metadata = Map::new();
    metadata.insert("eventId".to_owned(), json!(id));
    metadata.insert("inferenceTime".to_owned(), json!("2026-03-02T00:21:48Z"));
    metadata.extend(inference_id.map(|id| ("inferenceId".to_owned(), json!(id))));
    let event =
        json!({ "captureData": { "endpointOutput": side }, "eventMetadata": metadata, "eventVersion": "0" });
    format!("{event}\n")
}

pub(crate) fn truth(id: &str, label: &str) -> String {
    let data = json!({ "data": label, "encoding": "CSV" });
    let truth = json!({ "groundTruthData": data, "eventMetadata": { "eventId": id }, "eventVersion": "0" });
    format!("{truth}\n")
}

pub(crate) fn metric<'a>(found: &'a Value, name: &str) -> &'a Value {
    found["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == name).unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A file of a case that the containers answered; none, and it says so, where there is no such folder.
pub(crate) fn golden(case: &str, file: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("SAGEWARDEN_GOLDEN").map(PathBuf::from) else {
        eprintln!("skipped `{case}`: SAGEWARDEN_GOLDEN names no folder with the containers' answers");
        return None;
    };
    Some(folder.join(case).join(file).to_str().unwrap().to_owned())
}

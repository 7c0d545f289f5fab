//! The bundle that is shipped, as texts that a test can spoil.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where it lies.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra")
}

pub(crate) fn shipped() -> BTreeMap<String, String> {
    let infra = folder();
    let mut files = BTreeMap::new();
    files.insert("settings.toml".to_owned(), fs::read_to_string(infra.join("settings.toml")).unwrap());
    for entry in fs::read_dir(infra.join("policies")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("policies/{}", path.file_name().unwrap().to_string_lossy());
        files.insert(name, fs::read_to_string(path).unwrap());
    }
    files
}

//! The base of the tests of whole flows: a Python environment with AWS's own client and an emulator, and a simulator of the two services
//! that the emulator lacks.

pub mod aws;
pub mod browser;
pub mod bucket;
pub mod calls;
pub mod clock;
mod codecommit;
pub mod deployed;
pub mod dynoxide;
pub mod emulator;
mod experiments;
pub mod faulty;
pub mod flows;
pub mod functions;
pub mod guarded;
mod identity;
pub mod listener;
pub mod local;
pub mod monitor;
pub mod mortal;
pub mod moto;
pub mod played;
pub mod python;
pub mod resolved;
mod runtime;
mod s3;
pub mod simulator;
pub mod sources;
pub mod stack;
pub mod stepped;
pub mod strikes;
pub mod template;
pub mod watched_flows;
mod wire;
pub mod workshop;

/// Harness code says what is missing and ends the test.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sagewarden_lineage::rows::{JudgementRow, ReceiptRow, VerdictRow};
use sha2::{Digest, Sha256};

/// The files below a folder, at any depth, whose names end in one of these, in the order of their paths.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_below(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_below(&path, endings)?);
        } else if path.extension().is_some_and(|own| endings.iter().any(|ending| own == *ending)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Programs that this machine lacks for a test, in lines for people. The test harness shows the errors of tests by `Debug`, which would
/// escape the ends of the lines.
#[derive(Clone, thiserror::Error)]
#[error("{0}")]
struct Missing(String);

impl fmt::Debug for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Attributes that say when somebody judged or published: two runs that do so at other times differ in these.
pub const WHEN: [&str; 6] = [
    VerdictRow::AS_OF,
    VerdictRow::STOPPED_AS_OF,
    JudgementRow::FIRST,
    JudgementRow::JUDGED_AT,
    JudgementRow::MODIFIED_AT,
    ReceiptRow::EXPIRES,
];

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// The target folder that this test was built in.
///
/// # Errors
/// When the test does not run from a target folder.
pub fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    // <target>/<profile>/deps/<test>
    let target = program.ancestors().nth(3).ok_or("a test runs from `<target>/<profile>/deps`")?;
    Ok(target.to_owned())
}

/// A folder under the target folder whose name depends on these files, so that another version never changes an installation under a
/// running test.
fn installation(name: &str, files: &[PathBuf]) -> Result<PathBuf> {
    let mut digest = Sha256::new();
    for file in files {
        digest.update(fs::read(file)?);
    }
    let digest: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Ok(target()?.join(format!("{name}-{digest}")))
}

/// Installs something into a folder, unless `result` exists, which the installation must make last. The first caller installs; others, in
/// other processes too, wait. After an interruption, the next caller begins again.
fn install_once(folder: &Path, result: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    if result.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    if result.exists() { Ok(()) } else { install() }
}

/// The time.
#[must_use]
pub fn now() -> sagewarden_events::Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    sagewarden_events::Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A text in a document; empty if absent.
#[must_use]
pub fn text<'a>(value: &'a serde_json::Value, key: &str) -> &'a str {
    value.get(key).and_then(serde_json::Value::as_str).unwrap_or_default()
}

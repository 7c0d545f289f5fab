//! What the tests of whole flows stand on: a Python environment with AWS's own client and an emulator, and a simulator of the
//! two services that the emulator lacks.

pub mod aws;
pub mod browser;
pub mod bucket;
pub mod calls;
mod codecommit;
pub mod dynoxide;
pub mod emulator;
pub mod faulty;
pub mod functions;
pub mod guarded;
pub mod listener;
pub mod local;
pub mod monitor;
pub mod played;
pub mod python;
pub mod simulator;
pub mod sources;
pub mod stack;

/// Harness code tells what is missing and ends the test.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

use std::path::{Path, PathBuf};

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

/// The time.
#[must_use]
pub fn now() -> sagewarden_events::Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    sagewarden_events::Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

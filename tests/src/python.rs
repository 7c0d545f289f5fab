//! The Python environment: made once under the target folder, from pinned versions.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output};

use sha2::{Digest, Sha256};

use crate::{Result, root, target};

const PYTHON: &str = "python3";
const INSTALL: &str =
    "install Python 3.10 or newer with its `venv` module (on Debian: apt-get install python3 python3-venv)";

/// What the environment holds, and what pip is told beside it.
const REQUIREMENTS: [(&str, &[&str]); 2] = [("requirements.txt", &[]), ("files.txt", &["--no-deps"])];

/// A script of `tests/python`, ready to be started in the environment.
///
/// # Errors
/// When the environment cannot be made; the message says what to install.
pub fn script(name: &str) -> Result<Command> {
    let mut command = Command::new(environment()?);
    command.arg(root().join("tests/python").join(name)).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

/// A tool that a package of the environment brings, such as `cfn-lint`.
///
/// # Errors
/// When the environment cannot be made.
pub fn tool(name: &str) -> Result<Command> {
    Ok(Command::new(environment()?.with_file_name(name)))
}

/// The environment's interpreter. The first caller makes the environment; the others, of other processes too, wait.
fn environment() -> Result<PathBuf> {
    let place = |name| root().join("tests/python").join(name);
    let mut pins = Vec::new();
    for (name, _) in REQUIREMENTS {
        pins.extend(fs::read(place(name))?);
    }
    let digest = format!("{:x?}", Sha256::digest(&pins));
    let name: String = digest.chars().filter(char::is_ascii_hexdigit).take(12).collect();
    // Outside the profile's folder, and new for other pins: an old one is never changed under a running test.
    let folder = target()?.join(format!("python-{name}"));
    let (interpreter, complete) = (folder.join("bin/python"), folder.join("complete"));
    if complete.exists() {
        return Ok(interpreter);
    }
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    if !complete.exists() {
        let made = Command::new(PYTHON).args(["-m", "venv"]).arg(&folder).output();
        let made = made.map_err(|error| format!("`{PYTHON}` cannot be run ({error}): {INSTALL}"))?;
        check(&made, &format!("`{PYTHON} -m venv` failed: {INSTALL}"))?;
        for (name, more) in REQUIREMENTS {
            let pip = Command::new(&interpreter)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(more)
                .arg("--requirement")
                .arg(place(name))
                .output()?;
            let problem =
                format!("`tests/python/{name}` cannot be installed: pip must reach its package index");
            check(&pip, &problem)?;
        }
        File::create(&complete)?;
    }
    Ok(interpreter)
}

fn check(output: &Output, problem: &str) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).trim().to_owned());
    Err(format!("{problem}\n{}", said.join("\n")).into())
}

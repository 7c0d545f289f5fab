//! The Python environment: made once under the target folder, from pinned versions, by an interpreter that needs no package.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{Missing, Result, install_once, installation, root};

const PYTHON: &str = "python3";
/// The oldest Python that the pinned packages take, and a proof that it has what a virtual environment is made with.
const PROBE: &str =
    "import sys, venv; sys.version_info >= (3, 11) or sys.exit(f'this is Python {sys.version}')";
const INSTALL: &str = "install Python 3.11 or newer (on Debian: apt-get install python3)";

/// What the environment holds, and what pip is told beside it.
const REQUIREMENTS: [(&str, &[&str]); 2] = [("requirements.txt", &[]), ("files.txt", &["--no-deps"])];

/// A script of `tests/python`, ready to be started in the environment.
///
/// # Errors
/// When the environment cannot be made; the message says what to install.
pub fn script(name: &str) -> Result<Command> {
    let mut command = Command::new(environment()?);
    command.arg(place(name)).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

/// A tool that a package of the environment brings, such as `cfn-lint`.
///
/// # Errors
/// When the environment cannot be made.
pub fn tool(name: &str) -> Result<Command> {
    Ok(Command::new(environment()?.with_file_name(name)))
}

pub(crate) fn place(name: &str) -> PathBuf {
    root().join("tests/python").join(name)
}

/// The environment's interpreter.
fn environment() -> Result<PathBuf> {
    let folder = installation("python", &REQUIREMENTS.map(|(name, _)| place(name)))?;
    let (interpreter, complete) = (folder.join("bin/python"), folder.join("complete"));
    install_once(&folder, &complete, || {
        make(&folder, &interpreter)?;
        File::create(&complete)?;
        Ok(())
    })?;
    Ok(interpreter)
}

fn make(folder: &Path, interpreter: &Path) -> Result<()> {
    let probed = Command::new(PYTHON).args(["-c", PROBE]).output();
    let probed = probed.map_err(|error| Missing(format!("`{PYTHON}` cannot be run ({error}): {INSTALL}")))?;
    check(&probed, &format!("`{PYTHON}` is too old or not complete: {INSTALL}"))?;
    let made = Command::new(PYTHON).args(["-m", "venv", "--without-pip"]).arg(folder).output()?;
    check(&made, &format!("`{PYTHON} -m venv` failed: {INSTALL}"))?;
    // A wheel of pip is a program that installs wheels, itself too.
    let wheel = pip()?;
    let itself = Command::new(interpreter)
        .arg(wheel.join("pip"))
        .args(INSTALLING)
        .arg("--no-index")
        .arg(&wheel)
        .output()?;
    check(&itself, "pip cannot install itself")?;
    for (name, more) in REQUIREMENTS {
        let pip = Command::new(interpreter)
            .args(["-m", "pip"])
            .args(INSTALLING)
            .args(more)
            .arg("--requirement")
            .arg(place(name))
            .output()?;
        let problem = format!(
            "`tests/python/{name}` cannot be installed: pip must reach a package index that has all of it \
             (export PIP_INDEX_URL=<such an index>)"
        );
        check(&pip, &problem)?;
    }
    Ok(())
}

const INSTALLING: [&str; 3] = ["install", "--quiet", "--disable-pip-version-check"];

/// The wheel of pip. On Debian, Python comes without it; crates.io is the one index that every machine with Rust is set up for, and has
/// it as a file of Python's own library.
fn pip() -> Result<PathBuf> {
    let folder = Path::new(rustpython_pylib::LIB_PATH).join("ensurepip/_bundled");
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    Err(format!("`{}` has no wheel of pip", folder.display()).into())
}

fn check(output: &Output, problem: &str) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).trim().to_owned());
    Err(Missing(format!("{problem}\n{}", said.join("\n").trim())).into())
}

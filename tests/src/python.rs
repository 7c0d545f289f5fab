//! The Python environments: made once under the target folder, from pinned versions, by an interpreter that needs no package.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{Missing, Result, install_once, installation, root};

const PYTHON: &str = "python3";
/// The oldest Python that the pinned packages take, and a proof that it has what a virtual environment is made with.
const PROBE: &str =
    "import sys, venv; sys.version_info >= (3, 11) or sys.exit(f'this is Python {sys.version}')";
const INSTALL: &str = "install Python 3.11 or newer (on Debian: apt-get install python3)";

/// An environment: the name of its folder, its packages, and further options of pip.
struct Environment {
    name: &'static str,
    requirements: &'static [(&'static str, &'static [&'static str])],
}

const ENVIRONMENT: Environment =
    Environment { name: "python", requirements: &[("requirements.txt", &[]), ("files.txt", &["--no-deps"])] };
/// The scanners of the template need other versions of packages that the tests use, such as boto3.
const SCANNERS: Environment = Environment { name: "scanners", requirements: &[("scanners.txt", &[])] };
/// The newest model of AWS's API.
const API: Environment = Environment { name: "api", requirements: &[("api.txt", &[])] };
/// XGBoost and LightGBM, which the other tests do not wait for.
const XGBOOST: Environment = Environment { name: "xgboost", requirements: &[("xgboost.txt", &[])] };

/// moto, which the other tests do not wait for either.
const MOTO: Environment = Environment { name: "moto", requirements: &[("moto.txt", &[])] };

/// MLflow's client and its plugin for SageMaker.
const MLFLOW: Environment = Environment { name: "mlflow", requirements: &[("mlflow.txt", &[])] };
/// What gives a process another time.
const FAKETIME: Environment = Environment { name: "faketime", requirements: &[("faketime.txt", &[])] };

/// The SageMaker SDK 2, as the workshop's notebooks use it, and the SDK 3. Each has botocore of its own.
const SDK2: Environment = Environment { name: "sdk2", requirements: &[("sdk2.txt", &[])] };
const SDK3: Environment = Environment { name: "sdk3", requirements: &[("sdk3.txt", &["--no-deps"])] };

/// A script of `tests/python`, ready to be started in the environment.
///
/// # Errors
/// When the environment cannot be made; the message says what to install.
pub fn script(name: &str) -> Result<Command> {
    Ok(run(ENVIRONMENT.interpreter()?, name))
}

/// A script of `tests/python` whose botocore reads the newest model of the API ("Data path", botocore's loaders: `AWS_DATA_PATH` goes first).
///
/// # Errors
/// As [`script`].
pub fn model_script(name: &str) -> Result<Command> {
    let mut command = script(name)?;
    command.env("AWS_DATA_PATH", API.packaged("botocore/data")?);
    Ok(command)
}

/// A tool that a package of the environment brings, such as `cfn-lint`.
///
/// # Errors
/// When the environment cannot be made.
pub fn tool(name: &str) -> Result<Command> {
    Ok(Command::new(ENVIRONMENT.interpreter()?.with_file_name(name)))
}

/// A script of `tests/python` beside the scanners.
///
/// # Errors
/// As [`script`].
pub fn scanning_script(name: &str) -> Result<Command> {
    Ok(run(SCANNERS.interpreter()?, name))
}

/// A script of `tests/python` beside XGBoost and LightGBM.
///
/// # Errors
/// As [`script`].
pub fn training_script(name: &str) -> Result<Command> {
    Ok(run(XGBOOST.interpreter()?, name))
}

/// The generation of the SageMaker SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sdk {
    /// With estimators and `fit`.
    Two,
    /// With `ModelTrainer` and `train`.
    Three,
}

/// A script of `tests/python` beside the SageMaker SDK, which reports none of its calls to its makers: `settings` is a file that says so.
///
/// # Errors
/// As [`script`], or when the file cannot be written.
pub fn notebook_script(sdk: Sdk, name: &str, settings: &Path) -> Result<Command> {
    const SILENT: &str =
        "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n";
    let environment = match sdk {
        Sdk::Two => SDK2,
        Sdk::Three => SDK3,
    };
    fs::write(settings, SILENT)?;
    let mut command = run(environment.interpreter()?, name);
    command.env("SAGEMAKER_ADMIN_CONFIG_OVERRIDE", settings).env("SAGEMAKER_SUPPRESS_V2_WARNING", "1");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    Ok(command)
}

/// A script of `tests/python` beside moto, for an account of its own.
///
/// # Errors
/// As [`script`].
pub fn mocking_script(name: &str) -> Result<Command> {
    let mut command = run(MOTO.interpreter()?, name);
    command.env("MOTO_ACCOUNT_ID", "111122223333").env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_ACCESS_KEY_ID", "none").env("AWS_SECRET_ACCESS_KEY", "none");
    Ok(command)
}

/// A script of `tests/python` beside MLflow's client, which reports nothing to its makers.
///
/// # Errors
/// As [`script`].
pub fn tracking_script(name: &str) -> Result<Command> {
    let mut command = run(MLFLOW.interpreter()?, name);
    command.envs([
        ("MLFLOW_DISABLE_TELEMETRY", "true"),
        ("DO_NOT_TRACK", "true"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    Ok(command)
}

/// A scanner, such as `checkov`.
///
/// # Errors
/// As [`tool`].
pub fn scanner(name: &str) -> Result<Command> {
    Ok(Command::new(SCANNERS.interpreter()?.with_file_name(name)))
}

/// The library that gives a process another time, to be loaded before all others.
///
/// # Errors
/// As [`script`]; its package needs a C compiler.
pub(crate) fn time_library() -> Result<PathBuf> {
    FAKETIME.packaged("libfaketime/vendor/libfaketime/src/libfaketime.so.1")
}

fn run(interpreter: PathBuf, script: &str) -> Command {
    let mut command = Command::new(interpreter);
    command.arg(place(script)).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

pub(crate) fn place(name: &str) -> PathBuf {
    root().join("tests/python").join(name)
}

impl Environment {
    /// A file or folder that a package brings.
    fn packaged(&self, place: &str) -> Result<PathBuf> {
        let home = self.interpreter()?;
        let packages = home.parent().and_then(Path::parent).ok_or("an environment is a folder")?.join("lib");
        let of_python = |python: fs::DirEntry| python.path().join("site-packages").join(place);
        let mut found = fs::read_dir(&packages)?.filter_map(|python| Some(of_python(python.ok()?)));
        let found = found.find(|found| found.exists());
        found.ok_or_else(|| format!("`{}` has no `{place}`", packages.display()).into())
    }

    /// Its interpreter; the first caller makes the environment.
    fn interpreter(&self) -> Result<PathBuf> {
        let files: Vec<PathBuf> = self.requirements.iter().map(|(name, _)| place(name)).collect();
        let folder = installation(self.name, &files)?;
        let (interpreter, complete) = (folder.join("bin/python"), folder.join("complete"));
        install_once(&folder, &complete, || {
            make(&folder, &interpreter, self.requirements)?;
            File::create(&complete)?;
            Ok(())
        })?;
        Ok(interpreter)
    }
}

fn make(folder: &Path, interpreter: &Path, requirements: &[(&str, &[&str])]) -> Result<()> {
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
    for (name, more) in requirements {
        let pip = Command::new(interpreter)
            .args(["-m", "pip"])
            .args(INSTALLING)
            .args(*more)
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

//! The functions as they are deployed: each in its folder, the binary called `bootstrap`, settings and policies beside it. And
//! the command.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::Message;
use sagewarden_policy::Bundle;

use crate::{Result, root, target};

/// Builds the functions with the rest of the workspace and lays them out under `folder` as
/// `infra/package.sh` does under `target/lambda`. `settings` takes the place of `infra/settings.toml`.
///
/// # Errors
/// When the build fails; what the compiler said is on standard error.
pub fn package(folder: &Path, settings: &str) -> Result<()> {
    for (name, program) in build("functions")? {
        let place = folder.join(&name);
        let bundle = place.join("bundle");
        fs::create_dir_all(&bundle)?;
        let bootstrap = place.join("bootstrap");
        // A link where possible: with its symbols a binary has close to a hundred megabytes.
        fs::hard_link(&program, &bootstrap).or_else(|_| fs::copy(&program, &bootstrap).map(drop))?;
        fs::write(bundle.join("settings.toml"), settings)?;
        if judges(&name)? {
            fs::create_dir_all(bundle.join("policies"))?;
            let note = fs::read_to_string(root().join("infra").join(Bundle::NOTE))?;
            for (name, text) in policies()?.into_iter().chain([(Bundle::NOTE.to_owned(), note)]) {
                fs::write(bundle.join(name), text)?;
            }
        }
    }
    Ok(())
}

/// Whether a function judges: only these are packaged with policies.
fn judges(function: &str) -> Result<bool> {
    let manifest = root().join("functions").join(function).join("Cargo.toml");
    Ok(fs::read_to_string(manifest)?.contains("\"judging\""))
}

/// The command `sagewarden`, built like the functions, but without them.
///
/// # Errors
/// When the build fails; what the compiler said is on standard error.
pub fn command() -> Result<PathBuf> {
    let found = build_with("cli", &["--bin", "sagewarden"])?.into_iter().next();
    Ok(found.map(|(_, program)| program).ok_or("cargo built no command")?)
}

/// The command with AWS's SDK, copied into a folder: the next build of the workspace replaces it.
///
/// # Errors
/// As [`command`].
pub fn command_with_sdk(folder: &Path) -> Result<PathBuf> {
    let built = build_with("cli", &["--bins", "--features", "sagewarden/aws"])?.into_iter().next();
    let own = folder.join("sagewarden");
    fs::copy(built.map(|(_, program)| program).ok_or("cargo built no command")?, &own)?;
    Ok(own)
}

/// The shipped policies and their schema, by their names in a bundle.
///
/// # Errors
/// When they cannot be read.
pub fn policies() -> Result<BTreeMap<String, String>> {
    let mut policies = BTreeMap::new();
    for entry in fs::read_dir(root().join("infra/policies"))? {
        let entry = entry?;
        let name = format!("policies/{}", entry.file_name().to_string_lossy());
        // The note beside the policies is not a policy.
        if name == Bundle::NOTE {
            continue;
        }
        policies.insert(name, fs::read_to_string(entry.path())?);
    }
    Ok(policies)
}

/// The names and programs of the packages below a folder.
fn build(folder: &str) -> Result<Vec<(String, PathBuf)>> {
    build_with(folder, &["--bins"])
}

fn build_with(folder: &str, options: &[&str]) -> Result<Vec<(String, PathBuf)>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["build", "--workspace", "--message-format=json", "--target-dir"])
        .arg(target()?)
        // If a test is built as well, dependencies have the same features as in tests, so nothing is compiled twice.
        .args(["--test", "house"])
        .args(options)
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("the workspace cannot be built; the compiler's message is above".into());
    }
    let folder = root().join(folder);
    let mut programs = Vec::new();
    for message in Message::parse_stream(output.stdout.as_slice()) {
        let Message::CompilerArtifact(artifact) = message? else { continue };
        let Some(program) = artifact.executable else { continue };
        if Path::new(artifact.manifest_path.as_str()).starts_with(&folder) {
            programs.push((artifact.target.name, program.into_std_path_buf()));
        }
    }
    if programs.is_empty() {
        return Err(format!("cargo built nothing in `{}`", folder.display()).into());
    }
    Ok(programs)
}

//! `sagewarden policy pull`: a copy of the bundle that a stack judges by.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use sagewarden_policy::Bundle;

use crate::command::policy::PullOptions;
use crate::error::CommandError;
use crate::input::{bucket, bundle, now};
use crate::output;

pub(crate) fn run(options: &PullOptions) -> Result<ExitCode, CommandError> {
    let place =
        bundle::of_bucket(&options.place)?.ok_or_else(|| CommandError::NoPlace(options.place.clone()))?;
    let is_empty = fs::read_dir(&options.out).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty && !options.force {
        return Err(CommandError::Exists(options.out.clone()));
    }
    let texts = bucket::texts(&place)?;
    let refused = |source| CommandError::RefusedBundle { place: options.place.clone(), source };
    let pulled = Bundle::from_files(&texts).and_then(|bundle| bundle.granted_by(now())).map_err(refused)?;
    bundle::check(&pulled, &options.place, options.digest.as_deref())?;
    write(&options.out, &texts)?;
    output::print_text(&format!(
        "pulled: {} controls, profile {}, bundle {}\n",
        pulled.controls().count(),
        pulled.settings().profile.name(),
        pulled.hash()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the files, and removes the files of an earlier bundle.
fn write(folder: &Path, texts: &BTreeMap<String, String>) -> Result<(), CommandError> {
    let policies = folder.join("policies");
    fs::create_dir_all(&policies).map_err(CommandError::unwritable(&policies))?;
    for entry in policies.read_dir().map_err(CommandError::unreadable(&policies))?.flatten() {
        let path = entry.path();
        // If a file that the bundle no longer has were left, it would be a part of the copy.
        if path.extension().is_some_and(|end| end == "cedar" || end == "cedarschema") {
            fs::remove_file(&path).map_err(CommandError::unwritable(&path))?;
        }
    }
    for (name, text) in texts {
        let path = folder.join(name);
        fs::write(&path, text).map_err(CommandError::unwritable(&path))?;
    }
    Ok(())
}

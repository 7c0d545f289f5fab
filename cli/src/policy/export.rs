//! `sagewarden policy export`: the controls as policies that deny before a call is made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sagewarden_policy::export::{self, Export, Gap, PolicyDocument, PolicyKind};

use crate::command::policy::{ExportKind, ExportOptions};
use crate::error::CommandError;
use crate::input::bundle;
use crate::output;

impl ExportKind {
    fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Scp => "scp",
        }
    }

    fn policy_kind(self) -> PolicyKind {
        match self {
            Self::Iam => PolicyKind::Iam,
            Self::Scp => PolicyKind::Scp,
        }
    }
}

pub(crate) fn run(options: &ExportOptions) -> Result<ExitCode, CommandError> {
    let bundle = bundle::load(options.settings.as_deref())?;
    let export = export::export(&bundle, options.kind.policy_kind())?;
    publish(options, options.kind.name(), &export.policies)?;
    if export.policies.is_empty() {
        output::warn(format_args!("there is no policy: IAM can express no control that is on"));
    }
    anstream::eprint!("{}", notes(&export));
    Ok(ExitCode::SUCCESS)
}

/// The policies that deny what Sagewarden does not see.
pub(crate) fn unseen(options: &ExportOptions) -> Result<ExitCode, CommandError> {
    let policies = export::deny_unseen(options.kind.policy_kind())?;
    publish(options, &format!("unseen-{}", options.kind.name()), &policies)?;
    output::warn(format_args!(
        "note: sign-ins (CreatePresigned...) and deletions stay allowed; `sagewarden policy coverage --not-seen` has the whole list"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Prints the policies, or writes them to the folder that is asked for; `name` is the common part of the names of these files.
pub(super) fn publish(
    options: &ExportOptions,
    name: &str,
    policies: &[PolicyDocument],
) -> Result<(), CommandError> {
    match &options.out {
        Some(folder) => output::print_text(&write(folder, name, options.kind, policies)?)?,
        None => {
            let texts = policies.iter().map(|policy| written(policy, options.kind));
            let texts = texts.collect::<io::Result<Vec<_>>>()?;
            output::print_document(format!("[\n{}\n]\n", texts.join(",\n")))?;
        }
    }
    Ok(())
}

/// A policy as it is attached. A service control policy has no white space, because white space counts towards its limit.
fn written(policy: &PolicyDocument, kind: ExportKind) -> io::Result<String> {
    let text = match kind {
        ExportKind::Iam => serde_json::to_string_pretty(policy),
        ExportKind::Scp => serde_json::to_string(policy),
    };
    text.map_err(io::Error::from)
}

/// Writes a file for each policy, and says which.
fn write(
    folder: &Path,
    name: &str,
    kind: ExportKind,
    policies: &[PolicyDocument],
) -> Result<String, CommandError> {
    fs::create_dir_all(folder).map_err(CommandError::unwritable(folder))?;
    // If a file of an earlier, longer export were left, people would attach it with the others.
    for former in former(folder, name) {
        fs::remove_file(&former).map_err(CommandError::unwritable(&former))?;
    }
    let mut written_files = String::new();
    for (index, policy) in policies.iter().enumerate() {
        let path = folder.join(format!("sagewarden-{name}-{}.json", index + 1));
        let mut text = written(policy, kind)?;
        if kind == ExportKind::Iam {
            text.push('\n');
        }
        fs::write(&path, &text).map_err(CommandError::unwritable(&path))?;
        let (statements, kind) = (policy.statement.len(), kind.policy_kind());
        written_files += &format!(
            "{}: {statements} statements, {} of {} characters\n",
            path.display(),
            kind.count(&text),
            kind.limit()
        );
    }
    Ok(written_files)
}

/// The files that an earlier export wrote.
fn former(folder: &Path, name: &str) -> Vec<PathBuf> {
    let prefix = format!("sagewarden-{name}-");
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".json"));
        number.is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && path.is_file()
        })
    };
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(is_ours).collect()
}

/// The limits of the policies.
fn notes(export: &Export) -> String {
    let mut text = String::new();
    let mut list = |head: &str, gaps: &[Gap]| {
        if !gaps.is_empty() {
            text += &format!("{head}:\n");
            text.extend(gaps.iter().map(|gap| format!("  {:<12}{}\n", gap.control, gap.reason)));
        }
    };
    list("controls that the statements do not hold to the letter", &export.differing);
    list("controls that IAM cannot express", &export.beyond);
    if !export.off.is_empty() {
        text += &format!("controls that are off: {}\n", export.off.join(", "));
    }
    text
}

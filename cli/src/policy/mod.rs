//! `sagewarden policy`: the controls, for people who choose them.

mod control;
mod coverage;
mod export;
mod fields;
mod pull;
mod role;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use sagewarden_policy::Bundle;
use serde_json::{Value, json};

use crate::command::format::ChosenProfile;
use crate::command::policy::{ExplainOptions, ListFormat, ListOptions, Policy, ValidateOptions};
use crate::error::CommandError;
use crate::input::nearest::Nearest;
use crate::input::{bundle, now};
use crate::output::terminal::STRONG;
use crate::output::{self, line};
use crate::policy::control::{OWN, also, severity};

pub(crate) fn run(command: &Policy) -> Result<ExitCode, CommandError> {
    match command {
        Policy::List(options) => list(options),
        Policy::Coverage(options) => coverage::run(options),
        Policy::Explain(options) => explain(options),
        Policy::Validate(options) => validate(options),
        Policy::Pull(options) => pull::run(options),
        Policy::Export(options) => match options.role {
            Some(role) => role::run(options, role),
            None if options.deny_unseen => export::unseen(options),
            None => export::run(options),
        },
    }
}

fn list(options: &ListOptions) -> Result<ExitCode, CommandError> {
    let bundle = bundle::load(options.settings.as_deref())?;
    let controls = control::of_profile(&bundle, options.profile.map(ChosenProfile::profile));
    match options.format {
        ListFormat::Text => output::print_text(&control::text(&controls))?,
        ListFormat::Markdown => output::print_document(control::markdown(&controls))?,
        ListFormat::Json => {
            let controls: Vec<Value> =
                controls.into_iter().map(|control| control::document(&bundle, control)).collect();
            output::print_json(&json!({ "bundle": bundle.hash(), "controls": controls }))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the values of the rows of `policy explain` begin.
const INDENT: usize = 12;

fn explain(options: &ExplainOptions) -> Result<ExitCode, CommandError> {
    let bundle = bundle::load(options.settings.as_deref())?;
    let id = options.id.to_uppercase();
    let control = bundle.control(&id).ok_or_else(|| unknown(&bundle, &options.id))?;
    let rows = [
        ("chapter", control.chapter().to_owned()),
        ("severity", severity(control.severity)),
        ("profile", control.profile.name().to_owned()),
        ("risk", control.risk.clone()),
        ("field", fields::lines(&control.fields, INDENT)),
        ("wanted", bundle.wanted(control, OWN)),
        ("fix", control.fix.clone()),
        ("remedy", control.remedy.explain().to_owned()),
        ("mode", json!(bundle.control_mode(control)).as_str().unwrap_or_default().to_owned()),
        ("cost", control.cost.clone()),
        ("also in", also(control).to_owned()),
    ];
    let mut text = format!("{STRONG}{id}{STRONG:#}  {}\n", line(&control.title));
    let said = rows.iter().filter(|(_, value)| !value.is_empty());
    // Fields are made safe for the terminal in their own lines.
    let shown = |name: &str, value: &str| if name == "field" { value.to_owned() } else { line(value) };
    text.extend(said.map(|(name, value)| format!("  {name:<10}{}\n", shown(name, value))));
    for fix in control::fixes(&bundle, control) {
        text += &format!("  with {}\n", fix.with);
        text.extend(fix.code.lines().map(|code| format!("    {}\n", line(code))));
    }
    output::print_text(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn unknown(bundle: &Bundle, id: &str) -> CommandError {
    let mut nearest = Nearest::to(id);
    bundle.controls().for_each(|control| nearest.consider(&control.id, &control.id));
    let hint =
        nearest.question().unwrap_or_else(|| "run `sagewarden policy list` for all of them".to_owned());
    CommandError::UnknownControl { id: id.to_owned(), hint }
}

fn validate(options: &ValidateOptions) -> Result<ExitCode, CommandError> {
    let folder = Path::new(&options.folder);
    let bundle = Bundle::from_dir(folder)?.granted_by(now())?;
    if options.note {
        let path = folder.join(Bundle::NOTE);
        fs::write(&path, bundle.note()).map_err(CommandError::unwritable(&path))?;
    }
    output::print_text(&format!(
        "valid: {} controls, bundle {}\n",
        bundle.controls().count(),
        bundle.hash()
    ))?;
    Ok(ExitCode::SUCCESS)
}

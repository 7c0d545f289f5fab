//! `sagewarden policy`: the controls, for people who choose them.

mod export;

use std::path::Path;
use std::process::ExitCode;

use sagewarden_policy::{Bundle, Control, Severity};
use serde_json::{Value, json};

use crate::command::{ExplainOptions, ListFormat, ListOptions, Policy, ValidateOptions};
use crate::error::CommandError;
use crate::output::{self, STRONG};

pub(crate) fn run(command: &Policy) -> Result<ExitCode, CommandError> {
    match command {
        Policy::List(options) => list(options),
        Policy::Explain(options) => explain(options),
        Policy::Validate(options) => validate(options),
        Policy::Export(options) => export::run(options),
    }
}

fn list(options: &ListOptions) -> Result<ExitCode, CommandError> {
    let bundle = output::bundle(options.settings.as_deref())?;
    let text = match options.format {
        ListFormat::Text => text(&bundle),
        ListFormat::Markdown => markdown(&bundle),
        ListFormat::Json => {
            let controls: Vec<Value> = bundle.controls().map(|control| document(&bundle, control)).collect();
            format!("{:#}\n", json!({ "bundle": bundle.hash(), "controls": controls }))
        }
    };
    match options.format {
        ListFormat::Json => output::hand_over(&text)?,
        ListFormat::Text | ListFormat::Markdown => output::say(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn explain(options: &ExplainOptions) -> Result<ExitCode, CommandError> {
    let bundle = output::bundle(options.settings.as_deref())?;
    let id = options.id.to_uppercase();
    let control = bundle.control(&id).ok_or_else(|| CommandError::UnknownControl(options.id.clone()))?;
    let rows = [
        ("chapter", control.chapter().to_owned()),
        ("severity", word(control.severity)),
        ("field", control.fields.join(", ")),
        ("wanted", bundle.wanted(control, OWN)),
        ("fix", control.fix.clone()),
        ("remedy", control.remedy.explain().to_owned()),
        ("mode", json!(bundle.settings().control_mode(&id)).as_str().unwrap_or_default().to_owned()),
        ("also in", nobody(control).to_owned()),
    ];
    let mut text = format!("{STRONG}{id}{STRONG:#}  {}\n", control.title);
    text.extend(rows.map(|(name, value)| format!("  {name:<10}{value}\n")));
    output::say(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn validate(options: &ValidateOptions) -> Result<ExitCode, CommandError> {
    let bundle = Bundle::from_dir(Path::new(&options.folder))?;
    output::say(&format!("valid: {} controls, bundle {}\n", bundle.controls().count(), bundle.hash()))?;
    Ok(ExitCode::SUCCESS)
}

/// Stands where a resource's own account would.
const OWN: &str = "(the resource's own)";

fn text(bundle: &Bundle) -> String {
    let line =
        |control: &Control| format!("{:<12}{:<10}{}\n", control.id, word(control.severity), control.title);
    bundle.controls().map(line).collect()
}

fn document(bundle: &Bundle, control: &Control) -> Value {
    json!({
        "id": control.id,
        "area": control.area,
        "chapter": control.chapter(),
        "severity": control.severity,
        "title": control.title,
        "fields": control.fields,
        "wanted": bundle.wanted(control, OWN),
        "fix": control.fix,
        "remedy": control.remedy.explain(),
        "mode": bundle.settings().control_mode(&control.id),
        "also": control.also,
    })
}

/// `docs/CONTROLS.md`; a test holds it against this.
fn markdown(bundle: &Bundle) -> String {
    let mut text = "# Controls\n\nGenerated from `infra/policies`: `cargo run -q -- policy list --format markdown > docs/CONTROLS.md`.\n\n\
                    | id | chapter | what should hold | field | severity | remedy when enforced | also in |\n|---|---|---|---|---|---|---|\n"
        .to_owned();
    for control in bundle.controls() {
        let fields: Vec<String> = control.fields.iter().map(|field| format!("`{field}`")).collect();
        text += &format!(
            "| `{}` | {} | {} | {} | {} | {} | {} |\n",
            control.id,
            control.chapter(),
            control.title,
            fields.join(", "),
            word(control.severity),
            control.remedy.explain(),
            nobody(control),
        );
    }
    text
}

fn nobody(control: &Control) -> &str {
    if control.also.is_empty() { "-" } else { &control.also }
}

fn word(severity: Severity) -> String {
    json!(severity).as_str().unwrap_or_default().to_owned()
}

//! `sagewarden policy coverage`: for each operation of the API that changes something, whether Sagewarden judges it, records it or does not
//! see it.

use std::collections::BTreeMap;
use std::process::ExitCode;

use sagewarden_policy::coverage::{Coverage, CoveredOperation, coverage};
use serde_json::{Value, json};

use crate::command::policy::{CoverageOptions, ListFormat};
use crate::error::CommandError;
use crate::output;
use crate::output::terminal::STRONG;

pub(crate) fn run(options: &CoverageOptions) -> Result<ExitCode, CommandError> {
    let is_wanted = |each: &CoveredOperation| !options.not_seen || each.coverage == Coverage::NotSeen;
    let operations: Vec<CoveredOperation> = coverage().into_iter().filter(is_wanted).collect();
    match options.format {
        ListFormat::Text => output::print_text(&text(&operations))?,
        ListFormat::Markdown => output::print_document(markdown(&operations))?,
        ListFormat::Json => output::print_json(&document(&operations))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The operations by their coverage, with the reason. Operations that Sagewarden does not see come last, where readers notice them.
fn groups(operations: &[CoveredOperation]) -> BTreeMap<Coverage, BTreeMap<&'static str, Vec<&'static str>>> {
    let mut groups: BTreeMap<_, BTreeMap<_, Vec<_>>> = BTreeMap::new();
    for CoveredOperation { name, coverage, reason } in operations {
        groups.entry(*coverage).or_default().entry(*reason).or_default().push(*name);
    }
    groups
}

fn text(operations: &[CoveredOperation]) -> String {
    let mut text = String::new();
    for (coverage, reasons) in groups(operations) {
        let count: usize = reasons.values().map(Vec::len).sum();
        text += &format!("{STRONG}{}{STRONG:#}: {count} operations\n", coverage.words());
        for (reason, names) in reasons {
            text += &format!("  {reason}\n");
            text.extend(names.iter().map(|name| format!("    {name}\n")));
        }
    }
    text
}

/// `docs/COVERAGE.md`; a test holds it against this.
fn markdown(operations: &[CoveredOperation]) -> String {
    let mut text = "# Coverage\n\nWhat becomes of each operation of the SageMaker API that creates, changes, opens or deletes something. Generated: \
                    `cargo run -q -- policy coverage --format markdown > docs/COVERAGE.md`.\n\n\
                    `sagewarden policy export --as scp --deny-unseen` writes a policy that denies what is not seen, but for sign-ins and deletions.\n\n\
                    | operations | what becomes of them | by what, or why |\n|---|---|---|\n"
        .to_owned();
    for (coverage, reasons) in groups(operations) {
        for (reason, names) in reasons {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            text += &format!("| {} | {} | {reason} |\n", names.join(", "), coverage.words());
        }
    }
    text
}

fn document(operations: &[CoveredOperation]) -> Value {
    let row = |each: &CoveredOperation| json!({ "operation": each.name, "coverage": each.coverage.words(), "reason": each.reason });
    json!({ "operations": operations.iter().map(row).collect::<Vec<_>>() })
}

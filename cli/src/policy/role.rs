//! `sagewarden policy export --role`: what a role of the team may do, and what it is denied.

use std::process::ExitCode;

use sagewarden_policy::export::roles::{self, Clause, RoleExport, TeamRole};
use sagewarden_policy::export::{Effect, Statement};

use crate::command::policy::{ExportFormat, ExportKind, ExportOptions, ExportedRole};
use crate::error::CommandError;
use crate::input::bundle;
use crate::output;
use crate::policy::export;

impl ExportedRole {
    fn team_role(self) -> TeamRole {
        match self {
            Self::DataScientist => TeamRole::DataScientist,
            Self::Mlops => TeamRole::MlOps,
            Self::Approver => TeamRole::Approver,
            Self::Auditor => TeamRole::Auditor,
            Self::Platform => TeamRole::Platform,
        }
    }
}

pub(crate) fn run(options: &ExportOptions, role: ExportedRole) -> Result<ExitCode, CommandError> {
    if options.kind != ExportKind::Iam {
        return Err(CommandError::Option(
            "a service control policy allows nothing: export a role with --as iam",
        ));
    }
    let role = role.team_role();
    let bundle = bundle::load(options.settings.as_deref())?;
    let environment = options.environment.as_deref();
    let export = roles::export(role, bundle.settings(), environment, &options.stack)?;
    match options.format {
        ExportFormat::Markdown => output::print_document(markdown(role, &export.clauses))?,
        ExportFormat::Json => export::publish(options, &format!("iam-{}", role.name()), &export.policies)?,
    }
    anstream::eprint!("{}", notes(&export));
    Ok(ExitCode::SUCCESS)
}

/// What the role may do, and what it is denied.
fn markdown(role: TeamRole, clauses: &[Clause]) -> String {
    let mut text =
        format!("### {}\n\n| | what it does | where | when | calls |\n|---|---|---|---|---|\n", role.name());
    for clause in clauses {
        let modal = match clause.statement.effect {
            Effect::Allow => "may",
            Effect::Deny => "never",
        };
        let place = if clause.is_empty() { "nowhere: the settings list nothing here" } else { clause.place };
        let calls = listed(clause.statement.action.iter().map(String::as_str));
        let condition = condition(&clause.statement);
        text += &format!("| {modal} | {} | {place} | {condition} | {calls} |\n", clause.meaning);
    }
    text
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// When a statement counts, term by term.
fn condition(statement: &Statement) -> String {
    let of = |(operator, key, values): (&str, &str, Vec<&str>)| {
        format!("`{operator}` `{key}`: {}", listed(values.into_iter()))
    };
    let terms: Vec<String> = statement.terms().map(of).collect();
    if terms.is_empty() { "always".to_owned() } else { terms.join("; ") }
}

/// The parts that the policies leave out because the settings have no list for them.
fn notes(export: &RoleExport) -> String {
    let mut text = String::new();
    let left_out = export.clauses.iter().filter(|clause| clause.is_empty());
    for clause in left_out.filter(|clause| clause.statement.effect == Effect::Allow) {
        text += &format!(
            "`{}` is left out: the settings list nothing in {}\n",
            clause.statement.sid, clause.place
        );
    }
    for bucket in &export.undenied {
        text += &format!(
            "`{bucket}` of another environment is not denied: the pattern fits buckets of this one, too\n"
        );
    }
    text
}

//! Preventive policies from the same settings: if IAM can see a fault in a request, it can deny the call before it is made.
//!
//! A control that the bundle does not have, or that is `off`, gives no statement. A control in mode `observe` gives a statement like any
//! other: the mode decides what Sagewarden does about an existing resource, but somebody chose to attach an exported policy.
//!
//! Nobody is exempt. A service control policy does not reach service-linked roles anyway, and Sagewarden itself creates nothing that these
//! statements deny.

mod beyond;
mod condition;
mod document;
mod pack;
pub mod roles;
mod rules;

use sagewarden_settings::{ControlMode, Settings};

use crate::bundle::Bundle;
use crate::coverage::not_seen;
use condition::{Condition, Values};
pub use document::{Effect, PolicyDocument, PolicyKind, Statement};
pub use pack::ExportError;
use pack::pack;
use rules::{RULES, Rule};

/// A control, and how its statements differ from it, or why it has no statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its id.
    pub control: String,
    /// In a few words.
    pub reason: String,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// As few as the limit allows; together they hold every statement.
    pub policies: Vec<PolicyDocument>,
    /// Controls of the bundle that the policies enforce only approximately.
    pub differing: Vec<Gap>,
    /// Controls of the bundle that IAM cannot express.
    pub beyond: Vec<Gap>,
    /// Controls that the settings switch off, or leave to a higher profile.
    pub off: Vec<String>,
}

/// The preventive policies of a bundle's settings.
///
/// # Errors
/// When a list of the settings does not fit into one policy.
pub fn export(bundle: &Bundle, kind: PolicyKind) -> Result<Export, ExportError> {
    let is_on = |id: &str| bundle.control(id).is_some_and(|one| bundle.control_mode(one) != ControlMode::Off);
    let policies = pack(statements(bundle.settings(), is_on), kind, 0)?;
    let (on, off): (Vec<_>, Vec<_>) = bundle.controls().map(|control| &control.id).partition(|id| is_on(id));
    let gap = |control: &&String, reason: String| Gap { control: (*control).clone(), reason };
    let (named, unnamed): (Vec<_>, Vec<_>) =
        on.into_iter().partition(|id| preventable().any(|named| named == id.as_str()));
    let differs = |id: &&String| beyond::difference(id).map(|note| gap(id, note));
    let why = |id: &&String| gap(id, beyond::reason(id, bundle.control(id)));
    Ok(Export {
        policies,
        differing: named.iter().filter_map(differs).collect(),
        beyond: unnamed.iter().map(why).collect(),
        off: off.into_iter().cloned().collect(),
    })
}

/// Policies that deny every operation that Sagewarden does not see, so that nobody can use one unnoticed. They do not deny calls that end
/// something. They do not deny sign-ins either, because nobody could open a notebook any more.
///
/// # Errors
///
/// As [`export`]; the operations fit.
pub fn deny_unseen(kind: PolicyKind) -> Result<Vec<PolicyDocument>, ExportError> {
    let is_left =
        |name: &&str| !["Delete", "Disable", "CreatePresigned"].iter().any(|start| name.starts_with(start));
    let names = not_seen().map(|operation| operation.name).filter(is_left);
    let statement = Statement {
        sid: "DenyUnseen".to_owned(),
        effect: Effect::Deny,
        action: names.map(|name| format!("sagemaker:{name}")).collect(),
        resource: Values::One("*".to_owned()),
        condition: Condition::new(),
        controls: Vec::new(),
    };
    pack(vec![statement], kind, 0)
}

/// The ids of the controls that have a statement, several times where they have several, whether a bundle has them or not.
pub fn preventable() -> impl Iterator<Item = &'static str> {
    RULES.iter().flat_map(|rule| rule.covers.iter().map(|(control, _)| *control))
}

/// Every statement that the settings ask for, in the order of the table, of the controls that are on.
fn statements(settings: &Settings, is_on: impl Fn(&str) -> bool) -> Vec<Statement> {
    let of_rule = |rule: &Rule| {
        let on = |(control, _): &&(&str, &[&str])| is_on(control);
        let covers: Vec<_> = rule.covers.iter().filter(on).collect();
        let controls: Vec<&'static str> = covers.iter().map(|(control, _)| *control).collect();
        let calls = covers.iter().flat_map(|(_, calls)| calls.iter());
        let mut action: Vec<String> = calls.map(|call| format!("sagemaker:{call}")).collect();
        // Two controls may be prevented at one call.
        action.sort();
        action.dedup();
        let conditions = if action.is_empty() { Vec::new() } else { (rule.when)(settings) };
        let statement = |condition| Statement {
            sid: rule.sid.to_owned(),
            effect: Effect::Deny,
            action: action.clone(),
            resource: Values::One("*".to_owned()),
            condition,
            controls: controls.clone(),
        };
        conditions.into_iter().map(statement).collect::<Vec<_>>()
    };
    RULES.iter().flat_map(of_rule).collect()
}

#[cfg(test)]
mod tests;

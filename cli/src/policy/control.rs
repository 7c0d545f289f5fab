//! The controls in words: as lines, as a table, as JSON.

use std::collections::BTreeMap;

use sagewarden_policy::fixes::{self, Fix};
use sagewarden_policy::{Bundle, Control, Severity};
use sagewarden_settings::Profile;
use serde_json::{Value, json};

use crate::output::line;

/// The account of no resource: the wanted value for a key then says "the resource's own account".
pub(crate) const OWN: &str = "";

/// The controls of a profile, or all.
pub(crate) fn of_profile(bundle: &Bundle, profile: Option<Profile>) -> Vec<&Control> {
    bundle.controls().filter(|control| profile.is_none_or(|profile| control.profile <= profile)).collect()
}

/// Controls, a line each.
pub(crate) fn text(controls: &[&Control]) -> String {
    let row = |control: &&Control| {
        let (id, title) = (line(&control.id), line(&control.title));
        format!("{id:<12}{:<10}{:<13}{title}\n", severity(control.severity), control.profile.name())
    };
    controls.iter().map(row).collect()
}

/// A control for programs.
pub(crate) fn document(bundle: &Bundle, control: &Control) -> Value {
    json!({
        "id": control.id,
        "area": control.area,
        "chapter": control.chapter(),
        "severity": control.severity,
        "profile": control.profile,
        "title": control.title,
        "risk": control.risk,
        "fields": control.fields,
        "wanted": bundle.wanted(control, OWN),
        "fix": control.fix,
        "remedy": control.remedy.explain(),
        "mode": bundle.control_mode(control),
        "cost": control.cost,
        "also": control.also,
        "fixes": fixes(bundle, control).into_iter().map(|fix| (fix.with, json!(fix.code))).collect::<BTreeMap<_, _>>(),
    })
}

/// How to write the wanted value, for the first kind that the control judges.
pub(crate) fn fixes(bundle: &Bundle, control: &Control) -> Vec<Fix> {
    bundle
        .kinds(control)
        .next()
        .map(|kind| fixes::fixes(kind, control, bundle.settings()))
        .unwrap_or_default()
}

/// `docs/CONTROLS.md`; a test holds it against this.
pub(crate) fn markdown(controls: &[&Control]) -> String {
    let mut text = "# Controls\n\nGenerated from `infra/policies`: `cargo run -q -- policy list --format markdown > docs/CONTROLS.md`.\n\n\
                    | id | chapter | what should hold | field | severity | profile | remedy when enforced | also in |\n|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for control in controls {
        let fields: Vec<String> = control.fields.iter().map(|field| format!("`{field}`")).collect();
        text += &format!(
            "| `{}` | {} | {} | {} | {} | {} | {} | {} |\n",
            control.id,
            control.chapter(),
            control.title,
            fields.join(", "),
            severity(control.severity),
            control.profile.name(),
            control.remedy.explain(),
            also(control),
        );
    }
    text
}

/// The places that also list a control.
pub(crate) fn also(control: &Control) -> &str {
    if control.also.is_empty() { "-" } else { &control.also }
}

pub(crate) fn severity(severity: Severity) -> String {
    json!(severity).as_str().unwrap_or_default().to_owned()
}

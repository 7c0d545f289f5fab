//! The controls in words: as lines, as a table, as JSON.

use sagewarden_policy::{Bundle, Control, Severity};
use serde_json::{Value, json};

use crate::output::line;

/// Stands where a resource's own account would.
pub(crate) const OWN: &str = "(the resource's own)";

/// All controls, a line each.
pub(crate) fn text(bundle: &Bundle) -> String {
    let row = |control: &Control| {
        format!("{:<12}{:<10}{}\n", line(&control.id), severity(control.severity), line(&control.title))
    };
    bundle.controls().map(row).collect()
}

/// A control for programs.
pub(crate) fn document(bundle: &Bundle, control: &Control) -> Value {
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
pub(crate) fn markdown(bundle: &Bundle) -> String {
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
            severity(control.severity),
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

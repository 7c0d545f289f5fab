//! Which fields of an entry are columns of a table, and how a value is shown in a cell.

use sagewarden_lineage::listing::{Items, Listing};
use serde_json::{Value as Json, json};

/// The head of a column and the field of an entry, in the order of the table.
type Columns = &'static [(&'static str, &'static str)];

const ENDPOINTS: Columns = &[
    ("endpoint", "name"),
    ("live", "live"),
    ("state", "state"),
    ("configuration", "configuration"),
    ("since", "since"),
    ("owner", "owner"),
    ("region", "region"),
    ("account", "account"),
];
const MODELS: Columns = &[
    ("model", "name"),
    ("kind", "kind"),
    ("approval", "approval"),
    ("endpoints", "endpoints"),
    ("created", "created_at"),
    ("owner", "owner"),
    ("deleted", "deleted_at"),
    ("region", "region"),
    ("account", "account"),
];
const JOBS: Columns = &[
    ("job", "name"),
    ("kind", "kind"),
    ("state", "state"),
    ("created", "created_at"),
    ("owner", "owner"),
    ("instance", "instance_type"),
    ("remedy", "remedy"),
    ("erased", "deleted_at"),
    ("region", "region"),
    ("account", "account"),
];
const FINDINGS: Columns = &[
    ("severity", "severity"),
    ("control", "control"),
    ("status", "status"),
    ("state", "state"),
    ("kind", "kind"),
    ("resource", "name"),
    ("since", "since"),
    ("owner", "owner"),
    ("mode", "mode"),
    ("would", "would"),
    ("region", "region"),
    ("account", "account"),
];
const COUNTS: Columns = &[
    ("by", "by"),
    ("value", "value"),
    ("findings", "findings"),
    ("resources", "resources"),
    ("worst", "severity"),
    ("controls", "controls"),
];
const WAIVERS: Columns = &[
    ("control", "control"),
    ("severity", "severity"),
    ("approver", "approver"),
    ("expires", "expires"),
    ("reason", "reason"),
    ("kind", "kind"),
    ("resource", "name"),
    ("since", "since"),
    ("owner", "owner"),
    ("region", "region"),
    ("account", "account"),
];
const REMEDIES: Columns = &[
    ("action", "action"),
    ("kind", "kind"),
    ("resource", "name"),
    ("result", "result"),
    ("after ms", "after_ms"),
    ("severity", "severity"),
    ("controls", "controls"),
    ("since", "since"),
    ("owner", "owner"),
    ("region", "region"),
    ("account", "account"),
];
const ERASED: Columns = &[
    ("at", "at"),
    ("call", "call"),
    ("kind", "kind"),
    ("resource", "name"),
    ("by", "by"),
    ("region", "region"),
    ("account", "account"),
];
const INVENTORY: Columns = &[
    ("model", "model"),
    ("group", "group"),
    ("version", "version"),
    ("owner", "owner"),
    ("purpose", "purpose"),
    ("risk tier", "risk_tier"),
    ("stage", "stage"),
    ("approval", "approval"),
    ("approver", "approver"),
    ("endpoint", "endpoint"),
    ("configuration", "configuration"),
    ("since", "since"),
    ("training jobs", "training_jobs"),
    ("data", "data"),
    ("commits", "commits"),
    ("images", "images"),
    ("findings", "findings"),
    ("monitored", "monitored"),
    ("last window", "last_window"),
    ("last drift", "last_drift"),
    ("drift severity", "last_drift_severity"),
    ("explained", "explained"),
    ("next validation", "next_validation"),
    ("complete", "complete"),
];

/// A list as a table of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListTable {
    /// The heads of the columns.
    pub heads: Vec<&'static str>,
    /// The cells of each entry; a fact without a record is empty.
    pub rows: Vec<Vec<String>>,
}

/// The table of a list.
#[must_use]
pub fn list_table(listing: &Listing) -> ListTable {
    let columns = match &listing.items {
        Items::Endpoints(_) => ENDPOINTS,
        Items::Models(_) => MODELS,
        Items::Jobs(_) => JOBS,
        Items::Findings(_) => FINDINGS,
        Items::Counts(_) => COUNTS,
        Items::Waivers(_) => WAIVERS,
        Items::Remedies(_) => REMEDIES,
        Items::Erased(_) => ERASED,
        Items::Inventory(_) => INVENTORY,
    };
    let items = json!(listing.items);
    let row = |item: &Json| columns.iter().map(|(_, field)| cell(item.get(*field))).collect();
    let rows = items.as_array().into_iter().flatten().map(row).collect();
    ListTable { heads: columns.iter().map(|(head, _)| *head).collect(), rows }
}

fn cell(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::Bool(true)) => "yes".to_owned(),
        Some(Json::Bool(false)) => "no".to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(values)) => {
            values.iter().map(|value| cell(Some(value))).collect::<Vec<_>>().join(", ")
        }
        Some(Json::Object(fields)) => {
            let pair = |(name, value): (&String, &Json)| format!("{name} {}", cell(Some(value)));
            fields.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
        Some(number) => number.to_string(),
    }
}

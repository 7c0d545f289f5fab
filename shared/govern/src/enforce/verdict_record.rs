//! How verdicts are kept: the newest by each bundle, who created the resource, and when it last kept every control.

use std::collections::BTreeMap;

use sagewarden_events::{Actor, Timestamp};
use sagewarden_lineage::table::{Attributes, Key, Value, Write};
use sagewarden_policy::{Judgement, Verdict};
use sha2::{Digest, Sha256};

use crate::enforce::Judged;
use crate::enforce::notice::outcome_word;
use crate::judged_key::judged_key;
use crate::outcome::Failure;
use crate::ports::{PortError, Table};

/// The newest verdict by a bundle, whoever delivers it.
pub(crate) async fn record(table: &impl Table, judged: &Judged) -> Result<(), Failure> {
    let Judged { verdict, .. } = judged;
    let findings =
        serde_json::to_string(&verdict.findings).map_err(|error| Failure::Reject(error.to_string()))?;
    let attributes = Attributes::from([
        ("outcome".into(), Value::Text(outcome_word(verdict.outcome).into())),
        ("findings".into(), Value::Text(findings)),
        ("checked".into(), Value::Text(verdict.checked.join(" "))),
        ("bundle".into(), Value::Text(verdict.bundle.clone())),
    ]);
    // What is known comes after what was not, whenever it was found out.
    let known = u8::from(verdict.outcome != Judgement::Unknown);
    let version = format!("{}#{known}#{}", millis(judged.modified_at), findings_mark(verdict));
    let mut known = Attributes::from([("id".into(), Value::Text(judged.pk.clone()))]);
    if let Some(endpoint) = &judged.endpoint {
        known.insert("endpoint".into(), Value::Text(endpoint.clone()));
    }
    let writes = [
        Write::Newest { key: verdict_key(judged), version_attribute: "as_of".into(), version, attributes },
        Write::Merge { key: judged_key(&judged.resource), once: known, union: BTreeMap::new() },
    ];
    Ok(table.write(&writes).await?)
}

/// Who created the resource, once CloudTrail has told.
pub(crate) async fn record_actor(
    table: &impl Table,
    judged: &Judged,
    actor: Option<&Actor>,
) -> Result<(), Failure> {
    let Some(actor) = actor else { return Ok(()) };
    let text = serde_json::to_string(actor).map_err(|error| Failure::Reject(error.to_string()))?;
    let once = Attributes::from([("actor".into(), Value::Text(text))]);
    let write = Write::Merge { key: verdict_key(judged), once, union: BTreeMap::new() };
    Ok(table.write(&[write]).await?)
}

/// When a resource that can be changed last kept every control: what it breaks later is a new finding.
pub(crate) async fn remember_compliance(table: &impl Table, judged: &Judged) -> Result<(), PortError> {
    if !judged.resource.kind.is_mutable() {
        return Ok(());
    }
    let version = millis(judged.modified_at);
    let key = compliance_key(judged);
    let write =
        Write::Newest { key, version_attribute: "kept_at".into(), version, attributes: Attributes::new() };
    table.write(&[write]).await
}

pub(crate) async fn known_actor(
    table: &impl Table,
    judged: &Judged,
    actor: Option<&Actor>,
) -> Result<Option<Actor>, PortError> {
    if let Some(actor) = actor {
        return Ok(Some(actor.clone()));
    }
    let recorded = table.get(&[verdict_key(judged)]).await?.pop();
    Ok(recorded.and_then(|item| serde_json::from_str(item.text("actor")?).ok()))
}

/// Enough of the bundle's hash to tell bundles apart.
pub(crate) fn bundle_mark(verdict: &Verdict) -> String {
    verdict.bundle.chars().take(12).collect()
}

/// What tells one set of findings from another.
pub(crate) fn findings_mark(verdict: &Verdict) -> String {
    let said: Vec<String> =
        verdict.findings.iter().map(|finding| format!("{}={}", finding.control, finding.actual)).collect();
    Sha256::digest(said.join("\n")).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Milliseconds that sort as texts.
pub(crate) fn millis(time: Timestamp) -> String {
    format!("{:015}", time.millis())
}

pub(crate) fn verdict_key(judged: &Judged) -> Key {
    Key::new(judged.pk.as_str(), format!("V#{}", bundle_mark(&judged.verdict)))
}

pub(crate) fn compliance_key(judged: &Judged) -> Key {
    Key::new(judged.pk.as_str(), format!("VK#{}", bundle_mark(&judged.verdict)))
}

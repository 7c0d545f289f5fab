//! The commit of a job, written onto its trial component where experiments show it: as the workshop does by hand.

use std::collections::BTreeMap;

use sagewarden_events::Resource;
use serde_json::Value as Json;

use crate::ports::{Account, Commit, PortError};

/// SageMaker takes no longer text as a parameter.
const MAX_PARAMETER: usize = 2_500;

/// Writes a commit that somebody named, and that the repository confirmed, onto the trial components of a job that has ended. Every
/// delivery writes the same value, and writes nothing if the value is there already.
pub(crate) async fn write_back<'a>(
    account: &impl Account,
    commit: &Commit,
    components: impl IntoIterator<Item = &'a Resource>,
) -> Result<(), PortError> {
    let parameters = parameters(commit);
    for component in components {
        annotate(account, component, &parameters).await?;
    }
    Ok(())
}

async fn annotate(
    account: &impl Account,
    component: &Resource,
    parameters: &BTreeMap<String, String>,
) -> Result<(), PortError> {
    let Some(described) = account.describe(component).await? else { return Ok(()) };
    let has = |(name, text): (&String, &String)| {
        let found = described.document.get("Parameters").and_then(|found| found.get(name));
        found.and_then(|found| found.get("StringValue")).and_then(Json::as_str) == Some(text)
    };
    if parameters.iter().all(has) {
        return Ok(());
    }
    match account.annotate(component, parameters).await {
        // The component is gone, or full. The lineage is complete without it, so the record must not be rejected for this.
        Err(error) if !error.is_retryable() => Ok(()),
        done => done,
    }
}

/// The parameters of the workshop's component `source-control-lineage`.
fn parameters(commit: &Commit) -> BTreeMap<String, String> {
    let title = commit.message.lines().next().unwrap_or_default().replace('-', "_");
    let pairs = [
        ("commit", Some(commit.id.to_string())),
        ("author", Some(commit.author_email.clone())),
        ("date", commit.authored_at.map(|date| date.to_string())),
        ("message", Some(title)),
    ];
    let known = pairs.into_iter().filter_map(|(name, text)| Some((name, text?)));
    let fitting = known.map(|(name, text)| (name.to_owned(), text.chars().take(MAX_PARAMETER).collect()));
    fitting.filter(|(_, text): &(String, String)| !text.is_empty()).collect()
}

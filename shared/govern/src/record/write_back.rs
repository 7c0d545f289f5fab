//! The commit of a job, written onto its trial component where experiments show it: as the workshop does by hand.

use std::collections::BTreeMap;

use sagewarden_events::Resource;
use sagewarden_lineage::observe::Observation;
use serde_json::Value as Json;

use crate::ports::{Account, Commit, PortError, SourceControl};
use crate::record::RecordLineage;
use crate::record::commit_claim::claimed;
use crate::world::World;

/// SageMaker takes no longer text as a parameter.
const MAX_PARAMETER: usize = 2_500;

impl<W: World> RecordLineage<'_, W> {
    /// Puts the commit that somebody named, and that the repository has, onto the components of a job that has ended. The same
    /// is put whoever does it, and nothing where it stands already.
    pub(crate) async fn write_back(
        &self,
        seen: &Observation,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        let ended = seen.status.as_ref().is_some_and(|mark| mark.status.is_terminal());
        let wanted = self.writes_back && self.settings().write_back_commit;
        if !(wanted && ended && seen.experiment.is_some()) {
            return Ok(());
        }
        let (Some(claim), Some(repository)) =
            claimed(self.world.account(), self.settings(), seen, tags).await?
        else {
            return Ok(());
        };
        let Some(commit) = self.world.source().commit(&repository, &claim.commit).await? else {
            return Ok(());
        };
        let parameters = parameters(&commit);
        for component in self.components(seen).await? {
            self.annotate(&component, &parameters).await?;
        }
        Ok(())
    }

    async fn annotate(
        &self,
        component: &Resource,
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        let Some(described) = self.world.account().describe(component).await? else { return Ok(()) };
        let has = |(name, text): (&String, &String)| {
            let found = described.document.get("Parameters").and_then(|found| found.get(name));
            found.and_then(|found| found.get("StringValue")).and_then(Json::as_str) == Some(text)
        };
        if parameters.iter().all(has) {
            return Ok(());
        }
        match self.world.account().annotate(component, parameters).await {
            // It is gone, or full. The lineage is whole without: nothing is to be rejected for this.
            Err(error) if !error.is_retryable() => Ok(()),
            done => done,
        }
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

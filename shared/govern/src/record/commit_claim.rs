//! The commit that a resource says it was built from, and the repository where it should be.

use std::collections::BTreeMap;

use sagewarden_events::Repository;
use sagewarden_lineage::observe::{CommitClaim, Observation, trial_claim};
use sagewarden_settings::LineageSettings;
use serde_json::Value as Json;

/// The commit and repository that a resource names, or else the trial that it belongs to. Each part is absent if nothing names it. If no
/// repository is named, the settings derive one from the resource's tags.
pub(crate) fn claimed(
    seen: &Observation,
    trial: Option<&Json>,
    tags: &BTreeMap<String, String>,
    settings: &LineageSettings,
) -> (Option<CommitClaim>, Option<Repository>) {
    let mut repository = seen.repository.clone();
    let mut claim = seen.claims.first().cloned();
    if claim.is_none()
        && let Some((named, at)) = trial.and_then(trial_claim)
    {
        claim = Some(named);
        repository = repository.or(at);
    }
    let repository = repository.or_else(|| fill_template(&settings.repository, tags));
    let repository = repository.map(|name| Repository {
        account: seen.resource.account.clone(),
        region: seen.resource.region.clone(),
        name,
    });
    (claim, repository)
}

/// Puts tag values into a template such as `ds-source-{ProjectName}-{EnvironmentType}`; `None` when a tag is missing.
fn fill_template(template: &str, tags: &BTreeMap<String, String>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}')?;
        filled.push_str(before);
        filled.push_str(tags.get(name)?);
        rest = after;
    }
    filled.push_str(rest);
    (!filled.is_empty()).then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_template_is_filled_from_tags_or_not_at_all() {
        let tags = BTreeMap::from([
            ("ProjectName".to_owned(), "credit".to_owned()),
            ("EnvironmentType".to_owned(), "dev".to_owned()),
        ]);
        let check = |template: &str, expect: Option<&str>| {
            assert_eq!(fill_template(template, &tags).as_deref(), expect, "{template}");
        };
        check("ds-source-{ProjectName}-{EnvironmentType}", Some("ds-source-credit-dev"));
        check("one-for-all", Some("one-for-all"));
        check("{Owner}-x", None);
        check("{ProjectName", None);
        check("", None);
    }
}

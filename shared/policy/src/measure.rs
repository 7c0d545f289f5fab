//! The parts of a verdict one by one, for the benchmark; no part of the interface.

use sagewarden_events::Resource;

use crate::action::Action;
use crate::bundle::Bundle;
use crate::bundle_error::BundleError;
use crate::facts::{Context, Facts, attributes};
use crate::join::{Joined, tags};
use crate::judge::Subject;
use crate::reader::UnreadablePaths;

/// The attributes of the entity that is judged.
#[must_use]
pub fn facts(bundle: &Bundle, subject: &Subject<'_>) -> Facts {
    let Subject { resource, document, joined, .. } = *subject;
    let unreadable = UnreadablePaths::default();
    let settings = bundle.settings();
    let context = Context { resource, document, joined, settings, unreadable: &unreadable };
    attributes(&context).unwrap_or_default()
}

/// Cedar's part: the entities, and the ids of the policies that forbid.
///
/// # Errors
/// When an evaluation fails.
pub fn decide(
    bundle: &Bundle,
    resource: &Resource,
    joined: &Joined,
    facts: Facts,
) -> Result<Vec<String>, String> {
    let rules = bundle.rules(resource.kind, Action::Run).ok_or("there are no controls for this kind")??;
    rules.evaluate(&resource.account, &resource.arn(), facts, &tags(joined))
}

/// The built-in bundle, but every kind is judged with the policies of all kinds: this shows the time that sorting them saves.
///
/// # Errors
///
/// Never in a tested build.
pub fn unsorted() -> Result<Bundle, BundleError> {
    Bundle::unsorted()
}

#[cfg(test)]
mod tests {
    use sagewarden_events::{ResourceKind, Timestamp};
    use serde_json::json;

    use super::*;
    use crate::judge::judge;

    #[test]
    fn the_parts_of_a_verdict_give_the_verdict_whether_policies_are_sorted_or_not() {
        let job = Resource::in_region(ResourceKind::TrainingJob, "111122223333", "eu-west-1", "t");
        let document = json!({ "TrainingJobName": "t", "EnableNetworkIsolation": true });
        let joined = crate::join::offline(&job, &document, &crate::join::Joined::new());
        let as_of = Timestamp::from_millis(0);
        let subject = Subject { resource: &job, document: &document, as_of, joined: &joined };
        for bundle in [Bundle::embedded().unwrap(), unsorted().unwrap()] {
            let violated = decide(&bundle, &job, &joined, facts(&bundle, &subject)).unwrap();
            let verdict = judge(&bundle, &subject);
            let found: Vec<&str> = verdict.findings.iter().map(|finding| finding.control.as_str()).collect();
            let checked: Vec<&String> = violated.iter().filter(|id| verdict.checked.contains(id)).collect();
            assert_eq!(checked, found);
            assert!(violated.contains(&"TRN-NET-01".to_owned()), "{violated:?}");
            assert!(!violated.contains(&"TRN-NET-02".to_owned()), "{violated:?}");
        }
        let trial = Resource::in_region(ResourceKind::Trial, "111122223333", "eu-west-1", "t");
        let error = decide(&Bundle::embedded().unwrap(), &trial, &joined, Facts::new()).unwrap_err();
        assert_eq!(error, "there are no controls for this kind");
    }
}

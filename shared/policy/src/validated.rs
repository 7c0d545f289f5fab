//! A note beside policies that they were validated: a digest of them, the version of the engine, and the results for each file. With this
//! note, a function need not validate them each time it starts.

use std::collections::BTreeMap;

use cedar_policy::get_sdk_version;
use serde::{Deserialize, Serialize};

use crate::digest::digest;
use crate::policies::Policies;
use crate::policy_file::Contents;

/// The note.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Validated {
    /// The version of Cedar that validated them.
    cedar: String,
    /// SHA-256 over the policies and their schema, in 64 hexadecimal digits.
    sha256: String,
    files: BTreeMap<String, Contents>,
}

/// The policies of a bundle, if the note is about these very files and this engine. A note that is missing or about others is no
/// error: after a change of a policy, all are validated again.
pub(crate) fn policies(files: &BTreeMap<String, String>, note: &str) -> Option<Policies> {
    let note: Validated = serde_json::from_str(note).ok()?;
    let policies = Policies::validated(files, note.files)?;
    let same = note.cedar == get_sdk_version().to_string() && note.sha256 == digest(policies.texts());
    same.then_some(policies)
}

/// The note about policies that have been validated.
pub(crate) fn note(policies: &Policies) -> String {
    let note = Validated {
        cedar: get_sdk_version().to_string(),
        sha256: digest(policies.texts()),
        files: policies.contents(),
    };
    // Texts and lists of texts: nothing in it can fail.
    serde_json::to_string_pretty(&note).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use sagewarden_events::ResourceKind;

    use super::*;
    use crate::action::Action;
    use crate::engine::Sorting;
    use crate::policies::SCHEMA;

    fn files() -> BTreeMap<String, String> {
        let files = [
            (SCHEMA, include_str!("../../../infra/policies/schema.cedarschema")),
            ("policies/jobs.cedar", include_str!("../../../infra/policies/training_job.cedar")),
            ("policies/models.cedar", include_str!("../../../infra/policies/model.cedar")),
        ];
        files.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
    }

    fn noted(files: &BTreeMap<String, String>) -> String {
        note(&Policies::validate(files, Sorting::ByKind).unwrap())
    }

    #[test]
    fn a_note_about_these_files_is_enough_and_one_about_others_is_none() {
        let (files, noted) = (files(), noted(&files()));
        let known = policies(&files, &noted).unwrap();
        let ids: Vec<&str> = known.profiles().map(|(id, _)| id).collect();
        assert!(ids.contains(&"TRN-NET-02") && ids.contains(&"MDL-NET-02"), "{ids:?}");
        assert_eq!(note(&known), noted);

        for name in files.keys() {
            let mut changed = files.clone();
            changed.entry(name.clone()).and_modify(|text| text.push(' '));
            assert!(policies(&changed, &noted).is_none(), "one character more in {name}");
            changed.remove(name);
            assert!(policies(&changed, &noted).is_none(), "without {name}");
        }
        let mut more = files.clone();
        more.insert("policies/c.cedar".into(), String::new());
        assert!(policies(&more, &noted).is_none());
        let older = noted.replace(&get_sdk_version().to_string(), "1.0.0");
        assert!(older != noted && policies(&files, &older).is_none());
        assert!(policies(&files, "").is_none() && policies(&files, "{}").is_none());
    }

    #[test]
    fn a_file_is_parsed_when_a_kind_that_it_judges_is_first_seen() {
        // A policy that no validation would accept, under a note that says it was validated.
        let mut files = files();
        let mut forged: Validated = serde_json::from_str(&noted(&files)).unwrap();
        files.insert("policies/models.cedar".into(), "no policy at all".into());
        forged.sha256 = digest(Policies::validated(&files, forged.files.clone()).unwrap().texts());
        let known = policies(&files, &serde_json::to_string(&forged).unwrap()).unwrap();

        assert!(known.rules(ResourceKind::TrainingJob, Action::Run).unwrap().is_ok());
        assert!(known.rules(ResourceKind::Endpoint, Action::Run).is_none());
        let reason = known.rules(ResourceKind::Model, Action::Run).unwrap().unwrap_err();
        assert!(reason.starts_with("policies/models.cedar: "), "{reason}");
    }
}

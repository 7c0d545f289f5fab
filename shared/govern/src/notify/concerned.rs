//! Whom a notice concerns: fields by which rules route it to people and teams.

use std::collections::BTreeSet;

use sagewarden_events::Actor;
use serde_json::{Value as Json, json};

/// The names of people and repositories that a notice is about. `sagewarden routes` writes rules that look for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Concerned {
    people: BTreeSet<String>,
    repositories: BTreeSet<String>,
}

impl Concerned {
    /// The field of a notice's `detail` with the names of people.
    pub(crate) const PEOPLE: &str = "people";
    /// The field with the names of repositories.
    pub(crate) const REPOSITORIES: &str = "repositories";

    /// A caller, by every name that the session proves.
    pub(crate) fn caller(&mut self, caller: &Actor) {
        caller.short_names().for_each(|name| self.person(name));
    }

    /// A person, as a tag, a property or [`Actor::name`] names them. Rules compare letter by letter: so names are in lower case, an ARN is
    /// shortened to its last part, and an address of e-mail also counts by what stands before its `@`.
    pub(crate) fn person(&mut self, name: &str) {
        for name in name.split(Actor::IDENTITY_CENTER_USER) {
            let name = name.trim_end_matches(" for ").trim();
            let name = if name.starts_with("arn:") { name.rsplit('/').next().unwrap_or(name) } else { name };
            let name = name.to_lowercase();
            let first = name.split('@').next().unwrap_or_default().to_owned();
            self.people.extend([first, name].into_iter().filter(|name| !name.is_empty()));
        }
    }

    /// A repository, by its name.
    pub(crate) fn repository(&mut self, name: &str) {
        self.repositories.insert(name.to_lowercase());
    }

    /// The detail of a notice with these fields.
    pub(crate) fn named_in(&self, mut detail: Json) -> Json {
        if let Some(fields) = detail.as_object_mut() {
            fields.insert(Self::PEOPLE.to_owned(), json!(self.people));
            fields.insert(Self::REPOSITORIES.to_owned(), json!(self.repositories));
        }
        detail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_named_as_rules_look_for_them() {
        let table: [(&str, &[&str]); 9] = [
            ("Ana", &["ana"]),
            ("ana@example.com", &["ana", "ana@example.com"]),
            ("arn:aws:iam::111122223333:user/Ana", &["ana"]),
            (
                "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_1/Ana@example.com",
                &["ana", "ana@example.com"],
            ),
            ("Identity Center user 544894E8", &["544894e8"]),
            (
                "arn:aws:sts::111122223333:assumed-role/ds/kay for Identity Center user 544894E8",
                &["544894e8", "kay"],
            ),
            (" Credit Team ", &["credit team"]),
            ("@", &["@"]),
            ("", &[]),
        ];
        for (name, expected) in table {
            let mut concerned = Concerned::default();
            concerned.person(name);
            assert_eq!(concerned.named_in(json!({}))["people"], json!(expected), "{name}");
        }
    }

    #[test]
    fn a_caller_is_known_by_the_source_identity_and_not_by_the_name_of_the_session() {
        let actor = |identity: Option<&str>| Actor {
            arn: Some("arn:aws:sts::111122223333:assumed-role/ds-user/kay".into()),
            role: None,
            source_identity: identity.map(str::to_owned),
            on_behalf_of: Some("544894E8".into()),
            source_ip: None,
        };
        for (identity, expected) in [(Some("ana"), ["544894e8", "ana"]), (None, ["544894e8", "kay"])] {
            let mut concerned = Concerned::default();
            concerned.caller(&actor(identity));
            concerned.repository("Credit-Model");
            let expected = json!({ "people": expected, "repositories": ["credit-model"] });
            assert_eq!(concerned.named_in(json!({})), expected);
        }
    }
}

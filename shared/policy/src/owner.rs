//! The owner of a resource by its tags; and who may ask for an address or session with which to work as the user of a resource: its owner, and roles that the settings name.

use std::collections::BTreeMap;

use sagewarden_events::Actor;
use sagewarden_settings::AccessSettings;
use wildmatch::WildMatch;

use crate::bundle::Bundle;

/// Whether a tag names an owner, and the caller is neither that owner nor somebody who may ask for others.
pub(crate) fn is_stranger(access: &AccessSettings, tags: &BTreeMap<String, String>, caller: &Actor) -> bool {
    let Some(owner) = tagged(access, tags) else { return false };
    let may_ask = |role: &String| access.sign_in_roles.iter().any(|one| WildMatch::new(one).matches(role));
    !caller.role.as_ref().is_some_and(may_ask) && !caller.short_names().any(|name| is_same(name, owner))
}

/// The tag that Studio sets on what its users create: the ARN of a user profile ("Cost attribution", SageMaker Studio Administration Best
/// Practices).
const STUDIO_USER: &str = "sagemaker:user-profile-arn";

/// The owner of a resource of this account by its tags: as the settings of the account name one, else the user of Studio who created it.
#[must_use]
pub fn owner<'a>(bundle: &Bundle, account: &str, tags: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let studio_user = || tags.get(STUDIO_USER)?.rsplit('/').next().filter(|name| !name.is_empty());
    tagged(&bundle.of_account(account).1.access, tags).or_else(studio_user)
}

/// The first tag of an owner counts, even if it is empty.
fn tagged<'a>(access: &AccessSettings, tags: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let first = access.owner_tags.iter().find_map(|key| tags.get(key));
    first.map(String::as_str).filter(|owner| !owner.is_empty())
}

/// Identity Center names sessions by addresses (`ana@example.com`) where tags may have only the first part.
fn is_same(name: &str, owner: &str) -> bool {
    let first = |text: &str| text.split('@').next().unwrap_or_default().to_lowercase();
    let both_whole = name.contains('@') && owner.contains('@');
    if both_whole { name.eq_ignore_ascii_case(owner) } else { first(name) == first(owner) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_known_by_the_strongest_name_of_the_session() {
        let access = AccessSettings {
            owner_tags: vec!["NotebookOwner".into(), "Owner".into()],
            sign_in_roles: vec!["arn:aws:iam::*:role/portal-*".into()],
            ..AccessSettings::default()
        };
        let stranger = |tag: (&str, &str), arn: &str, identity: &str, user: &str| {
            let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let role = arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next());
            let caller = Actor {
                arn: known(arn),
                role: role.map(|role| format!("arn:aws:iam::111122223333:role/{role}")),
                source_identity: known(identity),
                on_behalf_of: known(user),
                source_ip: None,
            };
            is_stranger(&access, &BTreeMap::from([(tag.0.to_owned(), tag.1.to_owned())]), &caller)
        };
        const KAY: &str = "arn:aws:sts::111122223333:assumed-role/ds-user/kay";
        const SSO: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Science_01/ana@example.com";
        let table = [
            (("Owner", "ana"), "arn:aws:iam::111122223333:user/ana", "", "", false),
            (("Owner", "ana"), "arn:aws:iam::111122223333:user/kay", "", "", true),
            (("NotebookOwner", "kay"), KAY, "", "", false),
            (("Owner", "ana"), KAY, "", "", true),
            (("Owner", "ana"), KAY, "ana", "", false),
            // The name of the session was chosen by the person who assumed the role.
            (("Owner", "kay"), KAY, "ana", "", true),
            (("Owner", "Ana"), SSO, "", "", false),
            (("Owner", "ana@example.com"), SSO, "", "", false),
            (("Owner", "ana@elsewhere.com"), SSO, "", "", true),
            (("Owner", "544894e8"), KAY, "", "544894e8", false),
            (("Owner", "ana"), "arn:aws:sts::111122223333:assumed-role/portal-1/run", "", "", false),
            // Nobody is named.
            (("Team", "ana"), KAY, "", "", false),
            (("Owner", ""), KAY, "", "", false),
            (("Owner", "ana"), "", "", "", true),
        ];
        for (tag, arn, identity, user, expect) in table {
            assert_eq!(stranger(tag, arn, identity, user), expect, "{tag:?} {arn} {identity} {user}");
        }
    }
}

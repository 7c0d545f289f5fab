//! Which person a `UserContext` of the SageMaker API names, and whether two contexts name the same person.

use crate::reader::Reader;

/// Whether the author of something and the person who changed it are two persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persons {
    Same,
    Different,
    /// Two sessions of one role: the person who assumes it chooses the name of the session.
    Unknown,
}

/// A `UserContext` ("UserContext", "IamIdentity", SageMaker API reference).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Person<'a> {
    arn: Option<&'a str>,
    source_identity: Option<&'a str>,
    profile: Option<&'a str>,
}

impl<'a> Person<'a> {
    pub(super) fn of(reader: &Reader<'a>, context: &str) -> Self {
        let text = |field: &str| reader.text(&format!("{context}.{field}"));
        Self {
            arn: text("IamIdentity.Arn"),
            source_identity: text("IamIdentity.SourceIdentity"),
            profile: text("UserProfileArn"),
        }
    }

    pub(super) fn arn(&self) -> Option<&'a str> {
        self.arn
    }

    /// A source identity stays whichever role is assumed next, a user profile of Studio is one person's, and sessions of permission sets
    /// carry the name of the Identity Center user: these say who it is. If none of them is known on both sides, different roles and users
    /// count as different persons, and sessions of one role are not distinguished.
    pub(super) fn beside(&self, other: &Self) -> Persons {
        let same =
            |own: Option<&str>, others: Option<&str>| own.zip(others).map(|(own, others)| own == others);
        let known = [
            same(self.source_identity, other.source_identity),
            same(self.profile, other.profile),
            same(self.arn.and_then(identity_center_user), other.arn.and_then(identity_center_user)),
        ];
        let principals = self.arn.zip(other.arn).map(|(own, others)| of_arns(own, others));
        if known.contains(&Some(true)) {
            return Persons::Same;
        }
        match (known.contains(&Some(false)), principals) {
            (true, Some(Persons::Same)) => self.of_one_session(),
            (true, _) => Persons::Different,
            (false, principals) => principals.unwrap_or(Persons::Unknown),
        }
    }

    /// Two callers with the ARN of one session may still differ. All sessions of Studio have one name. Elsewhere, a person who assumes the
    /// role may choose any name, even twice. A user is one person.
    fn of_one_session(&self) -> Persons {
        match self.arn {
            Some(arn) if arn.contains(":assumed-role/") && arn.ends_with("/SageMaker") => Persons::Different,
            Some(arn) if principal(arn) != arn => Persons::Unknown,
            _ => Persons::Same,
        }
    }
}

fn of_arns(own: &str, others: &str) -> Persons {
    if own == others {
        Persons::Same
    } else if principal(own) == principal(others) {
        Persons::Unknown
    } else {
        Persons::Different
    }
}

/// A principal without what its caller names himself: `arn:aws:sts::<account>:assumed-role/<role>/<session>`, and the name of a
/// federated user.
fn principal(arn: &str) -> &str {
    let is_session = arn.contains(":assumed-role/") || arn.contains(":federated-user/");
    if is_session { arn.rsplit_once('/').map_or(arn, |(principal, _)| principal) } else { arn }
}

/// Identity Center names the sessions of its permission sets' roles after the user; nobody else can assume these roles.
fn identity_center_user(arn: &str) -> Option<&str> {
    arn.split_once(":assumed-role/AWSReservedSSO_")?.1.split_once('/').map(|(_, user)| user)
}

#[cfg(test)]
mod tests {
    use super::Persons::{Different, Same, Unknown};
    use super::*;

    const ANA: &str = "arn:aws:sts::111122223333:assumed-role/ds-user/ana";
    const ANA2: &str = "arn:aws:sts::111122223333:assumed-role/ds-user/ana2";
    const LEAD: &str = "arn:aws:sts::111122223333:assumed-role/lead/ana";
    const USER: &str = "arn:aws:iam::111122223333:user/ana";
    const OTHER_USER: &str = "arn:aws:iam::111122223333:user/jo";

    const STUDIO: &str = "arn:aws:sts::111122223333:assumed-role/ds-studio/SageMaker";

    const SSO_ANA: &str =
        "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Science_0123456789abcdef/ana@example.com";
    const SSO_JO: &str =
        "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Science_0123456789abcdef/jo@example.com";
    const SSO_ANA_LEADS: &str =
        "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Leads_0123456789abcdef/ana@example.com";

    /// An ARN, a source identity and a user profile; empty means unknown.
    type Known = (&'static str, &'static str, &'static str);

    fn person((arn, source_identity, profile): Known) -> Person<'static> {
        let known = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        Person { arn: known(arn), source_identity: known(source_identity), profile: known(profile) }
    }

    #[test]
    fn a_person_is_known_by_more_than_the_name_of_a_session() {
        let table: [(Known, Known, Persons); 26] = [
            ((ANA, "", ""), (ANA, "", ""), Same),
            ((ANA, "", ""), (ANA2, "", ""), Unknown),
            ((ANA, "", ""), (LEAD, "", ""), Different),
            ((ANA, "", ""), (USER, "", ""), Different),
            ((USER, "", ""), (USER, "", ""), Same),
            ((USER, "", ""), (OTHER_USER, "", ""), Different),
            // The source identity identifies the person, in any role.
            ((ANA, "ana", ""), (ANA2, "ana", ""), Same),
            ((ANA, "ana", ""), (LEAD, "ana", ""), Same),
            ((ANA, "ana", ""), (ANA2, "jo", ""), Different),
            ((ANA, "ana", ""), (LEAD, "jo", ""), Different),
            // If only one side has the value, it does not distinguish the two.
            ((ANA, "ana", ""), (ANA2, "", ""), Unknown),
            ((ANA, "", ""), (ANA2, "ana", ""), Unknown),
            ((ANA, "ana", ""), (LEAD, "", ""), Different),
            // So does a profile of Studio, whose sessions are all called `SageMaker`.
            ((ANA, "", "p/ana"), (ANA2, "", "p/jo"), Different),
            ((ANA, "", "p/ana"), (LEAD, "", "p/ana"), Same),
            ((ANA, "", "p/ana"), (ANA2, "", ""), Unknown),
            ((STUDIO, "", "p/ana"), (STUDIO, "", "p/jo"), Different),
            ((STUDIO, "", "p/ana"), (STUDIO, "", "p/ana"), Same),
            ((STUDIO, "ana", ""), (STUDIO, "jo", ""), Different),
            ((ANA, "ana", ""), (ANA, "jo", ""), Unknown),
            // A user is one person, in any profile.
            ((USER, "", "p/ana"), (USER, "", "p/jo"), Same),
            // An equal value outweighs a different one.
            ((ANA, "ana", "p/ana"), (ANA2, "ana", "p/team"), Same),
            // The Identity Center user counts, too, with any permission set.
            ((SSO_ANA, "", ""), (SSO_JO, "", ""), Different),
            ((SSO_ANA, "", ""), (SSO_ANA_LEADS, "", ""), Same),
            ((ANA, "", ""), ("", "", ""), Unknown),
            (
                ("arn:aws:sts::111122223333:federated-user/ana", "", ""),
                ("arn:aws:sts::111122223333:federated-user/jo", "", ""),
                Unknown,
            ),
        ];
        for (author, approver, expect) in table {
            let (one, other) = (person(author), person(approver));
            assert_eq!(one.beside(&other), expect, "{author:?} and {approver:?}");
            assert_eq!(other.beside(&one), expect, "{approver:?} and {author:?}");
        }
    }
}

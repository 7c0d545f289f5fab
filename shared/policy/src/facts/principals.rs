//! Accounts beside the resource's own: those to which its policy opens it, and those whose resources it names.

use super::context::Context;
use crate::arn::{Arn, Named};
use crate::opened::{Grantee, certainly_opened, opened};

/// To whom something belongs that a resource names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// An allowed account.
    Allowed,
    /// Another account, or it is something else than the field takes.
    Foreign,
    /// Nobody can say.
    Unknown,
    /// A file does not say in which account the resource will be.
    InTheAccount,
}

impl Context<'_> {
    /// Whether the policy that an operation answered, if there is one, opens the resource to allowed accounts only.
    pub(super) fn principals_allowed(&self, operation: &str) -> bool {
        const PATH: &str = "ResourcePolicy";
        let mut allowed = true;
        for answer in self.answers(operation) {
            let known = answer.text(PATH).into_iter().flat_map(|policy| opened(policy, self.resource));
            let open = answer.wholes(PATH).into_iter();
            let certain = open.flat_map(|policy| certainly_opened(policy, self.resource));
            for grantee in known.chain(certain) {
                match grantee {
                    Grantee::Account { account, principal } if !self.may_use(&account) => {
                        if self.is_nowhere() {
                            // Any account may be the resource's own.
                            answer.for_the_account(PATH);
                        } else {
                            answer.offends(FACT, PATH, &principal);
                            allowed = false;
                        }
                    }
                    Grantee::Account { .. } => {}
                    Grantee::Everybody(principal) => {
                        answer.offends(FACT, PATH, &principal);
                        allowed = false;
                    }
                    Grantee::Unknown(reason) => answer.undecided(PATH, reason),
                }
            }
        }
        if !allowed {
            self.unreadable.decides(FACT);
        }
        allowed
    }

    /// Whether what a field names is of the right sort, in this partition, and of an allowed account.
    pub(super) fn ownership(&self, named: Named, text: &str) -> Ownership {
        let Some(arn) = Arn::parse(text) else {
            return match named {
                // A plain name is one of this account.
                Named::PackageGroup => Ownership::Allowed,
                // Only the ARN says whether a team is private.
                Named::PrivateTeam => Ownership::Foreign,
                Named::Secret | Named::Topic | Named::Destination => Ownership::Unknown,
            };
        };
        if !named.fits(&arn) {
            return Ownership::Foreign;
        }
        let Some(account) = arn.account() else { return Ownership::Unknown };
        // Accounts of two partitions have nothing to do with each other, whatever their numbers.
        if !self.is_nowhere() && arn.partition != self.resource.partition {
            return Ownership::Foreign;
        }
        if self.may_use(account) {
            Ownership::Allowed
        } else if self.is_nowhere() {
            // Any account may be the resource's own.
            Ownership::InTheAccount
        } else {
            Ownership::Foreign
        }
    }

    /// Whether the resource with an ARN is in this region, or in an allowed one.
    pub(super) fn is_of_allowed_region(&self, fact: &'static str, path: &str, arn: &str) -> bool {
        let region = arn.split(':').nth(3).unwrap_or_default();
        if region.is_empty() {
            self.reader().undecided(path, format!("(`{arn}`) names no region"));
            return true;
        }
        if region == self.resource.region
            || self.settings.access.allowed_regions.iter().any(|one| one == region)
        {
            return true;
        }
        if self.resource.region.is_empty() {
            self.reader().for_the_account(path);
            return true;
        }
        self.reader().offends(fact, path, arn);
        self.unreadable.decides(fact);
        false
    }

    fn may_use(&self, account: &str) -> bool {
        account == self.resource.account
            || self.settings.access.allowed_accounts.iter().any(|one| one == account)
    }

    /// Whether a file does not say in which account the resource will be.
    fn is_nowhere(&self) -> bool {
        self.resource.account.is_empty()
    }
}

const FACT: &str = "principalsAllowed";

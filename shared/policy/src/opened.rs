//! To whom a resource policy opens something: accounts, everybody, or somebody whom Sagewarden cannot place.
//!
//! "IAM JSON policy elements: Principal", "NotPrincipal" and "Condition", IAM user guide. Denials are ignored: they only take away. If a
//! principal, an element or a condition is unknown, so is the account, and the reason is given.

use sagewarden_events::Resource;
use serde_json::Value as Json;

use crate::arn::{Arn, is_account};
use crate::later::SUBSTITUTION;

/// Somebody to whom a statement opens the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grantee {
    /// A principal of an account.
    Account {
        /// Twelve digits.
        account: String,
        /// As the policy names it.
        principal: String,
    },
    /// Anybody, with or without an account; as the policy says it.
    Everybody(String),
    /// Nobody can say who, for this reason.
    Unknown(String),
}

/// Those to whom a policy opens a resource, in the policy's order. Whoever is named several times is there several times.
pub(crate) fn opened(policy: &str, resource: &Resource) -> Vec<Grantee> {
    let Ok(policy) = serde_json::from_str::<Json>(policy) else {
        return vec![unknown("is not JSON: nobody can read whom it lets in")];
    };
    let statements = match policy.get("Statement") {
        Some(Json::Array(statements)) => statements.iter().collect(),
        Some(statement @ Json::Object(_)) => vec![statement],
        _ => return vec![unknown("has no readable `Statement`")],
    };
    statements.into_iter().flat_map(|statement| granted(statement, resource)).collect()
}

/// Those to whom a policy certainly opens a resource, although some of its values (`${…}`) are known later.
pub(crate) fn certainly_opened(policy: &str, resource: &Resource) -> Vec<Grantee> {
    let is_open = |part: &Json| part.to_string().contains(SUBSTITUTION);
    let mut policy = serde_json::from_str::<Json>(policy).unwrap_or_default();
    let statements = match policy.get_mut("Statement").map(Json::take) {
        Some(Json::Array(statements)) => statements,
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    // What is not known of a condition may limit everybody to one account.
    let limited = statements.iter().filter(|one| !one.get("Condition").is_some_and(is_open));
    let granted = limited.flat_map(|statement| granted(statement, resource));
    granted
        .filter(|grantee| match grantee {
            Grantee::Account { principal, .. } | Grantee::Everybody(principal) => {
                !principal.contains(SUBSTITUTION)
            }
            Grantee::Unknown(_) => false,
        })
        .collect()
}

/// The elements of a statement. Another one could open it to anybody.
const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn granted(statement: &Json, resource: &Resource) -> Vec<Grantee> {
    let Some(elements) = statement.as_object() else {
        return vec![unknown("has a statement that is not an object")];
    };
    if let Some(other) = elements.keys().find(|element| !ELEMENTS.contains(&element.as_str())) {
        return vec![unknown(&format!("has a statement with an unknown element `{}`", cut(other)))];
    }
    match elements.get("Effect").and_then(Json::as_str) {
        Some("Deny") => return Vec::new(),
        Some("Allow") => {}
        _ => return vec![unknown("has a statement that neither allows nor denies")],
    }
    let limits = Limits::of(statement.get("Condition"));
    if elements.contains_key("NotPrincipal") {
        return limits.everybody("NotPrincipal");
    }
    match elements.get("Principal") {
        Some(Json::String(all)) if all == "*" => limits.everybody("*"),
        Some(Json::Object(kinds)) if !kinds.is_empty() => {
            let each = kinds.iter().flat_map(|(kind, values)| named(values).map(move |value| (kind, value)));
            each.flat_map(|(kind, value)| match value {
                Some(value) => principal(kind, value, &limits, resource),
                None => vec![unknown("has a principal that is not a text")],
            })
            .collect()
        }
        _ => vec![unknown("has a statement whose principal cannot be read")],
    }
}

/// The values of a principal's kind; `None` for one that is not a text.
fn named(values: &Json) -> Box<dyn Iterator<Item = Option<&str>> + '_> {
    match values {
        Json::Array(values) => Box::new(values.iter().map(Json::as_str)),
        value => Box::new(std::iter::once(value.as_str())),
    }
}

fn principal(kind: &str, value: &str, limits: &Limits, resource: &Resource) -> Vec<Grantee> {
    match kind {
        "AWS" if value == "*" => limits.everybody("*"),
        "AWS" => match account_of(value, &resource.partition) {
            Ok(account) if account.contains(['*', '?']) => limits.everybody(value),
            Ok(account) => limits.account(account, value),
            Err(reason) => vec![unknown(&reason)],
        },
        // A service acts for whoever asks it to, unless a condition names the account.
        "Service" => match &limits.source_accounts {
            Some(accounts) => accounts.iter().map(|account| of_account(account, value)).collect(),
            None => vec![unknown(&format!(
                "lets in the service `{}` without `aws:SourceAccount`: nobody knows for which accounts it calls",
                cut(value)
            ))],
        },
        other => vec![unknown(&format!(
            "lets in `{}` (`{}`): nobody knows to which account that belongs",
            cut(value),
            cut(other)
        ))],
    }
}

/// The account of an AWS principal: its number alone, or the ARN of somebody in it.
fn account_of<'a>(principal: &'a str, partition: &str) -> Result<&'a str, String> {
    if is_account(principal) {
        return Ok(principal);
    }
    let shown = cut(principal);
    let Some(arn) = Arn::parse(principal) else {
        // "Unique identifiers", IAM user guide: a policy shows the id of a principal that was deleted.
        return Err(format!(
            "lets in `{shown}`, which is neither an account nor an ARN: it may have been deleted"
        ));
    };
    if arn.partition != partition {
        return Err(format!("lets in `{shown}` of another partition, whose accounts nobody has listed"));
    }
    let is_known = ["iam", "sts"].contains(&arn.service);
    if !is_known || !(is_account(arn.account) || arn.account.contains(['*', '?'])) {
        return Err(format!("lets in `{shown}`, which names no account"));
    }
    Ok(arn.account)
}

/// What a condition says of those who are let in. All tests of a condition must hold.
#[derive(Default)]
struct Limits {
    /// The accounts of the principals, if a test lists them.
    accounts: Option<Vec<String>>,
    /// The accounts for which a service calls, if a test lists them.
    source_accounts: Option<Vec<String>>,
    /// Another key that chooses among principals.
    by_another_key: Option<String>,
}

/// Keys that choose among principals, and are no list of accounts ("AWS global condition context keys", IAM user guide).
const CHOOSING: [&str; 9] = [
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:username",
    "sagemaker:sourceinferencerouterarn",
];

/// Operators that ask for one of the values. Their negations and `…IfExists` forms let in others.
const POSITIVE: [&str; 5] = ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"];

impl Limits {
    fn of(condition: Option<&Json>) -> Self {
        let mut limits = Self::default();
        for (operator, tests) in condition.and_then(Json::as_object).into_iter().flatten() {
            let operator = operator.to_ascii_lowercase();
            let operator = operator.strip_prefix("foranyvalue:").unwrap_or(&operator);
            if !POSITIVE.contains(&operator) {
                continue;
            }
            for (key, values) in tests.as_object().into_iter().flatten() {
                limits.note(&key.to_ascii_lowercase(), values);
            }
        }
        limits
    }

    fn note(&mut self, key: &str, values: &Json) {
        let listed = || {
            let values: Option<Vec<&str>> = named(values).collect();
            let are_accounts = |values: &Vec<&str>| values.iter().all(|one| !one.contains(['*', '?']));
            values.filter(are_accounts).map(|values| values.into_iter().map(str::to_owned).collect())
        };
        let chooses = |known: &str| if known.ends_with('/') { key.starts_with(known) } else { key == known };
        match key {
            "aws:principalaccount" => self.accounts = listed().or(self.accounts.take()),
            "aws:sourceaccount" => self.source_accounts = listed().or(self.source_accounts.take()),
            _ if CHOOSING.iter().any(|known| chooses(known)) => self.by_another_key = Some(key.to_owned()),
            _ => {}
        }
    }

    /// A principal of an account, unless the condition wants other accounts.
    fn account(&self, account: &str, principal: &str) -> Vec<Grantee> {
        let is_wanted = self.accounts.as_ref().is_none_or(|wanted| wanted.iter().any(|one| one == account));
        if is_wanted { vec![of_account(account, principal)] } else { Vec::new() }
    }

    /// Everybody, as far as the condition lets them in.
    fn everybody(&self, principal: &str) -> Vec<Grantee> {
        if let Some(accounts) = &self.accounts {
            return accounts.iter().map(|account| of_account(account, account)).collect();
        }
        match &self.by_another_key {
            Some(key) => vec![unknown(&format!(
                "lets in everybody (`{principal}`) who fits a condition on `{}`: nobody knows which accounts these are",
                cut(key)
            ))],
            None => vec![Grantee::Everybody(principal.to_owned())],
        }
    }
}

fn of_account(account: &str, principal: &str) -> Grantee {
    Grantee::Account { account: account.to_owned(), principal: principal.to_owned() }
}

fn unknown(reason: &str) -> Grantee {
    Grantee::Unknown(reason.to_owned())
}

/// As much of a text as a reason can carry: somebody else has chosen it.
fn cut(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use sagewarden_events::ResourceKind;
    use serde_json::json;

    use super::*;

    fn check(statement: Json, expect: &[Grantee]) {
        let resource = Resource::in_region(ResourceKind::Endpoint, "111122223333", "eu-west-1", "e");
        let policy = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
        assert_eq!(opened(&policy, &resource), expect, "{policy}");
    }

    fn everybody(principal: &str) -> Grantee {
        Grantee::Everybody(principal.to_owned())
    }

    /// The reason why nobody can say who is let in.
    fn reason(statement: Json) -> String {
        let resource = Resource::in_region(ResourceKind::Endpoint, "111122223333", "eu-west-1", "e");
        match opened(&json!({ "Statement": statement }).to_string(), &resource).as_slice() {
            [Grantee::Unknown(reason)] => reason.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn accounts_are_known_by_their_number_and_by_arns_within_them() {
        let root = "arn:aws:iam::444455556666:root";
        let session = "arn:aws:sts::444455556666:assumed-role/caller/ana";
        let names = json!({ "AWS": [root, "444455556666", session] });
        let expect = [root, "444455556666", session].map(|name| of_account("444455556666", name));
        check(json!([{ "Effect": "Allow", "Principal": names, "Action": "*" }]), &expect);
        check(json!({ "Effect": "Deny", "Principal": "*", "Action": "*" }), &[]);
        check(json!([]), &[]);
    }

    #[test]
    fn everybody_is_everybody_however_it_is_written() {
        let wild = "arn:aws:iam::*:root";
        for (principal, named) in
            [(json!("*"), "*"), (json!({ "AWS": "*" }), "*"), (json!({ "AWS": [wild] }), wild)]
        {
            check(json!({ "Effect": "Allow", "Principal": principal }), &[everybody(named)]);
        }
        let but_one =
            json!({ "Effect": "Allow", "NotPrincipal": { "AWS": "arn:aws:iam::444455556666:root" } });
        check(but_one, &[everybody("NotPrincipal")]);
        // A condition that everybody can meet limits nobody, and neither does the negation of one that limits.
        for condition in [
            json!({ "Bool": { "aws:SecureTransport": "true" } }),
            json!({ "StringNotEquals": { "aws:PrincipalAccount": "444455556666" } }),
            json!({ "StringEqualsIfExists": { "aws:PrincipalOrgID": "o-1" } }),
            json!({ "StringLike": { "aws:PrincipalAccount": "4444*" } }),
        ] {
            let statement = json!({ "Effect": "Allow", "Principal": "*", "Condition": condition });
            check(statement, &[everybody("*")]);
        }
    }

    #[test]
    fn a_condition_may_list_the_accounts() {
        let condition =
            json!({ "StringEquals": { "AWS:principalAccount": ["444455556666", "777788889999"] } });
        let anybody = json!({ "Effect": "Allow", "Principal": "*", "Condition": condition });
        let expect = ["444455556666", "777788889999"].map(|account| of_account(account, account));
        check(anybody, &expect);
        let other =
            json!({ "Effect": "Allow", "Principal": { "AWS": "123456789012" }, "Condition": condition });
        check(other, &[]);
        let condition = json!({ "StringEquals": { "aws:SourceAccount": "444455556666" } });
        let service = json!({ "Service": "bedrock.amazonaws.com" });
        let statement = json!({ "Effect": "Allow", "Principal": service, "Condition": condition });
        check(statement, &[of_account("444455556666", "bedrock.amazonaws.com")]);
    }

    #[test]
    fn what_is_literal_in_a_policy_counts_whatever_else_is_known_later() {
        let resource = Resource::in_region(ResourceKind::Endpoint, "111122223333", "eu-west-1", "e");
        let check = |statement: Json, expect: &[Grantee]| {
            let policy = json!({ "Statement": statement }).to_string();
            assert_eq!(certainly_opened(&policy, &resource), expect, "{policy}");
        };
        let open = "arn:aws:iam::${later}:root";
        check(json!([{ "Effect": "Allow", "Principal": "*", "Resource": open }]), &[everybody("*")]);
        check(
            json!(["${later}", { "Effect": "Allow", "Principal": { "AWS": [open, "*"] } }]),
            &[everybody("*")],
        );
        let account = json!({ "AWS": "444455556666" });
        check(
            json!({ "Effect": "Allow", "Principal": account }),
            &[of_account("444455556666", "444455556666")],
        );
        let any = |condition: Json| json!({ "Effect": "Allow", "Principal": "*", "Condition": condition });
        check(any(json!("${later}")), &[]);
        check(any(json!({ "StringEquals": { "aws:PrincipalAccount": "${later}" } })), &[]);
        check(json!({ "Effect": "Allow", "Principal": { "AWS": open } }), &[]);
        check(json!({ "Effect": "Allow", "Principal": "*", "${later}": "${later}" }), &[]);
        check(json!("${later}"), &[]);
    }

    #[test]
    fn whoever_cannot_be_placed_is_unknown_with_the_reason() {
        let of = |principal: Json| reason(json!({ "Effect": "Allow", "Principal": principal }));
        assert!(of(json!({ "AWS": "arn:aws-cn:iam::444455556666:root" })).contains("another partition"));
        assert!(of(json!({ "AWS": "AROAEXAMPLEID" })).contains("deleted"));
        assert!(of(json!({ "AWS": "arn:aws:s3:::444455556666" })).contains("no account"));
        assert!(of(json!({ "AWS": 444_455_556_666_u64 })).contains("not a text"));
        assert!(of(json!({ "Service": "bedrock.amazonaws.com" })).contains("aws:SourceAccount"));
        assert!(of(json!({ "Federated": "cognito-identity.amazonaws.com" })).contains("which account"));
        assert!(of(json!({})).contains("principal cannot be read"));
        assert!(of(json!("444455556666")).contains("principal cannot be read"));
        let by = |key: &str| {
            let condition = json!({ "StringEquals": { key: "o-1" } });
            reason(json!({ "Effect": "Allow", "Principal": "*", "Condition": condition }))
        };
        assert!(by("aws:PrincipalOrgID").contains("aws:principalorgid"));
        assert!(by("aws:PrincipalTag/team").contains("aws:principaltag/team"));
        assert!(reason(json!({ "Effect": "Allow", "principal": "*" })).contains("unknown element"));
        assert!(reason(json!({ "Principal": "*" })).contains("neither allows nor denies"));
        assert!(reason(json!({ "Effect": "Allow" })).contains("principal cannot be read"));
        assert!(reason(json!(["*"])).contains("not an object"));
        assert!(reason(json!("*")).contains("no readable `Statement`"));
        let resource = Resource::in_region(ResourceKind::Endpoint, "111122223333", "eu-west-1", "e");
        assert!(
            matches!(opened("{", &resource).as_slice(), [Grantee::Unknown(reason)] if reason.contains("JSON"))
        );
    }
}

//! The rights of a resource's role that controls ask about: whether it has the managed policy that allows all of SageMaker, and whether it
//! reaches objects in any bucket.
//!
//! The rules are those of "Policy evaluation logic" and "IAM JSON policy element reference" in the IAM user guide, for the role's own
//! policies alone. Permissions boundaries, service control policies and bucket policies may deny rights that are found here.

use sagewarden_events::Grant;
use serde_json::Value;
use wildmatch::WildMatch;

/// The facts about a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleFacts {
    /// Whether `AmazonSageMakerFullAccess` is attached.
    pub sagemaker_full_access: bool,
    /// The names of the policies that let it read, write or delete objects in any bucket, in order. Empty if its access is restricted.
    pub unrestricted_s3: Vec<String>,
}

/// The operations on objects that count. An action that covers one of them on every bucket is unrestricted access.
const OBJECT_ACTIONS: [&str; 5] =
    ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"];

/// An object of a bucket that nobody would name, in each partition: a pattern that matches one of them matches everything.
const ANY_OBJECT: [&str; 3] = [
    "arn:aws:s3:::0-q-7-w-3/0-z-5/9-x-1",
    "arn:aws-cn:s3:::0-q-7-w-3/0-z-5/9-x-1",
    "arn:aws-us-gov:s3:::0-q-7-w-3/0-z-5/9-x-1",
];

/// Condition keys that choose among objects. After a key that ends in `/`, the name of a tag follows. Others say from where or how a
/// request comes (`aws:SourceVpce`, `aws:SecureTransport`), which leaves every object within reach.
const NARROWING_KEYS: [&str; 8] = [
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:resourcetag/",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:existingobjecttag/",
    "s3:resourceaccount",
];

/// Operators that ask for one of the values. Their negations and `…IfExists` forms match values that are not listed.
const NARROWING_OPERATORS: [&str; 5] =
    ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"];

impl RoleFacts {
    /// Reads the policies of a role.
    ///
    /// S3 access is unrestricted if, for an operation on objects, a statement allows it on every bucket, and no statement denies it on
    /// every bucket without a condition. A condition restricts an allowance if it selects objects. Limits: it ignores a denial with a
    /// condition, and does not notice patterns that are wide only together.
    #[must_use]
    pub fn of(grants: &[Grant]) -> Self {
        let open: Vec<&str> = OBJECT_ACTIONS.into_iter().filter(|action| !denied(grants, action)).collect();
        let mut unrestricted_s3: Vec<String> = grants
            .iter()
            .filter(|grant| open.iter().any(|action| statements(grant).any(|each| allows(each, action))))
            .map(|grant| grant.name.clone())
            .collect();
        unrestricted_s3.sort();
        unrestricted_s3.dedup();
        Self { sagemaker_full_access: grants.iter().any(is_sagemaker_full_access), unrestricted_s3 }
    }
}

/// `arn:<partition>:iam::aws:policy/AmazonSageMakerFullAccess`; a customer's policy of that name has an account in its ARN.
fn is_sagemaker_full_access(grant: &Grant) -> bool {
    let rest = grant.arn.as_deref().and_then(|arn| arn.strip_prefix("arn:")?.split_once(':'));
    rest.is_some_and(|(_, rest)| rest == "iam::aws:policy/AmazonSageMakerFullAccess")
}

fn statements(grant: &Grant) -> impl Iterator<Item = &Value> {
    one_or_many(grant.document.get("Statement"))
}

fn has_effect(statement: &Value, effect: &str) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some(effect)
}

fn allows(statement: &Value, action: &str) -> bool {
    has_effect(statement, "Allow")
        && covers_action(statement, action)
        && covers_every_bucket(statement)
        && !statement.get("Condition").is_some_and(narrows)
}

fn denied(grants: &[Grant], action: &str) -> bool {
    let conditional = |statement: &Value| {
        statement.get("Condition").and_then(Value::as_object).is_some_and(|condition| !condition.is_empty())
    };
    grants.iter().flat_map(statements).any(|statement| {
        has_effect(statement, "Deny")
            && covers_action(statement, action)
            && covers_every_bucket(statement)
            && !conditional(statement)
    })
}

/// Actions are compared without regard to case.
fn covers_action(statement: &Value, action: &str) -> bool {
    let named = |key: &str| {
        texts(statement.get(key)).any(|pattern| WildMatch::new_case_insensitive(pattern).matches(action))
    };
    if statement.get("NotAction").is_some() { !named("NotAction") } else { named("Action") }
}

fn covers_every_bucket(statement: &Value) -> bool {
    let named = |key: &str| {
        texts(statement.get(key)).any(|pattern| {
            let pattern = WildMatch::new(pattern);
            ANY_OBJECT.iter().any(|object| pattern.matches(object))
        })
    };
    if statement.get("NotResource").is_some() { !named("NotResource") } else { named("Resource") }
}

/// All tests of a condition must hold, so that one that chooses among objects is enough.
fn narrows(condition: &Value) -> bool {
    condition.as_object().into_iter().flatten().any(|(operator, keys)| {
        let operator = operator.to_ascii_lowercase();
        let operator = operator.strip_prefix("foranyvalue:").unwrap_or(&operator);
        NARROWING_OPERATORS.contains(&operator)
            && keys.as_object().into_iter().flatten().any(|(key, values)| {
                let key = key.to_ascii_lowercase();
                let chooses = NARROWING_KEYS
                    .iter()
                    .any(|known| if known.ends_with('/') { key.starts_with(known) } else { key == *known });
                chooses && texts(Some(values)).all(|value| value != "*")
            })
    })
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    one_or_many(value).filter_map(Value::as_str)
}

/// Where a list has one element, the brackets may be left out.
fn one_or_many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(values)) => values.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
    .iter()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn grant(name: &str, statement: Value) -> Grant {
        let document = json!({ "Version": "2012-10-17", "Statement": statement });
        Grant { name: name.to_owned(), arn: None, document }
    }

    #[track_caller]
    fn check(statement: Value, unrestricted: bool) {
        let facts = RoleFacts::of(&[grant("p", statement.clone())]);
        assert_eq!(!facts.unrestricted_s3.is_empty(), unrestricted, "{statement}");
    }

    fn allow(action: Value, resource: Value) -> Value {
        json!([{ "Effect": "Allow", "Action": action, "Resource": resource }])
    }

    #[test]
    fn the_full_access_policy_is_aws_s_own() {
        let check = |arn: Option<&str>, expect: bool| {
            let grant =
                Grant { arn: arn.map(str::to_owned), ..grant("AmazonSageMakerFullAccess", json!([])) };
            assert_eq!(RoleFacts::of(&[grant]).sagemaker_full_access, expect, "{arn:?}");
        };
        check(Some("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"), true);
        check(Some("arn:aws-cn:iam::aws:policy/AmazonSageMakerFullAccess"), true);
        check(Some("arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"), false);
        check(Some("arn:aws:iam::111122223333:policy/AmazonSageMakerFullAccess"), false);
        check(None, false);
    }

    #[test]
    fn actions_are_matched_without_case_and_may_stand_alone_or_in_a_list() {
        check(allow(json!("s3:*"), json!("*")), true);
        check(allow(json!(["S3:getobject"]), json!("*")), true);
        check(allow(json!("*"), json!("*")), true);
        check(allow(json!("s3:Get*"), json!("*")), true);
        check(allow(json!("s3:?utObject"), json!("*")), true);
        check(allow(json!(["s3:ListBucket", "s3:PutObject"]), json!("*")), true);
        check(
            allow(json!(["s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetBucket*"]), json!("*")),
            false,
        );
        check(allow(json!("sagemaker:*"), json!("*")), false);
        check(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }), true);
        check(json!([]), false);
    }

    #[test]
    fn a_resource_is_everything_or_a_choice() {
        for everything in
            ["*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:*:s3:::*", "arn:aws-cn:s3:::?*", "**"]
        {
            check(allow(json!("s3:GetObject"), json!(everything)), true);
        }
        for choice in [
            "arn:aws:s3:::ds-*",
            "arn:aws:s3:::*SageMaker*",
            "arn:aws:s3:::*/*.csv",
            "arn:aws:s3:::${aws:PrincipalTag/p}/*",
        ] {
            check(allow(json!("s3:GetObject"), json!(choice)), false);
        }
        check(allow(json!("s3:GetObject"), json!(["arn:aws:s3:::ds-a/*", "arn:aws:s3:::*"])), true);
    }

    #[test]
    fn what_is_left_out_is_everything_else() {
        check(
            json!([{ "Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*" }]),
            true,
        );
        check(json!([{ "Effect": "Allow", "NotAction": ["s3:*", "iam:*"], "Resource": "*" }]), false);
        check(json!([{ "Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*" }]), true);
        check(json!([{ "Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::secret/*" }]), true);
        check(json!([{ "Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::*"] }]), false);
    }

    #[test]
    fn a_condition_restricts_when_it_chooses_among_objects() {
        let under = |condition: Value| json!([{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::*", "Condition": condition }]);
        // As in AmazonSageMakerFullAccess.
        check(
            under(json!({ "StringEqualsIgnoreCase": { "s3:ExistingObjectTag/SageMaker": "true" } })),
            false,
        );
        check(under(json!({ "StringEquals": { "aws:ResourceAccount": ["111122223333"] } })), false);
        check(under(json!({ "ForAnyValue:StringLike": { "aws:ResourceOrgPaths": "o-a/r-b/*" } })), false);
        check(
            under(json!({
                "Bool": { "aws:SecureTransport": "true" },
                "StringEquals": { "s3:ResourceAccount": "111122223333" },
            })),
            false,
        );
        check(under(json!({})), true);
        check(under(json!({ "Bool": { "aws:SecureTransport": "true" } })), true);
        check(under(json!({ "StringEquals": { "aws:SourceVpce": "vpce-1a2b3c4d" } })), true);
        check(under(json!({ "StringNotEquals": { "aws:ResourceAccount": "111122223333" } })), true);
        check(under(json!({ "StringEqualsIfExists": { "aws:ResourceAccount": "111122223333" } })), true);
        check(under(json!({ "StringLike": { "aws:ResourceAccount": ["111122223333", "*"] } })), true);
    }

    #[test]
    fn an_unconditional_denial_lifts_what_it_denies_wherever_it_stands() {
        let wide = || grant("wide", allow(json!("s3:*"), json!("*")));
        let check = |deny: Value, unrestricted: bool| {
            let facts = RoleFacts::of(&[wide(), grant("guard", deny.clone())]);
            let expect: &[&str] = if unrestricted { &["wide"] } else { &[] };
            assert_eq!(facts.unrestricted_s3, expect, "{deny}");
        };
        check(json!([{ "Effect": "Deny", "Action": "s3:*", "Resource": "*" }]), false);
        check(json!([{ "Effect": "Deny", "Action": "*", "NotResource": ["arn:aws:s3:::ds-*"] }]), false);
        check(json!([{ "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*" }]), true);
        check(json!([{ "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::secret/*" }]), true);
        let outside = json!({ "StringNotEquals": { "aws:ResourceAccount": "111122223333" } });
        check(json!([{ "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": outside }]), true);
    }

    #[test]
    fn the_policies_that_are_too_wide_are_named() {
        let grants = [
            grant("b", allow(json!("s3:PutObject"), json!("*"))),
            grant("narrow", allow(json!("s3:*"), json!("arn:aws:s3:::ds-*"))),
            grant("a", allow(json!("*"), json!("*"))),
        ];
        assert_eq!(RoleFacts::of(&grants).unrestricted_s3, ["a", "b"]);
        assert_eq!(RoleFacts::of(&[]), RoleFacts::default());
    }
}

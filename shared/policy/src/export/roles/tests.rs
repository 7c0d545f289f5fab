use std::collections::BTreeSet;

use super::*;
use crate::export::{Effect, Statement};

const TWO_ENVIRONMENTS: &str = r#"
[artifacts]
allowed_buckets = ["ds-shared"]
[[environments]]
name = "dev"
accounts = ["111122223333"]
artifacts = { allowed_buckets = ["ds-dev-*"] }
[[environments]]
name = "prod"
accounts = ["444455556666"]
artifacts = { allowed_buckets = ["ds-prod-*", "ds-*"] }
"#;

fn exported(role: TeamRole, text: &str, environment: Option<&str>) -> RoleExport {
    export(role, &toml::from_str(text).unwrap(), environment, "sagewarden").unwrap()
}

/// The resources of a statement; none if there is no such statement.
fn resources(export: &RoleExport, sid: &str) -> Vec<String> {
    let statements = export.policies.iter().flat_map(|policy| &policy.statement);
    let of = statements.filter(|statement| statement.sid.starts_with(sid));
    of.flat_map(Statement::resources).map(str::to_owned).collect()
}

#[test]
fn a_role_reaches_the_buckets_of_its_environment_and_is_denied_those_of_others() {
    let dev = exported(TeamRole::DataScientist, TWO_ENVIRONMENTS, Some("dev"));
    assert_eq!(resources(&dev, "ReadObjects"), ["arn:aws:s3:::ds-dev-*/*"]);
    assert_eq!(
        resources(&dev, "NeverOtherEnvironments"),
        ["arn:aws:s3:::ds-prod-*", "arn:aws:s3:::ds-prod-*/*"],
        "a pattern that fits own buckets would deny them"
    );
    assert_eq!(dev.undenied, ["ds-*"]);

    let outside = exported(TeamRole::DataScientist, TWO_ENVIRONMENTS, None);
    assert_eq!(resources(&outside, "ReadObjects"), ["arn:aws:s3:::ds-shared/*"]);
    let denied = resources(&outside, "NeverOtherEnvironments");
    assert!(denied.contains(&"arn:aws:s3:::ds-dev-*".to_owned()), "{denied:?}");
}

#[test]
fn an_environment_that_nobody_named_is_refused_with_the_names_there_are() {
    let settings = toml::from_str(TWO_ENVIRONMENTS).unwrap();
    let error = export(TeamRole::MlOps, &settings, Some("pord"), "sagewarden").unwrap_err().to_string();
    assert_eq!(error, "the settings have no environment `pord`: they name `dev`, `prod`");
    let none =
        export(TeamRole::MlOps, &Settings::default(), Some("dev"), "sagewarden").unwrap_err().to_string();
    assert_eq!(none, "the settings have no environment `dev`: they name none");
}

#[test]
fn without_lists_nobody_reaches_data_or_hands_on_a_role() {
    for role in TeamRole::ALL {
        let export = exported(role, "", None);
        let empty: BTreeSet<&str> = export
            .clauses
            .iter()
            .filter(|each| each.is_empty())
            .map(|each| each.statement.sid.as_str())
            .collect();
        let written = serde_json::to_string(&export.policies).unwrap();
        assert!(empty.iter().all(|sid| !written.contains(&format!("\"{sid}\""))), "{empty:?}");
        assert!(
            resources(&export, "ReadObjects").is_empty()
                && resources(&export, "PassExecutionRoles").is_empty()
        );
    }
}

#[test]
fn keys_are_reached_by_their_arn_or_their_alias() {
    let of = |text: &str| exported(TeamRole::DataScientist, text, None);
    assert_eq!(resources(&of(""), "UseKeys"), ["arn:aws:kms:*:*:key/*"]);
    let accounts = of("[encryption]\nallowed_key_accounts = [\"444455556666\"]");
    assert_eq!(resources(&accounts, "UseKeys"), ["arn:aws:kms:*:444455556666:key/*"]);
    let alias = of("[encryption]\nallowed_keys = [\"arn:aws:kms:eu-west-1:111122223333:alias/ds\"]");
    let written = serde_json::to_string(&alias.policies).unwrap();
    let term = r#"{"ForAnyValue:StringLike":{"kms:ResourceAliases":"alias/ds"}}"#;
    assert!(written.contains(term) && !written.contains("\"UseKeys\""), "{written}");
    let lent = r#"{"Bool":{"kms:GrantIsForAWSResource":"true"},"ForAnyValue:StringLike":{"kms:ResourceAliases":"alias/ds"}}"#;
    assert!(written.contains(lent), "{written}");
}

#[test]
fn a_stack_of_another_name_is_the_one_that_counts() {
    let export = export(TeamRole::Auditor, &Settings::default(), None, "watch").unwrap();
    assert_eq!(resources(&export, "AskForLineage"), ["arn:aws:lambda:*:*:function:watch-lookup-lineage"]);
    assert!(!serde_json::to_string(&export.policies).unwrap().contains("sagewarden-"));
}

#[test]
fn a_repository_is_named_for_any_tags() {
    let named = |text: &str| {
        let settings = format!("[lineage]\nrepository = \"{text}\"");
        resources(&exported(TeamRole::DataScientist, &settings, None), "UseRepositories")
    };
    assert_eq!(named("ds-source-{ProjectName}-{EnvironmentType}"), ["arn:aws:codecommit:*:*:ds-source-*-*"]);
    assert_eq!(named("models"), ["arn:aws:codecommit:*:*:models"]);
}

#[test]
fn however_long_a_list_is_every_policy_fits_and_nothing_is_lost() {
    let buckets: Vec<String> = (0..400).map(|number| format!("\"ds-data-bucket-{number:04}\"")).collect();
    let text = format!("[artifacts]\nallowed_buckets = [{}]", buckets.join(", "));
    for role in TeamRole::ALL {
        let export = exported(role, &text, None);
        let mut sids = BTreeSet::new();
        for policy in &export.policies {
            let length = PolicyKind::Iam.count(&serde_json::to_string(policy).unwrap());
            assert!(length <= PolicyKind::Iam.limit(), "{}: {length}", role.name());
            for statement in &policy.statement {
                assert!(sids.insert(&statement.sid), "{} is there twice", statement.sid);
                assert!(statement.sid.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            }
        }
        for clause in export.clauses.iter().filter(|clause| !clause.is_empty()) {
            let wanted: BTreeSet<&str> = clause.statement.resources().into_iter().collect();
            let found = resources(&export, &clause.statement.sid);
            assert!(
                wanted.iter().all(|one| found.iter().any(|found| found == one)),
                "{}",
                clause.statement.sid
            );
        }
    }
}

#[test]
fn what_a_role_may_do_and_never_does_is_said_of_every_statement() {
    for role in TeamRole::ALL {
        let clauses = exported(role, TWO_ENVIRONMENTS, Some("dev")).clauses;
        for Clause { meaning, place, statement } in &clauses {
            assert!(!meaning.is_empty() && !place.is_empty(), "{}", statement.sid);
            assert_eq!(
                statement.sid.starts_with("Never"),
                statement.effect == Effect::Deny,
                "{}",
                statement.sid
            );
        }
        assert!(clauses.iter().any(|clause| clause.statement.effect == Effect::Deny), "{}", role.name());
    }
}

use std::collections::BTreeSet;

use proptest::prelude::*;
use sagewarden_settings::Profile;

use super::*;

/// The denied actions of all statements and policies.
fn denied<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> BTreeSet<(String, String)> {
    let pairs = |statement: &'a Statement| {
        let condition = serde_json::to_string(&statement.condition).unwrap();
        statement.action.iter().map(move |action| (action.clone(), condition.clone()))
    };
    statements.into_iter().flat_map(pairs).collect()
}

/// The statements of the whole table.
fn whole(settings: &Settings) -> Vec<Statement> {
    statements(settings, |id| settings.control_mode(id, Profile::Essential) != ControlMode::Off)
}

fn of(text: &str) -> Vec<Statement> {
    whole(&toml::from_str(text).unwrap())
}

#[test]
fn every_rule_names_controls_by_the_catalogues_pattern() {
    let bundle = Bundle::embedded().unwrap();
    let mut sids = BTreeSet::new();
    for rule in RULES {
        assert!(sids.insert(rule.sid), "{} is used twice", rule.sid);
        assert!(rule.sid.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{}", rule.sid);
        for (id, calls) in rule.covers {
            let parts: Vec<&str> = id.split('-').collect();
            let [kind, area, number] = parts.as_slice() else { panic!("{id}") };
            assert!(kind.len() == 3 && kind.bytes().all(|byte| byte.is_ascii_uppercase()), "{id}");
            assert!(area.len() == 3 && area.bytes().all(|byte| byte.is_ascii_uppercase()), "{id}");
            assert!(number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
            assert!(bundle.control(id).is_some(), "there is no control `{id}`");
            assert!(!calls.is_empty(), "{id}");
        }
    }
}

#[test]
fn a_control_that_is_off_is_not_prevented() {
    let calls = |text: &str| {
        let vpc = of(text).into_iter().find(|statement| statement.sid == "DenyWithoutVpc");
        vpc.map(|statement| statement.action).unwrap_or_default()
    };
    let training = "sagemaker:CreateTrainingJob".to_owned();
    assert!(calls("").contains(&training));
    assert!(calls("[controls]\nTRN-NET-01 = \"observe\"").contains(&training));
    let without = calls("[controls]\nTRN-NET-01 = \"off\"");
    assert!(!without.contains(&training) && without.contains(&"sagemaker:CreateProcessingJob".to_owned()));

    let bundle = Bundle::embedded().unwrap();
    let bundle = bundle.with_settings("[controls]\nTRN-IAM-01 = \"off\"").unwrap();
    let export = export(&bundle, PolicyKind::Iam).unwrap();
    assert_eq!(export.off, ["TRN-IAM-01"]);
    assert!(!export.beyond.iter().any(|gap| gap.control == "TRN-IAM-01"));
    let named = export.policies.iter().flat_map(|policy| &policy.statement).flat_map(|each| &each.controls);
    assert!(named.clone().all(|id| bundle.control(id).is_some()), "nobody could switch it off");
}

#[test]
fn iam_counts_no_white_space_and_organizations_counts_all() {
    let text = "{ \"é\":\t1 }\n";
    assert_eq!((PolicyKind::Iam.count(text), PolicyKind::Scp.count(text)), (7, 11));
    assert_eq!((PolicyKind::Iam.limit(), PolicyKind::Scp.limit()), (6_144, 5_120));
}

#[test]
fn every_control_that_is_on_is_prevented_or_said_to_be_beyond() {
    let bundle = Bundle::embedded().unwrap().with_profile(Profile::Strict);
    let export = export(&bundle, PolicyKind::Scp).unwrap();
    let beyond: BTreeSet<&str> = export.beyond.iter().map(|gap| gap.control.as_str()).collect();
    let prevented: BTreeSet<&str> = preventable().collect();
    assert!(beyond.is_disjoint(&prevented) && !beyond.is_empty() && export.off.is_empty());
    let all: BTreeSet<&str> = bundle.controls().map(|control| control.id.as_str()).collect();
    assert_eq!(beyond.union(&prevented).copied().collect::<BTreeSet<_>>(), all);
    let reason = |id: &str| export.beyond.iter().find(|gap| gap.control == id).map(|gap| gap.reason.as_str());
    assert_eq!(reason("END-ART-02"), Some("no condition key for container images"));
    let fields = beyond::reason("XXX-REP-09", bundle.control("TRN-NET-01"));
    assert!(fields.starts_with("no condition key for VpcConfig"), "{fields}");
    assert_eq!(beyond::reason("XXX-REP-09", None), "no condition key for ");
    let differing: BTreeSet<&str> = export.differing.iter().map(|gap| gap.control.as_str()).collect();
    assert!(differing.is_subset(&prevented) && differing.contains("EPC-NET-01"), "{differing:?}");
    let several = export.differing.iter().find(|gap| gap.control.starts_with("HPO-")).unwrap();
    assert!(several.reason.contains("IAM sees several training job definitions as one"), "{several:?}");
}

#[test]
fn a_statement_whose_controls_are_all_off_is_left_out() {
    let sids = |text: &str| of(text).into_iter().map(|each| each.sid).collect::<Vec<_>>();
    let all = sids("");
    // As in its table: without a list there is no statement about values off the list.
    assert!(!all.contains(&"DenyOtherSubnets".to_owned()), "{all:?}");
    assert!(all.contains(&"DenyUnencryptedTraffic".to_owned()));
    assert!(!sids("[controls]\nAML-ENC-03 = \"off\"").contains(&"DenyUnencryptedTraffic".to_owned()));
}

#[test]
fn a_key_is_the_callers_own_or_of_a_listed_account() {
    let pattern = |text: &str| {
        let keys = of(text).into_iter().find(|statement| statement.sid == "DenyOtherVolumeKeys").unwrap();
        serde_json::to_value(&keys.condition["ArnNotLike"]["sagemaker:VolumeKmsKey"]).unwrap()
    };
    assert_eq!(pattern(""), serde_json::json!(["arn:*:kms:*:${aws:PrincipalAccount}:*"]));
    assert_eq!(
        pattern("[encryption]\nallowed_key_accounts = [\"111122223333\"]"),
        serde_json::json!(["arn:*:kms:*:111122223333:*"])
    );
}

#[test]
fn every_control_of_the_bundle_is_exported_or_explained() {
    let bundle = Bundle::embedded().unwrap().with_profile(Profile::Strict);
    let export = export(&bundle, PolicyKind::Scp).unwrap();
    let named: BTreeSet<&str> = preventable().collect();
    for control in bundle.controls() {
        let is_beyond = export.beyond.iter().any(|gap| gap.control == control.id);
        assert!(named.contains(control.id.as_str()) != is_beyond, "{}", control.id);
    }
    let reason = |id: &str| export.beyond.iter().find(|gap| gap.control == id).unwrap().reason.as_str();
    assert_eq!(reason("TRN-ART-03"), "no condition key for container images");
    assert_eq!(reason("MDL-ART-01"), "no condition key for S3 locations");
    assert_eq!(
        beyond::reason("XYZ-NET-01", bundle.control("TRN-NET-02")),
        "no condition key for EnableNetworkIsolation"
    );
}

#[test]
fn the_default_settings_give_these_statements() {
    insta::assert_json_snapshot!(pack(whole(&Settings::default()), PolicyKind::Iam, 0).unwrap());
}

#[test]
fn a_list_that_no_policy_can_hold_is_refused() {
    let many: Vec<String> = (0..400).map(|number| format!("subnet-{number:017}")).collect();
    let mut settings = Settings::default();
    settings.network.allowed_subnets = many;
    let error = pack(whole(&settings), PolicyKind::Iam, 0).unwrap_err().to_string();
    assert!(error.contains("`DenyOtherSubnets`") && error.contains("sagemaker:VpcSubnets"), "{error}");
}

/// Lists as they are, and lists of about the length of a policy.
fn few_or_many(id: &'static str) -> impl Strategy<Value = Vec<String>> {
    prop_oneof![0..9_usize, 170..250_usize].prop_flat_map(move |number| proptest::collection::vec(id, number))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_the_settings_are_nothing_is_lost_and_every_policy_fits(
        subnets in few_or_many("subnet-[0-9a-f]{17}"),
        groups in few_or_many("sg-[0-9a-f]{17}"),
        accounts in proptest::collection::vec("[0-9]{12}", 0..100),
        buckets in proptest::collection::vec("[a-z][a-z0-9*.-]{2,20}", 0..90),
        off in proptest::sample::subsequence(vec!["TRN-NET-01", "PRC-ENC-01", "HPO-ENC-02", "FGR-ENC-01"], 0..4),
        kind in prop_oneof![Just(PolicyKind::Iam), Just(PolicyKind::Scp)],
    ) {
        let mut settings = Settings::default();
        settings.network.allowed_subnets = subnets;
        settings.network.allowed_security_groups = groups;
        settings.encryption.allowed_key_accounts = accounts;
        settings.artifacts.allowed_buckets = buckets;
        settings.controls = off.into_iter().map(|id| (id.to_owned(), ControlMode::Off)).collect();
        let wanted = whole(&settings);
        let policies = match pack(wanted.clone(), kind, 0) {
            Ok(policies) => policies,
            // One call and its list: nothing is left to divide.
            Err(ExportError::TooLong { length, limit, .. }) => {
                prop_assert!(length > limit);
                return Ok(());
            }
        };
        for policy in &policies {
            let text = serde_json::to_string(policy).unwrap();
            prop_assert!(kind.count(&text) <= kind.limit(), "{} characters", kind.count(&text));
            prop_assert_eq!(text.chars().count(), PolicyKind::Iam.count(&text), "white space inside a value");
        }
        let packed = || policies.iter().flat_map(|policy| &policy.statement);
        prop_assert_eq!(denied(packed()), denied(&wanted));
        let sids: BTreeSet<&str> = packed().map(|statement| statement.sid.as_str()).collect();
        prop_assert_eq!(sids.len(), packed().count());
        prop_assert!(sids.iter().all(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric())));
    }
}

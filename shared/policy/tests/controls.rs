//! Every control with descriptions that keep it and descriptions that break it, in the shape of the API.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is missing"
)]

mod cases;

use std::collections::BTreeSet;

use cases::{all, broken, of, strict};
use sagewarden_policy::{Bundle, FindingStatus, Judgement, judge_erasure};
use serde_json::{Value, json};

/// Controls of calls.
const NOT_OF_A_DESCRIPTION: [&str; 9] = [
    "MLA-IAM-02",
    "MLS-IAM-02",
    "MPK-ART-05",
    "NBK-IAM-08",
    "PAP-IAM-03",
    "PRC-TRC-04",
    "SPC-IAM-03",
    "TRN-TRC-04",
    "USR-IAM-03",
];

#[test]
fn what_keeps_every_control_is_compliant_and_every_control_was_judged() {
    let mut judged = BTreeSet::new();
    let bundle = strict();
    for kept in all() {
        let verdict = kept.verdict(&bundle);
        assert_eq!(verdict.outcome, Judgement::Compliant, "{}: {:#?}", kept.kind, verdict.findings);
        assert_eq!(verdict.skipped, Vec::<String>::new(), "{}", kept.kind);
        judged.extend(verdict.checked);
    }
    let never: Vec<&str> =
        bundle.controls().map(|control| control.id.as_str()).filter(|id| !judged.contains(*id)).collect();
    assert_eq!(never, NOT_OF_A_DESCRIPTION, "these speak of deletions, of sign-ins and of earlier stages");
}

#[test]
fn one_change_breaks_the_controls_that_speak_of_it_and_no_other() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    let bundle = strict();
    for kept in all() {
        for case in &kept.cases {
            let verdict = kept.changed(case).verdict(&bundle);
            let (unknown, violated): (Vec<_>, Vec<_>) =
                verdict.findings.iter().partition(|finding| finding.status == FindingStatus::Unknown);
            let ids = |findings: Vec<&sagewarden_policy::Finding>| -> BTreeSet<String> {
                findings.into_iter().map(|finding| finding.control.clone()).collect()
            };
            let wanted: BTreeSet<String> =
                case.breaks.iter().filter(|id| !case.unknown.contains(id)).cloned().collect();
            let place = format!(
                "{}: {} {} = {}",
                kept.kind,
                case.answer_of.as_deref().unwrap_or(""),
                case.at,
                case.value
            );
            let (violated, unknown) = (ids(violated), ids(unknown));
            if violated != wanted || unknown != case.unknown.iter().cloned().collect() {
                wrong.push(format!(
                    "{place}: {violated:?} broken, {unknown:?} unknown, not {wanted:?} and {:?}",
                    case.unknown
                ));
            }
            seen.extend(wanted);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let unseen: Vec<&str> =
        bundle.controls().map(|control| control.id.as_str()).filter(|id| !seen.contains(*id)).collect();
    assert_eq!(unseen, NOT_OF_A_DESCRIPTION, "every other control has a document that breaks it");
}

#[test]
fn erasing_the_evidence_is_a_finding() {
    for (kind, control) in [("training-job", "TRN-TRC-04"), ("processing-job", "PRC-TRC-04")] {
        let resource = of(kind).resource();
        let verdict = judge_erasure(&strict(), &resource, cases::CREATED);
        assert_eq!(broken(&verdict), [control]);
        assert_eq!(verdict.outcome, Judgement::Violating);
    }
    assert_eq!(
        judge_erasure(&strict(), &of("model").resource(), cases::CREATED).outcome,
        Judgement::Compliant
    );
}

#[test]
fn without_settings_any_vpc_and_only_the_own_keys_will_do() {
    let open = Bundle::embedded().unwrap();
    let kept = of("training-job");
    let elsewhere =
        kept.clone().but("/VpcConfig", json!({ "Subnets": ["subnet-9"], "SecurityGroupIds": ["sg-9"] }));
    assert_eq!(elsewhere.verdict(&open).outcome, Judgement::Compliant);
    assert_eq!(broken(&kept.clone().but("/VpcConfig", Value::Null).verdict(&open)), ["TRN-NET-01"]);
    let foreign = kept.but("/OutputDataConfig/KmsKeyId", json!("arn:aws:kms:eu-west-1:444455556666:key/k"));
    let verdict = foreign.verdict(&open);
    assert_eq!(broken(&verdict), ["TRN-ENC-02"]);
    for control in ["TRN-ART-01", "TRN-IAM-01", "TRN-IAM-03", "TRN-IAM-04", "TRN-TRC-02"] {
        assert!(
            !verdict.checked.iter().any(|id| id == control),
            "{control} wants nothing without its setting"
        );
    }
}

#[test]
fn an_allowed_key_is_one_of_those_that_are_listed() {
    let listed = cases::STRICT.replace(
        "allowed_key_accounts",
        "allowed_keys = [\"arn:aws:kms:*:111122223333:alias/ds-*\"]\nallowed_key_accounts",
    );
    let bundle = strict().with_settings(&listed).unwrap();
    let check = |key: &str, expect: &[&str]| {
        let verdict = of("training-job").but("/OutputDataConfig/KmsKeyId", json!(key)).verdict(&bundle);
        let ids: Vec<&str> = broken(&verdict).into_iter().filter(|id| *id != "TRN-ENC-01").collect();
        assert_eq!(ids, expect, "{key}");
    };
    check("alias/ds-credit", &[]);
    check("arn:aws:kms:eu-west-1:111122223333:alias/ds-credit", &[]);
    check("alias/other", &["TRN-ENC-02"]);
    check("arn:aws:kms:eu-west-1:111122223333:key/1234", &["TRN-ENC-02"]);
}

#[test]
fn a_finding_says_what_is_there_what_is_wanted_and_what_to_change() {
    let job = of("training-job").but("/VpcConfig", json!({ "Subnets": ["subnet-9"] }));
    insta::assert_json_snapshot!("of_a_job", job.verdict(&strict()).findings);
    let tuning = of("hyper-parameter-tuning-job");
    let tuning = tuning.but("/TrainingJobDefinitions/1/VpcConfig", Value::Null);
    insta::assert_json_snapshot!("of_one_definition_among_several", tuning.verdict(&strict()).findings);
    let mut transform = of("transform-job");
    transform.answers["DescribeModel"][0]["EnableNetworkIsolation"] = json!(false);
    insta::assert_json_snapshot!("of_the_model_behind_a_job", transform.verdict(&strict()).findings);
}

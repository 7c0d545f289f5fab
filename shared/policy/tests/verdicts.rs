//! Modes, waivers, environments, remedies, and unknown values.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is missing"
)]

mod cases;
mod shipped;

use std::collections::BTreeSet;

use cases::{Kept, STRICT, broken, of, strict, with};
use sagewarden_events::{Change, Corrections, KeyManager};
use sagewarden_policy::join::OperationAnswer;
use sagewarden_policy::{
    Bundle, FindingStatus, Judgement, Plan, Subject, Verdict, judge, judge_created, key_answer, key_refusal,
    operations,
};
use sagewarden_settings::{Mode, Profile};
use serde_json::{Value, json};
use shipped::shipped;

fn changes(settings: &[Change]) -> Plan {
    let settings = settings.iter().copied().collect();
    Plan::Change(Corrections { settings, platform: Some("notebook-al2023-v1".to_owned()) })
}

fn nothing(why: &str) -> Plan {
    Plan::Nothing(why.to_owned())
}

#[test]
fn the_strongest_remedy_is_planned() {
    let check =
        |kept: cases::Kept, expect: Plan| assert_eq!(kept.verdict(&strict()).plan, expect, "{}", kept.kind);
    let job = || of("training-job");
    check(job(), nothing("no control certainly fails"));
    check(job().but("/VpcConfig", Value::Null), Plan::Stop);
    check(of("processing-job").but("/NetworkConfig/VpcConfig", Value::Null), Plan::Stop);
    check(of("model").but("/VpcConfig", Value::Null), Plan::DeleteModelIfUnused);
    let debug = json!({ "EnableRemoteDebug": true });
    check(job().but("/RemoteDebugConfig", debug.clone()), changes(&[Change::DisableRemoteDebug]));
    check(job().but("/RemoteDebugConfig", debug).but("/VpcConfig", Value::Null), Plan::Stop);
    check(job().but("/ResourceConfig/InstanceCount", json!(2)), Plan::Tag);
    check(job().but("/HyperParameters", Value::Null), nothing("the failed controls are only published"));
    let notebook = of("notebook-instance").but("/RootAccess", json!("Enabled"));
    let notebook = notebook.but("/PlatformIdentifier", json!("notebook-al1-v1"));
    check(notebook, changes(&[Change::DisableRootAccess, Change::ReplacePlatform]));
    let observe = job().but("/VpcConfig", Value::Null).verdict(&strict().with_mode(Mode::Observe));
    assert_eq!(observe.plan, nothing("the mode is observe"));
}

#[test]
fn a_control_can_be_off_or_only_observed() {
    let job = of("training-job").but("/VpcConfig", Value::Null);
    let off = job.verdict(&with("[controls]\nTRN-NET-01 = \"off\""));
    assert_eq!(off.outcome, Judgement::Compliant);
    assert!(!off.checked.contains(&"TRN-NET-01".to_owned()), "what is off is not among what was checked");

    let observing = with("[controls]\nTRN-NET-01 = \"observe\"");
    let observed = job.verdict(&observing);
    assert_eq!(observed.outcome, Judgement::Violating);
    assert_eq!(observed.plan, nothing("the failed controls are only published"));
    // Another control that is enforced stops the job all the same.
    let both = job.but("/EnableNetworkIsolation", Value::Null);
    assert_eq!(both.verdict(&observing).plan, Plan::Stop);
    // The stack's mode stands above a control's.
    let stack = with("[controls]\nTRN-NET-01 = \"enforce\"").with_mode(Mode::Observe);
    assert_eq!(both.verdict(&stack).plan, nothing("the mode is observe"));
}

#[test]
fn an_account_has_settings_of_its_own() {
    let prod = "[[environments]]\nname = \"prod\"\naccounts = [\"111122223333\"]\nmode = \"observe\"\n\
                [environments.network]\nallowed_subnets = [\"subnet-7\"]\n[environments.controls]\nTRN-NET-02 = \"off\"\n";
    let bundle = with(prod);
    let job = of("training-job").but("/EnableNetworkIsolation", Value::Null);
    let inside = job.verdict(&bundle);
    assert_eq!(inside.environment.as_deref(), Some("prod"));
    assert_eq!(broken(&inside), ["TRN-NET-01"], "the subnet is another's, isolation is off");
    assert_eq!(inside.plan, nothing("the mode is observe"));
    assert!(inside.findings[0].wanted.contains("subnet-7"));

    let outside = job.verdict(&with(&prod.replace("111122223333", "444455556666")));
    assert_eq!(outside.environment, None);
    assert_eq!(broken(&outside), ["TRN-NET-02"]);
    assert_eq!(outside.plan, Plan::Stop);

    // A stack that observes observes everywhere.
    let enforcing = with(&prod.replace("observe", "enforce")).with_mode(Mode::Observe);
    assert_eq!(job.verdict(&enforcing).plan, nothing("the mode is observe"));
    assert!(!operations(&bundle, of("pipeline").resource_kind()).contains("ListTags"));
}

/// The verdict on a job that was created with some tags and has others now.
fn tagged(
    bundle: &Bundle,
    job: &Kept,
    created_with: Option<&[(&str, &str)]>,
    now: &[(&str, &str)],
) -> Verdict {
    let mut job = job.clone();
    let list: Vec<_> = now.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    job.answers["ListTags"][0] = json!({ "Tags": list });
    let (resource, joined) = (job.resource(), job.joined());
    let subject =
        Subject { resource: &resource, document: &job.document, as_of: cases::CREATED, joined: &joined };
    match created_with {
        Some(tags) => judge_created(bundle, &subject, &tags.iter().copied().collect()),
        None => judge(bundle, &subject),
    }
}

#[test]
fn a_tag_only_makes_it_stricter_and_stops_only_what_was_created_with_it() {
    const OWNER: (&str, &str) = ("Owner", "ana");
    const LAX: (&str, &str) = ("Stage", "lax");
    const TIGHT: (&str, &str) = ("Stage", "strict");
    let environments = "[[environments]]\nname = \"lax\"\ntag = \"Stage=lax\"\nmode = \"observe\"\n\
         [environments.controls]\nTRN-NET-02 = \"off\"\n\
         [[environments]]\nname = \"strict\"\ntag = \"Stage=strict\"\nmode = \"enforce\"\n\
         [environments.network]\nallowed_subnets = [\"subnet-7\"]\n";
    let bundle = with(environments);
    let (kept, open) = (of("training-job"), of("training-job").but("/EnableNetworkIsolation", Value::Null));
    let late = nothing("nobody knows whether it was created with the tag of the environment `strict`");
    let none = nothing("no control certainly fails");
    let check =
        |job: &Kept, created: Option<&[(&str, &str)]>, now: &[(&str, &str)], found: &[&str], plan: &Plan| {
            let verdict = tagged(&bundle, job, created, now);
            assert_eq!(broken(&verdict), found, "{created:?}, now {now:?}");
            assert_eq!(&verdict.plan, plan, "{created:?}, now {now:?}");
        };
    check(&kept, Some(&[OWNER]), &[OWNER], &[], &none);
    // A lax tag avoids nothing, whenever it was set.
    check(&open, Some(&[OWNER]), &[OWNER, LAX], &["TRN-NET-02"], &Plan::Stop);
    check(&open, Some(&[OWNER, LAX]), &[OWNER, LAX], &["TRN-NET-02"], &Plan::Stop);
    // A strict tag that somebody sets later is a finding, and stops nothing.
    check(&kept, Some(&[OWNER]), &[OWNER, TIGHT], &["TRN-NET-01"], &late);
    check(&kept, None, &[OWNER, TIGHT], &["TRN-NET-01"], &late);
    check(&open, Some(&[OWNER]), &[OWNER, TIGHT], &["TRN-NET-01", "TRN-NET-02"], &Plan::Stop);
    // One that it was created with does, and taking it away or another one does not help.
    check(&kept, Some(&[OWNER, TIGHT]), &[OWNER, TIGHT], &["TRN-NET-01"], &Plan::Stop);
    check(&kept, Some(&[OWNER, TIGHT]), &[OWNER], &["TRN-NET-01"], &Plan::Stop);
    check(&kept, Some(&[OWNER, TIGHT]), &[OWNER, LAX], &["TRN-NET-01"], &Plan::Stop);
    assert_eq!(
        tagged(&bundle, &kept, Some(&[OWNER, TIGHT]), &[OWNER, LAX]).environment.as_deref(),
        Some("lax, strict")
    );
    // The account's settings come first, and tags add to them.
    let observed = format!(
        "[[environments]]\nname = \"dev\"\naccounts = [\"111122223333\"]\nmode = \"observe\"\n{environments}"
    );
    let bundle = with(&observed);
    let early = tagged(&bundle, &open, Some(&[OWNER, TIGHT]), &[OWNER, TIGHT]);
    assert_eq!((early.environment.as_deref(), &early.plan), (Some("dev, strict"), &Plan::Stop));
    let without = tagged(&bundle, &open, Some(&[OWNER]), &[OWNER, LAX]);
    assert_eq!(without.plan, nothing("the mode is observe"));
    // Environments with a tag need the tags of a resource, even if no control reads them.
    assert!(operations(&bundle, of("pipeline").resource_kind()).contains("ListTags"));
}

#[test]
fn a_waiver_covers_what_was_created_before_it_expired() {
    let waiver = |resource: &str, expires: &str| {
        format!(
            "[[waivers]]\ncontrol = \"TRN-NET-01\"\nresource = \"{resource}\"\nreason = \"migration\"\napprover = \"jo\"\ngranted = 2026-01-01\nexpires = {expires}\n"
        )
    };
    let job = of("training-job").but("/VpcConfig", Value::Null);
    let jobs = "arn:aws:sagemaker:*:111122223333:training-job/*";
    for resource in [jobs, "arn:aws:sagemaker:*:111122223333:training-job/t"] {
        let waived = job.verdict(&with(&waiver(resource, "2026-03-02")));
        assert_eq!(waived.outcome, Judgement::Waived, "{resource}");
        assert_eq!(waived.findings[0].status, FindingStatus::Waived);
        assert_eq!(waived.findings[0].waiver.as_ref().unwrap().approver, "jo");
        assert!(matches!(waived.plan, Plan::Nothing(_)));
    }
    let others = ["111122223333:training-job/y", "111122223333:model/*", "999988887777:training-job/*"];
    for resource in others.map(|resource| format!("arn:aws:sagemaker:*:{resource}")) {
        assert_eq!(
            job.verdict(&with(&waiver(&resource, "2026-03-02"))).outcome,
            Judgement::Violating,
            "{resource}"
        );
    }
    // The day before: it is a violation, and that the waiver ran out is another finding.
    let expired = job.verdict(&with(&waiver(jobs, "2026-03-01")));
    assert_eq!(broken(&expired), ["TRN-NET-01", "WAIVER-EXPIRED"]);
    assert_eq!(
        expired.findings[1].actual,
        "the waiver of TRN-NET-01 for arn:aws:sagemaker:*:111122223333:training-job/* by jo expired on 2026-03-01"
    );
    assert_eq!(expired.plan, Plan::Stop);
    // If two waivers cover a control, the one that lasts longer counts; other controls are not covered.
    let two =
        waiver(jobs, "2026-03-01") + &waiver("arn:aws:sagemaker:*:111122223333:training-job/t", "2026-12-31");
    assert_eq!(job.verdict(&with(&two)).outcome, Judgement::Waived);
    let partly = job.but("/EnableNetworkIsolation", Value::Null).verdict(&with(&two));
    assert_eq!((partly.outcome, partly.plan), (Judgement::Violating, Plan::Stop));
}

#[test]
fn a_child_is_judged_and_its_parent_is_named_not_stopped() {
    let tuning = "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/h";
    let child = of("training-job").but("/VpcConfig", Value::Null).but("/TuningJobArn", json!(tuning));
    let verdict = child.verdict(&strict());
    assert_eq!(verdict.parent.as_deref(), Some(tuning));
    assert!(verdict.findings[0].fix.ends_with(&format!("in {tuning}, which started it")));
    assert!(matches!(verdict.plan, Plan::Nothing(why) if why.contains(tuning)));
}

#[test]
fn nobody_is_their_own_parent() {
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/T";
    let mut job =
        of("training-job").but("/TrainingJobArn", json!(arn.to_lowercase())).but("/VpcConfig", Value::Null);
    job.name = "T".to_owned();
    let verdict = job.verdict(&strict());
    assert_eq!((verdict.parent, verdict.plan), (None, Plan::Stop));
}

#[test]
fn what_the_account_forbids_is_certain_where_tags_cannot_be_read() {
    let bundle = with("[[environments]]\nname = \"dev\"\ntag = \"Owner=ana\"\nmode = \"observe\"\n");
    let job = of("training-job").but("/VpcConfig", Value::Null);
    let (resource, mut joined) = (job.resource(), job.joined());
    joined.insert("ListTags".into(), OperationAnswer::Unreadable("access was denied".into()));
    let document = &job.document;
    let subject = Subject { resource: &resource, document, as_of: cases::CREATED, joined: &joined };
    assert_eq!(judge(&bundle, &subject).plan, Plan::Stop);
}

#[test]
fn what_cannot_be_read_is_unknown_never_kept_and_never_remedied() {
    let mut refused = of("transform-job");
    refused.answers.remove("DescribeModel");
    let (resource, mut joined) = (refused.resource(), refused.joined());
    let subject = |joined: &_| {
        let document = &refused.document;
        judge(&strict(), &Subject { resource: &resource, document, as_of: cases::CREATED, joined })
    };
    // Without the answer, the control is not judged, and the verdict says so.
    let skipped = subject(&joined);
    assert_eq!(skipped.outcome, Judgement::Compliant);
    assert_eq!(skipped.skipped, ["TRF-ART-02", "TRF-NET-01"]);
    // Asked and refused.
    joined.insert("DescribeModel".into(), OperationAnswer::Unreadable("access was denied".into()));
    let unknown = subject(&joined);
    assert_eq!(unknown.outcome, Judgement::Unknown);
    assert_eq!(broken(&unknown), ["TRF-ART-02", "TRF-NET-01"]);
    assert_eq!(unknown.findings[1].actual, "DescribeModel: access was denied");
    assert!(matches!(unknown.plan, Plan::Nothing(_)));
    // Another type than the API's.
    let odd = of("training-job").but("/EnableNetworkIsolation", json!("true"));
    let verdict = odd.verdict(&strict());
    assert_eq!(verdict.outcome, Judgement::Unknown);
    assert_eq!(broken(&verdict), ["TRN-NET-02"]);
    assert_eq!(verdict.findings[0].actual, "`EnableNetworkIsolation` is a text; expected true or false");
    let lists =
        of("training-job").but("/InputDataConfig", json!({ "S3Uri": "s3://ds-data" })).verdict(&strict());
    assert_eq!(broken(&lists), ["TRN-ART-01", "TRN-ART-05", "TRN-REP-02", "TRN-REP-03"]);
}

#[test]
fn a_policy_that_fails_makes_the_outcome_unknown_and_nothing_is_done() {
    // Valid by the schema, but the sum leaves Cedar's range when it is evaluated.
    let policy = r#"
@id("TRN-RES-01")
@area("RES")
@severity("high")
@profile("essential")
@title("t")
@field("ResourceConfig.InstanceCount")
@wanted("w")
@fix("f")
@remediation("stop")
forbid (principal, action == Action::"run", resource is TrainingJob)
when { resource.instances + 9223372036854775807 > 0 };
"#;
    let mut files = shipped();
    files.insert("policies/failing.cedar".to_owned(), policy.to_owned());
    files.insert("settings.toml".to_owned(), STRICT.to_owned());
    let bundle = Bundle::from_files(&files).unwrap();
    let verdict = of("training-job").but("/VpcConfig", Value::Null).verdict(&bundle);
    assert_eq!(verdict.outcome, Judgement::Unknown);
    assert_eq!(broken(&verdict), ["ENGINE-ERROR"]);
    assert_eq!(verdict.plan, nothing("no control certainly fails"));
}

#[test]
fn a_policy_of_ones_own_can_ask_for_tags() {
    let policy = r#"
@id("OWN-TRC-01")
@area("TRC")
@severity("low")
@profile("strict")
@title("everything says what it costs")
@field("ListTags:Tags[].Key")
@wanted("a tag CostCenter")
@fix("tag it")
@remediation("tag")
forbid (principal, action == Action::"run", resource is Model)
unless { resource.hasTag("CostCenter") };
"#;
    let mut files = shipped();
    files.insert("policies/own.cedar".to_owned(), policy.to_owned());
    files.insert("settings.toml".to_owned(), STRICT.to_owned());
    let bundle = Bundle::from_files(&files).unwrap();
    assert_eq!(broken(&of("model").verdict(&bundle)), ["OWN-TRC-01"]);
    let mut tagged = of("model");
    tagged.answers["ListTags"][0]["Tags"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "Key": "CostCenter", "Value": "7" }));
    assert_eq!(broken(&tagged.verdict(&bundle)), Vec::<&str>::new());
}

#[test]
fn only_what_is_judged_is_asked_for() {
    let asked = |bundle: &Bundle, kind: &str| operations(bundle, of(kind).resource_kind());
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    let open = Bundle::embedded().unwrap().with_profile(Profile::Strict);
    assert_eq!(
        asked(&open, "training-job"),
        set(&["DescribeKey", "GetBucketVersioning", "GetCommit", "ListTags"])
    );
    let quiet = "[controls]\nTRN-TRC-03 = \"off\"\nTRN-REP-02 = \"off\"\nTRN-ENC-01 = \"off\"\nTRN-ENC-02 = \"off\"\n";
    assert_eq!(asked(&open.clone().with_settings(quiet).unwrap(), "training-job"), set(&[]));
    assert_eq!(asked(&open, "compilation-job"), set(&["DescribeKey"]));
    assert_eq!(asked(&open, "model"), set(&["GetBucketVersioning"]));
}

#[test]
fn a_key_is_judged_by_what_its_name_says_and_else_by_what_kms_does() {
    let own = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let listed = format!("[encryption]\nallowed_keys = [\"{own}\"]\n");
    let open = Bundle::embedded().unwrap();
    let listed = open.clone().with_settings(&listed).unwrap();
    let check = |bundle: &Bundle, key: &str, answer: Option<OperationAnswer>, expect: (&[&str], bool)| {
        let job = of("compilation-job").but("/OutputConfig/KmsKeyId", json!(key));
        let (resource, mut joined) = (job.resource(), job.joined());
        match answer.clone() {
            Some(answer) => joined.insert("DescribeKey".into(), answer),
            None => joined.remove("DescribeKey"),
        };
        let document = &job.document;
        let verdict =
            judge(bundle, &Subject { resource: &resource, document, as_of: cases::CREATED, joined: &joined });
        let skipped = verdict.skipped.contains(&"CMP-ENC-01".to_owned());
        assert_eq!((broken(&verdict), skipped), (expect.0.to_vec(), expect.1), "{key}, {answer:?}");
        verdict.findings.iter().all(|finding| finding.status == FindingStatus::Violation)
    };
    let said = |key: &str, manager: KeyManager| OperationAnswer::Documents(vec![key_answer(key, manager)]);
    let (kept, broken) = ((&[] as &[&str], false), (&["CMP-ENC-01"] as &[&str], false));
    // Without asking: an alias says it, a foreign account breaks it, a list names it.
    check(&open, own, None, (&[], true));
    check(&listed, own, None, kept);
    check(&open, "alias/credit", None, kept);
    assert!(check(&open, "alias/aws/s3", None, broken));
    assert!(check(&open, "arn:aws:kms:eu-west-1:999988887777:key/5678", None, broken));
    // Asked.
    check(&open, own, Some(said(own, KeyManager::Customer)), kept);
    assert!(check(&open, own, Some(said(own, KeyManager::Aws)), broken));
    assert!(!check(&open, own, Some(OperationAnswer::Documents(Vec::new())), broken));
    assert!(!check(&open, own, Some(OperationAnswer::Unreadable("access was denied".into())), broken));
    // Refused for this key alone.
    let refused = OperationAnswer::Documents(vec![key_refusal(own, "access was denied")]);
    assert!(!check(&open, own, Some(refused.clone()), broken));
    check(&listed, own, Some(refused), kept);
}

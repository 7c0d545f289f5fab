//! Texts for people, and whether an answer says that it is incomplete.

use sagewarden_events::Timestamp;
use serde_json::json;

use super::*;
use crate::graph::StoppedBy;
use crate::rows::VerdictRow;
use crate::sample::{DEPLOYMENT, MODEL, named_only, node};

fn at(hours: i64) -> Timestamp {
    Timestamp::from_millis(1_772_442_600_000 + hours * 3_600_000)
}

#[test]
fn an_answer_is_whole_when_nothing_was_cut_and_nothing_is_missing() {
    let whole = answer(MODEL, vec![(0, node(MODEL, "credit", &[]))], &[]);
    let mut cut = whole.clone();
    cut.graph.stopped_by = Some(StoppedBy::MaxDepth);
    let gap = answer(MODEL, vec![(0, named_only(MODEL))], &[]);
    assert_eq!([&whole, &cut, &gap].map(Answer::is_complete), [true, false, false]);
    let lineage = |answer: Answer| Reply::Lineage(Box::new(answer)).is_complete();
    assert_eq!([lineage(whole), lineage(cut)], [true, false]);
}

fn impact(complete: bool, endpoints: Vec<LiveEndpoint>) -> Impact {
    Impact {
        root: MODEL.into(),
        name: "model credit".into(),
        at: None,
        endpoints,
        complete,
        missing: owned(&["something\nelse"]),
        cursor: None,
        requests: 1,
    }
}

fn history(complete: bool) -> History {
    let entry = |hours: i64, kind, text: &str| Entry {
        time: at(hours),
        kind,
        text: text.into(),
        subject: MODEL.into(),
        digest: None,
        previous: None,
    };
    History {
        root: "ep".into(),
        name: "endpoint prod".into(),
        entries: vec![
            entry(2, EntryKind::Drift, "age drifts"),
            entry(1, EntryKind::Deployment, "c-1 is in force"),
        ],
        complete,
        missing: owned(&["older entries"]),
        cursor: None,
        requests: 1,
    }
}

#[test]
fn a_reply_is_as_whole_as_its_answer() {
    let whole = answer(DEPLOYMENT, crate::sample::nodes(), &[]);
    let detail = json!({ "Request": {} });
    let repeat = |complete: bool| {
        let answer = answer(DEPLOYMENT, crate::sample::nodes(), &[(crate::sample::TRAINING, detail.clone())]);
        Reproduction { complete, ..reproduction(&answer).unwrap() }
    };
    let nothing = Verdicts::new();
    for complete in [true, false] {
        let difference = Difference { complete, ..difference((&whole, &nothing), (&whole, &nothing)) };
        let replies = [
            Reply::Impact(impact(complete, vec![])),
            Reply::Difference(difference),
            Reply::Reproduction(Box::new(repeat(complete))),
            Reply::History(history(complete)),
        ];
        assert_eq!(replies.map(|reply| reply.is_complete()), [complete; 4]);
    }
}

#[test]
fn an_impact_counts_the_endpoints_and_says_since_when() {
    let live = LiveEndpoint::of(&crate::sample::id(DEPLOYMENT));
    let old = "old".to_owned();
    let past = LiveEndpoint { endpoint: old, since: Some(at(1)), until: Some(at(2)), ..live.clone() };
    let component = LiveEndpoint { component: Some("challenger".to_owned()), ..live.clone() };
    let one =
        "1 endpoint runs something built from model credit\n  endpoint prod  configuration c-1\ncomplete\n";
    assert_eq!(impact(true, vec![live.clone()]).text(), one);
    let also = impact(true, vec![live.clone(), component]).text();
    assert!(also.starts_with("1 endpoint runs something"), "{also}");
    assert!(also.contains("\n  endpoint prod  component challenger\n"), "{also}");
    let two = Impact { at: Some(at(3)), ..impact(false, vec![live, past]) };
    let expect = "2 endpoints run something built from model credit at 2026-03-02T12:10:00Z\n  \
                  endpoint prod  configuration c-1\n  \
                  endpoint old  configuration c-1  since 2026-03-02T10:10:00Z  until 2026-03-02T11:10:00Z\n\
                  incomplete:\n";
    let told = two.text();
    assert!(told.starts_with(expect), "{told}");
    assert_eq!(told.lines().count(), 5, "others' words stay on one line: {told}");
    assert!(impact(true, vec![]).text().starts_with("no endpoint runs anything built from "));
    assert_eq!(LiveEndpoint::of(&crate::sample::id(MODEL)).endpoint, "", "no deployment");
}

#[test]
fn a_history_has_one_line_for_each_entry() {
    let expect = "history of endpoint prod, the newest first\n  \
                  2026-03-02T11:10:00Z  drift       age drifts\n  \
                  2026-03-02T10:10:00Z  deployment  c-1 is in force\n";
    assert_eq!(history(true).text(), format!("{expect}complete\n"));
    assert_eq!(history(false).text(), format!("{expect}incomplete:\n  older entries\n"));
    for kind in [
        EntryKind::Deployment,
        EntryKind::Approval,
        EntryKind::Finding,
        EntryKind::Monitoring,
        EntryKind::Drift,
    ] {
        assert_eq!(json!(kind), json!(kind.word()), "as documents have it");
    }
}

fn verdict(modified_at: i64, judged_at: i64, is_known: bool, findings: &Json) -> VerdictRow {
    VerdictRow {
        pk: "p".into(),
        bundle: format!("{modified_at}{judged_at}"),
        modified_at: at(modified_at),
        judged_at: at(judged_at),
        is_known,
        findings_mark: "00".into(),
        outcome: format!("{modified_at}/{judged_at}/{is_known}"),
        findings: findings.to_string(),
        checked: String::new(),
    }
}

#[test]
fn the_newest_verdict_is_on_the_last_state_and_the_last_of_these() {
    let check = |rows: &[(i64, i64, bool)], expect: Option<(i64, &str)>| {
        let rows: Vec<_> =
            rows.iter().map(|(of, at, known)| verdict(*of, *at, *known, &json!([])).item()).collect();
        let expect = expect.map(|(hours, words)| (at(hours), words.to_owned()));
        assert_eq!(newest_verdict(&rows), expect, "{rows:?}");
    };
    check(&[], None);
    check(&[(1, 9, true), (2, 3, true)], Some((2, "2/3/true")));
    check(&[(2, 4, true), (2, 3, true)], Some((2, "2/4/true")));
    check(&[(2, 4, true), (2, 4, false)], Some((2, "2/4/true")));
}

#[test]
fn a_verdict_names_the_controls_by_what_came_of_them() {
    let findings = json!([
        { "control": "A.1", "status": "violation" },
        { "control": "A.2", "status": "violation" },
        { "control": "B.1", "status": "waived" },
        { "control": "C.1", "status": "unknown" },
        { "control": "D.1", "status": "else" },
        { "status": "waived" },
    ]);
    let words = verdict_in_words(&verdict(1, 2, true, &findings));
    let expect = "1/2/true; failed: A.1, A.2; waived: B.1; undecided: C.1";
    assert_eq!(words.as_deref(), Some(expect));
    let odd = VerdictRow { findings: "not valid JSON".into(), ..verdict(1, 2, true, &json!([])) };
    assert_eq!(verdict_in_words(&odd), None);
}

#[test]
fn a_verdict_is_explained_with_what_failed_first_and_waivers_by_name() {
    let finding = |status: &str, control: &str| json!({ "control": control, "severity": "high", "title": "must hold", "status": status, "field": "A", "actual": "absent", "wanted": "set", "fix": "set\nA" });
    let mut waived = finding("waived", "C-1");
    waived["waiver"] =
        json!({ "approver": "jane", "reason": "moves", "expires": "2026-12-31T23:59:59.999Z" });
    let findings = json!([waived, finding("unknown", "B-1"), finding("violation", "A-1")]);
    let row = VerdictRow {
        pk: MODEL.into(),
        bundle: "0123456789abcdef".into(),
        modified_at: at(0),
        judged_at: at(1),
        is_known: false,
        findings_mark: "m".into(),
        outcome: "violating".into(),
        findings: findings.to_string(),
        checked: "A-1 B-1 C-1 D-1".into(),
    };
    let why = Why {
        root: MODEL.into(),
        name: "model credit".into(),
        state: None,
        created_at: Some(at(0)),
        started_by: Some("ana".into()),
        verdict: Some(HeldVerdict::of(&row)),
        remedy: None,
        earlier: EarlierVerdict::of(&row).into_iter().collect(),
        complete: true,
        missing: vec![],
        requests: 1,
    };
    let expect = "model credit
  It fails A-1. Sagewarden reported that, and changed nothing
  created    2026-03-02T09:10:00Z
  started by ana
  judged     2026-03-02T10:10:00Z: violating, 1 of 4 controls failed (bundle 0123456789ab)
  FAILED A-1 (high): must hold
    field   A
    actual  absent
    wanted  set
    fix     set\\nA
  UNDECIDED B-1 (high): must hold
    field   A
    actual  absent
    wanted  set
    fix     set\\nA
  WAIVED C-1 (high): must hold
    field   A
    actual  absent
    wanted  set
    fix     set\\nA
    waiver  by jane until 2026-12-31T23:59:59.999Z: moves
  code for a fix: sagewarden policy explain A-1
  earlier    2026-03-02T10:10:00Z: violating; failed: A-1; waived: C-1; undecided: B-1
complete
";
    assert_eq!(why.text(), expect);
    let none = Why { verdict: None, earlier: vec![], ..why.clone() };
    assert!(none.text().contains("Sagewarden never judged it"), "{}", none.text());
    let took = TakenRemedy {
        action: "StopTrainingJob".into(),
        result: "stop requested".into(),
        after_ms: Some(1_250),
    };
    let stopped = Why { remedy: Some(took), ..why };
    let text = stopped.text();
    assert!(text.contains("\n  Sagewarden called StopTrainingJob because it fails A-1\n"), "{text}");
    assert!(text.contains("\n  remedy     StopTrainingJob: stop requested, 1.2 s after"), "{text}");
}

//! Verdicts that are removed, are changed, or come late.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sagewarden_events::{Resource, ResourceKind, Timestamp};
use serde_json::json;

use super::*;
use crate::fold;
use crate::id::NodeId;
use crate::rows::{
    ComplianceRow, FoundRow, JudgedRow, JudgementRow, NodeRow, NoticeRow, ReceiptState, VerdictRow,
    findings_mark,
};
use crate::table::{Attributes, Item, Key, Value, Write};

type Rows = BTreeMap<Key, Attributes>;

const BUNDLES: [&str; 2] = ["feedfacecafe0000", "0123456789ab0000"];

/// A judgement: the resource, the bundle, the failed controls, and the time.
#[derive(Clone, Debug)]
struct Seen {
    resource: usize,
    bundle: usize,
    broken: usize,
    at: i64,
}

fn seen(resource: usize, bundle: usize, broken: usize, at: i64) -> Seen {
    Seen { resource, bundle, broken, at }
}

/// The verdict with this many failed controls.
fn verdict(Seen { resource, bundle, broken, at }: &Seen) -> VerdictRow {
    let controls: Vec<String> = (0..*broken).map(|number| format!("C-{number}")).collect();
    let findings: Vec<_> = controls
        .iter()
        .map(|control| json!({ "control": control, "actual": "absent", "status": "violation" }))
        .collect();
    VerdictRow {
        pk: pk(*resource),
        bundle: BUNDLES[*bundle].to_owned(),
        modified_at: Timestamp::from_millis(*at),
        judged_at: Timestamp::from_millis(*at),
        is_known: true,
        findings_mark: findings_mark(controls.iter().map(|control| (control.as_str(), "absent"))),
        outcome: if *broken > 0 { "violating" } else { "compliant" }.to_owned(),
        findings: json!(findings).to_string(),
        checked: "C-0 C-1 C-2".to_owned(),
    }
}

fn pk(resource: usize) -> String {
    format!("tjob#1/r/job-{resource}@5")
}

/// The rows after these judgements, written as `enforce-policy` writes them.
fn rows<'a>(seen: impl IntoIterator<Item = &'a Seen>) -> Rows {
    let mut rows = Rows::new();
    for seen in seen {
        let verdict = verdict(seen);
        for write in [verdict.write(), JudgementRow(verdict).write()] {
            let Write::Newest { key, .. } = &write else { unreachable!() };
            let mut row = rows.remove(key);
            fold::apply(&mut row, &write);
            rows.extend(row.map(|row| (key.clone(), row)));
        }
    }
    rows
}

fn audit(rows: &Rows) -> Audit {
    let mut ledger = Ledger::default();
    for (key, attributes) in rows {
        ledger.add(&Item { key: key.clone(), attributes: attributes.clone() });
    }
    ledger.finish()
}

fn problems(audit: &Audit) -> Vec<(Problem, String)> {
    audit.defects().map(|defect| (defect.problem, defect.resource.clone())).collect()
}

/// The defects of these rows, compared with an anchor of other rows.
fn since(then: &Rows, now: &Rows) -> (Vec<Problem>, Vec<Problem>) {
    let mut audit = audit(now);
    audit.against(&self::audit(then).anchor());
    let of = |defects: Vec<&Defect>| defects.into_iter().map(|defect| defect.problem).collect();
    (of(audit.defects().collect()), of(audit.notes().collect()))
}

fn judgement(seen: &Seen) -> Key {
    JudgementRow(verdict(seen)).item().key
}

#[test]
fn what_nobody_touched_is_whole() {
    let verdicts = rows(&[seen(0, 0, 1, 10), seen(0, 0, 0, 20), seen(0, 1, 0, 30), seen(1, 0, 2, 15)]);
    let audit = audit(&verdicts);
    assert_eq!(problems(&audit), []);
    assert_eq!((audit.chains().len(), audit.verdicts(), audit.is_whole()), (2, 4, true));
    assert_eq!(since(&verdicts, &verdicts), (vec![], vec![]));
}

#[test]
fn each_link_stands_for_all_before_it() {
    let of = |verdicts: &[Seen]| {
        let audit = audit(&rows(verdicts));
        let chain = audit.chains().values().next().unwrap();
        chain.digests().map(|(_, digest)| digest).collect::<Vec<_>>()
    };
    let [first, second] = [seen(0, 0, 1, 10), seen(0, 0, 0, 20)];
    let two = of(&[first.clone(), second.clone()]);
    assert_eq!(of(std::slice::from_ref(&first)), two[..1]);
    assert_ne!(of(&[second])[0], two[1], "a digest says what was before");
    // An earlier judgement that comes late changes the digests after it.
    let late = of(&[first, seen(0, 0, 2, 15), seen(0, 0, 0, 20)]);
    assert_eq!((late[0], late.len()), (two[0], 3));
    assert_ne!(late[2], two[1]);
}

#[test]
fn digests_are_those_that_the_documentation_describes() {
    let verdicts = seen(0, 0, 0, 10);
    let audit = audit(&rows([&verdicts]));
    let content = VerdictDigest::of(
        r#"["tjob#1/r/job-0@5","feedfacecafe#1#e3b0c44298fc","feedfacecafe0000","compliant","C-0 C-1 C-2","[]"]"#,
    );
    let link = VerdictDigest::of(&format!(
        r#"["","feedfacecafe#1#e3b0c44298fc","000000000000010","000000000000010","{content}"]"#
    ));
    let chain = audit.chains().values().next().unwrap();
    assert_eq!((chain.links()[0].content, chain.head()), (content, Some(link)));
    let all = VerdictDigest::of(&format!("[\"tjob#1/r/job-0@5\",\"{link}\"]\n"));
    assert_eq!(audit.anchor().digest, all);
    // These digests are from another program, `sha256sum`.
    assert_eq!(content.to_string(), "41088cc68755f4477a40fdb9536eb2c147a07bb582aaf6daf1c4ae7008be1fd5");
}

#[test]
fn a_verdict_that_contradicts_itself_shows_without_an_anchor() {
    let verdicts = seen(0, 0, 2, 10);
    let changed = |name: &str, value: &str| {
        let mut rows = rows([&verdicts]);
        rows.get_mut(&judgement(&verdicts)).unwrap().insert(name.to_owned(), value.into());
        problems(&audit(&rows))
    };
    let expected = vec![(Problem::Contradiction, pk(0))];
    assert_eq!(changed(VerdictRow::OUTCOME, "compliant"), expected);
    assert_eq!(changed(VerdictRow::FINDINGS, "[]"), expected, "the key names others");
    assert_eq!(changed(VerdictRow::FINDINGS, "["), expected);
    let mut rows = rows([&verdicts]);
    let newest = rows.keys().find(|key| VerdictRow::is(key)).unwrap().clone();
    rows.get_mut(&newest).unwrap().insert(VerdictRow::OUTCOME.to_owned(), "compliant".into());
    assert_eq!(problems(&audit(&rows)), expected, "of the newest, too");
}

#[test]
fn a_row_that_names_a_missing_verdict_shows_it() {
    let (first, second) = (seen(0, 0, 1, 10), seen(0, 0, 0, 20));
    let verdicts = rows([&first, &second]);
    let without = |key: Key| {
        let mut rows = verdicts.clone();
        rows.remove(&key).unwrap();
        rows
    };
    // The newest one names its judgement.
    assert_eq!(problems(&audit(&without(judgement(&second)))), [(Problem::NoVerdict, pk(0))]);
    // A judgement names the newest one.
    let newest = VerdictRow::key(&pk(0), BUNDLES[0]);
    assert_eq!(problems(&audit(&without(newest.clone()))), [(Problem::TurnedBack, pk(0))]);
    let mut turned_back = verdicts.clone();
    turned_back.insert(newest, verdict(&first).item().attributes);
    assert_eq!(problems(&audit(&turned_back)), [(Problem::TurnedBack, pk(0))]);
    // A notice names the judgement that it is about.
    let mut published = without(judgement(&first));
    let cause = format!("finding#{}#{}#enforce#{}", pk(0), "feedfacecafe", verdict(&first).findings_mark);
    let arn = "arn:aws:sagemaker:r:1:training-job/job-0".to_owned();
    let notice = NoticeRow { arn, cause, state: ReceiptState::Done, owed: None }.item();
    published.insert(notice.key, notice.attributes);
    assert_eq!(problems(&audit(&published)), [(Problem::NoVerdict, pk(0))]);
    // So does the list of everything that was found.
    let mut listed = without(judgement(&first));
    let found = FoundRow {
        at: Timestamp::from_millis(1),
        subject: pk(0),
        bundle: "feedfacecafe".to_owned(),
        is_known: true,
        mark: verdict(&first).findings_mark,
        controls: Vec::new(),
        mode: "enforce".to_owned(),
        would: None,
    };
    let item = found.item();
    listed.insert(item.key, item.attributes);
    assert_eq!(problems(&audit(&listed)), [(Problem::NoVerdict, pk(0))]);
    // And the row that says when the resource passed every control.
    let kept_at = Timestamp::from_millis(1);
    let kept = ComplianceRow { pk: pk(7), bundle: "feedfacecafe".to_owned(), kept_at }.item();
    assert_eq!(problems(&audit(&Rows::from([(kept.key, kept.attributes)]))), [(Problem::TurnedBack, pk(7))]);
}

#[test]
fn rows_that_cannot_be_read_are_named_and_others_are_passed_over() {
    let verdict = verdict(&seen(0, 0, 0, 10));
    let some = Attributes::from([("x".to_owned(), Value::from(1))]);
    let of = |key: Key, attributes: &Attributes| {
        let mut ledger = Ledger::default();
        ledger.add(&Item { key, attributes: attributes.clone() });
        problems(&ledger.finish())
    };
    let compliance = ComplianceRow::key(&pk(0), BUNDLES[0]);
    for key in [JudgementRow(verdict).item().key, compliance] {
        assert_eq!(of(key.clone(), &some), [(Problem::Unreadable, pk(0))], "{key:?}");
    }
    let job = Resource::in_region(ResourceKind::TrainingJob, "1", "r", "job-0");
    assert_eq!(of(JudgedRow::key(&job), &some).len(), 1);
    // Who created it is known before there is a verdict.
    let actor = Attributes::from([(VerdictRow::ACTOR.to_owned(), Value::from("{}"))]);
    assert_eq!(of(VerdictRow::key(&pk(0), BUNDLES[0]), &actor), []);
    assert_eq!(of(NodeRow::key(&NodeId::parse(&pk(0)).unwrap()), &some), []);
}

#[test]
fn one_row_that_says_two_things_is_named() {
    let [one, mut other] =
        [JudgementRow(verdict(&seen(0, 0, 1, 10))), JudgementRow(verdict(&seen(0, 0, 1, 10)))];
    other.0.judged_at = Timestamp::from_millis(11);
    let newest = verdict(&seen(0, 0, 1, 11));
    let mut ledger = Ledger::default();
    for item in [newest.item(), one.item(), one.item(), other.item()] {
        ledger.add(&item);
    }
    assert_eq!(problems(&ledger.finish()), [(Problem::Twice, pk(0))]);
}

#[test]
fn an_anchor_is_read_as_it_was_written_and_no_other_way() {
    let anchor = audit(&rows(&[seen(0, 0, 1, 10), seen(0, 0, 0, 20), seen(1, 1, 0, 30)])).anchor();
    let text = serde_json::to_string(&anchor).unwrap();
    assert_eq!(Anchor::parse(text.as_bytes()).unwrap(), anchor);
    let words = |text: &str| Anchor::parse(text.as_bytes()).unwrap_err().to_string();
    for (from, to) in [("\"judged_at\":10", "\"judged_at\":11"), ("\"links\":2", "\"links\":1")] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        assert!(words(&changed).starts_with("it was changed after it was made"), "{from}");
    }
    let mut fewer = anchor.clone();
    fewer.resources.pop_last();
    assert!(words(&serde_json::to_string(&fewer).unwrap()).contains("the digest of all"));
    assert!(words("{}").starts_with("it is not an anchor: "));
    assert!(words(text.split_at(text.len() / 2).0).starts_with("it is not an anchor: "));
    assert!(
        words(&text.replace("_anchor\":1", "_anchor\":2"))
            .contains("of form 2, and this version reads form 1")
    );
}

#[test]
fn of_a_table_that_was_emptied_not_everything_is_named() {
    let verdicts: Vec<Seen> = (0..10_003).map(|resource| seen(resource, 0, 0, 10)).collect();
    let mut nothing = audit(&Rows::new());
    nothing.against(&audit(&rows(&verdicts)).anchor());
    assert_eq!((nothing.defects().count(), nothing.unnamed()), (10_000, [3, 0]));
}

fn some_seen() -> impl Strategy<Value = Vec<Seen>> {
    let one = (0..3_usize, 0..2_usize, 0..4_usize, 1..60_i64).prop_map(|(r, b, n, at)| seen(r, b, n, at));
    prop::collection::vec(one, 1..12)
}

proptest! {
    #[test]
    fn the_order_of_arrival_changes_nothing(
        (verdicts, shuffled) in some_seen().prop_flat_map(|verdicts| (Just(verdicts.clone()), Just(verdicts).prop_shuffle())),
    ) {
        let [one, other] = [rows(&verdicts), rows(&shuffled)].map(|rows| audit(&rows));
        prop_assert_eq!(one.anchor(), other.anchor());
        prop_assert_eq!(problems(&one), vec![]);
    }

    #[test]
    fn whichever_judgement_is_taken_away_or_changed_is_named(
        verdicts in some_seen(), which in any::<prop::sample::Index>(), name in 0..6_usize, resource in any::<bool>(),
    ) {
        let then = rows(&verdicts);
        let keys: Vec<Key> = then.keys().filter(|key| !VerdictRow::is(key)).cloned().collect();
        let key = which.get(&keys);
        let mut without = then.clone();
        without.retain(|other, _| other != key && !(resource && other.pk == key.pk));
        prop_assert!(since(&then, &without).0.contains(&Problem::Missing));

        let mut changed = then.clone();
        let names = [
            VerdictRow::OUTCOME, VerdictRow::FINDINGS, VerdictRow::CHECKED, VerdictRow::BUNDLE,
            JudgementRow::JUDGED_AT, JudgementRow::MODIFIED_AT,
        ];
        // Changes times to later ones. A late judgement also leads to an earlier time, so an earlier time alone is not a defect.
        let value = if name < 4 { "[7]" } else { "000000000000099" };
        changed.get_mut(key).unwrap().insert(names[name].to_owned(), value.into());
        let found = since(&then, &changed).0;
        // With another bundle, it is another verdict.
        let named = if name == 3 { Problem::Missing } else { Problem::Changed };
        prop_assert!(found.contains(&named), "{:?}", found);
    }

    #[test]
    fn what_comes_late_is_added_or_was_known_earlier_and_is_no_gap(
        verdicts in some_seen(), which in any::<prop::sample::Index>(),
    ) {
        let late = which.index(verdicts.len());
        let before: Vec<&Seen> = verdicts.iter().enumerate().filter(|(at, _)| *at != late).map(|(_, seen)| seen).collect();
        let (then, now) = (rows(before), rows(&verdicts));
        let (defects, notes) = since(&then, &now);
        prop_assert_eq!(defects, vec![]);
        let (key, late) = (judgement(&verdicts[late]), &verdicts[late]);
        let at = |row: &Attributes| Item { key: key.clone(), attributes: row.clone() }
            .text(JudgementRow::JUDGED_AT).map(str::to_owned);
        let mut others = then.iter().filter(|(other, _)| other.pk == key.pk && !VerdictRow::is(other));
        let is_in_between = others.any(|(_, row)| at(row) >= at(&now[&key]));
        let expected = match then.get(&key) {
            Some(row) if *row == now[&key] => vec![],
            Some(_) => vec![Problem::Earlier],
            None if is_in_between => vec![Problem::Added],
            None => vec![],
        };
        prop_assert_eq!(notes, expected, "{:?}", late);
    }
}

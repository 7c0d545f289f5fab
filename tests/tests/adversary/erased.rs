//! An administrator takes verdicts out of the table, or changes them: `sagewarden verify` names them.

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_govern::ports::Table as _;
use sagewarden_lineage::audit::{Anchor, Audit, Ledger, Problem};
use sagewarden_lineage::rows::{JudgementRow, NoticeRow, VerdictRow, findings_mark};
use sagewarden_lineage::table::{Item, Key, Write};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, model, training_job};
use serde_json::json;

/// A model that passes its controls, and a job that fails a control with a mark as its remedy.
fn judged() -> Result<Local> {
    let local = Local::new()?;
    let mut request = training_job("t", &[]);
    request["ResourceConfig"]["InstanceCount"] = json!(2);
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.create(ResourceKind::Model, &model("m"), 1)?;
    local.settle()?;
    Ok(local)
}

pub(super) fn audit(local: &Local) -> Result<Audit> {
    let mut ledger = Ledger::default();
    local.system.store.each(|row| match row {
        Ok(item) => ledger.add(&item),
        Err(key) => ledger.unreadable(&key),
    })?;
    Ok(ledger.finish())
}

fn anchor(local: &Local) -> Result<Anchor> {
    let audit = audit(local)?;
    assert!(audit.is_whole(), "{:?}", audit.defects().collect::<Vec<_>>());
    Ok(audit.anchor())
}

/// The problems without the anchor, and with it.
pub(super) fn found(local: &Local, anchor: &Anchor) -> Result<(Vec<Problem>, Vec<Problem>)> {
    let mut audit = audit(local)?;
    let problems = |audit: &Audit| audit.defects().map(|defect| defect.problem).collect();
    let alone = problems(&audit);
    audit.against(anchor);
    Ok((alone, problems(&audit)))
}

/// The rows of the job's verdict.
fn rows(local: &Local, is_meant: fn(&Item) -> bool) -> Result<Vec<Item>> {
    let items = local.system.store.items()?;
    // In lists, its identity is in the second part of the key.
    let of_job = |Key { pk, sk }: &Key| {
        [pk, sk].iter().any(|part| part.contains("tjob#")) || pk.contains("training-job/t")
    };
    let rows: Vec<Item> = items.into_iter().filter(|item| of_job(&item.key) && is_meant(item)).collect();
    assert!(!rows.is_empty());
    Ok(rows)
}

fn erase(local: &Local, is_meant: fn(&Item) -> bool) -> Result<()> {
    let writes: Vec<Write> = rows(local, is_meant)?.into_iter().map(|item| Write::Delete(item.key)).collect();
    Ok(block_on(local.system.store.write(&writes))?)
}

fn is_verdict(item: &Item) -> bool {
    VerdictRow::parse(item).is_some() || JudgementRow::parse(item).is_some()
}

#[test]
fn a_verdict_that_an_administrator_deletes_is_named_by_its_finding_and_by_the_anchor() -> Result<()> {
    let local = judged()?;
    let anchor = anchor(&local)?;
    erase(&local, |item| JudgementRow::parse(item).is_some())?;
    let (alone, with) = found(&local, &anchor)?;
    assert!(!alone.is_empty() && alone.iter().all(|problem| *problem == Problem::NoVerdict), "{alone:?}");
    assert!(with.contains(&Problem::Missing), "{with:?}");
    Ok(())
}

#[test]
fn a_violation_that_an_administrator_turns_into_compliance_contradicts_itself() -> Result<()> {
    let local = judged()?;
    let anchor = anchor(&local)?;
    let changed = rows(&local, is_verdict)?.into_iter().map(|mut item| {
        item.attributes.insert(VerdictRow::OUTCOME.to_owned(), "compliant".into());
        item.attributes.insert(VerdictRow::FINDINGS.to_owned(), "[]".into());
        Write::Put(item)
    });
    block_on(local.system.store.write(&changed.collect::<Vec<_>>()))?;
    let (alone, with) = found(&local, &anchor)?;
    assert_eq!(alone, [Problem::Contradiction, Problem::Contradiction]);
    assert!(with.contains(&Problem::Changed), "{with:?}");
    Ok(())
}

#[test]
fn a_violation_that_an_administrator_calls_waived_is_contradicted_by_its_finding() -> Result<()> {
    let local = judged()?;
    let changed = rows(&local, is_verdict)?.into_iter().map(|mut item| {
        let waived =
            r#""waived","waiver":{"approver":"ana","reason":"agreed","expires":"2027-01-01T00:00:00Z"}"#;
        let findings = item.text(VerdictRow::FINDINGS).unwrap().replace("\"violation\"", waived);
        item.attributes.insert(VerdictRow::OUTCOME.to_owned(), "waived".into());
        item.attributes.insert(VerdictRow::FINDINGS.to_owned(), findings.into());
        Write::Put(item)
    });
    block_on(local.system.store.write(&changed.collect::<Vec<_>>()))?;
    let audit = audit(&local)?;
    let named: Vec<_> =
        audit.defects().map(|defect| (defect.problem, defect.resource.split('@').next().unwrap())).collect();
    assert_eq!(named, [(Problem::Contradiction, "tjob#111122223333/eu-west-1/t")]);
    Ok(())
}

#[test]
fn a_compliant_verdict_in_place_of_a_violation_is_missed_by_the_finding_and_by_the_anchor() -> Result<()> {
    let local = judged()?;
    let anchor = anchor(&local)?;
    let writes = rows(&local, is_verdict)?.into_iter().flat_map(|item| {
        let verdict =
            VerdictRow::parse(&item).or_else(|| JudgementRow::parse(&item).map(|row| row.0)).unwrap();
        let clean = VerdictRow {
            outcome: "compliant".to_owned(),
            findings: "[]".to_owned(),
            findings_mark: findings_mark([]),
            ..verdict
        };
        let put = [clean.item(), JudgementRow(clean).item()].map(Write::Put);
        [Write::Delete(item.key)].into_iter().chain(put)
    });
    block_on(local.system.store.write(&writes.collect::<Vec<_>>()))?;
    let (alone, with) = found(&local, &anchor)?;
    assert_eq!(alone, [Problem::NoVerdict; 2], "the notice of the finding and the lists name what was there");
    assert!(with.contains(&Problem::Missing), "{with:?}");
    Ok(())
}

#[test]
fn a_resource_that_an_administrator_erases_whole_is_named_by_the_anchor_alone() -> Result<()> {
    let local = judged()?;
    let anchor = anchor(&local)?;
    erase(&local, is_verdict)?;
    assert!(found(&local, &anchor)?.0.contains(&Problem::NoVerdict), "its notice is left");
    erase(&local, |item| NoticeRow::parse(item).is_some())?;
    assert_eq!(
        found(&local, &anchor)?.0,
        [Problem::NoVerdict; 2],
        "that it was judged is left, and the lists"
    );
    erase(&local, |_| true)?;
    assert_eq!(found(&local, &anchor)?, (vec![], vec![Problem::Missing]));
    Ok(())
}

#[test]
fn what_is_judged_after_the_anchor_is_no_gap() -> Result<()> {
    let local = judged()?;
    let before = anchor(&local)?;
    local.create(ResourceKind::TrainingJob, &training_job("later", &[]), 500)?;
    local.settle()?;
    let mut audit = audit(&local)?;
    assert_eq!(audit.against(&before), 1);
    assert!(audit.is_whole() && audit.notes().next().is_none());
    Ok(())
}

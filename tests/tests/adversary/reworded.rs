//! An administrator changes the words of a verdict, and leaves every value in the digests of `sagewarden verify`: a finding that was waived, or
//! no finding, in place of a violation.

use futures::executor::block_on;
use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_govern::ports::Table as _;
use sagewarden_lineage::audit::{Anchor, Problem};
use sagewarden_lineage::rows::{JudgementRow, VerdictRow};
use sagewarden_lineage::table::{Item, Key, Write};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, training_job};
use serde_json::json;

use crate::erased::{audit, found};

/// A job that fails a control with a mark as its remedy.
fn judged() -> Result<Local> {
    let local = Local::new()?;
    let mut request = training_job("t", &[]);
    request["ResourceConfig"]["InstanceCount"] = json!(2);
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    Ok(local)
}

fn rows(local: &Local, is_meant: fn(&Item) -> bool) -> Result<Vec<Item>> {
    let rows: Vec<Item> = local.system.store.items()?.into_iter().filter(is_meant).collect();
    assert!(!rows.is_empty());
    Ok(rows)
}

/// Every finding of these rows gets another status, and the row that outcome.
fn reword(local: &Local, is_meant: fn(&Item) -> bool, status: &str, outcome: &str) -> Result<()> {
    let changed = rows(local, is_meant)?.into_iter().map(|mut item| {
        let findings =
            item.text(VerdictRow::FINDINGS).unwrap().replace("\"violation\"", &format!("\"{status}\""));
        item.attributes.insert(VerdictRow::FINDINGS.to_owned(), findings.into());
        item.attributes.insert(VerdictRow::OUTCOME.to_owned(), outcome.into());
        Write::Put(item)
    });
    Ok(block_on(local.system.store.write(&changed.collect::<Vec<_>>()))?)
}

fn is_newest(item: &Item) -> bool {
    VerdictRow::parse(item).is_some()
}

fn is_any(item: &Item) -> bool {
    is_newest(item) || JudgementRow::parse(item).is_some()
}

#[test]
fn a_violation_whose_findings_are_said_to_have_passed_contradicts_itself() -> Result<()> {
    let local = judged()?;
    let anchor = audit(&local)?.anchor();
    reword(&local, is_any, "passed", "compliant")?;
    let (alone, with) = found(&local, &anchor)?;
    assert!(with.contains(&Problem::Changed), "{with:?}");
    assert!(alone.contains(&Problem::Contradiction), "compliant, with findings: {alone:?}");
    Ok(())
}

#[test]
fn a_violation_that_is_said_to_be_waived_by_nobody_contradicts_itself() -> Result<()> {
    let local = judged()?;
    reword(&local, is_any, "waived", "waived")?;
    let (alone, _) = found(&local, &audit(&local)?.anchor())?;
    assert!(alone.contains(&Problem::Contradiction), "no finding names a waiver: {alone:?}");
    Ok(())
}

#[test]
fn the_newest_verdict_that_says_otherwise_than_its_judgement_is_named_even_with_an_anchor_at_hand()
-> Result<()> {
    let local = judged()?;
    let anchor = audit(&local)?.anchor();
    // The row that every answer reads. The judgement beside it, and all digests, stay as they were.
    reword(&local, is_newest, "passed", "compliant")?;
    let (alone, with) = found(&local, &anchor)?;
    assert!(!alone.is_empty() && !with.is_empty(), "{alone:?} {with:?}");
    Ok(())
}

/// The newest verdict of the job and the judgement that it is, the one before it compliant.
fn turned(local: &Local) -> Result<(VerdictRow, VerdictRow)> {
    let broken = rows(local, is_newest)?.iter().find_map(VerdictRow::parse).unwrap();
    let clean = VerdictRow {
        outcome: "compliant".to_owned(),
        findings: "[]".to_owned(),
        findings_mark: sagewarden_lineage::rows::findings_mark([]),
        judged_at: Timestamp::from_millis(broken.judged_at.millis() - 1_000),
        modified_at: Timestamp::from_millis(broken.modified_at.millis() - 1_000),
        ..broken.clone()
    };
    block_on(local.system.store.write(&[JudgementRow(clean.clone()).write()]))?;
    Ok((broken, clean))
}

#[test]
fn a_newest_verdict_that_is_turned_back_behind_a_decoy_is_named() -> Result<()> {
    let local = judged()?;
    let (broken, clean) = turned(&local)?;
    let anchor = audit(&local)?.anchor();
    assert_eq!(found(&local, &anchor)?, (vec![], vec![]));
    let Item { key, attributes } = broken.item();
    // The row under this key holds the earlier verdict; the newest one is under a key that no reader asks for by its bundle.
    let decoy = Item { key: Key::new(&key.pk, format!("{}~", key.sk)), attributes };
    block_on(local.system.store.write(&[Write::Put(clean.item()), Write::Put(decoy)]))?;
    let (alone, with) = found(&local, &anchor)?;
    assert!(!alone.is_empty() && !with.is_empty(), "{alone:?} {with:?}");
    Ok(())
}

#[test]
fn an_anchor_whose_verdict_got_another_name_was_changed() -> Result<()> {
    let local = judged()?;
    let text = serde_json::to_string(&audit(&local)?.anchor())?;
    let name = rows(&local, is_newest)?.iter().find_map(VerdictRow::parse).unwrap().id();
    let changed = text.replace(&name, "feedfacecafe#1#000000000000");
    assert_ne!(changed, text);
    assert!(Anchor::parse(changed.as_bytes()).is_err(), "its digests no longer agree");
    Ok(())
}

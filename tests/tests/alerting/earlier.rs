//! How many findings an alert says came shortly before it, when there are many.

use std::cell::Cell;

use futures::executor::block_on;
use sagewarden_events::{ResourceKind, Timestamp, decode};
use sagewarden_govern::ports::{Claim, Claimed, PortError, Table};
use sagewarden_govern::{Moment, route};
use sagewarden_lineage::edge::OBSERVED_ON;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::node::VIOLATIONS;
use sagewarden_lineage::rows::{NodeRow, ObservationRow};
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};
use sagewarden_local::Store;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at};
use serde_json::json;

use crate::monitors::{FOUND, REPORT, alerts, execute, monitored, settled};
use crate::windows::DAY;

/// A table whose pages hold few items, like the pages of a large table.
struct Paged {
    table: Store,
    pages: Cell<usize>,
}

const PAGE: usize = 40;

impl Table for Paged {
    async fn write(&self, writes: &[Write]) -> std::result::Result<(), PortError> {
        self.table.write(writes).await
    }

    async fn get(&self, keys: &[Key]) -> std::result::Result<Vec<Item>, PortError> {
        self.table.get(keys).await
    }

    async fn query(&self, query: &Query) -> std::result::Result<Page, PortError> {
        self.pages.set(self.pages.get() + usize::from(query.after.is_some()));
        let limit = query.limit.unwrap_or(PAGE).min(PAGE);
        self.table.query(&query.clone().at_most(limit)).await
    }

    async fn claim(&self, claim: &Claim) -> std::result::Result<Claimed, PortError> {
        self.table.claim(claim).await
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> std::result::Result<(), PortError> {
        self.table.settle(claim, attributes).await
    }

    async fn release(&self, claim: &Claim) -> std::result::Result<(), PortError> {
        self.table.release(claim).await
    }
}

/// Findings in windows of a variant that ended so many seconds into the story.
fn found(local: &Local, variant: &str, violations: i64, ends: impl Iterator<Item = i64>) -> Vec<Write> {
    let endpoint = local.system.account.resource(ResourceKind::Endpoint, "prod");
    let writes = ends.flat_map(|end| {
        let (start, end): (Timestamp, Timestamp) = (at(end - 60), at(end));
        let node = NodeId::window(&endpoint, variant, start);
        let facts = Attributes::from([(VIOLATIONS.into(), violations.into())]);
        let row = ObservationRow {
            endpoint: NodeId::endpoint(&endpoint),
            role: OBSERVED_ON.to_owned(),
            at: end,
            node: node.clone(),
        };
        [Write::Put(NodeRow { id: node, attributes: facts }.item()), Write::Put(row.item())]
    });
    writes.collect()
}

/// Two variants: with a key that began with the variant, a query would find the windows of one variant, or of all times.
#[test]
fn an_alert_counts_every_finding_of_every_variant_in_the_hours_before_it_and_no_other() -> Result<()> {
    let local = settled(monitored()?)?;
    let end = 3 * DAY;
    let last_day = || (1..=90).map(|number| end - number * 900);
    let two_days_ago = (1..=150).map(|number| end - DAY - 3_600 - number * 60);
    let before = [
        found(&local, "alpha", 1, last_day()),
        found(&local, "zeta", 2, last_day().map(|end| end + 1)),
        found(&local, "mid", 0, last_day().map(|end| end + 2)),
        found(&local, "alpha", 1, two_days_ago.clone()),
        found(&local, "zeta", 1, two_days_ago),
    ];
    let table = Paged { table: local.system.store.clone(), pages: Cell::new(0) };
    block_on(table.write(&before.concat()))?;
    execute(&local, "e1", Some(REPORT), FOUND, end)?;
    let moment = Moment { now: at(end + 60), owner: "test".to_owned() };
    let world = local.system.world().with_table(&table);
    for event in local.system.account.drain_events()? {
        for event in decode(&event.to_string())? {
            block_on(route::alert_drift(&world, &event, &moment)).transpose()?;
        }
    }
    assert!(table.pages.get() >= 6, "{} pages", table.pages.get());
    let told = alerts(&local)?;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["earlier_findings"], json!(180));
    let text = told[0]["text"].as_str().unwrap_or_default();
    assert!(text.ends_with("; 180 more findings shortly before"), "{text}");
    Ok(())
}

//! The contract of the lineage table, for the embedded store and for DynamoDB.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_dynamodb::DynamoTable;
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{Claim, Claimed, PortErrorKind, Table};
use sagewarden_lambda::WatchedTable;
use sagewarden_lineage::table::{Attributes, Item, Key, Query, Range, Value, Write};
use sagewarden_local::Store;
use sagewarden_tests::Result;
use sagewarden_tests::dynoxide::Dynoxide;
use sagewarden_tests::emulator::Emulator;
use serde_json::json;

#[tokio::test]
async fn the_embedded_store_keeps_the_contract() -> Result<()> {
    contract(&Store::in_memory()?).await
}

#[tokio::test]
async fn a_watched_table_keeps_the_contract() -> Result<()> {
    contract(&WatchedTable(Store::in_memory()?)).await
}

#[tokio::test]
async fn dynamodb_keeps_the_contract() -> Result<()> {
    let emulator = Emulator::start(&[])?;
    emulator.aws()?.call("dynamodb", "create_table", definition())?;
    contract(&DynamoTable::new(&emulator.config().await, "lineage")).await
}

#[tokio::test]
async fn dynoxide_keeps_the_contract() -> Result<()> {
    let server = Dynoxide::start()?;
    server.call("CreateTable", &definition())?;
    let table = DynamoTable::new(&server.config().await, "lineage");
    contract(&table).await?;
    an_item_that_grows_too_large_is_refused(&table).await
}

fn definition() -> serde_json::Value {
    json!({
        "TableName": "lineage",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "sk", "AttributeType": "S" },
        ],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" }],
    })
}

async fn contract(table: &impl Table) -> Result<()> {
    merges_commute(table).await?;
    the_newest_version_stays(table).await?;
    whole_items_are_put_and_deleted(table).await?;
    many_items_are_written_and_read(table).await?;
    a_partition_is_read_in_order_and_in_pages(table).await?;
    writes_of_one_item_take_effect_in_their_order(table).await?;
    many_who_merge_one_item_lose_nothing(table).await?;
    sort_keys_are_in_byte_order(table).await?;
    more_than_a_megabyte_is_read_in_pages(table).await?;
    an_item_that_is_too_large_is_refused(table).await?;
    one_claims_and_settles(table).await?;
    a_claim_that_ran_out_can_be_taken_over(table).await?;
    what_is_owed_stays_until_the_claim_is_settled(table).await
}

async fn merges_commute(table: &impl Table) -> Result<()> {
    let merge = |key: &Key, once: &[(&str, &str)], members: &[&str]| Write::Merge {
        key: key.clone(),
        once: once.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect(),
        union: BTreeMap::from([("in".to_owned(), set(members)), ("none".to_owned(), BTreeSet::new())]),
    };
    let (there, back) = (Key::new("merge", "there"), Key::new("merge", "back"));
    let writes = |key: &Key| {
        [
            merge(key, &[("name", "x")], &["b"]),
            merge(key, &[("name", "x"), ("size", "3")], &["a", "b"]),
            merge(key, &[], &[]),
        ]
    };
    for write in writes(&there) {
        table.write(&[write]).await?;
    }
    for write in writes(&back).into_iter().rev() {
        table.write(std::slice::from_ref(&write)).await?;
        table.write(&[write]).await?;
    }
    let expected = Attributes::from([
        ("name".into(), text("x")),
        ("size".into(), text("3")),
        ("in".into(), Value::Set(set(&["a", "b"]))),
    ]);
    assert_eq!(get(table, &there).await?, Some(expected.clone()));
    assert_eq!(get(table, &back).await?, Some(expected));

    // An existing attribute stays; an item may have only its key.
    table.write(&[merge(&there, &[("name", "y")], &[])]).await?;
    assert_eq!(get(table, &there).await?.and_then(|found| found.get("name").cloned()), Some(text("x")));
    let bare = Key::new("merge", "bare");
    table.write(&[merge(&bare, &[], &[])]).await?;
    assert_eq!(get(table, &bare).await?, Some(Attributes::new()));
    Ok(())
}

async fn the_newest_version_stays(table: &impl Table) -> Result<()> {
    let newest = |version: &str, commit: &str| Write::Newest {
        key: Key::new("newest", "#"),
        version_attribute: "v".to_owned(),
        version: version.to_owned(),
        attributes: Attributes::from([("commit".into(), text(commit)), ("at".into(), Value::Number(7))]),
    };
    let key = Key::new("newest", "#");
    // Facts that another write brought stay.
    table
        .write(&[Write::Merge {
            key: key.clone(),
            once: Attributes::from([("name".into(), text("x"))]),
            union: BTreeMap::new(),
        }])
        .await?;
    for (version, commit, expect) in
        [("002", "b", "b"), ("001", "a", "b"), ("002", "b", "b"), ("010", "c", "c")]
    {
        table.write(&[newest(version, commit)]).await?;
        let found = get(table, &key).await?.unwrap_or_default();
        assert_eq!(found.get("commit"), Some(&text(expect)), "after {version}");
        assert_eq!(found.get("name"), Some(&text("x")));
        assert_eq!(found.get("at"), Some(&Value::Number(7)));
    }
    Ok(())
}

async fn whole_items_are_put_and_deleted(table: &impl Table) -> Result<()> {
    let key = Key::new("whole", "a");
    let item = |value: &str| Item {
        key: key.clone(),
        attributes: Attributes::from([("value".into(), text(value))]),
    };
    table.write(&[Write::Put(item("1"))]).await?;
    table.write(&[Write::Put(item("1"))]).await?;
    assert_eq!(table.get(std::slice::from_ref(&key)).await?, [item("1")]);
    table.write(&[Write::Delete(key.clone())]).await?;
    table.write(&[Write::Delete(key.clone())]).await?;
    assert_eq!(get(table, &key).await?, None);
    // The same key twice in one call is no error.
    table.write(&[Write::Put(item("2")), Write::Put(item("2"))]).await?;
    assert_eq!(table.get(&[key.clone(), key.clone()]).await?, [item("2")], "and comes once");
    // A set without members counts as absent.
    let mut empty = item("3");
    empty.attributes.insert("ins".into(), Value::Set(BTreeSet::new()));
    table.write(&[Write::Put(empty)]).await?;
    assert_eq!(table.get(std::slice::from_ref(&key)).await?, [item("3")]);
    Ok(())
}

async fn many_items_are_written_and_read(table: &impl Table) -> Result<()> {
    let items: Vec<Item> = (0..230)
        .map(|number| Item {
            key: Key::new("many", format!("{number:04}")),
            attributes: Attributes::from([("number".into(), Value::Number(number))]),
        })
        .collect();
    table.write(&items.iter().cloned().map(Write::Put).collect::<Vec<_>>()).await?;
    let mut keys: Vec<Key> = items.iter().map(|item| item.key.clone()).collect();
    keys.push(Key::new("many", "missing"));
    let mut found = table.get(&keys).await?;
    found.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(found, items);
    assert_eq!(table.get(&[]).await?, []);
    table.write(&[]).await?;
    Ok(())
}

async fn a_partition_is_read_in_order_and_in_pages(table: &impl Table) -> Result<()> {
    let sks = ["#", "A#1", "A#2", "A#3", "B#1", "B#é", "S#1"];
    let put = |sk: &&str| Write::Put(Item { key: Key::new("query", *sk), attributes: Attributes::new() });
    table.write(&sks.iter().map(put).collect::<Vec<_>>()).await?;
    let check = async |query: Query, expect: &[&str]| -> Result<()> {
        assert_eq!(all(table, query.clone()).await?, expect, "{query:?}");
        // Page by page it is the same.
        assert_eq!(all(table, Query { limit: Some(1), ..query.clone() }).await?, expect, "{query:?}");
        Ok(())
    };
    check(Query::prefix("query", ""), &sks).await?;
    check(Query::prefix("query", "A#"), &["A#1", "A#2", "A#3"]).await?;
    check(Query::prefix("query", "C#"), &[]).await?;
    check(Query::prefix("nobody", ""), &[]).await?;
    let between = |low: &str, high: &str| Query {
        range: Range::Between(low.into(), high.into()),
        ..Query::prefix("query", "")
    };
    check(between("A#2", "B#1"), &["A#2", "A#3", "B#1"]).await?;
    check(between("", "A#2"), &["#", "A#1", "A#2"]).await?;
    check(Query { descending: true, ..between("A#2", "B#1") }, &["B#1", "A#3", "A#2"]).await?;
    check(Query { descending: true, ..Query::prefix("query", "B#") }, &["B#é", "B#1"]).await?;
    let first =
        table.query(&Query { limit: Some(2), descending: true, ..Query::prefix("query", "A#") }).await?;
    assert_eq!(first.items.iter().map(|item| item.key.sk.as_str()).collect::<Vec<_>>(), ["A#3", "A#2"]);
    Ok(())
}

async fn writes_of_one_item_take_effect_in_their_order(table: &impl Table) -> Result<()> {
    let key = Key::new("order", "#");
    let put = || {
        let attributes = Attributes::from([("whole".into(), text("yes"))]);
        Write::Put(Item { key: key.clone(), attributes })
    };
    let merge = |member: &str| Write::Merge {
        key: key.clone(),
        once: Attributes::from([("name".into(), text("x"))]),
        union: BTreeMap::from([("in".to_owned(), set(&[member]))]),
    };
    let delete = || Write::Delete(key.clone());
    let (whole, name) = (("whole".to_owned(), text("yes")), ("name".to_owned(), text("x")));
    let members = |members: &[&str]| ("in".to_owned(), Value::Set(set(members)));
    let check = async |writes: &[Write], expect: Option<Attributes>| -> Result<()> {
        for start in [delete(), put(), merge("before")] {
            table.write(&[delete()]).await?;
            table.write(&[start]).await?;
            table.write(writes).await?;
            assert_eq!(get(table, &key).await?, expect, "{writes:?}");
        }
        Ok(())
    };
    check(&[merge("a"), put()], Some(Attributes::from([whole.clone()]))).await?;
    check(
        &[put(), merge("a"), merge("b")],
        Some(Attributes::from([whole, name.clone(), members(&["a", "b"])])),
    )
    .await?;
    check(&[put(), delete(), merge("a")], Some(Attributes::from([name, members(&["a"])]))).await?;
    check(&[put(), merge("a"), delete()], None).await
}

async fn many_who_merge_one_item_lose_nothing(table: &impl Table) -> Result<()> {
    let key = Key::new("many-writers", "#");
    let names: Vec<String> = (0..40).map(|number| format!("{number:02}")).collect();
    let merge = |name: &String| Write::Merge {
        key: key.clone(),
        once: Attributes::from([("name".into(), text("x"))]),
        union: BTreeMap::from([("in".to_owned(), BTreeSet::from([name.clone()]))]),
    };
    let register = |name: &String| Write::Newest {
        key: key.clone(),
        version_attribute: "v".into(),
        version: name.clone(),
        attributes: Attributes::from([("head".into(), text(name))]),
    };
    let tasks = names.iter().map(async |name| table.write(&[merge(name), register(name)]).await);
    futures::future::try_join_all(tasks).await?;
    let found = get(table, &key).await?.unwrap_or_default();
    assert_eq!(found.get("in"), Some(&Value::Set(names.iter().cloned().collect())));
    assert_eq!(found.get("head"), Some(&text("39")));
    Ok(())
}

async fn sort_keys_are_in_byte_order(table: &impl Table) -> Result<()> {
    // In UTF-16 the third would come before the second.
    let sks = ["a", "a\u{ffff}", "a\u{10000}", "a\u{10ffff}", "a\u{10ffff}b", "b", "\u{10ffff}"];
    let put = |sk: &&str| Write::Put(Item { key: Key::new("bytes", *sk), attributes: Attributes::new() });
    table.write(&sks.iter().map(put).collect::<Vec<_>>()).await?;
    let mut down = sks.to_vec();
    down.reverse();
    assert_eq!(all(table, Query::prefix("bytes", "")).await?, sks);
    assert_eq!(all(table, Query { descending: true, ..Query::prefix("bytes", "") }).await?, down);
    assert_eq!(all(table, Query::prefix("bytes", "a")).await?, sks[..5]);
    assert_eq!(all(table, Query::prefix("bytes", "a\u{10ffff}")).await?, sks[3..5]);
    assert_eq!(all(table, Query::prefix("bytes", "\u{10ffff}")).await?, sks[6..]);
    let behind = Query {
        descending: true,
        limit: Some(2),
        after: Some("a\u{10ffff}".into()),
        range: Range::Between("a".into(), "b".into()),
        pk: "bytes".into(),
    };
    let page = table.query(&behind).await?;
    let found: Vec<&str> = page.items.iter().map(|item| item.key.sk.as_str()).collect();
    assert_eq!(found, ["a\u{10000}", "a\u{ffff}"]);
    assert_eq!(all(table, behind).await?, ["a\u{10000}", "a\u{ffff}", "a"]);
    Ok(())
}

async fn more_than_a_megabyte_is_read_in_pages(table: &impl Table) -> Result<()> {
    let item = |number: usize| Item {
        key: Key::new("large", format!("{number:03}")),
        attributes: Attributes::from([("json".into(), Value::Text("x".repeat(30_000)))]),
    };
    let items: Vec<Item> = (0..120).map(item).collect();
    table.write(&items.iter().cloned().map(Write::Put).collect::<Vec<_>>()).await?;
    let sks: Vec<String> = items.iter().map(|item| item.key.sk.clone()).collect();
    assert_eq!(all(table, Query::prefix("large", "")).await?, sks);
    let mut down = sks;
    down.reverse();
    assert_eq!(all(table, Query { descending: true, ..Query::prefix("large", "") }).await?, down);
    let mut found = table.get(&items.iter().map(|item| item.key.clone()).collect::<Vec<_>>()).await?;
    found.sort_by(|a, b| a.key.cmp(&b.key));
    assert!(found == items, "{} of {} came", found.len(), items.len());
    Ok(())
}

async fn an_item_that_is_too_large_is_refused(table: &impl Table) -> Result<()> {
    let item = |bytes: usize| Item {
        key: Key::new("size", "#"),
        attributes: Attributes::from([("json".into(), Value::Text("x".repeat(bytes)))]),
    };
    table.write(&[Write::Put(item(400 * 1024 - 20))]).await?;
    let Item { key, attributes: once } = item(401 * 1024);
    let merge = Write::Merge { key: Key::new("size", "other"), once: once.clone(), union: BTreeMap::new() };
    for write in [Write::Put(Item { key, attributes: once }), merge] {
        let error = table.write(&[write]).await.expect_err("it is too large");
        assert_eq!(error.kind(), PortErrorKind::Invalid, "{error}");
    }
    Ok(())
}

/// Behaviour that the embedded store does not imitate.
async fn an_item_that_grows_too_large_is_refused(table: &impl Table) -> Result<()> {
    let grow = |name: &str| Write::Merge {
        key: Key::new("size", "grows"),
        once: Attributes::from([(name.into(), Value::Text("x".repeat(250 * 1024)))]),
        union: BTreeMap::new(),
    };
    table.write(&[grow("one")]).await?;
    let error = table.write(&[grow("two")]).await.expect_err("it is too large");
    assert_eq!(error.kind(), PortErrorKind::Invalid, "{error}");
    Ok(())
}

async fn one_claims_and_settles(table: &impl Table) -> Result<()> {
    let mine = claim("once", "one", 1_000);
    let other = claim("once", "two", 1_000);
    assert_eq!(table.claim(&mine).await?, MINE);
    assert_eq!(table.claim(&other).await?, Claimed::Busy);
    assert_eq!(table.claim(&mine).await?, MINE, "an answer that was lost is asked for again");
    // Somebody else's release does nothing, and neither can they settle.
    table.release(&other).await?;
    assert!(table.settle(&other, Attributes::new()).await.is_err());
    assert_eq!(table.claim(&other).await?, Claimed::Busy);

    table.release(&mine).await?;
    assert_eq!(table.claim(&other).await?, MINE);
    table.settle(&other, Attributes::from([("ttl".into(), Value::Number(5))])).await?;
    assert_eq!(table.claim(&mine).await?, Claimed::Done);
    assert_eq!(table.claim(&claim("once", "two", 9_000_000)).await?, Claimed::Done);
    // The receipt is the same, whoever settled it.
    let receipt = Attributes::from([("st".into(), text("done")), ("ttl".into(), Value::Number(5))]);
    assert_eq!(get(table, &mine.key).await?, Some(receipt));
    Ok(())
}

async fn a_claim_that_ran_out_can_be_taken_over(table: &impl Table) -> Result<()> {
    let dead = claim("lease", "dead", 1_000);
    assert_eq!(table.claim(&dead).await?, MINE);
    assert_eq!(
        table.claim(&claim("lease", "next", 61_000)).await?,
        Claimed::Busy,
        "it lasts to its last millisecond"
    );
    assert_eq!(table.claim(&claim("lease", "next", 61_001)).await?, MINE);
    assert!(table.settle(&dead, Attributes::new()).await.is_err(), "the first owner has lost it");
    Ok(())
}

async fn what_is_owed_stays_until_the_claim_is_settled(table: &impl Table) -> Result<()> {
    let owing = |owner: &str, now: i64, owed: &str| Claim {
        key: Key::new("K#judged#arn", "E#finding"),
        owed: Some(owed.to_owned()),
        ..claim("", owner, now)
    };
    let mine = |owed: &str| Claimed::Mine { owed: Some(owed.to_owned()) };
    let dead = owing("dead", 1_000, "first");
    assert_eq!(table.claim(&dead).await?, MINE);
    assert_eq!(table.claim(&dead).await?, MINE, "what is owed by itself is nobody else's");
    assert_eq!(table.claim(&owing("next", 2_000, "second")).await?, Claimed::Busy);
    assert_eq!(table.claim(&owing("next", 62_000, "second")).await?, mine("first"));
    assert_eq!(
        table.claim(&owing("next", 62_000, "second")).await?,
        mine("first"),
        "an answer that was lost"
    );
    // Given back, it holds the notice known by then, and any delivery may claim it.
    table.release(&owing("dead", 62_000, "stale")).await?;
    table.release(&owing("next", 62_000, "better")).await?;
    assert_eq!(table.claim(&owing("last", 62_001, "third")).await?, mine("better"));
    table.settle(&owing("last", 62_001, "third"), Attributes::new()).await?;
    assert_eq!(table.claim(&owing("late", 900_000, "fourth")).await?, Claimed::Done);
    assert_eq!(get(table, &dead.key).await?, Some(Attributes::from([("st".into(), text("done"))])));
    Ok(())
}

const MINE: Claimed = Claimed::Mine { owed: None };

/// A claim at `now` that lasts a minute.
fn claim(cause: &str, owner: &str, now: i64) -> Claim {
    Claim {
        key: Key::new(format!("E#{cause}"), "#"),
        owner: owner.to_owned(),
        now: Timestamp::from_millis(now),
        until: Timestamp::from_millis(now + 60_000),
        owed: None,
    }
}

async fn get(table: &impl Table, key: &Key) -> Result<Option<Attributes>> {
    Ok(table.get(std::slice::from_ref(key)).await?.pop().map(|item| item.attributes))
}

async fn all(table: &impl Table, mut query: Query) -> Result<Vec<String>> {
    let mut found = Vec::new();
    loop {
        let page = table.query(&query).await?;
        found.extend(page.items.into_iter().map(|item| item.key.sk));
        // A page may be the last without knowing it.
        let Some(next) = page.next else { return Ok(found) };
        query.after = Some(next);
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn set(members: &[&str]) -> BTreeSet<String> {
    members.iter().map(|member| (*member).to_owned()).collect()
}

//! The lineage table in SQLite, with the keys and the semantics of the table on DynamoDB.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use rusqlite::{Connection, OptionalExtension, ToSql, params};
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{Claim, Claimed, PortError, PortErrorKind, Table};
use sagewarden_lineage::fold;
use sagewarden_lineage::rows::{PendingRow, ReceiptRow};
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Range, Value, Write};

use crate::store::{Store, port_error};

impl Table for Store {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        if let Some(key) = writes.iter().find_map(oversized) {
            let context = format!("write `{}` to the lineage table", key.pk);
            return Err(PortError::new(PortErrorKind::Invalid, context, "an item holds at most 400 KB"));
        }
        self.transaction("write to the lineage table", |connection| apply_all(connection, writes))
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        let connection = self.lock();
        let mut items = Vec::new();
        for key in keys.iter().collect::<BTreeSet<_>>() {
            let found =
                load(&connection, key).map_err(|error| port_error("read the lineage table", error))?;
            items.extend(found.map(|attributes| Item { key: key.clone(), attributes }));
        }
        Ok(items)
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        let connection = self.lock();
        select(&connection, query).map_err(|error| port_error("query the lineage table", error))
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        self.transaction("claim a receipt", |connection| {
            let held = load(connection, &claim.key)?;
            if let Some(held) = &held {
                if held.get(ReceiptRow::STATE) == Some(&Value::from(ReceiptRow::DONE)) {
                    return Ok(Claimed::Done);
                }
                let is_own = is_of(held, claim);
                let until = held.get(ReceiptRow::UNTIL);
                let is_over = matches!(until, Some(Value::Number(until)) if *until < claim.now.millis());
                if !is_own && !is_over {
                    return Ok(Claimed::Busy);
                }
            }
            let mut attributes = ReceiptRow::claimed(&claim.owner, claim.until);
            let mut held = held.unwrap_or_default();
            let earlier = held.remove(ReceiptRow::OWED);
            let mine = Value::from(claim.owner.as_str());
            let owed_by = held.remove(ReceiptRow::OWED_BY).unwrap_or_else(|| mine.clone());
            let is_own = owed_by == mine;
            if let Some(owed) = earlier.clone().or_else(|| claim.owed.clone().map(Value::Text)) {
                attributes.insert(ReceiptRow::OWED.to_owned(), owed);
                attributes.insert(ReceiptRow::OWED_BY.to_owned(), owed_by);
            }
            store(connection, &claim.key, &attributes, None)?;
            let owed = match earlier {
                Some(Value::Text(owed)) if !is_own => Some(owed),
                _ => None,
            };
            Ok(Claimed::Mine { owed })
        })
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        let settled = self.transaction("settle a receipt", |connection| {
            if !is_held(connection, claim)? {
                return Ok(false);
            }
            store(connection, &claim.key, &ReceiptRow::done(attributes), None)?;
            Ok(true)
        })?;
        if settled {
            return Ok(());
        }
        let context = format!("settle `{}`", claim.key.pk);
        Err(PortError::new(PortErrorKind::Unavailable, context, "the claim has expired"))
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.transaction("release a receipt", |connection| match &claim.owed {
            _ if !is_held(connection, claim)? => Ok(()),
            None => delete(connection, &claim.key),
            Some(owed) => store(connection, &claim.key, &ReceiptRow::given_back(owed), None),
        })
    }
}

/// DynamoDB's limit for an item, including its names ("Quotas in Amazon DynamoDB").
const MAX_ITEM: usize = 400 * 1024;

/// The key of an item that is too large after one write. If an item grows beyond the limit by many small merges, only DynamoDB refuses it.
fn oversized(write: &Write) -> Option<&Key> {
    let size = |value: &Value| match value {
        Value::Number(_) => 21,
        Value::Text(text) => text.len(),
        Value::Set(members) => members.iter().map(String::len).sum(),
    };
    let sizes = |attributes: &Attributes| -> usize {
        attributes.iter().map(|(name, value)| name.len() + size(value)).sum()
    };
    let key = fold::key(write);
    let content = match write {
        Write::Merge { once, union, .. } => {
            let members = |members: &BTreeSet<String>| members.iter().map(String::len).sum::<usize>();
            sizes(once) + union.iter().map(|(name, set)| name.len() + members(set)).sum::<usize>()
        }
        Write::Newest { version_attribute, version, attributes, .. } => {
            version_attribute.len() + version.len() + sizes(attributes)
        }
        Write::Put(item) => sizes(&item.attributes),
        Write::Delete(_) => return None,
    };
    let keys = "pk".len() + key.pk.len() + "sk".len() + key.sk.len();
    (keys + content > MAX_ITEM).then_some(key)
}

impl Store {
    /// Removes expired items, as DynamoDB does within days ("Using time to live (TTL)", developer guide): items whose attribute has a time
    /// before `now`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn expire(&self, now: Timestamp) -> Result<(), PortError> {
        let sql = format!(
            "DELETE FROM lineage WHERE pk >= ?1 AND pk < ?2 AND json_extract(item, '$.{}') < ?3",
            ReceiptRow::EXPIRES
        );
        self.transaction("remove what has expired", |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            for [first, behind] in [ReceiptRow::partitions(), PendingRow::partitions()] {
                statement.execute(params![first, behind, now.millis() / 1_000])?;
            }
            Ok(())
        })
    }

    fn transaction<R>(
        &self,
        context: &str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R>,
    ) -> Result<R, PortError> {
        let mut connection = self.lock();
        let run = || {
            let transaction = connection.transaction()?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        run().map_err(|error| port_error(context, error))
    }
}

/// An item in a batch: the stored text, and the new one.
struct Change {
    stored: Option<String>,
    attributes: Option<Attributes>,
}

/// Reads and writes each item once, however many of the writes are about it. If nothing changes, does not write it.
fn apply_all(connection: &Connection, writes: &[Write]) -> rusqlite::Result<()> {
    let mut changes: BTreeMap<&Key, Change> = BTreeMap::new();
    for write in writes {
        let change = match changes.entry(fold::key(write)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let stored = load_text(connection, entry.key())?;
                let attributes = stored.as_deref().map(parse).transpose()?;
                entry.insert(Change { stored, attributes })
            }
        };
        fold::apply(&mut change.attributes, write);
    }
    for (key, Change { stored, attributes }) in changes {
        match attributes {
            Some(attributes) => store(connection, key, &attributes, stored.as_deref())?,
            None if stored.is_some() => delete(connection, key)?,
            None => {}
        }
    }
    Ok(())
}

/// Computes the bounds here, so that each query is one range of the primary key.
fn select(connection: &Connection, query: &Query) -> rusqlite::Result<Page> {
    let (mut low, mut high) = match &query.range {
        Range::Prefix(prefix) => {
            (Bound::Included(prefix.clone()), behind(prefix).map_or(Bound::Unbounded, Bound::Excluded))
        }
        Range::Between(low, high) => (Bound::Included(low.clone()), Bound::Included(high.clone())),
    };
    match &query.after {
        Some(after) if query.descending && !below(&high, after) => high = Bound::Excluded(after.clone()),
        Some(after) if !query.descending && !above(&low, after) => low = Bound::Excluded(after.clone()),
        _ => {}
    }
    let mut sql = "SELECT pk, sk, item FROM lineage WHERE pk = ?1".to_owned();
    let mut values: Vec<&dyn ToSql> = vec![&query.pk];
    for (bound, included, excluded) in [(&low, ">=", ">"), (&high, "<=", "<")] {
        let (operator, value) = match bound {
            Bound::Included(value) => (included, value),
            Bound::Excluded(value) => (excluded, value),
            Bound::Unbounded => continue,
        };
        values.push(value);
        sql.push_str(&format!(" AND sk {operator} ?{}", values.len()));
    }
    // Reads one row more than wanted, to find out whether there is a next page.
    let limit =
        query.limit.map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX)).saturating_add(1);
    values.push(&limit);
    let order = if query.descending { "DESC" } else { "ASC" };
    sql.push_str(&format!(" ORDER BY sk {order} LIMIT ?{}", values.len()));
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values.as_slice(), item)?;
    let mut items: Vec<Item> = rows.collect::<Result<_, _>>()?;
    let mut next = None;
    if let Some(limit) = query.limit.filter(|limit| items.len() > *limit) {
        items.truncate(limit);
        next = items.last().map(|item| item.key.sk.clone());
    }
    Ok(Page { items, next })
}

/// Whether a lower bound already excludes everything up to `sk`.
fn above(low: &Bound<String>, sk: &str) -> bool {
    matches!(low, Bound::Included(low) if low.as_str() > sk)
}

/// Whether an upper bound already excludes everything from `sk` on.
fn below(high: &Bound<String>, sk: &str) -> bool {
    match high {
        Bound::Included(high) => high.as_str() < sk,
        Bound::Excluded(high) => high.as_str() <= sk,
        Bound::Unbounded => false,
    }
}

/// The first text after all texts that begin with `prefix`, in byte order (for UTF-8 the order of the characters); `None` if there is none.
fn behind(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // A range of characters skips code points that are not characters.
        if let Some(next) = (last..=char::MAX).nth(1) {
            text.push(next);
            return Some(text);
        }
    }
    None
}

pub(crate) fn item(row: &rusqlite::Row<'_>) -> rusqlite::Result<Item> {
    let text: String = row.get(2)?;
    Ok(Item { key: Key { pk: row.get(0)?, sk: row.get(1)? }, attributes: parse(&text)? })
}

fn parse(text: &str) -> rusqlite::Result<Attributes> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(error))
    })
}

fn load(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Attributes>> {
    load_text(connection, key)?.as_deref().map(parse).transpose()
}

fn load_text(connection: &Connection, key: &Key) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT item FROM lineage WHERE pk = ?1 AND sk = ?2")?
        .query_row(params![key.pk, key.sk], |row| row.get(0))
        .optional()
}

/// Writes an item, unless it equals the `stored` one.
fn store(
    connection: &Connection,
    key: &Key,
    attributes: &Attributes,
    stored: Option<&str>,
) -> rusqlite::Result<()> {
    let text = serde_json::to_string(attributes)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    if stored == Some(text.as_str()) {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO lineage (pk, sk, item) VALUES (?1, ?2, ?3)")?
        .execute(params![key.pk, key.sk, text])?;
    Ok(())
}

fn delete(connection: &Connection, key: &Key) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM lineage WHERE pk = ?1 AND sk = ?2")?
        .execute(params![key.pk, key.sk])?;
    Ok(())
}

fn is_held(connection: &Connection, claim: &Claim) -> rusqlite::Result<bool> {
    let held = load(connection, &claim.key)?;
    Ok(held.is_some_and(|held| is_of(&held, claim)))
}

/// Whether a receipt is claimed by this attempt.
fn is_of(receipt: &Attributes, claim: &Claim) -> bool {
    receipt.get(ReceiptRow::OWNER) == Some(&Value::from(claim.owner.as_str()))
}

//! The lineage table in SQLite: the keys of DynamoDB, the same semantics.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};
use sagewarden_govern::ports::{Claim, Claimed, PortError, PortErrorKind, Table};
use sagewarden_lineage::s3::hex;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Range, Value, Write};
use sha2::{Digest, Sha256};

use crate::store::{Store, port_error};

const STATE: &str = "st";
const OWNER: &str = "owner";
const UNTIL: &str = "until";

impl Table for Store {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        self.transaction("write to the lineage table", |connection| {
            writes.iter().try_for_each(|write| apply(connection, write))
        })
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        let connection = self.lock();
        let mut items = Vec::new();
        for key in keys {
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
                if held.get(STATE) == Some(&Value::Text("done".into())) {
                    return Ok(Claimed::Done);
                }
                let is_own = held.get(OWNER) == Some(&Value::Text(claim.owner.clone()));
                let is_over =
                    matches!(held.get(UNTIL), Some(Value::Number(until)) if *until < claim.now.millis());
                if !is_own && !is_over {
                    return Ok(Claimed::Busy);
                }
            }
            let attributes = Attributes::from([
                (STATE.into(), Value::Text("claimed".into())),
                (OWNER.into(), Value::Text(claim.owner.clone())),
                (UNTIL.into(), Value::Number(claim.until.millis())),
            ]);
            store(connection, &claim.key, &attributes)?;
            Ok(Claimed::Mine)
        })
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        let settled = self.transaction("settle a receipt", |connection| {
            if !is_held(connection, claim)? {
                return Ok(false);
            }
            let mut attributes = attributes;
            attributes.insert(STATE.into(), Value::Text("done".into()));
            store(connection, &claim.key, &attributes)?;
            Ok(true)
        })?;
        if settled {
            return Ok(());
        }
        let context = format!("settle `{}`", claim.key.pk);
        Err(PortError::new(PortErrorKind::Unavailable, context, "the claim is not held any more"))
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.transaction("release a receipt", |connection| {
            if is_held(connection, claim)? { delete(connection, &claim.key) } else { Ok(()) }
        })
    }
}

impl Store {
    /// Every item of the lineage table in the order of keys.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn items(&self) -> Result<Vec<Item>, PortError> {
        let connection = self.lock();
        let context = "read the lineage table";
        let mut statement = connection
            .prepare("SELECT pk, sk, item FROM lineage ORDER BY pk, sk")
            .map_err(|error| port_error(context, error))?;
        let rows = statement.query_map([], item).map_err(|error| port_error(context, error))?;
        rows.collect::<Result<_, _>>().map_err(|error| port_error(context, error))
    }

    /// SHA-256 over all items of the lineage table: two stores that were told the same are equal in it, whatever the order
    /// they were told in.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn state_hash(&self) -> Result<String, PortError> {
        let mut hash = Sha256::new();
        for Item { key, attributes } in self.items()? {
            hash.update(format!("{key:?}{attributes:?}\n"));
        }
        Ok(hex(&hash.finalize()))
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

fn apply(connection: &Connection, write: &Write) -> rusqlite::Result<()> {
    match write {
        Write::Merge { key, once, union } => {
            let mut attributes = load(connection, key)?.unwrap_or_default();
            merge(&mut attributes, once, union);
            store(connection, key, &attributes)
        }
        Write::Newest { key, version_attribute, version, attributes: content } => {
            let mut attributes = load(connection, key)?.unwrap_or_default();
            let version = Value::Text(version.clone());
            let newer = match (attributes.get(version_attribute), &version) {
                (Some(Value::Text(stored)), Value::Text(version)) => stored < version,
                _ => true,
            };
            if !newer {
                return Ok(());
            }
            attributes.extend(content.clone());
            attributes.insert(version_attribute.clone(), version);
            store(connection, key, &attributes)
        }
        Write::Put(Item { key, attributes }) => store(connection, key, attributes),
        Write::Delete(key) => delete(connection, key),
    }
}

fn merge(attributes: &mut Attributes, once: &Attributes, union: &BTreeMap<String, BTreeSet<String>>) {
    for (name, value) in once {
        attributes.entry(name.clone()).or_insert_with(|| value.clone());
    }
    for (name, members) in union.iter().filter(|(_, members)| !members.is_empty()) {
        let entry = attributes.entry(name.clone()).or_insert_with(|| Value::Set(BTreeSet::new()));
        if let Value::Set(set) = entry {
            set.extend(members.iter().cloned());
        }
    }
}

fn select(connection: &Connection, query: &Query) -> rusqlite::Result<Page> {
    let (low, high) = match &query.range {
        Range::Prefix(prefix) => (prefix.clone(), None),
        Range::Between(low, high) => (low.clone(), Some(high.clone())),
    };
    let order = if query.descending { "DESC" } else { "ASC" };
    let behind = if query.descending { "sk < ?3" } else { "sk > ?3" };
    let sql = format!(
        "SELECT pk, sk, item FROM lineage WHERE pk = ?1 AND sk >= ?2 AND (?3 IS NULL OR {behind}) \
         AND (?4 IS NULL OR sk <= ?4) AND (?5 IS NULL OR substr(sk, 1, length(?5)) = ?5) ORDER BY sk {order} LIMIT ?6"
    );
    let prefix = if let Range::Prefix(prefix) = &query.range { Some(prefix) } else { None };
    let limit = query.limit.map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    // One more than asked for tells whether there is a next page.
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement
        .query_map(params![query.pk, low, query.after, high, prefix, limit.saturating_add(1)], item)?;
    let mut items: Vec<Item> = rows.collect::<Result<_, _>>()?;
    let mut next = None;
    if let Some(limit) = query.limit.filter(|limit| items.len() > *limit) {
        items.truncate(limit);
        next = items.last().map(|item| item.key.sk.clone());
    }
    Ok(Page { items, next })
}

fn item(row: &rusqlite::Row<'_>) -> rusqlite::Result<Item> {
    let text: String = row.get(2)?;
    Ok(Item { key: Key { pk: row.get(0)?, sk: row.get(1)? }, attributes: parse(&text)? })
}

fn parse(text: &str) -> rusqlite::Result<Attributes> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(error))
    })
}

fn load(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Attributes>> {
    let text: Option<String> = connection
        .prepare_cached("SELECT item FROM lineage WHERE pk = ?1 AND sk = ?2")?
        .query_row(params![key.pk, key.sk], |row| row.get(0))
        .optional()?;
    text.map(|text| parse(&text)).transpose()
}

fn store(connection: &Connection, key: &Key, attributes: &Attributes) -> rusqlite::Result<()> {
    let text = serde_json::to_string(attributes)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
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
    Ok(held.is_some_and(|held| held.get(OWNER) == Some(&Value::Text(claim.owner.clone()))))
}

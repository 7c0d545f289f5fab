//! Reads many rows of the lineage table, one after the other.

use sagewarden_govern::ports::PortError;
use sagewarden_lineage::s3::hex;
use sagewarden_lineage::table::{Item, Key};
use sha2::{Digest, Sha256};

use crate::store::{Store, port_error};
use crate::table::item;

impl Store {
    /// Every item of the lineage table in the order of keys.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn items(&self) -> Result<Vec<Item>, PortError> {
        let connection = self.lock();
        let context = "read the lineage table";
        let mut statement = connection
            .prepare("SELECT pk, sk, item FROM lineage ORDER BY pk, sk")
            .map_err(|error| port_error(context, error))?;
        let rows = statement.query_map([], item).map_err(|error| port_error(context, error))?;
        rows.collect::<Result<_, _>>().map_err(|error| port_error(context, error))
    }

    /// Hands over every row of the lineage table in the order of keys, one at a time. If a row cannot be read, hands over its key.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn each(&self, mut each: impl FnMut(Result<Item, Key>)) -> Result<(), PortError> {
        let connection = self.lock();
        let mut read = || {
            let mut statement =
                connection.prepare_cached("SELECT pk, sk, item FROM lineage ORDER BY pk, sk")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let key = Key { pk: row.get(0)?, sk: row.get(1)? };
                each(item(row).map_err(|_| key));
            }
            Ok(())
        };
        read().map_err(|error| port_error("read the lineage table", error))
    }

    /// Hands over the rows whose partition begins with this text, in the order of keys, as long as `each` answers that it wants more.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn each_within(&self, partition: &str, mut each: impl FnMut(Item) -> bool) -> Result<(), PortError> {
        let connection = self.lock();
        let mut read = || {
            let mut statement = connection.prepare_cached(
                "SELECT pk, sk, item FROM lineage WHERE pk >= ?1 AND pk <= ?2 ORDER BY pk, sk",
            )?;
            let mut rows = statement.query([partition, &last_within(partition)])?;
            while let Some(row) = rows.next()? {
                if !item(row).map_or(true, &mut each) {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|error: rusqlite::Error| port_error("read the lineage table", error))
    }

    /// Hands over the partitions that begin with this text, in order, as long as `each` answers that it wants more. The rows of a partition
    /// are not read, however many there are.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn each_partition(&self, begin: &str, mut each: impl FnMut(&str) -> bool) -> Result<(), PortError> {
        let connection = self.lock();
        let mut read = || {
            let mut statement =
                connection.prepare_cached("SELECT min(pk) FROM lineage WHERE pk >= ?1 AND pk <= ?2")?;
            let (mut from, end) = (begin.to_owned(), last_within(begin));
            while let Some(partition) =
                statement.query_row([&from, &end], |row| row.get::<_, Option<String>>(0))?
            {
                if !each(&partition) {
                    break;
                }
                // No text lies between a text and the same with the smallest character behind it.
                from = format!("{partition}\0");
            }
            Ok(())
        };
        read().map_err(|error: rusqlite::Error| port_error("read the lineage table", error))
    }

    /// Changes whenever another connection has written to the file ("PRAGMA data_version", sqlite.org).
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn version(&self) -> Result<i64, PortError> {
        let read = self.lock().query_row("PRAGMA data_version", [], |row| row.get(0));
        read.map_err(|error| port_error("read the lineage table", error))
    }

    /// SHA-256 over all items of the lineage table. Two stores with the same facts have the same hash, in whatever order the facts arrived.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn state_hash(&self) -> Result<String, PortError> {
        let mut hash = Sha256::new();
        for Item { key, attributes } in self.items()? {
            hash.update(format!("{key:?}{attributes:?}\n"));
        }
        Ok(hex(&hash.finalize()))
    }
}

/// A text behind all that begin with this one: no character of a key is larger.
fn last_within(begin: &str) -> String {
    format!("{begin}\u{10ffff}")
}

//! Opens and checks the SQLite file, which the adapters of this crate share.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, Row};
use sagewarden_govern::ports::{PortError, PortErrorKind};
use thiserror::Error;

/// Marks a file as Sagewarden's (`sgwd`), so that a database of another program is not taken for an empty store.
const APPLICATION_ID: i32 = 0x7367_7764;

/// SQLite's own cache. It holds the inner pages of a table of a million nodes.
const CACHE_KIB: i64 = 32 * 1024;
/// SQLite reads the rest from the operating system's cache.
const MAPPED_BYTES: i64 = 1 << 30;
/// How many statements are kept ready. This crate has fewer.
const STATEMENTS: usize = 64;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS lineage (pk TEXT NOT NULL, sk TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (pk, sk)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS resources (kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, tags TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resources_by_time ON resources (kind, json_extract(document, '$.CreationTime'), name);
CREATE TABLE IF NOT EXISTS policies (kind TEXT NOT NULL, name TEXT NOT NULL, policy TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, versioned INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (seq INTEGER PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, version_id TEXT, etag TEXT NOT NULL, modified INTEGER NOT NULL, body BLOB);
CREATE INDEX IF NOT EXISTS objects_by_key ON objects (bucket, key, seq);
CREATE TABLE IF NOT EXISTS manifests (digest TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS roles (arn TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS role_policies (role TEXT NOT NULL, name TEXT NOT NULL, arn TEXT, document TEXT NOT NULL, PRIMARY KEY (role, arn, name));
CREATE TABLE IF NOT EXISTS keys (id TEXT PRIMARY KEY, manager TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notices (seq INTEGER PRIMARY KEY, notice TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS quarantine (function TEXT NOT NULL, message_id TEXT NOT NULL, rejected TEXT NOT NULL, PRIMARY KEY (function, message_id)) WITHOUT ROWID;
";

/// A Sagewarden store in one SQLite file. Cheap to clone; clones share the connection.
#[derive(Clone, Debug)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
}

/// Why a store cannot be opened.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file does not exist.
    #[error("no store at `{}`: run `sagewarden demo` to create one, or name yours with --store", .0.display())]
    Missing(PathBuf),
    /// The file is something else, or damaged.
    #[error("`{}` is not a Sagewarden store: {reason}; run `sagewarden demo` to create one, or name yours with --store", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// SQLite's message.
        reason: String,
    },
    /// SQLite cannot use it.
    #[error("the store `{}` cannot be used: {source}", path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

impl Store {
    /// Makes a store, or opens an existing one.
    ///
    /// # Errors
    /// If the folder cannot be written, or the file is not a store.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(|source| unusable(path, source))?;
        Self::prepare(connection, path)
    }

    /// Opens an existing store.
    ///
    /// # Errors
    /// If it does not exist, or is not a store.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.is_file() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        Self::create(path)
    }

    /// Opens an existing store as evidence. Writes nothing in its folder, so that every byte stays.
    ///
    /// # Errors
    /// If it does not exist, or is not a store.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        if !path.is_file() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let has_log = Path::new(&format!("{}-wal", path.display())).exists();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        // The last writes may still be in the log beside the file. Without such a log, SQLite needs no files of its own ("immutable",
        // "Uniform Resource Identifiers", sqlite.org).
        let opened = match path.to_str().filter(|_| !has_log) {
            Some(text) => {
                let place = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
                Connection::open_with_flags(format!("file:{place}?immutable=1"), flags)
            }
            None => Connection::open_with_flags(path, flags),
        };
        let connection = opened.map_err(|source| unusable(path, source))?;
        if !is_ours(&connection, path)? {
            return Err(of_another_program(path));
        }
        Self::keep_statements(connection).map_err(|source| unusable(path, source))
    }

    /// Opens an existing store to read it while others may write to it.
    ///
    /// # Errors
    /// If it does not exist, or is not a store.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        if !path.is_file() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        // Readers of a log write their position to a file beside the store. If this folder cannot be written, no process writes to the
        // store either.
        let opened = Connection::open_with_flags(path, flags).and_then(|connection| {
            connection.execute_batch("PRAGMA query_only = ON; SELECT count(*) FROM sqlite_master;")?;
            Ok(connection)
        });
        match opened {
            Ok(connection) if is_ours(&connection, path)? => {
                Self::keep_statements(connection).map_err(|source| unusable(path, source))
            }
            Ok(_) => Err(of_another_program(path)),
            Err(_) => Self::open_read_only(path),
        }
    }

    /// A store that ends with the process.
    ///
    /// # Errors
    /// If SQLite fails.
    pub fn in_memory() -> Result<Self, StoreError> {
        let path = Path::new(":memory:");
        let connection = Connection::open_in_memory().map_err(|source| unusable(path, source))?;
        Self::prepare(connection, path)
    }

    /// Empties the store. Whoever plays many short stories spares the making of a store for each.
    ///
    /// # Errors
    /// If SQLite fails.
    pub fn clear(&self) -> Result<(), StoreError> {
        let connection = self.lock();
        let empty = || {
            let mut names = connection
                .prepare_cached("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?;
            let names = names.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
            for name in names {
                connection.prepare_cached(&format!("DELETE FROM {name}"))?.execute([])?;
            }
            Ok(())
        };
        empty().map_err(|source| unusable(Path::new(connection.path().unwrap_or_default()), source))
    }

    fn prepare(connection: Connection, path: &Path) -> Result<Self, StoreError> {
        let is_ours = is_ours(&connection, path)?;
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
            .map_err(|error| foreign(path, error.to_string()))?;
        if !is_ours && tables > 0 {
            return Err(of_another_program(path));
        }
        connection
            .execute_batch(&format!(
                "PRAGMA application_id = {APPLICATION_ID}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                 PRAGMA cache_size = -{CACHE_KIB}; PRAGMA mmap_size = {MAPPED_BYTES}; {SCHEMA}"
            ))
            .map_err(|source| unusable(path, source))?;
        Self::keep_statements(connection).map_err(|source| unusable(path, source))
    }

    /// Keeps each statement ready once it was parsed. Without the guarantee, SQLite parses it again whenever its values change, to
    /// choose another plan ("The Query Planner Stability Guarantee", sqlite.org); every query here has one plan that is right.
    fn keep_statements(connection: Connection) -> rusqlite::Result<Self> {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    /// Runs a statement that changes something; returns how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.lock().prepare_cached(sql)?.execute(params)
    }

    /// The first row that a query finds.
    pub(crate) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.lock().prepare_cached(sql)?.query_row(params, read).optional()
    }

    /// Locks the connection. If a thread panicked, it left no half-written state, because every change is a transaction.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a file is marked as a store of ours.
fn is_ours(connection: &Connection, path: &Path) -> Result<bool, StoreError> {
    let id: i32 = connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(|error| foreign(path, error.to_string()))?;
    Ok(id == APPLICATION_ID)
}

fn of_another_program(path: &Path) -> StoreError {
    foreign(path, "it is the database of another program".to_owned())
}

fn foreign(path: &Path, reason: String) -> StoreError {
    StoreError::Foreign { path: path.to_owned(), reason }
}

fn unusable(path: &Path, source: rusqlite::Error) -> StoreError {
    StoreError::Unusable { path: path.to_owned(), source }
}

/// Turns SQLite's errors into the ports' errors. If a disk is busy or full, a later attempt may succeed.
pub(crate) fn port_error(context: &str, error: rusqlite::Error) -> PortError {
    PortError::new(PortErrorKind::Unavailable, context, error.to_string()).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_store_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Store::open(&folder.path().join("none.db")).unwrap_err().to_string();
        assert!(missing.starts_with("no store at `") && missing.contains("sagewarden demo"), "{missing}");

        let text = folder.path().join("text.db");
        std::fs::write(
            &text,
            "hello, this is no database at all, but it is long enough to be read as one ".repeat(20),
        )
        .unwrap();
        let foreign = Store::open(&text).unwrap_err().to_string();
        assert!(foreign.contains("is not a Sagewarden store"), "{foreign}");

        let other = folder.path().join("other.db");
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
        let foreign = Store::open(&other).unwrap_err().to_string();
        assert!(foreign.contains("another program"), "{foreign}");
    }

    #[test]
    fn a_store_that_was_emptied_is_as_a_new_one() {
        let store = Store::in_memory().unwrap();
        let columns = |table: &str| -> i64 {
            store
                .row(&format!("SELECT count(*) FROM pragma_table_info('{table}')"), [], |row| row.get(0))
                .unwrap()
                .unwrap()
        };
        let sql = "SELECT group_concat(name) FROM sqlite_master WHERE type = 'table'";
        let tables: String = store.row(sql, [], |row| row.get(0)).unwrap().unwrap();
        let rows = |table: &str| -> i64 {
            store.row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap().unwrap()
        };
        for table in tables.split(',') {
            let values = vec!["1"; usize::try_from(columns(table)).unwrap()].join(", ");
            store.execute(&format!("INSERT INTO {table} VALUES ({values})"), []).unwrap();
            assert_eq!(rows(table), 1, "{table}");
        }
        store.clear().unwrap();
        for table in tables.split(',') {
            assert_eq!(rows(table), 0, "{table}");
        }
    }

    #[test]
    fn a_store_can_be_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sagewarden.db");
        drop(Store::create(&path).unwrap());
        Store::open(&path).unwrap();
    }
}

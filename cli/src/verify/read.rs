//! Reads stores and exports into a ledger.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use sagewarden_lineage::audit::{Audit, Ledger};
use sagewarden_lineage::table::{Item, Key};
use sagewarden_local::Store;

use crate::error::CommandError;
use crate::input::source::{BUFFER, Source};
use crate::verify::export;

/// How a file of SQLite begins ("Database File Format", sqlite.org).
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The result of all files together.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Audit, CommandError> {
    let mut ledger = Ledger::default();
    for path in paths {
        let mut take = |row: Result<Item, Key>| match row {
            Ok(item) => ledger.add(&item),
            Err(key) => ledger.unreadable(&key),
        };
        let source = if path == Path::new("-") { Source::Stdin } else { Source::Events(path.clone()) };
        if source != Source::Stdin && is_store(path)? {
            Store::open_read_only(path)?.each(take)?;
            continue;
        }
        let input = source.open().map_err(CommandError::unreadable(path))?;
        let input = BufReader::with_capacity(BUFFER, input);
        export::read(input, &mut take)
            .map_err(|source| CommandError::NoExport { path: path.clone(), source })?;
    }
    Ok(ledger.finish())
}

fn is_store(path: &Path) -> Result<bool, CommandError> {
    let mut beginning = Vec::new();
    let file = File::open(path).map_err(CommandError::unreadable(path))?;
    // Bytes that are read from a pipe here would be missing later.
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(false);
    }
    let read = file.take(SQLITE.len() as u64).read_to_end(&mut beginning);
    read.map_err(CommandError::unreadable(path))?;
    Ok(beginning == SQLITE)
}

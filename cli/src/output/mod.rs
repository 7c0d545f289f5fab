//! What a command prints and writes: text for people, documents for programs, warnings, tables and files.

pub(crate) mod notice;
pub(crate) mod terminal;
pub(crate) mod verdict;

use std::env;
use std::ffi::OsStr;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use comfy_table::{ContentArrangement, LineStyle, Row, Table, presets};
use sagewarden_events::Untrusted;
use serde_json::Value;

use crate::command::format::OutputFormat;
use crate::error::CommandError;
use crate::output::terminal::STRONG;

/// What to type for this program: as it was called, and through cargo where cargo started it.
pub(crate) fn called() -> String {
    let program = env::args_os().next().map(PathBuf::from);
    let name = program.as_deref().and_then(Path::file_name).unwrap_or(OsStr::new("sagewarden"));
    match env::var_os("CARGO") {
        Some(_) => "cargo run --".to_owned(),
        None => line(&name.to_string_lossy()),
    }
}

/// Others' words within a line for people.
pub(crate) fn line(text: &str) -> String {
    Untrusted::new(text).line()
}

/// Text for people, ready to be printed.
pub(crate) fn text(text: &str) -> String {
    terminal::for_people(text)
}

/// A document for programs, ready to be printed.
pub(crate) fn document(document: &str) -> String {
    terminal::for_programs(document)
}

/// Prints text for people; colours are left out where they are not wanted.
pub(crate) fn print_text(text: &str) -> io::Result<()> {
    print(&terminal::for_people(text))
}

/// Prints a document for programs.
pub(crate) fn print_document(document: &str) -> io::Result<()> {
    print(&terminal::for_programs(document))
}

/// Prints a JSON document for programs.
pub(crate) fn print_json(document: &Value) -> io::Result<()> {
    print_document(&format!("{document:#}\n"))
}

/// Prints on standard error what is no part of the output.
pub(crate) fn warn(text: impl Display) {
    anstream::eprintln!("{}", terminal::for_people(&text.to_string()));
}

/// Prints what is ready.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes files into a folder, which is made if need be; answers with the line that says so.
pub(crate) fn write(folder: &Path, files: &[(&str, String)]) -> Result<String, CommandError> {
    fs::create_dir_all(folder).map_err(CommandError::unwritable(folder))?;
    let mut line = format!("{STRONG}Written{STRONG:#}");
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(CommandError::unwritable(&path))?;
        line += &format!("  {}", self::line(&path.display().to_string()));
    }
    Ok(line + "\n")
}

/// Writes files into a folder. The line that says so is for people; a document stands alone on standard output.
pub(crate) fn write_beside(
    folder: &Path,
    files: &[(&str, String)],
    format: OutputFormat,
) -> Result<(), CommandError> {
    let written = write(folder, files)?;
    match format {
        OutputFormat::Text => print_text(&written)?,
        OutputFormat::Json => {}
    }
    Ok(())
}

/// A table for a terminal.
pub(crate) fn table(heads: impl Into<Row>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        // No terminal to ask: wide enough for an ARN beside a field.
        table.set_width(140);
    }
    table.set_header(heads);
    table
}

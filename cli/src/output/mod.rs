//! The output of commands: text for people, documents for programs, warnings, tables and files.

pub(crate) mod fit;
pub(crate) mod grid;
pub(crate) mod notice;
pub(crate) mod short;
pub(crate) mod terminal;
pub(crate) mod verdict;

use std::env;
use std::ffi::OsStr;
use std::fmt::Display;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use comfy_table::Table;
use sagewarden_events::Untrusted;
use serde::Serialize;

use crate::command::format::OutputFormat;
use crate::error::CommandError;
use crate::output::terminal::STRONG;

/// Whether a folder has files, but not the one that marks them as this command's own: they are somebody else's.
pub(crate) fn is_of_others(folder: &Path, mark: &str) -> bool {
    let is_occupied = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    is_occupied && !folder.join(mark).is_file()
}

/// The command to type for this program: the name it was called by, or `cargo run --` if cargo started it.
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

/// Text for people, ready to be printed: as wide as the terminal, if there is one, and in characters that it has.
pub(crate) fn text(text: &str) -> String {
    match width() {
        Some(width) => {
            let wrapped = fit::wrapped(text, usize::from(width));
            terminal::for_people(&if is_unicode() { wrapped } else { fit::plain(&wrapped) })
        }
        None => terminal::for_people(text),
    }
}

/// The columns of the terminal, if standard output is one; those that the environment asks for, if not.
fn width() -> Option<u16> {
    let asked = || env::var("COLUMNS").ok()?.parse().ok().filter(|width| *width > 0);
    // A terminal that nobody gave a size says 0, as `docker exec -t` and `script` make them.
    Table::new().width().filter(|width| *width > 0).or_else(asked)
}

/// Whether a person reads standard output.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether the locale has more than ASCII: the first of these variables that is set decides (POSIX, "Environment Variables").
fn is_unicode() -> bool {
    let mut variables = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env::var_os);
    let locale = variables.find(|value| !value.is_empty()).unwrap_or_default();
    let locale = locale.to_string_lossy().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// A document for programs, ready to be printed.
pub(crate) fn document(document: String) -> String {
    terminal::for_programs(document)
}

/// Prints text for people; colours are left out where they are not wanted.
pub(crate) fn print_text(text: &str) -> io::Result<()> {
    print(&self::text(text))
}

/// Prints a document for programs.
pub(crate) fn print_document(document: String) -> io::Result<()> {
    print(&terminal::for_programs(document))
}

/// Prints a JSON document for programs, line by line, since it may be long.
pub(crate) fn print_json(document: &impl Serialize) -> io::Result<()> {
    let mut lines = DocumentLines { out: anstream::stdout().lock(), line: Vec::new() };
    serde_json::to_writer_pretty(&mut lines, document)?;
    lines.write_all(b"\n")?;
    lines.flush()
}

/// The part of a long document that is printed at once.
const FLUSHED: usize = 64 << 10;

/// Writes the lines of a document as programs may see them.
struct DocumentLines<Out> {
    out: Out,
    line: Vec<u8>,
}

impl<Out: Write> Write for DocumentLines<Out> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if bytes.ends_with(b"\n") && self.line.len() >= FLUSHED {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.line).into_owned();
        self.out.write_all(document(text).as_bytes())?;
        self.line.clear();
        self.out.flush()
    }
}

/// Prints a message that is not part of the output on standard error.
pub(crate) fn warn(text: impl Display) {
    anstream::eprintln!("{}", terminal::for_people(&text.to_string()));
}

/// Prints ready text.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// If the reader of the output has gone away, that is no failure: the exit status still says what was found.
pub(crate) fn unless_gone(printed: io::Result<()>) -> io::Result<()> {
    printed.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// Writes files into a folder, which is made if need be; answers with the line that says so.
pub(crate) fn write(folder: &Path, files: &[(&str, impl AsRef<[u8]>)]) -> Result<String, CommandError> {
    fs::create_dir_all(folder).map_err(CommandError::unwritable(folder))?;
    let mut line = format!("{STRONG}Written{STRONG:#}");
    for (name, content) in files {
        let path = folder.join(name);
        fs::write(&path, content).map_err(CommandError::unwritable(&path))?;
        line += &format!("  {}", self::line(&path.display().to_string()));
    }
    Ok(line + "\n")
}

/// Writes files into a folder. The line that says so is for people; a document stands alone on standard output.
pub(crate) fn write_beside(
    folder: &Path,
    files: &[(&str, impl AsRef<[u8]>)],
    format: OutputFormat,
) -> Result<(), CommandError> {
    let written = write(folder, files)?;
    match format {
        OutputFormat::Text => print_text(&written)?,
        OutputFormat::Json => {}
    }
    Ok(())
}

//! `sagewarden verify`: whether a verdict is gone or was changed.

mod export;
mod read;
mod words;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use sagewarden_lineage::audit::{Anchor, Audit};

use crate::command::format::OutputFormat;
use crate::command::verify::VerifyOptions;
use crate::error::CommandError;
use crate::verify::words::{Against, Verified};
use crate::{input, output};

pub(crate) fn run(options: &VerifyOptions) -> Result<ExitCode, CommandError> {
    // Read first: a table takes longer than a wrong name should.
    let earlier = options.against.as_deref().map(read_anchor).transpose()?;
    let mut audit = read::read(&options.files)?;
    if earlier.is_none() && audit.chains().is_empty() && audit.is_whole() {
        return Err(CommandError::NoVerdicts);
    }
    let against = earlier.map(|anchor| {
        let since = audit.against(&anchor);
        Against { anchor: anchor.digest, resources: anchor.resources.len(), since }
    });
    // An anchor of an incomplete table would hide today's gaps next month.
    let anchor = options.anchor.as_deref().filter(|_| audit.is_whole());
    if let Some(path) = anchor {
        write_anchor(path, &audit.anchor())?;
    }
    let verified = Verified { audit: &audit, against };
    match options.format {
        OutputFormat::Text => output::print_text(&verified.text(anchor, options.anchor.is_some()))?,
        OutputFormat::Json => output::print_json(&verified.document())?,
    }
    Ok(status(&audit))
}

fn status(audit: &Audit) -> ExitCode {
    if audit.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn read_anchor(path: &Path) -> Result<Anchor, CommandError> {
    Anchor::parse(&input::read(path)?)
        .map_err(|source| CommandError::NoAnchor { path: path.to_owned(), source })
}

/// An anchor is evidence: none is ever written over.
fn write_anchor(path: &Path, anchor: &Anchor) -> Result<(), CommandError> {
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(CommandError::AnchorExists(path.to_owned()));
        }
        Err(error) => return Err(CommandError::unwritable(path)(error)),
    };
    let text = serde_json::to_string(anchor).map_err(io::Error::from)?;
    writeln!(file, "{text}").map_err(CommandError::unwritable(path))
}

//! The files of a scan in its folder.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::CommandError;
use crate::output;
use crate::scan::found::FoundResource;

/// The folder.
pub(super) struct ScanFiles {
    folder: PathBuf,
}

impl ScanFiles {
    pub(super) const STORE: &str = "sagewarden.db";
    pub(super) const PAGE: &str = "report.html";
    pub(super) const FINDINGS: &str = "findings.json";
    pub(super) const TABLE: &str = "findings.csv";
    pub(super) const SARIF: &str = "findings.sarif";
    pub(super) const LINEAGE: &str = "lineage";
    /// Everything that was found, a resource a line.
    const FOUND: &str = "resources.jsonl";

    /// Makes the folder. An earlier scan in it is added to; anything else that is in it stays, and is not mixed with a scan: neither is the
    /// scan of another region.
    pub(super) fn prepare(folder: &Path, region: &str, goes_on: bool) -> Result<Self, CommandError> {
        let files = Self { folder: folder.to_owned() };
        if output::is_of_others(folder, Self::FOUND) {
            return Err(CommandError::OccupiedScan(folder.to_owned()));
        }
        if goes_on && !files.was_begun() {
            return Err(CommandError::Option(
                "no earlier scan in that folder to continue: leave out --resume",
            ));
        }
        if let Some(other) = files.region().filter(|other| other != region) {
            return Err(CommandError::OtherRegion { folder: folder.to_owned(), region: other });
        }
        let pages = files.path(Self::LINEAGE);
        fs::create_dir_all(&pages).map_err(CommandError::unwritable(&pages))?;
        Ok(files)
    }

    /// The region of the earlier scan, as the first resource that it found says.
    fn region(&self) -> Option<String> {
        let first = BufReader::new(File::open(self.path(Self::FOUND)).ok()?).lines().next()?.ok()?;
        let found = serde_json::from_str::<FoundResource>(&first).ok()?;
        found.arn.split(':').nth(3).map(str::to_owned)
    }

    /// Whether a scan has been begun in the folder.
    fn was_begun(&self) -> bool {
        self.path(Self::FOUND).is_file()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The file to which resources are added as the scan finds them; a new scan starts an empty one.
    pub(super) fn found(&self, goes_on: bool) -> Result<BufWriter<File>, CommandError> {
        let path = self.path(Self::FOUND);
        let file = OpenOptions::new().create(true).append(goes_on).write(true).truncate(!goes_on).open(&path);
        Ok(BufWriter::new(file.map_err(CommandError::unwritable(&path))?))
    }

    /// Hands over the found resources, each once: a page that was repeated has its resources twice. If a scan was killed, its last line may
    /// be cut off; that line is left out, because its page is repeated.
    pub(super) fn each_found(
        &self,
        mut take: impl FnMut(FoundResource) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let mut seen = BTreeSet::new();
        let path = self.path(Self::FOUND);
        let file = File::open(&path).map_err(CommandError::unreadable(&path))?;
        for line in BufReader::new(file).lines() {
            let line = line.map_err(CommandError::unreadable(&path))?;
            let Ok(found) = serde_json::from_str::<FoundResource>(&line) else { continue };
            if seen.insert(found.arn.clone()) {
                take(found)?;
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), CommandError> {
        let path = self.path(name);
        fs::write(&path, text).map_err(CommandError::unwritable(&path))
    }

    /// A file that is written piece by piece.
    pub(super) fn create(&self, name: &str) -> Result<BufWriter<File>, CommandError> {
        let path = self.path(name);
        Ok(BufWriter::new(File::create(&path).map_err(CommandError::unwritable(&path))?))
    }

    /// Adds a resource.
    pub(super) fn add(to: &mut impl Write, found: &FoundResource) -> Result<(), CommandError> {
        let line = serde_json::to_string(found).map_err(std::io::Error::from)?;
        Ok(writeln!(to, "{line}")?)
    }
}

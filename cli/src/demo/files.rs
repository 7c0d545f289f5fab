//! The files that a demo leaves behind.

use std::fs;
use std::path::{Path, PathBuf};

use futures::executor::block_on;
use sagewarden_govern::ports::Objects as _;
use sagewarden_govern::{DRIFT_ALERT, FINDING_REWRITTEN, MONITORING_FAILED, RETRAINING_SUGGESTED};
use sagewarden_lineage::s3::S3Location;
use sagewarden_local::{SentNotice, Story, System};
use serde_json::json;

use crate::demo::step::PlayedStep;
use crate::error::CommandError;
use crate::output;

/// The files of a demo in its folder.
pub(crate) struct DemoFiles {
    folder: PathBuf,
}

impl DemoFiles {
    pub(crate) const STORE: &str = "sagewarden.db";
    pub(crate) const PAGE: &str = "lineage.html";
    pub(crate) const FINDINGS: &str = "findings.json";
    pub(crate) const ALERTS: &str = "alerts.json";
    pub(crate) const SETTINGS: &str = "settings.toml";
    pub(crate) const EVENTS: &str = "events";
    pub(crate) const BASELINE: &str = "baseline";
    pub(crate) const CAPTURED: &str = "captured";
    pub(crate) const LABELS: &str = "labels";
    pub(crate) const REPORTS: &str = "reports";
    pub(crate) const GIT: &str = "git";
    /// Says that the other files may be replaced.
    const MARKER: &str = ".sagewarden-demo";

    /// Makes the folder. An earlier demo in it is replaced, file by file; other files stay.
    pub(crate) fn prepare(folder: &Path) -> Result<Self, CommandError> {
        let files = Self { folder: folder.to_owned() };
        if output::is_of_others(folder, Self::MARKER) {
            return Err(CommandError::Occupied(folder.to_owned()));
        }
        if files.path(Self::MARKER).is_file() {
            files.remove_former()?;
        }
        let events = files.path(Self::EVENTS);
        fs::create_dir_all(&events).map_err(CommandError::unwritable(&events))?;
        files
            .write(Self::MARKER, "A demo of Sagewarden: the next one in this folder replaces its files.\n")?;
        Ok(files)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Removes files of an earlier demo that this one would otherwise add to.
    fn remove_former(&self) -> Result<(), CommandError> {
        let mut former: Vec<PathBuf> =
            [Self::STORE, "sagewarden.db-wal", "sagewarden.db-shm"].map(|name| self.path(name)).to_vec();
        let events = self.path(Self::EVENTS).read_dir().into_iter().flatten().flatten();
        former.extend(events.map(|entry| entry.path()).filter(|path| is_numbered(path)));
        for path in former.into_iter().filter(|path| path.is_file()) {
            fs::remove_file(&path).map_err(CommandError::unwritable(&path))?;
        }
        let repository = self.path(Self::GIT).join(format!("{}.git", Story::REPOSITORY));
        let captured = self.path(Self::CAPTURED).join(Story::ENDPOINT);
        for folder in [repository, captured].into_iter().filter(|folder| folder.is_dir()) {
            fs::remove_dir_all(&folder).map_err(CommandError::unwritable(&folder))?;
        }
        Ok(())
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), CommandError> {
        let path = self.path(name);
        fs::write(&path, text).map_err(CommandError::unwritable(&path))
    }
}

/// Whether a file has a name such as `07.json`, as the demo gives it.
fn is_numbered(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    path.extension().is_some_and(|extension| extension == "json")
        && stem.len() >= 2
        && stem.bytes().all(|byte| byte.is_ascii_digit())
}

/// Notices about a model in use, not about how it was made.
const ALERTS: [&str; 4] = [DRIFT_ALERT, FINDING_REWRITTEN, MONITORING_FAILED, RETRAINING_SUGGESTED];

/// Writes the notices, the page, the settings and the events.
pub(crate) fn write_records(
    files: &DemoFiles,
    system: &System,
    steps: &[PlayedStep],
    page: &str,
) -> Result<(), CommandError> {
    let (alerts, findings): (Vec<SentNotice>, Vec<SentNotice>) =
        system.notices.sent()?.into_iter().partition(|notice| ALERTS.contains(&notice.detail_type.as_str()));
    files.write(DemoFiles::FINDINGS, &format!("{:#}\n", json!(findings)))?;
    files.write(DemoFiles::ALERTS, &format!("{:#}\n", json!(alerts)))?;
    files.write(DemoFiles::PAGE, page)?;
    files.write(DemoFiles::SETTINGS, &settings())?;
    for (number, (event, _)) in steps.iter().flat_map(|step| &step.events).enumerate() {
        files.write(&format!("{}/{:02}.json", DemoFiles::EVENTS, number + 1), &format!("{event:#}\n"))?;
    }
    Ok(())
}

/// The settings of the demo: what its environment allows, and how its endpoint is watched.
pub(crate) fn settings() -> String {
    format!("{}{}", Story::SETTINGS, Story::LABEL_SETTINGS)
}

/// The folder of the baseline that the alert names.
fn compared_with(sent: &[SentNotice]) -> Option<S3Location> {
    let constraints = sent.iter().find_map(|notice| notice.detail.pointer("/window/baseline")?.as_str())?;
    S3Location::parse(constraints.rsplit_once('/')?.0)
}

/// The objects of some folders in S3 at the end of the story: the input and output of the drift check.
pub(crate) fn write_objects(files: &DemoFiles, system: &System) -> Result<(), CommandError> {
    const MOST: usize = 1_000;
    let reports = S3Location { bucket: System::EVIDENCE_BUCKET.to_owned(), key: "reports".to_owned() };
    let mut folders = vec![
        (DemoFiles::CAPTURED, Story::captured()),
        (DemoFiles::LABELS, Story::labels()),
        (DemoFiles::REPORTS, reports),
    ];
    folders.extend(compared_with(&system.notices.sent()?).map(|folder| (DemoFiles::BASELINE, folder)));
    for (name, S3Location { bucket, key }) in folders {
        let prefix = format!("{key}/");
        let listing = block_on(system.account.versions(&bucket, &prefix, Story::demo_end(), MOST))?;
        for object in listing.objects {
            let body = block_on(system.account.read_version(&bucket, &object, u64::MAX))?.unwrap_or_default();
            let path = files.path(name).join(object.key.trim_start_matches(&prefix));
            let written =
                path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, body));
            written.map_err(CommandError::unwritable(&path))?;
        }
    }
    Ok(())
}

//! The sources of all pages.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sagewarden_events::Timestamp;
use sagewarden_govern::ports::PortError;
use sagewarden_local::{SimulatedAccount, Store, System};
use sagewarden_policy::Bundle;
use sagewarden_view::explorer::{Address, Frame, Page};

use crate::serve::answered::{Refused, SentPage};
use crate::serve::gathered::{Gathered, Gathering};
use crate::serve::kinds;
use crate::serve::source::{Evidence, ReadTable};

/// The sources of a page.
#[derive(Debug)]
pub(crate) struct Explorer {
    pub(super) rows: ReadTable,
    pub(super) evidence: Evidence,
    pub(super) evidence_bucket: String,
    pub(super) bundle: Bundle,
    /// Whether somebody will be there to answer further requests.
    pub(super) is_live: bool,
    /// What was read of the whole store.
    pub(super) gathering: Gathering,
    /// The file of the store, and which one it was when it was opened.
    pub(super) file: Option<(PathBuf, FileMark)>,
}

/// What distinguishes a file from another one that takes its place: its device and its number there.
pub(super) type FileMark = Option<(u64, u64)>;

fn mark(path: &Path) -> FileMark {
    let found = path.metadata().ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some((found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    Some((0, u64::from(found.is_file())))
}

impl Explorer {
    /// The pages of a store, with these policies and settings.
    pub(crate) fn new(store: Store, bundle: Bundle) -> Self {
        let evidence = Evidence::Local(SimulatedAccount::new(store.clone(), "", ""));
        let evidence_bucket = System::EVIDENCE_BUCKET.to_owned();
        Self {
            rows: ReadTable::Local(store),
            evidence,
            evidence_bucket,
            bundle,
            is_live: true,
            gathering: Gathering::default(),
            file: None,
        }
    }

    /// The same; this is the file of the store.
    pub(super) fn of_file(self, path: &Path) -> Self {
        Self { file: Some((path.to_owned(), mark(path))), ..self }
    }

    /// Refuses to answer from a store that was deleted, or that another one has replaced: what is still open is not what is there.
    pub(super) fn still_there(&self) -> Result<(), Refused> {
        match &self.file {
            Some((path, known)) if mark(path) != *known => Err(Refused::broken(format!(
                "`{}` was deleted or replaced since it was opened: start `sagewarden serve` again",
                path.display()
            ))),
            _ => Ok(()),
        }
    }

    /// Whether the evidence in a bucket is shown. A stack keeps its own in one bucket, and the reader's credentials open others, too.
    pub(super) fn shows(&self, bucket: &str) -> bool {
        self.rows.store().is_some() || bucket == self.evidence_bucket
    }

    pub(super) fn frame(&self, address: &Address) -> Frame {
        Frame { address: address.clone(), is_live: self.is_live, requests: 0 }
    }

    /// A page with the number of requests that it took.
    pub(super) fn shown(
        &self,
        page: &dyn Page,
        address: &Address,
        requests: usize,
    ) -> Result<SentPage, Refused> {
        SentPage::page(page, &Frame { requests, ..self.frame(address) })
    }

    /// A refusal, with the nearest names if nothing is recorded.
    pub(super) fn refused(&self, entity: &str, refused: Refused) -> Refused {
        if refused.status == 404 { self.unknown(entity, refused.trouble.reason) } else { refused }
    }

    /// Nothing is recorded: the names that are nearest may have been meant.
    pub(super) fn unknown(&self, entity: &str, reason: String) -> Refused {
        // If no similar name is found, that is not a second error.
        let meant = kinds::meant(entity);
        let reason = match &meant {
            Some(kind) => format!("{reason}; did you mean the kind `{kind}`?"),
            None => reason,
        };
        Refused::unknown(reason).near(self.near(entity).unwrap_or_default())
    }

    /// The names nearest to an unknown one, with their pages.
    pub(super) fn near(&self, entity: &str) -> Result<Vec<(Address, String)>, PortError> {
        let Some(store) = self.rows.store() else { return Ok(Vec::new()) };
        let names = self.gathered(store)?.names.nearest(&kinds::corrected(entity)).names();
        Ok(names.into_iter().filter_map(|name| Some((entity_page(&name)?, name))).collect())
    }

    /// Reads the whole store before the first page needs that. If it fails, that page tries again and says why.
    pub(super) fn gather_ahead(&self) {
        let _tried_again_later = self.rows.store().map(|store| self.gathered(store));
    }

    /// What pages need of the whole store.
    pub(super) fn gathered(&self, store: &Store) -> Result<Arc<Gathered>, PortError> {
        self.gathering.of(store, self.file.as_ref().map(|(path, _)| path.as_path()))
    }
}

/// The page of an entity as people type it.
pub(super) fn entity_page(entity: &str) -> Option<Address> {
    if entity.starts_with("s3://") {
        return Some(Address::of(["dataset", entity]));
    }
    let (kind, name) = entity.split_once('/')?;
    Some(Address::of([kind, name]))
}

/// The time of a page, or now.
pub(super) fn at(address: &Address) -> Option<Timestamp> {
    let text = address.get("at")?;
    Timestamp::end_of_day(text).or_else(|| Timestamp::from_text(text))
}

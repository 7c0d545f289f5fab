//! What pages need of the whole store: its names, and how many resources fail each control.
//!
//! Reading a large store takes seconds. So the pages of a server show what was gathered last while a thread gathers it again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_local::Store;

use crate::serve::broken::{self, Broken};
use crate::serve::name_index::NameIndex;

/// How long a page waits for what has changed since.
const PATIENCE: Duration = Duration::from_millis(50);

/// What was read of the whole store.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) broken: BTreeMap<String, Broken>,
    pub(super) names: NameIndex,
    /// The version of the store when the reading began.
    version: i64,
    took: Duration,
}

/// Gathers again after somebody has written to the store.
#[derive(Clone, Debug)]
pub(super) struct Gathering {
    state: Arc<Mutex<Progress>>,
    patience: Duration,
}

impl Default for Gathering {
    fn default() -> Self {
        Self { state: Arc::default(), patience: PATIENCE }
    }
}

#[derive(Debug, Default)]
struct Progress {
    last: Option<Arc<Gathered>>,
    is_running: bool,
}

impl Gathering {
    /// What a store has now. What takes longer than a page may wait is what it had before the last writes, if that is known.
    pub(super) fn of(&self, store: &Store, file: Option<&Path>) -> Result<Arc<Gathered>, PortError> {
        let mut state = self.lock();
        let version = store.version()?;
        match (&state.last, file) {
            (Some(last), _) if last.version == version => return Ok(last.clone()),
            (Some(last), Some(file)) if last.took > self.patience => {
                let last = last.clone();
                if !state.is_running {
                    state.is_running = true;
                    let (gathering, file) = (self.clone(), file.to_owned());
                    std::thread::spawn(move || gathering.renew(&file, version));
                }
                return Ok(last);
            }
            _ => {}
        }
        let gathered = Arc::new(match file {
            Some(file) => gather(&opened(file)?, version)?,
            None => gather(store, version)?,
        });
        state.last = Some(gathered.clone());
        Ok(gathered)
    }

    /// If it fails, the next page tries again.
    fn renew(&self, file: &Path, version: i64) {
        let gathered = opened(file).and_then(|store| gather(&store, version));
        let mut state = self.lock();
        state.is_running = false;
        if let Ok(gathered) = gathered {
            state.last = Some(Arc::new(gathered));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection of its own, so that other pages do not wait for this one.
fn opened(file: &Path) -> Result<Store, PortError> {
    Store::open_to_read(file).map_err(|error| {
        PortError::new(PortErrorKind::Unavailable, "open the store once more", error.to_string())
    })
}

fn gather(store: &Store, version: i64) -> Result<Gathered, PortError> {
    let begun = Instant::now();
    let broken = broken::count(store)?;
    let names = NameIndex::of(store)?;
    Ok(Gathered { broken, names, version, took: begun.elapsed() })
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use sagewarden_govern::ports::Table as _;
    use sagewarden_lineage::id::NodeId;
    use sagewarden_lineage::record::Record;
    use sagewarden_lineage::rows::Alias;

    use super::*;

    fn add(store: &Store, name: &str) {
        let mut record = Record::default();
        let id = NodeId::parse(&format!("ep#111122223333/eu-west-1/{name}")).unwrap();
        record.alias(Alias::name("endpoint", name), &id);
        block_on(store.write(&record.writes)).unwrap();
    }

    fn names(gathered: &Gathered) -> usize {
        gathered.names.names("shop", 10).best.len()
    }

    #[test]
    fn a_page_does_not_wait_for_a_large_store_to_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.db");
        let writer = Store::create(&file).unwrap();
        add(&writer, "shop-1");
        let store = Store::open_to_read(&file).unwrap();
        let gathering = Gathering { patience: Duration::ZERO, ..Gathering::default() };
        assert_eq!(names(&gathering.of(&store, Some(file.as_path())).unwrap()), 1);
        add(&writer, "shop-2");
        // The last one at once, and the new one once a thread has read it.
        let first = gathering.of(&store, Some(file.as_path())).unwrap();
        assert_eq!(names(&first), 1);
        while names(&gathering.of(&store, Some(file.as_path())).unwrap()) < 2 {
            std::thread::yield_now();
        }
        // A store that is read quickly is read again before the page.
        let gathering = Gathering { patience: Duration::MAX, ..Gathering::default() };
        assert_eq!(names(&gathering.of(&store, Some(file.as_path())).unwrap()), 2);
        add(&writer, "shop-3");
        assert_eq!(names(&gathering.of(&store, Some(file.as_path())).unwrap()), 3);
    }
}

//! A clock that a test moves. The emulator, and the functions that it runs, see its time instead of the machine's.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use sagewarden_events::Timestamp;
use tempfile::TempDir;

use crate::{Result, now, python};

/// A clock that runs as fast as the machine's, and that a test sets ahead.
#[derive(Debug)]
pub struct MovableClock {
    folder: TempDir,
    library: PathBuf,
    /// Milliseconds between the machine's time and its own.
    ahead: Cell<i64>,
}

impl MovableClock {
    /// A clock that begins at this time.
    ///
    /// # Errors
    /// If the library that gives a process another time cannot be installed.
    pub fn new(time: Timestamp) -> Result<Self> {
        let clock =
            Self { folder: TempDir::new()?, library: python::time_library()?, ahead: Cell::default() };
        clock.set(time)?;
        Ok(clock)
    }

    /// Its time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(now().millis() + self.ahead.get())
    }

    /// Moves it forward to this time. It never runs back.
    ///
    /// # Errors
    /// If the file that the processes read cannot be written.
    pub fn move_to(&self, time: Timestamp) -> Result<()> {
        if time > self.now() { self.set(time) } else { Ok(()) }
    }

    /// The environment of a process that reads this clock ("README", libfaketime). Waits within a process are not affected.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 5] {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        [
            ("LD_PRELOAD", text(self.library.clone())),
            ("FAKETIME_TIMESTAMP_FILE", text(self.file())),
            // Every question for the time reads the file: the clock moves at once.
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("time")
    }

    fn set(&self, time: Timestamp) -> Result<()> {
        self.ahead.set(time.millis() - now().millis());
        let ahead = self.ahead.get();
        let sign = if ahead < 0 { '-' } else { '+' };
        let text = format!("{sign}{}.{:03}\n", ahead.abs() / 1_000, ahead.abs() % 1_000);
        // Replaced as a whole: a process may read it at any moment.
        let next = self.folder.path().join("next");
        fs::write(&next, text)?;
        fs::rename(next, self.file())?;
        Ok(())
    }
}

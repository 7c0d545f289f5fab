//! A clock that a test moves. The emulator, and the functions that it runs, see its time instead of the machine's.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use sagewarden_events::Timestamp;
use tempfile::TempDir;

use crate::{Result, now, python};

/// After a jump of more milliseconds, nobody may act on the time before: signatures and windows would be of another hour.
const LARGE: i64 = 5 * 60_000;
/// By then, every process has read the file again.
const NOTICED: Duration = Duration::from_millis(1_200);

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
            // A process reads the file once a second, and not at every question: while a thread reads it, others get the real time.
            ("FAKETIME_CACHE_DURATION", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("time")
    }

    fn set(&self, time: Timestamp) -> Result<()> {
        let ahead = time.millis() - now().millis();
        let jump = ahead - self.ahead.replace(ahead);
        let sign = if ahead < 0 { '-' } else { '+' };
        let text = format!("{sign}{}.{:03}\n", ahead.abs() / 1_000, ahead.abs() % 1_000);
        // Replaced as a whole: a process may read it at any moment.
        let next = self.folder.path().join("next");
        fs::write(&next, text)?;
        fs::rename(next, self.file())?;
        if jump.abs() >= LARGE {
            sleep(NOTICED);
        }
        Ok(())
    }
}

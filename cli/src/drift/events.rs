//! Captured events, read by as many threads as there are cores.
//!
//! A free thread takes the next piece of the files, reads its events, and waits until the pieces before it are in the windows. So the
//! windows have exactly the same content as with one thread.

use std::sync::{Mutex, PoisonError};
use std::thread;

use indicatif::ProgressBar;
use sagewarden_measure::Issues;
use sagewarden_measure::capture::{CaptureFormat, CaptureHour, CaptureKey, CaptureReader};

use crate::drift::pieces::{Block, FileEnd, Piece, Pieces};
use crate::drift::rows::HourlyRows;
use crate::drift::windows::{NewProfile, Windows};
use crate::input::in_order::InOrder;
use crate::input::parts;
use crate::input::source::Source;
use crate::input::trouble::{Trouble, Unusable};

/// Reads files of events; answers with their faults.
pub(super) fn read(
    files: &[Source],
    format: &CaptureFormat,
    progress: &ProgressBar,
    windows: &mut Windows<'_>,
) -> Vec<Trouble> {
    read_with(parts::threads(), files, format, progress, windows)
}

fn read_with(
    threads: usize,
    files: &[Source],
    format: &CaptureFormat,
    progress: &ProgressBar,
    windows: &mut Windows<'_>,
) -> Vec<Trouble> {
    let new = windows.new_profile();
    let pieces = Mutex::new(Pieces::of(files, progress));
    let events = InOrder::new(Events {
        before: windows.rows(),
        windows,
        issues: Issues::default(),
        lines: 0,
        troubles: Vec::new(),
    });
    let work = || read_pieces(&pieces, &events, format, new);
    thread::scope(|scope| {
        for _ in 1..threads {
            // Without another thread, this one does all the work.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    events.into_inner().troubles
}

/// The part of a thread.
fn read_pieces(
    pieces: &Mutex<Pieces<'_>>,
    events: &InOrder<Events<'_, '_>>,
    format: &CaptureFormat,
    new: NewProfile<'_>,
) {
    let mut reader = CaptureReader::new(format.clone());
    let mut block = Block::default();
    loop {
        let next = pieces.lock().unwrap_or_else(PoisonError::into_inner).next(&mut block);
        let Some(piece) = next else { return };
        let turn = events.turn(piece.number);
        let mut rows = HourlyRows::new(new, hour(piece.source));
        reader.push(block.bytes(), &mut rows);
        let lines = reader.lines();
        let read = ReadPiece { issues: reader.finish(&mut rows), lines, rows };
        turn.take(|events| events.add(piece, read));
    }
}

/// The events of one piece.
struct ReadPiece<'a> {
    rows: HourlyRows<'a>,
    lines: u64,
    issues: Issues,
}

/// The events of all pieces so far.
struct Events<'w, 'b> {
    windows: &'w mut Windows<'b>,
    /// The rows before the file.
    before: u64,
    /// The lines of the file so far.
    lines: u64,
    /// The issues of the file so far.
    issues: Issues,
    troubles: Vec<Trouble>,
}

impl Events<'_, '_> {
    fn add(&mut self, piece: Piece<'_>, read: ReadPiece<'_>) {
        for (hour, rows) in read.rows.into_hours() {
            self.windows.add(hour, &rows);
        }
        self.issues.append(read.issues, self.lines);
        self.lines += read.lines;
        if let Some(FileEnd { stopped }) = piece.end {
            let issues = std::mem::take(&mut self.issues);
            let rows = self.windows.rows() - self.before;
            self.troubles.extend(Trouble::of(piece.source, issues, Unusable::default(), stopped, rows));
            (self.before, self.lines) = (self.windows.rows(), 0);
        }
    }
}

/// When the events of a file were, where its key says it.
fn hour(source: &Source) -> Option<CaptureHour> {
    let Source::Events(path) = source else { return None };
    CaptureKey::parse(&path.to_string_lossy().replace('\\', "/")).map(|key| key.hour)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sagewarden_measure::{Detail, IssueKind};
    use sagewarden_monitor::{Baseline, Mode, SuggestedBaseline};

    use super::*;

    /// The event of a row, which may be damaged, and lies in one of several hours.
    fn event(index: u32) -> String {
        let number = f64::from(index.wrapping_mul(2_654_435_761)) / 7.0;
        let hour = index / 700 + index % 2;
        if index.is_multiple_of(997) {
            return "{\"captureData\":".to_owned();
        }
        format!(
            r#"{{"captureData":{{"endpointInput":{{"data":"{number},plan {}","encoding":"CSV"}}}},"eventMetadata":{{"inferenceTime":"2026-01-01T{hour:02}:00:00Z"}}}}"#,
            index % 5
        )
    }

    #[test]
    fn any_number_of_threads_gives_the_same_to_the_last_bit() {
        let found = SuggestedBaseline::of_csv(
            "n,plan\n1.5,plan 1\n2.5,plan 2\n".as_bytes(),
            sagewarden_measure::csv::Header::FirstRow,
        )
        .unwrap();
        let baseline = Baseline::new(Some(&found.statistics), found.constraints);
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, range: std::ops::Range<u32>| {
            let path = folder.path().join(name);
            fs::write(&path, range.map(event).collect::<Vec<_>>().join("\n")).unwrap();
            Source::Events(path)
        };
        let missing = Source::Events(folder.path().join("missing.jsonl"));
        let files =
            [file("a.jsonl", 0..9_000), missing, file("empty.jsonl", 0..0), file("b.jsonl", 9_000..13_000)];
        let read = |threads| {
            let mut windows = Windows::new(&baseline, Detail::Statistics, Some(Mode::Exact));
            let format = CaptureFormat { fit: Some(baseline.expected_columns()), ..CaptureFormat::default() };
            let troubles = read_with(threads, &files, &format, &ProgressBar::hidden(), &mut windows);
            let (profile, hours) = windows.finish();
            (profile.to_bytes(), format!("{hours:?}"), format!("{troubles:?}"), profile.rows, troubles)
        };
        let one = read(1);
        assert_eq!(one.3, 13_000 - 14);
        let [first, second, third, fourth] = one.4.as_slice() else { panic!("{:?}", one.4) };
        assert_eq!(first.issues.get(IssueKind::NotJson).unwrap().lines, [1, 998, 1_995, 2_992, 3_989]);
        assert!(second.stopped.is_some() && third.is_empty);
        assert_eq!(fourth.issues.get(IssueKind::NotJson).unwrap().lines, [971, 1_968, 2_965, 3_962]);
        for threads in [2, 3, 8] {
            let several = read(threads);
            assert!(several.0 == one.0, "{threads} threads");
            assert_eq!((several.1, several.2), (one.1.clone(), one.2.clone()), "{threads} threads");
        }
    }
}

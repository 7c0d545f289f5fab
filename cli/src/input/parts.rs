//! Tables of CSV, read by as many threads as there are cores.
//!
//! A free thread takes the next lines, reads their rows, and waits until the lines before them are in the whole. So the result has exactly
//! the same content as with one thread. From the first quotation mark on, one thread reads the rest, because a quotation mark may begin a
//! field of several lines.

use std::io::{self, BufRead, Cursor, ErrorKind, Read as _};
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use memchr::{memchr_iter, memrchr};
use sagewarden_measure::csv::{CsvError, CsvLines, CsvTable, LinesRead};
use sagewarden_measure::{Issues, RowSink};

use crate::input::in_order::InOrder;

/// More threads would wait for each other: a third of the work is done one after the other.
const THREADS: usize = 4;
/// Bytes that a thread takes at once, at least. They fit into the cache of a core.
const PIECE: usize = 256 << 10;

/// How many threads share the work.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(THREADS)
}

/// Rows that can be collected in parts.
pub(crate) trait InParts: RowSink + Send {
    type Part: RowSink + Clone + Send + Sync;

    /// A part without rows.
    fn empty_part(&self) -> Self::Part;

    /// Adds the rows of a part after those that were added before, with the result of adding them one by one.
    fn add(&mut self, part: Self::Part);
}

impl<Rows: InParts> InParts for &mut Rows {
    type Part = Rows::Part;

    fn empty_part(&self) -> Self::Part {
        Rows::empty_part(self)
    }

    fn add(&mut self, part: Self::Part) {
        Rows::add(self, part);
    }
}

/// Hands over all rows, and returns the faults of some of them.
pub(super) fn read<Input: BufRead + Send>(
    table: CsvTable<Input>,
    rows: &mut impl InParts,
    threads: usize,
) -> Result<Issues, CsvError> {
    if threads < 2 {
        return table.read_into(rows);
    }
    let rest = table.into_rest(rows)?;
    let pieces = Mutex::new(CsvPieces::of(rest.input, rest.before));
    let empty = rows.empty_part();
    let whole = InOrder::new(Whole { rows, read: rest.read, failed: None });
    let work = || read_pieces(&pieces, rest.lines, &empty, &whole);
    thread::scope(|scope| {
        for _ in 1..threads {
            // Without another thread, this one does all the work.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    let mut whole = whole.into_inner();
    let (input, before) = pieces.into_inner().unwrap_or_else(PoisonError::into_inner).into_rest();
    if whole.failed.is_none() {
        let last = rest.lines.read_into(input, before, whole.rows);
        whole.note(last);
    }
    match whole.failed {
        Some(error) => Err(error),
        None if whole.read.rows == 0 => Err(CsvError::NoRows),
        None => Ok(whole.read.issues),
    }
}

/// The part of a thread.
fn read_pieces<Rows: InParts>(
    pieces: &Mutex<CsvPieces<impl BufRead>>,
    lines: CsvLines,
    empty: &Rows::Part,
    whole: &InOrder<Whole<'_, Rows>>,
) {
    let mut block = Vec::new();
    loop {
        let next = pieces.lock().unwrap_or_else(PoisonError::into_inner).next(&mut block);
        let Some(piece) = next else { return };
        let turn = whole.turn(piece.number);
        let mut part = empty.clone();
        let read = lines.read_into(block.as_slice(), piece.before, &mut part);
        if read.is_err() {
            pieces.lock().unwrap_or_else(PoisonError::into_inner).is_over = true;
        }
        turn.take(|whole| whole.add(part, read));
    }
}

/// The rows that were read so far.
struct Whole<'a, Rows> {
    rows: &'a mut Rows,
    read: LinesRead,
    /// Why nothing more is read.
    failed: Option<CsvError>,
}

impl<Rows: InParts> Whole<'_, Rows> {
    fn add(&mut self, part: Rows::Part, read: Result<LinesRead, CsvError>) {
        if self.failed.is_none() {
            self.rows.add(part);
            self.note(read);
        }
    }

    fn note(&mut self, read: Result<LinesRead, CsvError>) {
        match read {
            Ok(read) => {
                self.read.rows += read.rows;
                self.read.issues.merge(&read.issues);
            }
            Err(error) => self.failed = Some(error),
        }
    }
}

/// Hands out whole lines, one piece after the other.
struct CsvPieces<Input> {
    input: Input,
    /// Bytes that were read and not yet handed out.
    rest: Vec<u8>,
    /// The lines before.
    before: u64,
    next: u64,
    /// Nothing more is handed out.
    is_over: bool,
}

struct CsvPiece {
    /// Its place among all pieces, from 0.
    number: u64,
    /// The lines before it.
    before: u64,
}

impl<Input: BufRead> CsvPieces<Input> {
    fn of(input: Input, before: u64) -> Self {
        Self { input, rest: Vec::new(), before, next: 0, is_over: false }
    }

    /// Puts the next lines into the block. None if there are no more lines, or if the rest cannot be divided.
    fn next(&mut self, block: &mut Vec<u8>) -> Option<CsvPiece> {
        if self.is_over {
            return None;
        }
        block.clear();
        block.append(&mut self.rest);
        let is_more = self.fill(block);
        self.is_over = !matches!(is_more, Ok(true));
        if !self.is_over {
            let end = memrchr(b'\n', block).map_or(0, |end| end + 1);
            self.rest.extend_from_slice(block.get(end..).unwrap_or_default());
            block.truncate(end);
        }
        // If reading fails, this thread stops and leaves the rest to the last reader, which reports the error.
        if is_more.is_err() || block.is_empty() || !CsvLines::can_be_apart(block) {
            self.is_over = true;
            block.append(&mut self.rest);
            std::mem::swap(block, &mut self.rest);
            return None;
        }
        let piece = CsvPiece { number: self.next, before: self.before };
        self.next += 1;
        self.before += memchr_iter(b'\n', block).count() as u64;
        Some(piece)
    }

    /// Whether there may be more after it.
    fn fill(&mut self, block: &mut Vec<u8>) -> io::Result<bool> {
        while block.len() < PIECE {
            match self.input.fill_buf() {
                Ok([]) => return Ok(false),
                Ok(bytes) => {
                    block.extend_from_slice(bytes);
                    let count = bytes.len();
                    self.input.consume(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Bytes that were not yet handed out, and the number of lines before them.
    fn into_rest(self) -> (impl BufRead, u64) {
        (Cursor::new(self.rest).chain(self.input), self.before)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use sagewarden_measure::csv::Header;
    use sagewarden_measure::{Cell, IssueKind, Profile};

    use super::*;

    /// Rows as `baseline` collects them.
    struct Collected(Profile);

    impl RowSink for Collected {
        fn positional(&mut self, cells: &[Cell<'_>]) {
            self.0.positional(cells);
        }

        fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
            self.0.named(cells);
        }
    }

    impl InParts for Collected {
        type Part = Profile;

        fn empty_part(&self) -> Profile {
            Profile::for_header(["n", "plan"]).into_part()
        }

        fn add(&mut self, part: Profile) {
            self.0.merge(&part);
        }
    }

    /// Reads a table; returns its profile, and its issues or its error.
    fn result(text: &[u8], threads: usize) -> (Vec<u8>, u64, Result<Issues, String>) {
        result_of(BufReader::with_capacity(10_000, text), threads)
    }

    fn result_of(input: impl BufRead + Send, threads: usize) -> (Vec<u8>, u64, Result<Issues, String>) {
        let mut rows = Collected(Profile::for_header(["n", "plan"]));
        let read = CsvTable::open(input, Header::FirstRow).and_then(|table| read(table, &mut rows, threads));
        (rows.0.to_bytes(), rows.0.rows, read.map_err(|error| error.to_string()))
    }

    /// More than one piece of rows; one row in a thousand is replaced by this text.
    fn table(end: &str, odd: &str) -> String {
        let row = |index: u32| {
            let number = f64::from(index.wrapping_mul(2_654_435_761)) / 7.0;
            if index % 1_000 == 999 { odd.to_owned() } else { format!("{number},plan {}{end}", index % 5) }
        };
        format!("n,plan{end}") + &(0..16_000).map(row).collect::<String>()
    }

    #[test]
    fn any_number_of_threads_gives_the_same_to_the_last_bit() {
        let late = |text: &str| table("\n", "") + text + &table("\n", "");
        let cases: [(&str, Vec<u8>); 11] = [
            ("plain", table("\n", "1,x\n").into()),
            ("ends of Windows", table("\r\n", "\r\n\r\n1,x\r\n").into()),
            ("ends of old Macs", table("\r", "1,x\r").into()),
            ("ragged", table("\n", "1\n1,2,3\n").into()),
            ("quoted", table("\n", "\"1\",\"two\nlines\"\n").into()),
            ("a quote late", late("1,\"two\nlines\"\n").into()),
            ("a quote that is not closed", late("1,\"two\n").into()),
            ("a zero byte", late("1,\0\n").into()),
            ("no end of the last line", (late("") + "7,last").into()),
            ("no UTF-8", [late("").as_bytes(), b"caf\xe9,1\n", late("").as_bytes()].concat()),
            ("no rows", "n,plan\n".into()),
        ];
        for (what, text) in cases {
            let one = result(&text, 1);
            for threads in [2, 3, 8] {
                assert!(result(&text, threads) == one, "{what}, {threads} threads: {:?}", one.2);
            }
        }
        let long = late(&format!("1,{}\n", "x".repeat(17 << 20)));
        assert!(result(long.as_bytes(), 2) == result(long.as_bytes(), 1));
        let ragged = result(table("\n", "1\n").as_bytes(), 4).2.unwrap();
        assert_eq!(ragged.get(IssueKind::Ragged).unwrap().lines, [1_001, 2_001, 3_001, 4_001, 5_001]);
    }

    /// Gives so many bytes, and then an error.
    struct Breaks<'a>(&'a [u8]);

    impl Read for Breaks<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            match self.0.read(room)? {
                0 => Err(io::Error::other("the cable is out")),
                count => Ok(count),
            }
        }
    }

    #[test]
    fn an_input_that_breaks_off_is_an_error_at_its_line_and_rows_before_count() {
        let text = table("\n", "") + "1,pl";
        let broken = |threads| result_of(BufReader::new(Breaks(text.as_bytes())), threads);
        let (_, rows, read) = broken(1);
        assert_eq!((rows, broken(1)), (15_984, broken(4)));
        assert_eq!(read.unwrap_err(), "line 15986: reading failed: the cable is out");
    }

    #[test]
    fn pieces_are_whole_lines_up_to_the_first_quote() {
        let text = table("\n", "") + "1,\"x\"\n" + &table("\n", "");
        let mut pieces = CsvPieces::of(BufReader::with_capacity(10_000, text.as_bytes()), 7);
        let (mut block, mut seen) = (Vec::new(), String::new());
        while let Some(piece) = pieces.next(&mut block) {
            assert_eq!(piece.before, 7 + seen.matches('\n').count() as u64);
            assert!(block.len() < PIECE + 10_000 && block.ends_with(b"\n"));
            seen += str::from_utf8(&block).unwrap();
        }
        assert!(!seen.is_empty() && !seen.contains('"'));
        let (mut rest, before) = pieces.into_rest();
        assert_eq!(before, 7 + seen.matches('\n').count() as u64);
        rest.read_to_string(&mut seen).unwrap();
        assert_eq!(seen, text);
    }
}

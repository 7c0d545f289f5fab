//! Reads files of captured events, piece by piece.

use std::io::{self, Read};

use memchr::memchr;
use serde_json::value::RawValue;

use super::event::{CapturedEvent, TextPlace, parse};
use super::format::CaptureFormat;
use super::json::Items;
use super::layout::{Layouts, is_plain};
use super::out::Out;
use super::record::RecordSink;
use super::rows::RowReader;
use crate::issues::{IssueKind, Issues};

/// How much of a file is read at once.
const BLOCK: usize = 256 * 1024;

/// Reads one file of captured events after the other. It holds one line, never the file.
///
/// Lines that cannot be used are counted in [`CaptureReader::issues`], by their number in the file; the others are used.
#[derive(Debug, Default)]
pub struct CaptureReader {
    format: CaptureFormat,
    issues: Issues,
    lines: u64,
    events: u64,
    /// The beginning of a line whose end has not arrived yet.
    begun: Vec<u8>,
    /// The line is too long, and its other pieces are dropped.
    skips: bool,
    layouts: Layouts,
    places: Vec<TextPlace>,
    rows: RowReader,
}

impl CaptureReader {
    /// For the events of an endpoint.
    #[must_use]
    pub fn new(format: CaptureFormat) -> Self {
        Self { format, ..Self::default() }
    }

    /// The issues since the file began.
    #[must_use]
    pub fn issues(&self) -> &Issues {
        &self.issues
    }

    /// How many lines of the file have ended.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// How many of them were events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Reads a whole file; returns its issues.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&mut self, mut file: impl Read, sink: &mut dyn RecordSink) -> io::Result<Issues> {
        let mut block = vec![0; BLOCK];
        loop {
            match file.read(&mut block) {
                Ok(0) => return Ok(self.finish(sink)),
                Ok(length) => self.push(block.get(..length).unwrap_or_default(), sink),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes the next piece of a file, cut anywhere.
    pub fn push(&mut self, mut piece: &[u8], sink: &mut dyn RecordSink) {
        while let Some(end) = memchr(b'\n', piece) {
            let (line, rest) = piece.split_at(end);
            piece = rest.get(1..).unwrap_or_default();
            if self.begun.is_empty() && !self.skips {
                self.whole_line(line, false, sink);
            } else {
                self.begin(line);
                self.begun_line(false, sink);
            }
            self.lines += 1;
        }
        self.begin(piece);
    }

    /// Ends the file, and returns its issues. The reader can then be used for another file.
    pub fn finish(&mut self, sink: &mut dyn RecordSink) -> Issues {
        self.begun_line(true, sink);
        self.lines = 0;
        self.events = 0;
        std::mem::take(&mut self.issues)
    }

    /// Keeps the beginning of a line.
    fn begin(&mut self, piece: &[u8]) {
        if self.begun.len() + piece.len() > self.format.max_line {
            self.begun = Vec::new();
            self.skips = true;
        }
        if !self.skips {
            self.begun.extend_from_slice(piece);
        }
    }

    fn begun_line(&mut self, ends_file: bool, sink: &mut dyn RecordSink) {
        if std::mem::take(&mut self.skips) {
            return self.add_issue(IssueKind::LineTooLong);
        }
        let mut line = std::mem::take(&mut self.begun);
        self.whole_line(&line, ends_file, sink);
        line.clear();
        line.shrink_to(BLOCK);
        self.begun = line;
    }

    fn add_issue(&mut self, kind: IssueKind) {
        self.issues.add(kind, self.lines + 1);
    }

    /// `ends_file`: no line end follows the line.
    fn whole_line(&mut self, line: &[u8], ends_file: bool, sink: &mut dyn RecordSink) {
        // With the space at its ends: the length of a line that arrives in pieces is checked before its end is known.
        if line.len() > self.format.max_line {
            return self.add_issue(IssueKind::LineTooLong);
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        let read = if line.starts_with(b"[") { self.list(line, sink) } else { self.event(line, sink) };
        match read {
            Ok(()) => {}
            Err(IssueKind::CutOff) if !ends_file => {
                let hint = || Some("an event has to begin and end on one line".to_owned());
                self.issues.add_with_hint(IssueKind::NotJson, self.lines + 1, hint);
            }
            Err(kind) => self.add_issue(kind),
        }
    }

    /// A list of events, as notebooks write them.
    fn list(&mut self, line: &[u8], sink: &mut dyn RecordSink) -> Result<(), IssueKind> {
        let text = str::from_utf8(line).map_err(|_| IssueKind::NotUtf8)?;
        serde_json::from_str::<&RawValue>(text)
            .map_err(|error| if error.is_eof() { IssueKind::CutOff } else { IssueKind::NotJson })?;
        let mut events = Items::of(0);
        let (mut read, mut faults) = (0, Vec::new());
        while let Some(event) = events.element(line) {
            match self.event(line.get(event).unwrap_or_default(), sink) {
                Ok(()) => read += 1,
                Err(kind) => faults.push(kind),
            }
        }
        if read == 0 {
            return Err(faults.first().copied().unwrap_or(IssueKind::NotAnEvent));
        }
        faults.into_iter().for_each(|kind| self.add_issue(kind));
        Ok(())
    }

    fn event(&mut self, line: &[u8], sink: &mut dyn RecordSink) -> Result<(), IssueKind> {
        let is_plain = is_plain(line);
        let event = match is_plain.then(|| self.layouts.read(line)).flatten() {
            Some(event) => event,
            None => self.parse(line, is_plain)?,
        };
        self.events += 1;
        let (issues, number) = (&mut self.issues, self.lines + 1);
        let mut out = Out { sink, issue: &mut |kind, hint| issues.add_with_hint(kind, number, hint) };
        self.rows.read(&event, &self.format, &mut out);
        Ok(())
    }

    /// The slow way.
    fn parse<'a>(&mut self, line: &'a [u8], is_plain: bool) -> Result<CapturedEvent<'a>, IssueKind> {
        let line = str::from_utf8(line).map_err(|error| match error.error_len() {
            None => IssueKind::CutOff,
            Some(_) => IssueKind::NotUtf8,
        })?;
        let event = parse(line, &mut self.places)?;
        if is_plain {
            self.layouts.learn(line, &event, &mut self.places);
        }
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::CapturedRecord;
    use super::*;

    const EVENT: &str = r#"{"captureData":{"endpointInput":{"data":"1,2","encoding":"CSV"},"endpointOutput":{"data":"3","encoding":"CSV"}}}"#;

    /// Counts records.
    #[derive(Default)]
    struct Counted(usize);

    impl RecordSink for Counted {
        fn record(&mut self, _: &CapturedRecord<'_>) {
            self.0 += 1;
        }
    }

    #[test]
    fn lines_and_events_are_counted_until_the_file_ends() {
        let (mut reader, mut sink) = (CaptureReader::default(), Counted::default());
        reader.push(format!("{EVENT}\n\nnot valid JSON\n{EVENT}\n{EVENT}").as_bytes(), &mut sink);
        assert_eq!((reader.lines(), reader.events(), sink.0), (4, 2, 2));
        assert_eq!(reader.issues().get(IssueKind::NotJson).map(|issue| issue.lines.clone()), Some(vec![3]));
        assert_eq!(reader.finish(&mut sink).count(), 1);
        assert_eq!((reader.lines(), reader.events(), sink.0), (0, 0, 3));
        assert!(reader.issues().is_empty(), "the next file begins anew");
    }

    #[test]
    fn a_line_may_be_as_long_as_is_said_and_no_longer() {
        for (room, read) in [(0, 1), (1, 1)] {
            let format = CaptureFormat { max_line: EVENT.len() + room, ..CaptureFormat::default() };
            let (mut reader, mut sink) = (CaptureReader::new(format), Counted::default());
            assert!(reader.read(EVENT.as_bytes(), &mut sink).unwrap().is_empty());
            assert_eq!(sink.0, read);
        }
        // Whole, and in pieces.
        let format = CaptureFormat { max_line: EVENT.len() - 1, ..CaptureFormat::default() };
        let (mut reader, mut sink) = (CaptureReader::new(format), Counted::default());
        reader.push(format!("{EVENT}\n").as_bytes(), &mut sink);
        EVENT.bytes().for_each(|byte| reader.push(&[byte], &mut sink));
        reader.push(b"\n", &mut sink);
        let issues = reader.finish(&mut sink);
        assert_eq!((sink.0, issues.count()), (0, 2));
        assert_eq!(issues.get(IssueKind::LineTooLong).map(|issue| issue.lines.clone()), Some(vec![1, 2]));
    }

    /// Ends with an error, after one that says nothing.
    struct Broken(Vec<io::ErrorKind>);

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            self.0.pop().map_or(Ok(0), |kind| Err(kind.into()))
        }
    }

    #[test]
    fn a_file_is_read_on_after_an_interruption_and_not_after_an_error() {
        let read = |kinds: &[io::ErrorKind]| {
            CaptureReader::default().read(Broken(kinds.to_vec()), &mut Counted::default())
        };
        assert!(read(&[io::ErrorKind::Interrupted, io::ErrorKind::Interrupted]).is_ok());
        assert!(read(&[io::ErrorKind::UnexpectedEof]).is_err());
    }
}

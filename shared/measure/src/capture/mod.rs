//! Files of captured events (SageMaker data capture), of ground truth, and merges of both: JSON lines.
//!
//! A line is an event, which becomes one row, or several where requests are batches. [`CaptureReader`] takes a file in pieces
//! and hands the rows to a [`RecordSink`]; [`JoinedRows`] makes one of a [`RowSink`](crate::RowSink).
//!
//! Format: "Capture data" and "Ingest ground truth labels" in the SageMaker developer guide, and files that SageMaker wrote.

mod cells;
mod event;
mod format;
mod json;
mod key;
mod layout;
mod part;
mod path;
mod reader;
mod record;
mod rows;
mod text;

pub use format::{CaptureFormat, ColumnOrder};
pub use key::{CaptureHour, CaptureKey};
pub use path::{RowPath, UnreadablePath};
pub use reader::CaptureReader;
pub use record::{CapturedRecord, CapturedRow, JoinedRows, RecordSink};

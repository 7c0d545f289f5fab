//! Files of captured events (SageMaker data capture), of ground truth, and merges of both: JSON lines.
//!
//! A line is an event, which becomes one row, or several where requests are batches. [`CaptureReader`] takes a file in pieces
//! and hands the rows to a [`RecordSink`]; [`JoinedRows`] makes one of a [`RowSink`](crate::RowSink).
//!
//! Format: "Capture data" and "Ingest ground truth labels" in the SageMaker developer guide, and files that SageMaker wrote.

mod batch;
mod cells;
mod columnar;
mod documents;
mod event;
mod failed;
mod fit;
mod format;
mod hint;
mod joined;
mod json;
mod key;
mod layout;
mod npy;
mod out;
mod part;
mod path;
mod reader;
mod record;
mod rows;
mod separator;
mod single_lines;
mod stream;
mod suggest;
mod table;
mod table_error;
mod text;

pub use batch::BatchReader;
pub use fit::ExpectedColumns;
pub use format::{CaptureFormat, ColumnOrder};
pub use key::{CaptureHour, CaptureKey};
pub use path::{RowPath, UnreadablePath};
pub use reader::CaptureReader;
pub use record::{CapturedAnswer, CapturedRecord, CapturedRow, JoinedRows, RecordSink};
pub use table::JsonTable;
pub use table_error::JsonTableError;

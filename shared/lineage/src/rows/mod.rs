//! The rows of the lineage table. There is one type for each kind of row, which knows its key and its attributes, and how to write and read
//! it. No other code spells a key or the name of an attribute.
//!
//! A row type has `key` (from the values that the key depends on), queries that read rows of a partition (`of`, `until`, `between`), a
//! write or `item`, and `parse`, which answers `None` for rows of another kind. [`KINDS`] lists them; the table in ARCHITECTURE.md is made
//! from that list, and a test compares the two.

pub mod node;

mod alias;
mod attempt;
mod call;
mod cause;
mod closure;
mod component;
mod deletion;
mod detail;
mod edge;
mod finding;
mod history;
mod index;
mod kind;
mod labels;
mod observation;
mod pending;
mod receipt;
mod reference;
mod revision;
mod seen;
mod state;
mod sweep;
mod traffic;
mod verdict;
mod waived;
mod window;

#[cfg(test)]
mod reading_tests;
#[cfg(test)]
mod tests;

use crate::table::Item;

pub use alias::{Alias, AliasRow};
pub use attempt::AttemptRow;
pub use call::{CallEffect, CallRow};
pub use cause::{VerdictCause, findings_mark, is_about_verdicts};
pub use closure::{ClosureNode, ClosureRow, LiveRow, UnindexedRow};
pub use component::ComponentRow;
pub use deletion::{DeletedRow, ErasedRow};
pub use detail::{DetailRow, ExplanationRow};
pub use edge::OutEdgeRow;
pub use finding::{FoundControl, FoundRow, OpenFindingRow, SEVERITIES, severity_rank};
pub use history::HistoryRow;
pub use index::{EndpointRow, MadeRow, NewestResult};
pub use kind::{RowKind, earliest, leading_time, millis};
pub use labels::{DueWindowRow, LabelFileRow, LabelledWindowRow};
pub use node::NodeRow;
pub use observation::ObservationRow;
pub use pending::PendingRow;
pub use receipt::{NoticeRow, ReceiptRow, ReceiptState};
pub use reference::{FollowerRow, HeadRow};
pub use revision::{CurrentRow, RevisionRow};
pub use seen::{ArrivedRow, MissedRow, SeenRow};
pub use state::{ApprovalRow, ReachedState, StateRow};
pub use sweep::{SweepRow, SweepTally};
pub use traffic::TrafficRow;
pub use verdict::{ComplianceRow, JudgedRow, JudgementRow, VerdictRow, bundle_mark};
pub use waived::{WaivedControl, WaivedRow, subject_of_finding};
pub use window::{
    CapturedFileRow, ClosedWindowRow, LastCaptureRow, ListeningRow, OpenWindowRow, WindowMark, WindowMarkRow,
};

/// The attributes of a row that name nodes. All its other texts count as words, even if an author made one look like an identity.
#[must_use]
pub fn naming(item: &Item) -> &'static [&'static str] {
    if NodeRow::id_of(&item.key).is_some() {
        &node::NAMING
    } else if RevisionRow::parse(item).is_some()
        || CurrentRow::parse(item).is_some()
        || EndpointRow::parse(item).is_some()
    {
        &RevisionRow::NAMING
    } else if HeadRow::parse(item).is_some() {
        &HeadRow::NAMING
    } else if FollowerRow::parse(item).is_some() {
        &FollowerRow::NAMING
    } else if LiveRow::parse(item).is_some() {
        &LiveRow::NAMING
    } else if AliasRow::parse(item).is_some() {
        &AliasRow::NAMING
    } else if MadeRow::parse(item).is_some() {
        &MadeRow::NAMING
    } else {
        &[]
    }
}

/// Every kind of row, in the order in which a reader should learn them.
pub const KINDS: [RowKind; 54] = [
    NodeRow::KIND,
    DetailRow::KIND,
    ExplanationRow::KIND,
    OutEdgeRow::KIND,
    ObservationRow::KIND,
    StateRow::KIND,
    ApprovalRow::KIND,
    PendingRow::KIND,
    RevisionRow::KIND,
    CurrentRow::KIND,
    ComponentRow::KIND,
    TrafficRow::KIND,
    ClosureRow::KIND,
    LiveRow::KIND,
    UnindexedRow::KIND,
    AliasRow::NAME,
    AliasRow::COMMIT,
    AliasRow::OBJECT,
    EndpointRow::KIND,
    MadeRow::KIND,
    HeadRow::KIND,
    FollowerRow::KIND,
    CallRow::CREATION,
    CallRow::DELETION,
    VerdictRow::KIND,
    JudgementRow::KIND,
    ComplianceRow::KIND,
    HistoryRow::KIND,
    JudgedRow::KIND,
    DeletedRow::KIND,
    OpenFindingRow::KIND,
    WaivedRow::KIND,
    FoundRow::KIND,
    ErasedRow::KIND,
    OpenWindowRow::KIND,
    CapturedFileRow::KIND,
    ClosedWindowRow::KIND,
    WindowMarkRow::METRICS,
    WindowMarkRow::QUALITY,
    WindowMarkRow::GIVEN_UP,
    LabelFileRow::KIND,
    LabelledWindowRow::KIND,
    DueWindowRow::KIND,
    LastCaptureRow::KIND,
    AttemptRow::KIND,
    ListeningRow::KIND,
    SweepRow::KIND,
    SeenRow::KIND,
    MissedRow::KIND,
    ArrivedRow::KIND,
    ArrivedRow::BESIDE,
    ReceiptRow::KIND,
    ReceiptRow::OF_SET,
    NoticeRow::KIND,
];

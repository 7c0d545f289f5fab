//! Which event goes to which use case, and under which function's name: written here and nowhere else.
//!
//! | event | function | use case |
//! |---|---|---|
//! | a push | `record-commit` | record commits and the head of the branch; review the changed files, comment on its last commit |
//! | an API call | `enforce-policy` | judge the resource |
//! | an API call | `record-lineage` | record who called |
//! | a state change | `enforce-policy` | judge the resource |
//! | a state change | `record-lineage` | record its inputs and outputs |
//! | a state change | `detect-drift` | make a baseline of a training job's data |
//! | a state change | `alert-drift` | read the report of a monitoring execution |
//! | a tick of the clock | `enforce-policy` | judge the canary |
//! | a new object | `detect-drift` | judge captured traffic |
//! | a new object | `alert-drift` | read the evaluation of a window, or the report of a monitoring execution |
//! | a tick of the clock | `detect-drift` | close windows that are over |
//! | a tick of the clock | `alert-drift` | look for schedules that did not run, and for traffic that stopped |
//! | a tick of the clock | `reconcile` | look through the account for resources that no event announced |
//! | a part of a tick's work | the function that handed it on | the same for some of the windows, schedules, endpoints or kinds |
//!
//! `infra/template.yaml` brings each function the events that it has a row for. A function answers `None` to any other event.
//! `lookup-lineage` answers questions, and no event: it has no row.

#[cfg(feature = "judging")]
mod deliver;
#[cfg(feature = "judging")]
mod judging;
mod refused;
mod watching;

#[cfg(feature = "judging")]
pub use crate::judging::Judging;
#[cfg(feature = "judging")]
pub use deliver::{Handled, deliver};
#[cfg(feature = "judging")]
pub use judging::{enforce_policy, reconcile, record_commit};
pub use watching::{alert_drift, detect_drift, record_lineage};

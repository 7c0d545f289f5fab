//! Drift: what a monitoring execution found. Pure.

mod violations;

pub use violations::{Severity, UnreadableReport, Violation, Violations};

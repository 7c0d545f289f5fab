//! Attacks, each played over the real use cases by somebody with ordinary permissions. The tests show their result.
//! docs/THREATS.md names the test that holds each row.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is missing")]

#[path = "adversary/baselines.rs"]
mod baselines;
#[path = "adversary/blind.rs"]
mod blind;
#[path = "adversary/crowded.rs"]
mod crowded;
#[path = "adversary/elsewhere.rs"]
mod elsewhere;
#[path = "adversary/erased.rs"]
mod erased;
#[path = "adversary/escaped.rs"]
mod escaped;
#[path = "adversary/hiding.rs"]
mod hiding;
#[path = "adversary/keys.rs"]
mod keys;
#[path = "adversary/labels.rs"]
mod labels;
#[path = "adversary/namesakes.rs"]
mod namesakes;
#[path = "adversary/neighbours.rs"]
mod neighbours;
#[path = "adversary/replaced.rs"]
mod replaced;
#[path = "adversary/reports.rs"]
mod reports;
#[path = "adversary/reworded.rs"]
mod reworded;
#[path = "adversary/scripts.rs"]
mod scripts;
#[path = "adversary/secrets.rs"]
mod secrets;
#[path = "adversary/signed_in.rs"]
mod signed_in;
#[path = "adversary/stages.rs"]
mod stages;
#[path = "adversary/stubborn.rs"]
mod stubborn;
#[path = "adversary/traffic.rs"]
mod traffic;
#[path = "adversary/untagged.rs"]
mod untagged;
#[path = "adversary/windows.rs"]
mod windows;
#[path = "adversary/words.rs"]
mod words;

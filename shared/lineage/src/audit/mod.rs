//! The chain of verdicts, which shows that a verdict was removed or changed.
//!
//! The judgements of a resource ([`JudgementRow`](crate::rows::JudgementRow)) make a chain: each link has a digest over itself and the link
//! before it, so that the last digest depends on all of them. Writes to the table commute, and a judgement that arrives late may belong in
//! the middle of its chain. It then changes the digests after it. Therefore the table stores no chains: they are computed whenever they are
//! read.
//!
//! An [`Anchor`] has the digests of a table at one time. If people who may write the table cannot change the anchor, it shows which
//! verdicts have gone since then ([`Audit::against`]), and distinguishes a late link from a gap. A chain that contradicts itself shows even
//! without an anchor ([`Ledger::finish`]).
//!
//! Digests are SHA-256 over JSON without spaces, in small hexadecimal digits:
//! - the digest of a verdict covers `[partition,"<bundle>#<known>#<mark>",bundle,outcome,checked,findings]`, all of them texts;
//! - the digest of a link covers `[digest of the link before or "","<bundle>#<known>#<mark>",judged at,modified at,digest of the verdict]`,
//!   all of them texts; times are milliseconds in fifteen digits, as in rows;
//! - the digest of an anchor covers lines of `[partition,digest of its last link]`, in the order of the partitions, each with a line feed
//!   after it.

mod anchor;
mod defect;
mod digest;
mod ledger;
mod link;
mod said;

#[cfg(test)]
mod tests;

pub use anchor::{Anchor, AnchoredChain, UnusableAnchor};
pub use defect::{Defect, Problem};
pub use digest::VerdictDigest;
pub use ledger::{Audit, Ledger};
pub use link::{VerdictChain, VerdictLink};

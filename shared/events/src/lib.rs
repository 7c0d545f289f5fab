//! The events of AWS that Sagewarden reacts to, typed and tolerant: Amazon SageMaker state changes, the CloudTrail calls
//! behind them, CodeCommit pushes and S3 objects.
//!
//! An event is a hint: it says that something happened to a named resource. Sagewarden judges and records the description that the service
//! gives of it. So this crate has types only for names, states, times and actors, and for the few words about resources that adapters and
//! policies share.

pub mod address;
mod case;
mod correction;
mod decode;
mod event;
mod git;
mod grant;
mod home;
mod key;
mod kind;
mod resource;
mod secret;
mod status;
mod time;
mod untrusted;
mod watch;

pub use case::{lower_first, to_api_case, to_trail_case};
pub use correction::{Change, Corrections};
pub use decode::{
    Undecodable, decode, effect_of, is_for_the_lineage_alone, known_calls, lineage_calls, state_change_of,
};
pub use event::*;
pub use git::{CommitId, ConsolePage, InvalidCommitId, RefChange, RefKind, Repository};
pub use grant::Grant;
pub use home::Home;
pub use key::KeyManager;
pub use kind::ResourceKind;
pub use resource::{InvalidArn, Resource};
pub use secret::{REDACTED, RedactedText, holds_token, is_secret, redacted, redacted_text};
pub use status::Status;
pub use time::Timestamp;
pub use untrusted::{Markdown, Untrusted};
pub use watch::{WatchPart, WatchScope, Watched};

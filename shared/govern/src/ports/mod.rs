//! The ports of the use cases: small traits, one in each file. Adapters in `shared/aws` call AWS; the adapters in `shared/local` use an
//! embedded store and a simulated account. One suite of contract tests runs over both.

mod account;
mod bus;
mod error;
mod estate;
mod keys;
mod metrics;
mod objects;
mod quarantine;
mod remedies;
mod roles;
mod source;
mod table;

pub use account::{Account, Description, SummaryPage};
pub use bus::{Bus, Notice};
pub use error::{PortError, PortErrorKind};
pub use estate::{Estate, EstatePage, ListedResource, SEARCHED, Wanted, is_newest_first, tag_map};
pub use keys::Keys;
pub use metrics::{Metrics, Monitor, SweptKind, WindowMetrics};
pub use objects::{Files, Listing, ObjectVersion, Objects};
pub use quarantine::{Quarantine, Rejected};
pub use remedies::{ModelUse, Remedies, Stopped};
pub use roles::{Grants, Roles};
pub use source::{ChangedFile, Changes, Comment, Commit, SourceControl};
pub use table::{Claim, Claimed, Table};

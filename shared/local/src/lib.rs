//! The embedded default: the same ports on one machine. One SQLite file holds the lineage table with the same keys as on DynamoDB, a
//! simulated SageMaker account with versioned objects, and a log of published notices. The source code is in real git repositories.

mod account;
mod announce;
mod comments;
mod components;
mod each;
mod estate;
mod fault;
mod git;
mod guarded;
mod keys;
mod lifecycle;
mod log;
mod model_file;
mod monitoring;
mod objects;
mod pipelines;
mod policies;
mod references;
mod remedies;
mod roles;
mod shape;
mod store;
mod story;
mod system;
mod table;

pub use account::SimulatedAccount;
pub use comments::PostedComment;
pub use fault::Fault;
pub use git::{GitError, LocalGit, NewCommit};
pub use guarded::{Call, Counts, Fate, Guard, Guarded};
pub use log::{NoticeLog, QuarantineLog, SentNotice};
pub use model_file::{Stump, model_archive};
pub use references::MovedReference;
pub use store::{Store, StoreError};
pub use story::{Clock, Step, Story, StoryError, StoryMoment};
pub use system::{LocalWorld, System};

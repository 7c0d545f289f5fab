//! A commit with the facts that the repository has about it.

use sagewarden_events::{CommitId, Repository};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::node::{AUTHOR, DATE, EMAIL, MERGE, MESSAGE, PARENTS};
use sagewarden_lineage::table::{Attributes, Value};

use crate::ports::Commit;

/// An item holds 400 KB; a message of this length is still read by people.
const MAX_MESSAGE: usize = 10_000;

/// Adds a commit that the repository has, and who pushed it where that is known; returns its node.
pub(crate) fn record_commit_node(
    record: &mut Record,
    repository: &Repository,
    commit: &Commit,
    pusher: Option<&str>,
) -> NodeId {
    record.commit(repository, &commit.id, facts(commit), pusher)
}

fn facts(commit: &Commit) -> Attributes {
    let message: String = commit.message.chars().take(MAX_MESSAGE).collect();
    let mut facts = Attributes::from([
        (AUTHOR.into(), commit.author_name.clone().into()),
        (EMAIL.into(), commit.author_email.clone().into()),
        (MESSAGE.into(), message.into()),
    ]);
    // DynamoDB takes empty texts outside keys, but an absent fact is the clearer statement.
    facts.retain(|_, value| *value != Value::Text(String::new()));
    if let Some(time) = commit.authored_at {
        facts.insert(DATE.into(), time.millis().into());
    }
    if !commit.parents.is_empty() {
        let parents: Vec<&str> = commit.parents.iter().map(CommitId::as_str).collect();
        facts.insert(PARENTS.into(), parents.join(" ").into());
    }
    if commit.parents.len() > 1 {
        facts.insert(MERGE.into(), i64::try_from(commit.parents.len()).unwrap_or(i64::MAX).into());
    }
    facts
}

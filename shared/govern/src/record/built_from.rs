//! The commit that a job or deployment was built from: the commit that somebody named, else the head of the branch when it was
//! created.

use sagewarden_events::Repository;
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::{CommitClaim, Observation};
use sagewarden_lineage::record::{Record, SOURCE};
use sagewarden_lineage::rows::{FollowerRow, HeadRow};
use sagewarden_lineage::table::Write;

use crate::ports::{Commit, PortError, SourceControl, Table};
use crate::record::commit::record_commit_node;
use crate::world::World;

/// Links an observed resource to its commit. `claimed` is the resource's own claim. Returns the commit that
/// somebody named, if the repository has it.
pub(crate) async fn link_commit(
    world: &impl World,
    record: &mut Record,
    seen: &Observation,
    claimed: (Option<CommitClaim>, Option<Repository>),
) -> Result<Option<Commit>, PortError> {
    let (claim, repository) = claimed;
    if let (None, Some((found_by, text))) = (&claim, seen.unclear.first()) {
        let what = format!(
            "its {} names commit `{text}`, which is not a whole commit id: name all 40 digits",
            found_by.word()
        );
        record.gap(&seen.id, &found_by.role(), what);
    }
    match (claim, repository) {
        (Some(claim), Some(repository)) => {
            return link_claim(world.source(), record, seen, &claim, &repository).await;
        }
        (Some(CommitClaim { commit, found_by }), None) => {
            let source = found_by.word();
            let what =
                format!("its {source} names commit `{commit}` but no repository: add a tag `Repository`");
            record.gap(&seen.id, SOURCE, what);
        }
        (None, Some(repository)) => {
            let branch = &world.settings().lineage.branch;
            infer_commit(world.table(), record, seen, &repository, branch).await?;
        }
        (None, None) => {
            record.gap(&seen.id, SOURCE, "no commit: add the tags `CommitId` and `Repository`");
        }
    }
    Ok(None)
}

async fn link_claim(
    source: &impl SourceControl,
    record: &mut Record,
    seen: &Observation,
    claim: &CommitClaim,
    repository: &Repository,
) -> Result<Option<Commit>, PortError> {
    let CommitClaim { commit, found_by } = claim;
    let id = NodeId::commit(repository, commit);
    let found = source.commit(repository, commit).await?;
    match &found {
        Some(found) => drop(record_commit_node(record, repository, found, None)),
        None => {
            let (source, name) = (found_by.word(), &repository.name);
            let what =
                format!("its {source} names commit `{commit}`, which repository `{name}` does not have");
            record.gap(&seen.id, id.as_str(), what);
        }
    }
    record.edge(&seen.id, &InEdge::new(Relation::ContributedTo, found_by.role(), id));
    Ok(found)
}

async fn infer_commit(
    table: &impl Table,
    record: &mut Record,
    seen: &Observation,
    repository: &Repository,
    branch: &str,
) -> Result<(), PortError> {
    let reference = NodeId::reference(repository, &format!("refs/heads/{branch}"));
    let created_at = seen.created_at;
    let follower = FollowerRow { reference: reference.clone(), created_at, id: seen.id.clone() };
    // Written before the heads are read: a push that comes meanwhile finds the follower, or is found.
    table.write(&[Write::Put(follower.item())]).await?;
    let newest = table.query(&HeadRow::until(&reference, created_at).at_most(1)).await?;
    if let Some(head) = newest.items.first().and_then(HeadRow::parse) {
        record.inferred(&seen.id, &head.version(), head.commit.as_ref().map(NodeId::as_str));
    }
    Ok(())
}

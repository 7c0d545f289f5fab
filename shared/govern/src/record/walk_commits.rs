//! The commits of a push: the ancestors of the new head that are not ancestors of the old head, as `git rev-list old..new` lists them.
//!
//! Each commit takes a call. So the walk goes from the newest commit to the oldest, as git does, and ends as soon as no further commit can
//! belong to the push. It cannot end at the old head, because the second parent of a merge may branch off before it. Like git, the walk
//! trusts the dates of commits. If a commit is older than its own parent, it may count as part of the push although the old head leads to
//! it.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use sagewarden_events::{CommitId, Repository, Timestamp};

use crate::ports::{Commit, PortError, SourceControl};

/// Calls for a push that says where the branch pointed before: a minute has room for ten of them.
pub(crate) const MAX_LOOKUPS: usize = 100;
/// The most calls if no earlier head is known. Only new commits should be read, but nothing marks where they end: on an old repository,
/// every new branch would cost [`MAX_LOOKUPS`] calls for commits that were recorded long ago. The walk must not ask the table about them,
/// because the answer depends on the events delivered so far.
pub(crate) const MAX_WITHOUT_OLD: usize = 20;

/// The commits of a push.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// The new head; `None` if the repository does not have it.
    pub(crate) new: Option<Commit>,
    /// Those that are new, the newest first. The new head is not among them when the branch went back to it.
    pub(crate) commits: Vec<Commit>,
    /// False when there may be more.
    pub(crate) complete: bool,
    /// Whether the old head is known, and the repository has it.
    pub(crate) has_old: bool,
    /// Whether the new head leads to the old one; `None` when that did not turn out.
    pub(crate) leads_to_old: Option<bool>,
}

/// Walks from `new` back to `old`.
///
/// # Errors
/// When the repository does not answer.
pub(crate) async fn walk(
    source: &impl SourceControl,
    repository: &Repository,
    new: &CommitId,
    old: Option<&CommitId>,
) -> Result<Walk, PortError> {
    let mut history = History { source, repository, left: MAX_LOOKUPS, read: BTreeMap::new(), whole: true };
    if !history.read(new).await? {
        return Ok(Walk::default());
    }
    // Most pushes are one commit on top of the head before: nothing else needs to be asked.
    if let Some(old) = old.filter(|old| *old == new || history.parents(new) == [(*old).clone()]) {
        let new = history.read.remove(new);
        let commits = new.iter().filter(|commit| commit.id != *old).cloned().collect();
        return Ok(Walk { new, commits, complete: true, has_old: true, leads_to_old: Some(true) });
    }
    let mut known = None;
    if let Some(old) = old
        && history.read(old).await?
    {
        known = Some(old);
    }
    if known.is_none() {
        history.left = history.left.min(MAX_WITHOUT_OLD - 1);
        history.whole = true;
    }
    let mut search = CommitSearch::from(new, known, &history);
    while let Some((_, id)) = search.queue.pop() {
        let parents = history.parents(&id);
        search.visit(&id, &parents, &history);
        for parent in parents {
            if search.seen.insert(parent.clone()) && history.read(&parent).await? {
                search.queue.push((history.date(&parent), parent));
            }
        }
        if history.left == 0 && !history.whole || search.is_settled(&history) {
            break;
        }
    }
    let leads_to_old = known.map(|_| search.reached_old).filter(|reached| *reached || history.whole);
    let new = history.read.get(new).cloned();
    let CommitSearch { visited, of_old, .. } = search;
    let commits: Vec<Commit> =
        visited.iter().filter(|id| !of_old.contains(id)).filter_map(|id| history.read.remove(id)).collect();
    Ok(Walk { new, commits, complete: history.whole, has_old: known.is_some(), leads_to_old })
}

/// The commits of a repository that were read.
struct History<'a, S> {
    source: &'a S,
    repository: &'a Repository,
    /// Calls that may still be made.
    left: usize,
    read: BTreeMap<CommitId, Commit>,
    /// False once a commit could not be read: no calls were left, or the repository does not have it.
    whole: bool,
}

impl<S: SourceControl> History<'_, S> {
    /// Reads a commit; false if none is left.
    async fn read(&mut self, id: &CommitId) -> Result<bool, PortError> {
        if self.read.contains_key(id) {
            return Ok(true);
        }
        let mut found = None;
        if self.left > 0 {
            self.left -= 1;
            found = self.source.commit(self.repository, id).await?;
        }
        self.whole &= found.is_some();
        Ok(found.map(|commit| self.read.insert(id.clone(), commit)).is_some())
    }

    fn parents(&self, id: &CommitId) -> Vec<CommitId> {
        self.read.get(id).map(|commit| commit.parents.clone()).unwrap_or_default()
    }

    fn date(&self, id: &CommitId) -> Option<Timestamp> {
        self.read.get(id).and_then(|commit| commit.committed_at)
    }
}

/// The walk so far.
struct CommitSearch {
    /// Read, and to be visited: the newest first.
    queue: BinaryHeap<(Option<Timestamp>, CommitId)>,
    /// Everything that was ever in the queue, or could not be read.
    seen: BTreeSet<CommitId>,
    /// Visited while nothing was known of the old head leading there; that may have turned out since.
    visited: Vec<CommitId>,
    /// The old head and the known commits behind it.
    of_old: BTreeSet<CommitId>,
    old: Option<CommitId>,
    /// Whether the new head leads to the old one. A commit between the two is never of the old head, so it is visited.
    reached_old: bool,
}

impl CommitSearch {
    fn from<S: SourceControl>(new: &CommitId, old: Option<&CommitId>, history: &History<'_, S>) -> Self {
        let start = || [new].into_iter().chain(old);
        Self {
            queue: start().map(|id| (history.date(id), id.clone())).collect(),
            seen: start().cloned().collect(),
            visited: Vec::new(),
            of_old: old.cloned().into_iter().collect(),
            old: old.cloned(),
            reached_old: false,
        }
    }

    fn visit<S: SourceControl>(&mut self, id: &CommitId, parents: &[CommitId], history: &History<'_, S>) {
        if !self.of_old.contains(id) {
            self.visited.push(id.clone());
            self.reached_old |= self.old.as_ref().is_some_and(|old| parents.contains(old));
            return;
        }
        // A commit may be visited before the walk learns that it belongs to the old head. Then its parents belong to it, too.
        let mut of_old = parents.to_vec();
        while let Some(next) = of_old.pop() {
            if self.of_old.insert(next.clone()) {
                of_old.extend(history.parents(&next));
            }
        }
    }

    /// Whether no commit in the queue can change the answer: all of them belong to the old head, and are older than every commit that they
    /// might lead to.
    fn is_settled<S: SourceControl>(&self, history: &History<'_, S>) -> bool {
        if self.queue.iter().any(|(_, id)| !self.of_old.contains(id)) {
            return false;
        }
        let above = self.above_old(history);
        let open = self.visited.iter().filter(|id| !self.of_old.contains(id) && !above.contains(id));
        let oldest = open.map(|id| history.date(id)).min();
        let newest = self.queue.peek().map(|(date, _)| *date);
        oldest.zip(newest).is_none_or(|(oldest, newest)| newest < oldest)
    }

    /// The commits that lead to the old head, which therefore cannot lead to them.
    fn above_old<S: SourceControl>(&self, history: &History<'_, S>) -> BTreeSet<CommitId> {
        let mut above: BTreeSet<CommitId> = self.old.iter().cloned().collect();
        loop {
            let more: Vec<CommitId> = self
                .visited
                .iter()
                .filter(|id| !above.contains(id))
                .filter(|id| history.parents(id).iter().any(|parent| above.contains(parent)))
                .cloned()
                .collect();
            if more.is_empty() {
                return above;
            }
            above.extend(more);
        }
    }
}

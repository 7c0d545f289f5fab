//! A push: Sagewarden judges the requests in it before anybody runs them, and comments on the commit.
//!
//! It judges the files that the push added or changed and that [`intake`] knows: requests, descriptions and pipeline definitions in JSON. A
//! repository holds other JSON, too: that is passed over, and unreadable files are named.

mod comment;
mod reviewed;

use sagewarden_events::{CommitId, RefKind, ReferenceChanged, Repository, Resource, Timestamp};
use sagewarden_lineage::rows::bundle_mark;
use sagewarden_policy::intake::{self, Candidate, Lines, Unusable};
use sagewarden_policy::{Bundle, Finding, Subject, judge};
use sha2::{Digest, Sha256};

use crate::bundle::{BundleInForce, KeepBundle};
use crate::notify::{Kept, Moment, Receipt};
use crate::outcome::{Done, Outcome};
use crate::ports::{ChangedFile, Comment, PortError, SourceControl};
use crate::record::push::RecordedPush;
use crate::review::reviewed::{FileLine, MAX_BYTES, MAX_FILES, MAX_REQUESTS, Review, ReviewedRequest};
use crate::world::World;

/// Differences that are listed of a push. A larger one is a new repository or an import.
const MAX_CHANGES: usize = 3_000;

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReviewCommit<'a, W> {
    /// Where the files, the comment and its receipt are.
    pub(crate) world: &'a W,
    /// The bundle in force when a push is reviewed. The same bundle will judge the jobs of that push.
    pub(crate) in_force: &'a BundleInForce,
}

/// A push, with the commit that it is compared with.
struct Push<'a> {
    repository: &'a Repository,
    time: Timestamp,
    before: Option<&'a CommitId>,
    after: &'a CommitId,
    parent: Option<&'a CommitId>,
}

impl<W: World> ReviewCommit<'_, W> {
    /// Judges the files that a push to a branch changed, and comments once on its last commit. A tag names a commit that was judged
    /// on its branch.
    ///
    /// # Errors
    /// Retries when the repository, the table or the bucket of the bundle do not answer, or refuse.
    pub(crate) async fn review(
        &self,
        push: &ReferenceChanged,
        recorded: &RecordedPush,
        moment: &Moment,
    ) -> Outcome {
        let (RefKind::Branch, Some(after)) = (push.kind, &push.commit) else {
            return Ok(Done::Nothing("only commits on branches are judged".to_owned()));
        };
        let repository = &push.repository;
        let (before, parent) = (recorded.base.as_ref(), recorded.parent.as_ref());
        let push = Push { repository, time: push.time, before, after, parent };
        let Some(changes) = self.world.source().changes(repository, before, after, MAX_CHANGES).await? else {
            let text = format!("commit {} cannot be compared: it or the one before is gone", after.short());
            return Ok(Done::Nothing(text));
        };
        let files: Vec<ChangedFile> = changes.files.into_iter().filter(is_json).collect();
        if files.is_empty() && changes.complete {
            return Ok(Done::Nothing("no JSON file changed: there is nothing to judge".to_owned()));
        }
        // Looked up only now: most pushes bring nothing that is judged.
        let bundle = &*KeepBundle { world: self.world, in_force: self.in_force }.bundle(moment).await?;
        let cause = cause(bundle, &push);
        let Some(receipt) = Receipt::claim(self.world.table(), moment, &cause).await? else {
            return Ok(Done::Nothing("the commit has its comment".to_owned()));
        };
        match self.judge_and_comment(bundle, &push, &files, changes.complete, &cause).await {
            Ok(Some(summary)) => {
                receipt.settle(self.world.table(), Kept::ForReplays).await?;
                Ok(Done::Acted(format!("commented on it: {summary}")))
            }
            Ok(None) => {
                receipt.give_back(self.world.table()).await?;
                Ok(Done::Nothing("nothing that can be judged changed".to_owned()))
            }
            Err(error) => {
                receipt.give_back(self.world.table()).await?;
                Err(error.into())
            }
        }
    }

    /// Returns the comment in a few words; `None` when nothing could be judged, and nothing was posted. If files were not read, there may
    /// have been something to judge: the comment says so in any case.
    async fn judge_and_comment(
        &self,
        bundle: &Bundle,
        push: &Push<'_>,
        files: &[ChangedFile],
        complete: bool,
        cause: &str,
    ) -> Result<Option<String>, PortError> {
        let unread = files.len().saturating_sub(MAX_FILES);
        let mut review = Review { unread, complete, ..Review::default() };
        for file in files.iter().take(MAX_FILES) {
            match self.world.source().content(push.repository, file, MAX_BYTES).await? {
                Some(content) => judge_file(bundle, push, &file.path, &content, &mut review),
                None => review.too_large.push(file.path.clone()),
            }
        }
        if review.is_empty() {
            return Ok(None);
        }
        let text = comment::text(&review, bundle, &push.repository.account);
        let comment = Comment {
            repository: push.repository,
            parent: push.parent,
            commit: push.after,
            token: &token(cause),
            text: &text,
        };
        self.world.source().post(&comment).await?;
        Ok(Some(comment::summary(&review).as_str().to_owned()))
    }
}

/// The subject of a comment: the push, as this bundle judges it.
fn cause(bundle: &Bundle, push: &Push<'_>) -> String {
    let Repository { account, region, name } = push.repository;
    let before = push.before.map_or("nothing", CommitId::as_str);
    let bundle = bundle_mark(bundle.hash());
    format!("comment#{account}#{region}#{name}#{before}#{}#{bundle}", push.after)
}

/// Adds the requests in a file. JSON of an unknown form is passed over.
fn judge_file(bundle: &Bundle, push: &Push<'_>, path: &str, content: &[u8], review: &mut Review) {
    let Ok(text) = str::from_utf8(content) else { return review.unreadable.push(path.to_owned()) };
    let intake = match intake::read(text) {
        Ok(intake) => intake,
        Err(Unusable::NotJson(_)) => return review.unreadable.push(path.to_owned()),
        Err(unusable @ Unusable::NearlyKnown) => return review.note(path, unusable.to_string()),
        Err(_) => return,
    };
    let file = PushedFile { path, lines: Lines::of_json(text) };
    for candidate in intake.candidates {
        if review.requests.len() < MAX_REQUESTS {
            review.requests.push(judge_candidate(bundle, push, &file, candidate));
        } else {
            review.more_requests += 1;
        }
    }
    for note in intake.undecided.into_iter().chain(intake.passed_over) {
        review.note(path, note);
    }
}

/// A file of a push, with its lines.
struct PushedFile<'a> {
    path: &'a str,
    lines: Lines<'a>,
}

impl PushedFile<'_> {
    /// Where a finding stands.
    fn line(&self, push: &Push<'_>, candidate: &Candidate, finding: &Finding) -> Option<FileLine> {
        let fields: Vec<&str> = finding.field.split(", ").collect();
        let number = usize::try_from(self.lines.place(candidate, &fields).line?).ok()?;
        Some(FileLine { number, page: push.repository.line_page(push.after, self.path, number) })
    }
}

/// If the file names no account or region, the request is judged for those of the repository.
fn judge_candidate(
    bundle: &Bundle,
    push: &Push<'_>,
    file: &PushedFile<'_>,
    mut candidate: Candidate,
) -> ReviewedRequest {
    let or = |own: &str, other: &str| if own.is_empty() { other.to_owned() } else { own.to_owned() };
    let own = &candidate.resource;
    let account = or(&own.account, &push.repository.account);
    let region = or(&own.region, &push.repository.region);
    candidate.resource = Resource::in_region(own.kind, &account, &region, &own.name);
    let joined = candidate.joined();
    let bare = candidate.bare();
    let Candidate { resource, document, place, .. } = candidate;
    // As of the push, whatever time the file names: the verdict is the same whenever it is made.
    let subject = Subject { resource: &resource, document: &document, as_of: push.time, joined: &joined };
    let verdict = judge(bundle, &subject);
    let lines = verdict.findings.iter().map(|finding| file.line(push, &bare, finding)).collect();
    ReviewedRequest { path: file.path.to_owned(), place, resource, verdict, lines }
}

fn is_json(file: &ChangedFile) -> bool {
    file.path.to_ascii_lowercase().ends_with(".json")
}

/// CodeCommit's idempotency token: a comment that was posted by somebody who died before the receipt was settled is not
/// posted again. In the form that the SDKs give it, a UUID; how long CodeCommit remembers it is not documented.
fn token(cause: &str) -> String {
    let digest: String = Sha256::digest(cause).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let lengths = [8, 4, 4, 4, 12];
    let mut digits = digest.chars();
    lengths.map(|length| digits.by_ref().take(length).collect::<String>()).join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_function_of_its_cause_in_the_form_of_a_uuid() {
        assert_eq!(token("a"), "ca978112-ca1b-bdca-fac2-31b39a23dc4d");
        assert_ne!(token("a"), token("b"));
    }
}

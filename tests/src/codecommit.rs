//! CodeCommit's answers out of git repositories, in the words of its API model.

use base64::prelude::{BASE64_STANDARD, Engine};
use sagewarden_events::CommitId;
use sagewarden_govern::ports::{Comment, Commit};
use sagewarden_local::{GitError, LocalGit};
use serde_json::{Value, json};

use crate::now;
use crate::wire::{Answer, caller, fault, text};

/// Entries of a page when the caller does not say: few, so that small repositories have several pages.
const PAGE: u64 = 5;

/// Answers a call.
pub(crate) fn answer(git: &LocalGit, operation: &str, body: &Value) -> Answer {
    if operation == "ListRepositories" {
        return list_repositories(git);
    }
    let repository = text(body, "repositoryName");
    if !git.path(repository).exists() {
        return Err(fault("RepositoryDoesNotExistException", format!("{repository} does not exist")));
    }
    match operation {
        "GetCommit" => get_commit(git, body),
        "GetDifferences" => get_differences(git, body),
        "GetBlob" => get_blob(git, body),
        "PostCommentForComparedCommit" => post_comment(git, body),
        _ => Err(fault("UnknownOperationException", format!("the simulator does not know `{operation}`"))),
    }
}

fn list_repositories(git: &LocalGit) -> Answer {
    let unreadable = |error: std::io::Error| fault("InternalFailure", error.to_string());
    let any = git.path("any");
    let folder = any.parent().ok_or_else(|| fault("InternalFailure", "the repositories have no folder"))?;
    let mut repositories = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.to_string_lossy().strip_suffix(".git").map(str::to_owned);
        repositories.extend(name.map(|name| json!({ "repositoryName": name, "repositoryId": name })));
    }
    Ok(json!({ "repositories": repositories }))
}

fn get_commit(git: &LocalGit, body: &Value) -> Answer {
    let id =
        commit_id(body, "commitId")?.ok_or_else(|| fault("CommitIdRequiredException", "no commit ID"))?;
    let commit = find(git, body, &id, "CommitIdDoesNotExistException")?;
    let seconds = commit.authored_at.map_or(0, |time| time.millis() / 1000);
    let person = json!({ "name": commit.author_name, "email": commit.author_email, "date": format!("{seconds} +0000") });
    Ok(json!({ "commit": {
        "commitId": id.as_str(),
        "parents": commit.parents.iter().map(CommitId::as_str).collect::<Vec<_>>(),
        "message": commit.message,
        "author": person,
        "committer": person,
        "additionalData": "",
    } }))
}

/// The token is the number of entries that came before.
fn get_differences(git: &LocalGit, body: &Value) -> Answer {
    let before = commit_id(body, "beforeCommitSpecifier")?;
    let after = commit_id(body, "afterCommitSpecifier")?
        .ok_or_else(|| fault("CommitRequiredException", "no commit specifier"))?;
    let changed = git.changed(text(body, "repositoryName"), before.as_ref(), &after).map_err(failure)?;
    let changed = changed.ok_or_else(|| fault("CommitDoesNotExistException", "Commit does not exist."))?;
    let number = |text: &str| text.parse::<usize>().unwrap_or_default();
    let from = number(text(body, "NextToken"));
    let size = body.get("MaxResults").and_then(Value::as_u64).unwrap_or(PAGE);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let difference = |file: &sagewarden_govern::ports::ChangedFile| {
        // The earlier content is left out: no caller needs it.
        json!({ "changeType": "M", "afterBlob": { "blobId": file.blob, "path": file.path, "mode": "100644" } })
    };
    let page: Vec<Value> = changed.iter().skip(from).take(size).map(difference).collect();
    let mut answer = json!({ "differences": page });
    if let (true, Some(answer)) = (from + size < changed.len(), answer.as_object_mut()) {
        answer.insert("NextToken".into(), (from + size).to_string().into());
    }
    Ok(answer)
}

fn get_blob(git: &LocalGit, body: &Value) -> Answer {
    let blob = git.blob(text(body, "repositoryName"), text(body, "blobId")).map_err(failure)?;
    let blob = blob.ok_or_else(|| fault("BlobIdDoesNotExistException", "Blob ID does not exist."))?;
    Ok(json!({ "content": BASE64_STANDARD.encode(blob) }))
}

fn post_comment(git: &LocalGit, body: &Value) -> Answer {
    let (content, token) = (text(body, "content"), text(body, "clientRequestToken"));
    let parent = commit_id(body, "beforeCommitId")?;
    let after = commit_id(body, "afterCommitId")?;
    let required = || fault("CommitIdRequiredException", "A commit ID is required.");
    let after = after.ok_or_else(required)?;
    let commit = find(git, body, &after, "CommitDoesNotExistException")?;
    match &parent {
        None if !commit.parents.is_empty() => return Err(required()),
        Some(parent) if *parent == after => {
            return Err(fault("BeforeCommitIdAndAfterCommitIdAreSameException", "The commits are the same."));
        }
        Some(parent) => drop(find(git, body, parent, "CommitDoesNotExistException")?),
        None => {}
    }
    if content.is_empty() {
        return Err(fault("CommentContentRequiredException", "The comment is empty."));
    }
    if content.chars().count() > Comment::MAX_CHARACTERS {
        return Err(fault("CommentContentSizeLimitExceededException", "The comment is too large."));
    }
    let posted = git.comment(text(body, "repositoryName"), parent.as_ref(), &after, token, content);
    let posted = posted.map_err(failure)?;
    if posted.text != content || posted.parent != parent || posted.commit != after {
        return Err(fault("IdempotencyParameterMismatchException", "The token has been used."));
    }
    let seconds = now().millis() / 1000;
    Ok(json!({
        "repositoryName": text(body, "repositoryName"),
        "beforeCommitId": parent.as_ref().map(CommitId::as_str),
        "afterCommitId": after.as_str(),
        "comment": {
            "commentId": format!("{}:{}", posted.number, after.short()),
            "content": posted.text,
            "creationDate": seconds,
            "lastModifiedDate": seconds,
            "authorArn": caller().arn,
            "deleted": false,
            "clientRequestToken": posted.token,
        },
    }))
}

fn commit_id(body: &Value, field: &str) -> Result<Option<CommitId>, sagewarden_local::Fault> {
    match text(body, field) {
        "" => Ok(None),
        id => CommitId::parse(id)
            .map(Some)
            .map_err(|error| fault("InvalidCommitIdException", error.to_string())),
    }
}

fn find(
    git: &LocalGit,
    body: &Value,
    id: &CommitId,
    missing: &str,
) -> Result<Commit, sagewarden_local::Fault> {
    let found = git.find(text(body, "repositoryName"), id).map_err(failure)?;
    found.ok_or_else(|| fault(missing, "Commit ID does not exist."))
}

fn failure(error: GitError) -> sagewarden_local::Fault {
    fault("InternalFailure", error.to_string())
}

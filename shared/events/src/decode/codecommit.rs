//! CodeCommit's two forms of a push: the EventBridge event ("Monitoring CodeCommit events", CodeCommit user guide) and the
//! older repository trigger ("Manage triggers for a repository").

use super::envelope::Envelope;
use super::error::Undecodable;
use super::field::Fields;
use crate::event::{Event, ReferenceChanged};
use crate::git::{CommitId, RefChange, RefKind, Repository};

pub(super) fn reference_changed(envelope: &Envelope, detail: &Fields<'_>) -> Result<Event, Undecodable> {
    let what = detail.required("event")?;
    let change = match what.as_str() {
        "referenceCreated" => RefChange::Created,
        "referenceUpdated" => RefChange::Updated,
        "referenceDeleted" => RefChange::Deleted,
        _ => return Ok(envelope.not_ours(&what)),
    };
    let kind = match detail.required("referenceType")?.as_str() {
        "branch" => RefKind::Branch,
        "tag" => RefKind::Tag,
        other => return Ok(envelope.not_ours(other)),
    };
    let commit = commit(detail, "commitId")?;
    if change != RefChange::Deleted && commit.is_none() {
        return Err(detail.missing("commitId"));
    }
    Ok(Event::ReferenceChanged(ReferenceChanged {
        repository: Repository {
            account: envelope.account.clone(),
            region: envelope.region.clone(),
            name: detail.required("repositoryName")?,
        },
        change,
        kind,
        name: detail.required("referenceName")?,
        // The event of a deletion may repeat the commit that the reference pointed to. But the reference is gone.
        commit: commit.filter(|_| change != RefChange::Deleted),
        old_commit: self::commit(detail, "oldCommitId")?,
        caller: detail.text("callerUserArn"),
        time: envelope.time,
    }))
}

/// `Records[].codecommit.references[]`
pub(super) fn trigger(records: &[Fields<'_>]) -> Result<Vec<Event>, Undecodable> {
    let mut events = Vec::new();
    for record in records {
        let source = record.required("eventSource")?;
        if source != "aws:codecommit" {
            events.push(Event::NotOurs { source, detail_type: "Records".to_owned() });
            continue;
        }
        let repository = repository(record)?;
        let time = record.required_time("eventTime")?;
        let codecommit = record.object("codecommit").ok_or_else(|| record.missing("codecommit"))?;
        for reference in codecommit.list("references").unwrap_or_default() {
            let full = reference.required("ref")?;
            let named = [("refs/heads/", RefKind::Branch), ("refs/tags/", RefKind::Tag)]
                .into_iter()
                .find_map(|(prefix, kind)| Some((kind, full.strip_prefix(prefix)?.to_owned())));
            let Some((kind, name)) = named else { continue };
            let flag = |name: &str| reference.get(name).and_then(serde_json::Value::as_bool) == Some(true);
            let change = match (flag("deleted"), flag("created")) {
                (true, _) => RefChange::Deleted,
                (_, true) => RefChange::Created,
                _ => RefChange::Updated,
            };
            let commit = commit(&reference, "commit")?;
            if change != RefChange::Deleted && commit.is_none() {
                return Err(reference.missing("commit"));
            }
            events.push(Event::ReferenceChanged(ReferenceChanged {
                repository: repository.clone(),
                change,
                kind,
                name,
                commit: commit.filter(|_| change != RefChange::Deleted),
                old_commit: None,
                caller: record.text("userIdentityARN"),
                time,
            }));
        }
    }
    Ok(events)
}

/// `arn:aws:codecommit:<region>:<account>:<repository>`
fn repository(record: &Fields<'_>) -> Result<Repository, Undecodable> {
    let arn = record.required("eventSourceARN")?;
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "codecommit", region, account, name] if !name.is_empty() => Ok(Repository {
            account: (*account).to_owned(),
            region: (*region).to_owned(),
            name: (*name).to_owned(),
        }),
        _ => Err(record.invalid("eventSourceARN", &arn.clone().into(), "the ARN of a repository")),
    }
}

fn commit(fields: &Fields<'_>, name: &str) -> Result<Option<CommitId>, Undecodable> {
    let Some(text) = fields.text(name) else { return Ok(None) };
    match CommitId::parse(&text) {
        Ok(id) => Ok(Some(id)),
        Err(_) => Err(fields.invalid(name, &text.into(), "a commit id of 40 hexadecimal digits")),
    }
}

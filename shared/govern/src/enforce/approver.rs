//! Who approved a model package: SageMaker says who changed it last, CloudTrail says who approved it.
//!
//! The next person (or job) that changes an approved package replaces the approver in the description. So Sagewarden also judges the caller
//! of the approving call, and the stricter of both verdicts counts.

use sagewarden_events::CallMade;
use sagewarden_lineage::rows::{VerdictRow, millis};
use sagewarden_policy::{FindingStatus, Verdict};
use serde_json::{Value as Json, json};

use crate::ports::{PortError, Table};

/// Whether a call approved the package.
pub(crate) fn approves(call: &CallMade) -> bool {
    call.request.get("modelApprovalStatus").and_then(Json::as_str) == Some("Approved")
}

/// The description of an approved package right after this call; `None` if the present description says the same about the caller, or more.
pub(super) fn as_approved(document: &Json, call: &CallMade) -> Option<Json> {
    let arn = call.actor.arn.as_deref()?;
    let is_approved = document.get("ModelApprovalStatus").and_then(Json::as_str) == Some("Approved");
    let last = document.pointer("/LastModifiedBy/IamIdentity/Arn").and_then(Json::as_str);
    if !is_approved || !approves(call) || last == Some(arn) {
        return None;
    }
    let identity = match &call.actor.source_identity {
        Some(source_identity) => json!({ "Arn": arn, "SourceIdentity": source_identity }),
        None => json!({ "Arn": arn }),
    };
    let mut approved = document.clone();
    approved.as_object_mut()?.insert("LastModifiedBy".to_owned(), json!({ "IamIdentity": identity }));
    Some(approved)
}

/// Whether the approval of a call has been withdrawn since, so that the present approval is another one. Events come late, and repeatedly.
pub(super) async fn was_withdrawn(
    table: &impl Table,
    pk: &str,
    bundle: &str,
    call: &CallMade,
) -> Result<bool, PortError> {
    let row = table.get(&[VerdictRow::key(pk, bundle)]).await?.pop();
    let given = millis(call.time);
    Ok(row.is_some_and(|row| row.set(VerdictRow::CHANGED).any(|withdrawn| withdrawn >= given.as_str())))
}

/// The stricter of two verdicts on one resource.
pub(super) fn stricter(one: Verdict, other: Verdict) -> Verdict {
    let strictness = |verdict: &Verdict| {
        let count = |status| verdict.findings.iter().filter(|finding| finding.status == status).count();
        (count(FindingStatus::Violation), count(FindingStatus::Unknown), count(FindingStatus::Waived))
    };
    if strictness(&other) > strictness(&one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use sagewarden_events::Event;

    use super::*;

    fn call(arn: Option<&str>, status: &str) -> CallMade {
        let identity = arn.map_or_else(
            || json!({}),
            |arn| json!({ "type": "AssumedRole", "arn": arn, "sessionContext": { "sourceIdentity": "ana" } }),
        );
        let event = json!({
            "id": "1", "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail", "account": "111122223333",
            "region": "eu-west-1", "time": "2026-03-02T09:00:00Z", "detail": {
                "eventSource": "sagemaker.amazonaws.com", "eventName": "UpdateModelPackage",
                "eventTime": "2026-03-02T09:00:00Z", "userIdentity": identity,
                "requestParameters": {
                    "modelPackageArn": "arn:aws:sagemaker:eu-west-1:111122223333:model-package/credit/1",
                    "modelApprovalStatus": status,
                },
            },
        });
        match sagewarden_events::decode(&event.to_string()).unwrap().remove(0) {
            Event::CallMade(call) => call,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_giver_of_the_standing_approval_replaces_a_later_person() {
        let document = |status: &str, last: &str| {
            json!({
                "ModelApprovalStatus": status,
                "LastModifiedBy": { "UserProfileArn": "p", "IamIdentity": { "Arn": last } },
            })
        };
        let approved = as_approved(&document("Approved", "job"), &call(Some("ana"), "Approved")).unwrap();
        let expect = json!({ "IamIdentity": { "Arn": "ana", "SourceIdentity": "ana" } });
        assert_eq!(approved["LastModifiedBy"], expect);
        for (status, last, call) in [
            ("Approved", "ana", call(Some("ana"), "Approved")),
            ("Approved", "job", call(Some("ana"), "Rejected")),
            ("Approved", "job", call(None, "Approved")),
            ("PendingManualApproval", "job", call(Some("ana"), "Approved")),
        ] {
            assert_eq!(as_approved(&document(status, last), &call), None, "{status} {last} {call:?}");
        }
    }
}

//! Requests that open an existing resource to others: they have a policy, and say nothing else about the resource.

use sagewarden_events::ResourceKind;
use serde_json::{Value as Json, json};

use super::account::resource;
use super::candidate::Candidate;
use crate::join::{Joined, OperationAnswer};
use crate::later::{later, mark_incomplete};

/// An operation that opens a resource, the kind of the resource, and the operation that answers with the policy.
type Opening = (&'static str, ResourceKind, &'static str);

const OPENINGS: [Opening; 2] = [
    ("PutEndpointPolicy", ResourceKind::Endpoint, "GetEndpointPolicy"),
    ("PutModelPackageGroupPolicy", ResourceKind::ModelPackageGroup, "GetModelPackageGroupPolicy"),
];

/// The field of the policy, in requests and answers.
const POLICY: &str = "ResourcePolicy";
/// What clients in Python put beside an answer.
const BESIDE: &str = "ResponseMetadata";

/// The resource that a call opens.
pub(super) fn of_call(call: &str, request: &Json) -> Option<Candidate> {
    let opening = OPENINGS.iter().find(|(operation, ..)| *operation == call)?;
    candidate(opening, request)
}

/// The resource of a bare request to open it, or of the answer that shows its policy.
pub(super) fn of_request(document: &Json) -> Option<Candidate> {
    let fields = document.as_object().filter(|fields| fields.contains_key(POLICY))?;
    let is_one = |(_, kind, _): &&Opening| {
        let known = [kind.name_field(), kind.arn_field(), POLICY, BESIDE];
        fields.keys().all(|field| known.contains(&field.as_str()))
    };
    candidate(OPENINGS.iter().find(is_one)?, document)
}

/// Only the policy is judged: the rest of the resource is not in the request.
fn candidate((_, kind, operation): &Opening, request: &Json) -> Option<Candidate> {
    let name = kind.name_in(request)?;
    let arn = request.get(kind.arn_field()).cloned().unwrap_or_else(|| later(None));
    let own = resource(*kind, &name, request);
    let mut document = json!({ kind.name_field(): name, kind.arn_field(): arn });
    mark_incomplete(&mut document);
    let mut candidate = Candidate::new(own, document);
    let answer = json!({ POLICY: request.get(POLICY) });
    candidate.known = Joined::from([((*operation).to_owned(), OperationAnswer::Documents(vec![answer]))]);
    Some(candidate)
}

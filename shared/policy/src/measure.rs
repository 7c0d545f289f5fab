//! The parts of a verdict one by one, for the benchmark; no part of the interface.

use sagewarden_events::Resource;

use crate::action::Action;
use crate::bundle::Bundle;
use crate::bundle_error::BundleError;
use crate::facts::{Context, Facts, attributes};
use crate::join::{Joined, tags};
use crate::judge::Subject;
use crate::reader::UnreadablePaths;

/// The attributes of the entity that is judged.
#[must_use]
pub fn facts(bundle: &Bundle, subject: &Subject<'_>) -> Facts {
    let Subject { resource, document, joined, .. } = *subject;
    let unreadable = UnreadablePaths::default();
    let settings = bundle.settings();
    let context = Context { resource, document, joined, settings, unreadable: &unreadable };
    attributes(&context).unwrap_or_default()
}

/// Cedar's part: the entities, and the ids of the policies that forbid.
///
/// # Errors
/// When an evaluation fails.
pub fn decide(
    bundle: &Bundle,
    resource: &Resource,
    joined: &Joined,
    facts: Facts,
) -> Result<Vec<String>, String> {
    let rules = bundle.rules(resource.kind, Action::Run).ok_or("there are no controls for this kind")??;
    rules.evaluate(&resource.account, &resource.arn(), facts, &tags(joined))
}

/// The built-in bundle, where every kind is judged with the policies of all kinds: what is saved by sorting them.
///
/// # Errors
/// Never in a tested build.
pub fn unsorted() -> Result<Bundle, BundleError> {
    Bundle::unsorted()
}

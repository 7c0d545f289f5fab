//! The names in a store: a bare name finds the one entity that has it, and an unknown one those that are nearest to it.

use std::collections::BTreeSet;

use sagewarden_events::Resource;
use sagewarden_govern::NoAnswer;
use sagewarden_govern::ports::PortError;
use sagewarden_lineage::rows::{Alias, AliasRow, JudgedRow};
use sagewarden_local::Store;

use crate::error::CommandError;
use crate::input::nearest::Nearest;
use crate::serve::kinds;

/// The fewest digits that find a commit.
const COMMIT_DIGITS: usize = 7;

/// The one entity with a bare name, as `KIND/NAME`. A name that several entities have is refused, and the error lists them.
pub(super) fn completed(store: &Store, entity: &str) -> Result<String, CommandError> {
    let (name, time) = match entity.split_once('@') {
        Some((name, time)) => (name, Some(time)),
        None => (entity, None),
    };
    if name.contains(['/', ':', '#']) {
        return Ok(entity.to_owned());
    }
    let mut found = with_name(store, name)?;
    found.sort();
    found.dedup();
    match found.as_slice() {
        [] => Ok(entity.to_owned()),
        [one] => Ok(time.map_or_else(|| one.clone(), |time| format!("{one}@{time}"))),
        several => {
            Err(NoAnswer::Ambiguous { entity: entity.to_owned(), candidates: several.to_vec() }.into())
        }
    }
}

/// A kind that has names, and the name; names of versions, spaces and apps have slashes themselves.
pub(crate) fn with_kind(entity: &str) -> Option<(&str, &str)> {
    entity.split_once('/').filter(|(kind, _)| kinds::named().any(|known| known == *kind))
}

/// Whether a resource has the name in a question, and its kind if the question says one.
pub(crate) fn called(entity: &str) -> impl Fn(&Resource) -> bool {
    let (kind, name) = with_kind(entity).map_or((None, entity), |(kind, name)| (Some(kind), name));
    move |resource| {
        resource.name.eq_ignore_ascii_case(name) && kind.is_none_or(|kind| resource.kind.segment() == kind)
    }
}

/// The ARN of the resource of this kind and name, or of this name, that was judged; none if several have it.
pub(super) fn judged(store: &Store, entity: &str) -> Result<Option<String>, PortError> {
    let is_it = called(entity);
    let mut found = BTreeSet::new();
    store.each_within(JudgedRow::PREFIX, |item| {
        let row = JudgedRow::parse(&item);
        let resource = row.and_then(|row| Resource::parse_arn(&row.arn).ok());
        found.extend(resource.filter(&is_it).map(|resource| resource.arn()));
        true
    })?;
    Ok(found.pop_first().filter(|_| found.is_empty()))
}

/// The refusal of a question, with the nearest names if the store does not know the entity.
pub(super) fn refused(store: &Store, refusal: NoAnswer) -> CommandError {
    let entity = match &refusal {
        NoAnswer::Unaddressable(entity) | NoAnswer::Unknown(entity) => entity,
        _ => return refusal.into(),
    };
    match near(store, entity) {
        Ok(Some(hint)) => CommandError::UnknownEntity { entity: entity.clone(), hint },
        // The refusal is the answer. If no similar name is found, that is not a second error.
        Ok(None) | Err(_) => refusal.into(),
    }
}

fn with_name(store: &Store, name: &str) -> Result<Vec<String>, PortError> {
    let lower = name.to_lowercase();
    let is_commit = lower.len() >= COMMIT_DIGITS && lower.chars().all(|digit| digit.is_ascii_hexdigit());
    let mut found = Vec::new();
    each_address(store, |address, row| match &row.alias {
        Alias::Name { name, .. } if *name == lower => found.push(address),
        Alias::Commit { .. } if is_commit && row.id.commit_id().is_some_and(|id| id.starts_with(&lower)) => {
            found.push(format!("commit/{lower}"));
        }
        _ => {}
    })?;
    Ok(found)
}

/// `did you mean ...?`
fn near(store: &Store, entity: &str) -> Result<Option<String>, PortError> {
    let mut near = NearNames::to(entity);
    each_address(store, |address, row| match &row.alias {
        Alias::Name { .. } => near.name(&address),
        Alias::Commit { digits } => near.commit(digits),
        Alias::Object { .. } => near.object(&address),
    })?;
    Ok(near.nearest.question())
}

/// Collects the names that are nearest to one that a store does not know. The same name of another kind goes before another name. An entity
/// without a kind is compared with names alone.
pub(crate) struct NearNames {
    pub(crate) nearest: Nearest,
    has_kind: bool,
    /// The name without its kind, in lower case.
    pub(crate) bare: String,
}

impl NearNames {
    pub(crate) fn to(entity: &str) -> Self {
        let name = with_kind(entity).or_else(|| entity.rsplit_once('/')).map(|(_, name)| name);
        let bare = with_kind(entity).map_or(entity, |(_, name)| name).to_lowercase();
        Self { nearest: Nearest::to(entity), has_kind: name.is_some(), bare }
    }

    /// Considers a name, as `<kind>/<name>`.
    pub(crate) fn name(&mut self, address: &str) {
        match address.split_once('/').map(|(_, name)| name) {
            Some(name) if name == self.bare => self.nearest.prefer(address),
            Some(name) if !self.has_kind => self.nearest.consider(name, address),
            _ => self.nearest.consider(address, address),
        }
    }

    /// Considers a commit by its first digits.
    pub(crate) fn commit(&mut self, digits: &str) {
        let address = format!("commit/{digits}");
        self.nearest.consider(if self.has_kind { &address } else { digits }, &address);
    }

    /// Considers an object, as `s3://<bucket>/<key>`.
    pub(crate) fn object(&mut self, address: &str) {
        self.nearest.consider(address, address);
    }
}

/// Hands over every alias in a store, each in the form that people type.
fn each_address(store: &Store, mut each: impl FnMut(String, &AliasRow)) -> Result<(), PortError> {
    for partition in AliasRow::PARTITIONS {
        store.each_within(partition, |item| {
            if let Some(row) = AliasRow::parse(&item) {
                each(address(&row), &row);
            }
            true
        })?;
    }
    Ok(())
}

fn address(row: &AliasRow) -> String {
    match &row.alias {
        Alias::Name { kind, name } => format!("{kind}/{name}"),
        Alias::Commit { digits } => format!("commit/{digits}"),
        Alias::Object { bucket, key, .. } => format!("s3://{bucket}/{key}"),
    }
}

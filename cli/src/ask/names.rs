//! The names in a store: a bare name finds the one entity that has it, and an unknown one those that are nearest to it.

use std::collections::BTreeSet;

use sagewarden_events::Resource;
use sagewarden_govern::NoAnswer;
use sagewarden_govern::ports::PortError;
use sagewarden_lineage::rows::{Alias, AliasRow, JudgedRow};
use sagewarden_local::Store;

use crate::error::CommandError;
use crate::input::nearest::Nearest;

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

/// The ARN of the resource of this kind and name, or of this name, that was judged; none if several have it.
pub(crate) fn judged(store: &Store, entity: &str) -> Result<Option<String>, PortError> {
    let (kind, name) = entity.rsplit_once('/').map_or((None, entity), |(kind, name)| (Some(kind), name));
    let mut found = BTreeSet::new();
    store.each_within(JudgedRow::PREFIX, |item| {
        let row = JudgedRow::parse(&item);
        let resource = row.and_then(|row| Resource::parse_arn(&row.arn).ok());
        let is_it = |resource: &Resource| {
            resource.name.eq_ignore_ascii_case(name)
                && kind.is_none_or(|kind| resource.kind.segment() == kind)
        };
        found.extend(resource.filter(is_it).map(|resource| resource.arn()));
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
    each_address(store, usize::MAX, |address, row| match &row.alias {
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
    Ok(nearest(store, entity, usize::MAX)?.question())
}

/// The names that are nearest to one that the store does not know. The same name of another kind goes before another name. An entity without
/// a kind is compared with names alone. No more than `most` names of each form are looked at.
pub(crate) fn nearest(store: &Store, entity: &str, most: usize) -> Result<Nearest, PortError> {
    let mut nearest = Nearest::to(entity);
    let asked = entity.rsplit_once('/').map(|(_, name)| name);
    let bare = asked.unwrap_or(entity).to_lowercase();
    each_address(store, most, |address, row| match &row.alias {
        Alias::Name { name, .. } if *name == bare => nearest.prefer(&address),
        Alias::Name { name, .. } if asked.is_none() => nearest.consider(name, &address),
        Alias::Commit { digits } if asked.is_none() => nearest.consider(digits, &address),
        _ => nearest.consider(&address, &address),
    })?;
    Ok(nearest)
}

/// Hands over every alias in a store, each in the form that people type.
fn each_address(
    store: &Store,
    most: usize,
    mut each: impl FnMut(String, &AliasRow),
) -> Result<(), PortError> {
    for partition in AliasRow::PARTITIONS {
        let mut looked = 0;
        store.each_within(partition, |item| {
            looked += 1;
            if let Some(row) = AliasRow::parse(&item) {
                each(address(&row), &row);
            }
            looked < most
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

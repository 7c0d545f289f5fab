//! Baselines that a process has read: each version once, however many files, windows and endpoints use it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_measure::{MissingTexts, Refusals};
use sagewarden_monitor::{Baseline, Constraints, Statistics};
use sagewarden_settings::{DetectSettings, DetectedEndpoint};
use sha2::{Digest, Sha256};

use super::attempt::Attempt;
use super::baseline_place::BaselinePlace;
use super::memory::{MAX_FILE, too_much, too_wide};
use crate::notify::Moment;
use crate::outcome::Failure;
use crate::ports::{Objects, PortError};
use crate::world::World;

/// How many bytes of files the held baselines may have; the least recently used goes first.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A baseline that was found, and read.
#[derive(Debug)]
pub(super) struct FoundBaseline {
    /// Ready to be compared with.
    pub(super) baseline: Rc<Baseline>,
    /// Where it is.
    pub(super) place: BaselinePlace,
    /// A digest of both files and of how they are read: profiles belong to the baseline whose columns they have.
    pub(super) digest: String,
}

impl FoundBaseline {
    /// The same baseline, with the settings for its columns. Columns that it does not have may belong to another
    /// deployment.
    pub(super) fn adjusted(&self, said: &DetectedEndpoint) -> Self {
        let (baseline, _) = Baseline::clone(&self.baseline).ignoring(&said.ignore);
        let thresholds = said.thresholds.iter().map(|(name, threshold)| (name.as_str(), threshold.number()));
        let (baseline, _) = baseline.with_thresholds(thresholds);
        Self { baseline: Rc::new(baseline), place: self.place.clone(), digest: self.digest.clone() }
    }
}

/// The entity tags of both files; `None` for a file that does not exist.
type FileVersions = [Option<String>; 2];

/// The contents of two files.
#[derive(Clone, Debug)]
struct ReadBaseline {
    baseline: Rc<Baseline>,
    digest: String,
    /// The size of both files.
    bytes: usize,
}

#[derive(Debug)]
struct Held {
    read: ReadBaseline,
    /// Counts all uses.
    used: u64,
}

/// The baselines that a process holds, by the places and versions of their files.
#[derive(Debug, Default)]
pub(super) struct ReadBaselines(RefCell<BTreeMap<HeldKey, Held>>);

/// Where a baseline is and how it is read, and the versions of its files.
type HeldKey = (String, FileVersions);

impl ReadBaselines {
    /// The baseline in a place; `None` if there is none.
    ///
    /// # Errors
    ///
    /// Rejects files that cannot be used; retries when a service does not answer.
    pub(super) async fn read(
        &self,
        world: &impl World,
        place: BaselinePlace,
        moment: &Moment,
    ) -> Result<Option<FoundBaseline>, Failure> {
        let version = versions(world, &place).await?;
        let key = key(&place, &version, &world.settings().drift.detect);
        let read = match self.get(&key) {
            Some(held) => Some(held),
            None => noted(world, &place, moment).await?.inspect(|read| self.hold(key, read)),
        };
        Ok(read.map(|ReadBaseline { baseline, digest, .. }| FoundBaseline { baseline, place, digest }))
    }

    fn get(&self, key: &HeldKey) -> Option<ReadBaseline> {
        let mut held = self.0.borrow_mut();
        let used = next(&held);
        let found = held.get_mut(key)?;
        found.used = used;
        Some(found.read.clone())
    }

    fn hold(&self, key: HeldKey, read: &ReadBaseline) {
        let mut held = self.0.borrow_mut();
        let used = next(&held);
        held.insert(key, Held { read: read.clone(), used });
        while held.values().map(|each| each.read.bytes).sum::<usize>() > MAX_BYTES {
            let oldest = held.iter().min_by_key(|(_, each)| each.used).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            held.remove(&oldest);
        }
    }
}

fn next(held: &BTreeMap<HeldKey, Held>) -> u64 {
    held.values().map(|each| each.used).max().unwrap_or_default() + 1
}

/// Texts for missing values and phrases of refusal belong to the key, because a baseline is read with them.
fn key(place: &BaselinePlace, version: &FileVersions, settings: &DetectSettings) -> HeldKey {
    let DetectSettings { missing_texts, refusals, .. } = settings;
    let statistics = place.statistics.as_ref().map(ToString::to_string).unwrap_or_default();
    (format!("{} {statistics} {missing_texts:?} {refusals:?}", place.constraints), version.clone())
}

/// Which versions of the files lie at a place now.
///
/// # Errors
/// When S3 does not answer, or does not say.
async fn versions(world: &impl World, place: &BaselinePlace) -> Result<FileVersions, PortError> {
    let tag = async |at: &S3Location| world.objects().entity_tag(&at.bucket, &at.key).await;
    let constraints = tag(&place.constraints).await?;
    let statistics = match &place.statistics {
        Some(at) if constraints.is_some() => tag(at).await?,
        _ => None,
    };
    Ok([constraints, statistics])
}

/// Reads a baseline, and notes the attempt: nothing limits how much memory somebody else's file takes.
async fn noted(
    world: &impl World,
    place: &BaselinePlace,
    moment: &Moment,
) -> Result<Option<ReadBaseline>, Failure> {
    let attempt = Attempt::begin(world.table(), &place.constraints.to_string(), moment).await?;
    let read = read_files(world, place).await;
    attempt.end(world.table(), read.is_ok()).await?;
    read
}

async fn read_files(world: &impl World, place: &BaselinePlace) -> Result<Option<ReadBaseline>, Failure> {
    let Some(constraints) = file(world, &place.constraints).await? else { return Ok(None) };
    let statistics = match &place.statistics {
        Some(at) => file(world, at).await?,
        None => None,
    };
    let DetectSettings { missing_texts, refusals, .. } = &world.settings().drift.detect;
    let (missing, refusals) = (missing_texts.as_deref(), refusals.as_deref());
    let digest = Sha256::new()
        .chain_update(&constraints)
        .chain_update(statistics.as_deref().unwrap_or_default())
        .chain_update(missing.map(|missing| format!("{missing:?}")).unwrap_or_default())
        .chain_update(refusals.map(|refusals| format!("refusals {refusals:?}")).unwrap_or_default());
    let digest = hex(&digest.finalize()).chars().take(16).collect();
    let unreadable = |at: &S3Location, error: &dyn std::fmt::Display| {
        Failure::Reject(format!("the baseline `{at}` cannot be used: {error}"))
    };
    let does_not_fit = |at: &S3Location, why: String| {
        unreadable(at, &format!("{why}, which does not fit into the memory of detect-drift"))
    };
    for (at, json) in
        [(Some(&place.constraints), Some(&constraints)), (place.statistics.as_ref(), statistics.as_ref())]
    {
        if let Some((at, why)) = at.zip(json.and_then(|json| too_much(json))) {
            return Err(does_not_fit(at, why));
        }
    }
    let bytes = constraints.len() + statistics.as_ref().map_or(0, Vec::len);
    let read = Constraints::parse(&constraints).map_err(|error| unreadable(&place.constraints, &error))?;
    if let Some(why) = too_wide(read.features.len()) {
        return Err(does_not_fit(&place.constraints, why));
    }
    drop(constraints);
    let statistics = match (&statistics, &place.statistics) {
        (Some(bytes), Some(at)) => Some(Statistics::parse(bytes).map_err(|error| unreadable(at, &error))?),
        _ => None,
    };
    let baseline = Baseline::new(statistics.as_ref(), read)
        .with_missing(MissingTexts::named(missing))
        .with_refusals(Refusals::named(refusals));
    let baseline = Rc::new(baseline);
    Ok(Some(ReadBaseline { baseline, digest, bytes }))
}

async fn file(world: &impl World, at: &S3Location) -> Result<Option<Vec<u8>>, Failure> {
    Ok(world.objects().read(&at.bucket, &at.key, MAX_FILE).await?)
}

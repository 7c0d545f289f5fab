//! Policies and settings from a bucket. A function reads them at the first event and whenever they change. If they are faulty, it refuses
//! them, publishes a notice, and keeps the bundle in force.

mod place;
mod pull;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use futures::lock::Mutex;
use sagewarden_events::Timestamp;
use sagewarden_lineage::rows::bundle_mark;
use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_policy::Bundle;
use sagewarden_settings::Mode;
use serde_json::json;
use sha2::{Digest, Sha256};

pub use place::BundlePlace;
use place::{MAX_FILE, MAX_OBJECTS};
pub use pull::pull_bundle;

use crate::notify::{Kept, Moment, publish_once};
use crate::outcome::Failure;
use crate::ports::{Notice, Objects, PortError, PortErrorKind};
use crate::window::DAY_MS;
use crate::world::World;

/// The `detail-type` of a bundle that is not taken into force.
pub const BUNDLE_REFUSED: &str = "Sagewarden Bundle Refused";

const CORRECT: &str =
    "correct the files, check them with `sagewarden policy validate`, and upload all of them again";
const GRANT: &str = "let the roles of enforce-policy and record-commit list and read the bucket, and its key";

/// The bucket is looked at no more often.
const PAUSE_MS: i64 = 60_000;
/// Files are uploaded one after the other: a listing younger than this may be incomplete.
const UPLOAD_MS: i64 = 10_000;

/// The bundle that a function judges by, for as long as the function lives.
#[derive(Debug)]
pub struct BundleInForce {
    place: Option<BundlePlace>,
    mode: Option<Mode>,
    state: RefCell<State>,
    /// Held by the record that looks at the bucket. The other records of its batch wait, and use the bundle that it found.
    looking: Mutex<()>,
}

#[derive(Clone, Debug)]
struct State {
    bundle: Arc<Bundle>,
    /// The listing that it was read from; none while the packaged one is in force.
    listing: Option<String>,
    /// A listing whose bundle was refused, and that was published: the same content is not read again.
    refused: Option<String>,
    /// When the bucket was looked at; none before the first time.
    looked_at: Option<Timestamp>,
    /// A refusal that could not be published, and why.
    unpublished: Option<String>,
}

impl BundleInForce {
    /// Begins with the bundle that is packaged with the function. Without a `place`, this bundle stays. `mode` overrides the mode in every
    /// settings file.
    #[must_use]
    pub fn new(packaged: Arc<Bundle>, place: Option<BundlePlace>, mode: Option<Mode>) -> Self {
        let packaged = match mode {
            Some(mode) => Arc::new(Bundle::clone(&packaged).with_mode(mode)),
            None => packaged,
        };
        let state =
            State { bundle: packaged, listing: None, refused: None, looked_at: None, unpublished: None };
        Self { place, mode, state: RefCell::new(state), looking: Mutex::default() }
    }

    /// The refusal of a bundle that could not be published when the bucket was looked at last, for the log. It is published as soon as
    /// that succeeds: the next event tries again.
    #[must_use]
    pub fn unpublished(&self) -> Option<String> {
        self.state.borrow().unpublished.clone()
    }

    fn state(&self) -> State {
        self.state.borrow().clone()
    }
}

fn in_mode(bundle: Bundle, mode: Option<Mode>) -> Bundle {
    match mode {
        Some(mode) => bundle.with_mode(mode),
        None => bundle,
    }
}

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeepBundle<'a, W> {
    /// Where the files are, and the receipts of notices about them.
    pub world: &'a W,
    /// The bundle in force.
    pub in_force: &'a BundleInForce,
}

/// The files under the prefix.
struct Listed {
    /// A digest that distinguishes this listing from all others.
    digest: String,
    /// When the last of it was written; `None` when there is nothing.
    written_at: Option<Timestamp>,
    /// The bundle's files: name and key.
    files: BTreeMap<String, String>,
    /// False when there is more than was looked at.
    complete: bool,
}

/// Why the bundle that is in force stays.
enum Stays {
    /// The error may pass: nothing is published.
    ForNow(PortError),
    /// The upload in the bucket cannot be used.
    Refused(Refusal),
}

struct Refusal {
    /// Which listing, or which place that cannot be read.
    cause: String,
    /// When it was written, else the day.
    since: Timestamp,
    reason: String,
    /// The cure.
    advice: &'static str,
}

impl<W: World> KeepBundle<'_, W> {
    /// The bundle to judge by now. The bucket is looked at when a minute has passed since the last time.
    ///
    /// # Errors
    /// Retries when no bundle of the bucket has been read yet and the bucket does not answer, or an upload may be under way:
    /// to judge by the packaged bundle for a moment would be to judge by another one.
    pub(crate) async fn bundle(&self, moment: &Moment) -> Result<Arc<Bundle>, Failure> {
        let state = self.in_force.state();
        let is_due =
            |state: &State| state.looked_at.is_none_or(|at| moment.now.millis() - at.millis() >= PAUSE_MS);
        let place = self.in_force.place.as_ref().filter(|_| is_due(&state));
        let Some(place) = place else { return Ok(state.bundle) };
        let _looking = self.in_force.looking.lock().await;
        let state = self.in_force.state();
        if !is_due(&state) {
            return Ok(state.bundle);
        }
        let mut next = match self.look(place, &state, moment.now).await {
            Ok(next) => next,
            Err(Stays::Refused(refusal)) => self.publish_refusal(place, state, refusal, moment).await,
            Err(Stays::ForNow(error)) if state.listing.is_none() && state.refused.is_none() => {
                return Err(Failure::Retry(error));
            }
            Err(Stays::ForNow(_)) => state,
        };
        next.looked_at = next.unpublished.is_none().then_some(moment.now);
        let bundle = Arc::clone(&next.bundle);
        *self.in_force.state.borrow_mut() = next;
        Ok(bundle)
    }

    /// Compares the listing with the listing of the bundle in force, and reads the files only if it differs.
    async fn look(&self, place: &BundlePlace, state: &State, now: Timestamp) -> Result<State, Stays> {
        let listed = self.list(place, now).await?;
        let digest = Some(listed.digest.clone());
        if digest == state.listing {
            // A change that was refused has been taken back.
            return Ok(State { refused: None, unpublished: None, ..state.clone() });
        }
        if digest == state.refused {
            return Ok(state.clone());
        }
        if listed.written_at.is_some_and(|at| now.millis() - at.millis() < UPLOAD_MS) {
            return Err(unfinished(place));
        }
        let bundle = in_mode(self.read(place, &listed, now).await?, self.in_force.mode);
        Ok(State {
            bundle: Arc::new(bundle),
            listing: digest,
            refused: None,
            looked_at: None,
            unpublished: None,
        })
    }

    async fn list(&self, place: &BundlePlace, now: Timestamp) -> Result<Listed, Stays> {
        let S3Location { bucket, key } = &place.0;
        // A clock behind S3's must not hide a file that was written a moment ago.
        let as_of = Timestamp::from_millis(now.millis() + DAY_MS);
        let listing = match self.world.objects().versions(bucket, key, as_of, MAX_OBJECTS).await {
            Ok(listing) => listing,
            Err(error) => return Err(unreadable(&place.to_string(), error, now)),
        };
        let mut hash = Sha256::new_with_prefix(format!("{place}\n{}\n", listing.complete));
        let mut files = BTreeMap::new();
        let mut written_at = None;
        for object in &listing.objects {
            let Some(name) = place.file(object) else { continue };
            hash.update(format!("{name}\n{}\n{}\n", object.etag, object.modified_at.millis()));
            written_at = written_at.max(Some(object.modified_at));
            files.insert(name.to_owned(), object.key.clone());
        }
        Ok(Listed { digest: hex(&hash.finalize()), written_at, files, complete: listing.complete })
    }

    async fn read(&self, place: &BundlePlace, listed: &Listed, now: Timestamp) -> Result<Bundle, Stays> {
        let refused = |reason: String| {
            let since = listed.written_at.unwrap_or_else(|| day_of(now));
            Stays::Refused(Refusal { cause: listed.digest.clone(), since, reason, advice: CORRECT })
        };
        if !listed.complete {
            let reason = format!(
                "more than {MAX_OBJECTS} objects, or too many old versions, are under the prefix: give the bundle a \
                 prefix of its own"
            );
            return Err(refused(reason));
        }
        let mut texts = BTreeMap::new();
        for (name, key) in &listed.files {
            match self.world.objects().read(&place.0.bucket, key, MAX_FILE).await {
                Ok(Some(bytes)) => {
                    let text = String::from_utf8(bytes).map_err(|error| {
                        refused(format!("{name}:{}: the text is not UTF-8", not_utf8(&error)))
                    })?;
                    texts.insert(name.clone(), text);
                }
                Ok(None) => return Err(unfinished(place)),
                Err(error) => return Err(unreadable(&listed.digest, error, now)),
            }
        }
        let bundle = Bundle::from_files(&texts).and_then(|bundle| bundle.granted_by(now));
        bundle.map_err(|error| refused(error.to_string()))
    }

    /// Publishes a refusal, once for a listing and the bundle that stays in force. If this fails, the function judges anyway, logs the
    /// failure, and tries again at the next event.
    async fn publish_refusal(
        &self,
        place: &BundlePlace,
        state: State,
        refusal: Refusal,
        moment: &Moment,
    ) -> State {
        let Refusal { cause, since, reason, advice } = refusal;
        let hash = state.bundle.hash().to_owned();
        let source = if state.listing.is_some() { "the last good one" } else { "the packaged one" };
        let mark = bundle_mark(&hash).to_owned();
        let notice = Notice::new(
            BUNDLE_REFUSED,
            Vec::new(),
            json!({
                "text": format!("the policy bundle in {place} is refused: {reason}; bundle {mark} ({source}) stays in force"),
                "about": place.to_string(),
                "advice": advice,
                "place": place.to_string(),
                "reason": reason,
                "listing": cause,
                "in_force": { "bundle": hash, "source": source },
            }),
        );
        let receipt = format!("bundle#{cause}#{}#{mark}", since.millis());
        match publish_once(self.world.table(), self.world.bus(), moment, &receipt, Kept::ForGood, &notice)
            .await
        {
            Ok(_) => State { refused: Some(cause), unpublished: None, ..state },
            Err(error) => {
                let unpublished = format!(
                    "that the policy bundle in {place} is refused could not be published: {error}; {reason}"
                );
                State { refused: None, unpublished: Some(unpublished), ..state }
            }
        }
    }
}

/// The line and column, counted from 1, where a text stops being one.
fn not_utf8(error: &std::string::FromUtf8Error) -> String {
    let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
    let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = good
        .rsplit(|byte| *byte == b'\n')
        .next()
        .map_or(0, |rest| String::from_utf8_lossy(rest).chars().count());
    format!("{line}:{}", column + 1)
}

fn unfinished(place: &BundlePlace) -> Stays {
    let context = format!("read the policy bundle in {place}");
    let message = "the upload may still be under way";
    Stays::ForNow(PortError::new(PortErrorKind::Unavailable, context, message))
}

/// A service that is busy answers later. Anything else is published, and again each day that it lasts.
fn unreadable(what: &str, error: PortError, now: Timestamp) -> Stays {
    if error.is_transient() {
        return Stays::ForNow(error);
    }
    let cause = hex(&Sha256::digest(format!("{what}\n{:?}", error.kind())));
    Stays::Refused(Refusal { cause, since: day_of(now), reason: error.to_string(), advice: GRANT })
}

fn day_of(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.millis().div_euclid(DAY_MS) * DAY_MS)
}

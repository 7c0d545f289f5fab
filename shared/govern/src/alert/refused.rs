//! An unusable file is rejected once: somebody who may write it again and again must not ring the alarm each time.

use sagewarden_lineage::s3::S3Location;

use crate::notify::{Kept, Moment, Receipt};
use crate::outcome::{Done, Failure, Outcome};
use crate::world::World;

/// Rejects the first delivery that finds the file at this place unusable; later ones have nothing to do.
///
/// # Errors
/// The rejection; or when the table fails.
pub(super) async fn refuse_once(
    world: &impl World,
    place: &S3Location,
    reason: &str,
    moment: &Moment,
) -> Outcome {
    let table = world.table();
    let reason = format!("`{place}`: {reason}");
    match Receipt::claim(table, moment, &format!("refused#{place}")).await? {
        Some(receipt) => {
            receipt.settle(table, Kept::ForReplays).await?;
            Err(Failure::Reject(reason))
        }
        None => Ok(Done::Nothing(format!("{reason}; a file there was refused before"))),
    }
}

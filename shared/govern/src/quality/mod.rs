//! Labels arrive, late and in pieces: the predictions of a window are measured as they come, and for the last time when no more are
//! expected.
//!
//! 1. When a window of captured traffic is closed, the windows of its predictions are noted as due ([`expect`]), unless nobody says where
//!    their labels come.
//! 2. A file of labels is noted under the place where it was written, and the windows that it may concern are due at the end of the hour
//!    ([`MeasureQuality::on_labels`]).
//! 3. The clock measures what is due ([`MeasureQuality::measure_due`]): it joins the window's captured predictions with the labels that have
//!    come, and writes an evaluation that alerts are made of.
//!
//! What a window comes to is a function of two sets of files: captured ones and labels.

mod due;
pub(crate) mod expect;
pub(crate) mod files;
mod judge;
mod labels;
mod measure;
mod read;
mod report;
mod watch;

use sagewarden_events::{ClockTicked, ObjectCreated};

use self::due::measure_due;
use self::labels::LabelPlace;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::world::World;

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct MeasureQuality<'a, W> {
    /// Where traffic, labels and windows are.
    pub world: &'a W,
}

impl<W: World> MeasureQuality<'_, W> {
    /// A file was written: where it is one of labels in a place that the settings name, it is noted. `None` where it is none.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn on_labels(&self, written: &ObjectCreated) -> Result<Option<Done>, Failure> {
        let place = LabelPlace::parse(&written.bucket, &written.key);
        match place.filter(|place| place.is_named(&self.world.settings().drift.detect)) {
            Some(place) => labels::note(self.world, &place, written).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same for a file that is no captured traffic, in a place that a model quality schedule named.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn on_expected_labels(&self, written: &ObjectCreated) -> Result<Option<Done>, Failure> {
        let Some(place) = LabelPlace::parse(&written.bucket, &written.key) else { return Ok(None) };
        if place.is_expected(self.world.table()).await? {
            labels::note(self.world, &place, written).await.map(Some)
        } else {
            Ok(None)
        }
    }

    /// The clock ticked, or this is a part of what it began: predictions that are due are measured.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn measure_due(&self, tick: &ClockTicked, moment: &Moment) -> Outcome {
        measure_due(self.world, tick, moment).await
    }
}

//! Labels arrive late and in pieces. The predictions of a window are measured as labels arrive, and for the last time
//! when no more are expected.
//!
//! 1. When a window of captured traffic is closed, the windows of its predictions are noted as due ([`expect`]), if
//!    a place for their labels is known.
//! 2. A file of labels is noted under the place where it was written. The windows that it may concern are due at the
//!    end of the hour ([`MeasureQuality::on_labels`]).
//! 3. The clock measures the due windows ([`MeasureQuality::measure_due`]): it joins the captured predictions of a
//!    window with the labels that have arrived, and writes an evaluation that leads to alerts.
//!
//! Where the settings name groups of people, the same pairs say how each group fared ([`bias`]).
//!
//! The result of a window is a function of two sets of files: captured ones and labels.

mod bias;
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
    /// A file was written. Notes it if it is a file of labels in a place that the settings name; `None` if it is not.
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

    /// The same for a file that is not captured traffic, in a place that a model quality schedule named.
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

    /// The clock ticked, or this is a part of its work: measures the predictions that are due.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn measure_due(&self, tick: &ClockTicked, moment: &Moment) -> Outcome {
        measure_due(self.world, tick, moment).await
    }
}

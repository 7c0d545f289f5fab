//! A window of traffic is closed: from now on, labels of its predictions are expected.

use sagewarden_lineage::rows::{DueWindowRow, LabelledWindowRow};
use sagewarden_lineage::table::Write;

use super::watch;
use crate::detect::unjudged::publish_unmeasured;
use crate::detect::window_rows;
use crate::notify::Moment;
use crate::outcome::Failure;
use crate::ports::Table;
use crate::window::Window;
use crate::world::World;

/// Notes the windows whose predictions are in this traffic. They are due now, because labels may have arrived already, and once more when
/// no more labels are expected.
///
/// # Errors
///
/// When a service does not answer. A fault that somebody must fix is published, and the traffic is judged anyway.
pub(crate) async fn expect(world: &impl World, traffic: &Window, moment: &Moment) -> Result<(), Failure> {
    let watch = match watch::find(world, traffic).await {
        Ok(Some(watch)) => watch,
        Ok(None) => return Ok(()),
        Err(Failure::Retry(error)) if error.is_transient() => return Err(error.into()),
        Err(failure) => {
            publish_unmeasured(world, traffic, &failure, moment).await?;
            return Ok(());
        }
    };
    let detect = &world.settings().drift.detect;
    for window in watch.windows(traffic) {
        let until = watch.until(&window, detect.close_after_minutes);
        let labelled = LabelledWindowRow { place: watch.place(), window: window.open_row(), until };
        // This comes first: labels whose files are noted from now on find the window.
        world.table().write(&[Write::Put(labelled.item())]).await?;
        let due = [window_rows::due(&window, detect), until];
        let rows = due.map(|due| Write::Put(DueWindowRow { due, window: window.open_row() }.item()));
        world.table().write(&rows).await?;
    }
    Ok(())
}

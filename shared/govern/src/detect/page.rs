//! The page beside an evaluation: the same verdict for people, with a picture of each feature.

use sagewarden_lineage::s3::S3Location;
use sagewarden_measure::Profile;
use sagewarden_monitor::{Evaluation, Mode, UnreadableLines, WindowReport};
use sagewarden_outcomes::clarify::Analysis;
use sagewarden_view::drift::{AttributionChange, DriftReport};

use super::read_baselines::FoundBaseline;
use super::write::write_as;
use crate::outcome::Failure;
use crate::window::Window;
use crate::world::World;

/// How many notes on unreadable lines the page shows; the evaluation has more.
const NAMED: usize = 10;

/// The subject of the page.
pub(super) struct JudgedTraffic<'a> {
    pub(super) window: &'a Window,
    pub(super) found: &'a FoundBaseline,
    pub(super) profile: &'a Profile,
    pub(super) unreadable: &'a [UnreadableLines],
    pub(super) compat: &'a Evaluation,
    pub(super) exact: &'a Evaluation,
    pub(super) mode: Mode,
    /// The reasons of the model in the baseline, and now.
    pub(super) attribution: Option<[&'a Analysis; 2]>,
}

/// Writes the page.
///
/// # Errors
/// When S3 does not answer.
pub(super) async fn write_page(
    world: &impl World,
    folder: &S3Location,
    judged: &JudgedTraffic<'_>,
) -> Result<(), Failure> {
    let JudgedTraffic { window, found, profile, unreadable, compat, exact, mode, attribution } = *judged;
    let title =
        format!("{}, {}, from {} to {}", window.endpoint.name, window.variant, window.start, window.end);
    let issues: Vec<String> = unreadable.iter().take(NAMED).map(ToString::to_string).collect();
    let identity = [
        ("Where", found.place.constraints.to_string()),
        ("Found as", found.place.found_by.clone()),
        ("Version (digest)", found.digest.clone()),
    ];
    let page = DriftReport {
        title: &title,
        baseline: &found.baseline,
        identity: &identity,
        profile,
        compat,
        exact,
        mode,
        windows: &[],
        attribution: attribution.map(|[baseline, now]| AttributionChange { baseline, now }),
        issues: &issues,
    };
    write_as(world, folder, WindowReport::PAGE, "text/html; charset=utf-8", page.html()).await
}

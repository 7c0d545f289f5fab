//! The traffic that is explained.

use sagewarden_settings::DetectedEndpoint;

use crate::detect::window_rows::CapturedFile;
use crate::window::Window;

/// A window of traffic to be explained.
pub(crate) struct ExplainedTraffic<'a> {
    pub(crate) window: &'a Window,
    pub(crate) said: &'a DetectedEndpoint,
    /// The columns of the baseline that the traffic is compared with.
    pub(crate) columns: &'a [String],
    pub(crate) files: &'a [CapturedFile],
}

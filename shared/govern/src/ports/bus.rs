//! The system's own event bus.

use serde::Serialize;
use serde_json::Value;

use super::error::PortError;

/// Something that Sagewarden says to the world, as an event on its own bus (`source` is `sagewarden`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Notice {
    /// The `detail-type`.
    pub detail_type: &'static str,
    /// ARNs that the event is about.
    pub resources: Vec<String>,
    /// The `detail`.
    pub detail: Value,
}

/// The system's own event bus.
pub trait Bus {
    /// Publishes a notice; success only when the bus has taken it.
    async fn publish(&self, notice: &Notice) -> Result<(), PortError>;
}

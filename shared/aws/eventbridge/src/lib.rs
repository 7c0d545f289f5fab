//! The system's own bus through `aws-sdk-eventbridge`.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use sagewarden_aws::{classify, port_error};
use sagewarden_govern::ports::{Bus, Notice, PortError};

/// The `source` of everything that Sagewarden publishes.
pub const SOURCE: &str = "sagewarden";

/// What IAM must allow for each method. Tests compare this with the roles in the template, and with the calls.
pub const ACTIONS: &[(&str, &[&str])] = &[("Bus::publish", &["events:PutEvents"])];

/// A bus by name or ARN.
#[derive(Clone, Debug)]
pub struct EventBus {
    client: Client,
    bus: String,
}

impl EventBus {
    /// A client with this configuration for this bus.
    #[must_use]
    pub fn new(config: &SdkConfig, bus: impl Into<String>) -> Self {
        Self { client: Client::new(config), bus: bus.into() }
    }
}

impl Bus for EventBus {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        let context = format!("publish `{}` on `{}`", notice.detail_type, self.bus);
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(SOURCE)
            .detail_type(notice.detail_type)
            .set_resources(Some(notice.resources.clone()))
            .detail(notice.detail().to_string())
            .build();
        let answer = self
            .client
            .put_events()
            .entries(entry)
            .send()
            .await
            .map_err(|error| port_error(&context, error))?;
        // A refused entry is not an error of the call: without this check, the event would be lost.
        if answer.failed_entry_count() == 0 {
            return Ok(());
        }
        let refused = answer.entries().first();
        let code = refused.and_then(|entry| entry.error_code());
        let message = refused.and_then(|entry| entry.error_message()).unwrap_or("no reason was given");
        let message = format!("{}: {message}", code.unwrap_or("refused"));
        // Unless its code says otherwise, the service may accept a refused entry later.
        Err(PortError::new(classify(code, None), context, message))
    }
}

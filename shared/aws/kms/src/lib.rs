//! The managers of keys through `aws-sdk-kms`.

use aws_config::SdkConfig;
use aws_sdk_kms::Client;
use sagewarden_aws::port_error;
use sagewarden_events::KeyManager;
use sagewarden_govern::ports::{Keys, PortError, PortErrorKind};

/// What IAM must allow for each method. Tests compare this with the roles in the template, and with the calls.
pub const ACTIONS: &[(&str, &[&str])] = &[("Keys::manager", &["kms:DescribeKey"])];

/// KMS in the account and region of the configuration.
#[derive(Clone, Debug)]
pub struct KmsKeys {
    client: Client,
}

impl KmsKeys {
    /// A client with this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl Keys for KmsKeys {
    async fn manager(&self, key: &str) -> Result<Option<KeyManager>, PortError> {
        let context = || format!("look at key `{key}`");
        let answer = match self.client.describe_key().key_id(key).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found_exception()) => {
                return Ok(None);
            }
            Err(error) => return Err(port_error(context(), error)),
        };
        let manager = answer.key_metadata().and_then(|metadata| metadata.key_manager());
        let word = manager.map(|manager| manager.as_str()).unwrap_or_default();
        let known = KeyManager::from_word(word);
        let unknown =
            || PortError::new(PortErrorKind::Invalid, context(), format!("it is managed by `{word}`"));
        known.map(Some).ok_or_else(unknown)
    }
}

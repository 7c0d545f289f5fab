//! An HTTP client that counts its requests, for the cost of a record and the number of its retries.

use std::fmt;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder as HttpsBuilder, ConnectorBuilder, tls};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::ConfigBag;

/// Called for each request, within the task that makes it. The first attempt is number one.
pub type Note = fn(u32);

/// A client that wraps another one.
pub struct NotingClient {
    inner: SharedHttpClient,
    note: Note,
}

impl NotingClient {
    /// Calls `note` for each request, and passes the request on to the SDK's default client.
    #[must_use]
    pub fn new(note: Note) -> Self {
        Self { inner: https_client(), note }
    }
}

impl fmt::Debug for NotingClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl HttpClient for NotingClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(NotingConnector { inner, note: self.note })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

/// The SDK's default client.
pub(crate) fn https_client() -> SharedHttpClient {
    HttpsBuilder::new().build_with_connector_fn(|settings, components| {
        let mut connector =
            ConnectorBuilder::default().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}

struct NotingConnector {
    inner: SharedHttpConnector,
    note: Note,
}

impl fmt::Debug for NotingConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl HttpConnector for NotingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        (self.note)(attempt(request.headers().get("amz-sdk-request")));
        self.inner.call(request)
    }
}

/// The number in `attempt=2; max=4`, in which the SDK counts its attempts.
fn attempt(header: Option<&str>) -> u32 {
    let parts = header.unwrap_or_default().split(';');
    parts.filter_map(|part| part.trim().strip_prefix("attempt=")?.parse().ok()).next().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_says_how_often_it_has_asked() {
        let check = |header: Option<&str>, expect: u32| assert_eq!(attempt(header), expect, "{header:?}");
        check(Some("attempt=1"), 1);
        check(Some("ttl=20260302T090000Z; attempt=3; max=4"), 3);
        check(None, 1);
    }
}

//! What the adapters of all AWS services share: one configuration, and one reading of their errors. No service's SDK.

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use sagewarden_govern::ports::{PortError, PortErrorKind};

/// Credentials, region and endpoints as the environment says; the SDK's own retries, pinned to a dated behaviour so that an
/// upgrade changes nothing unasked.
pub async fn load_config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .load()
        .await
}

/// Codes with which services ask to slow down.
const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "LimitExceededException",
];
/// Codes of a request that is in order and met somebody else's (`TransactionConflictException`: an item that a transaction holds).
const CONFLICTS: &[&str] = &["TransactionConflictException"];
/// Codes with which services refuse a caller who may be right later.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
    "ExpiredToken",
    "ExpiredTokenException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "KMS.AccessDeniedException",
    "KMSAccessDeniedException",
    "EncryptionKeyAccessDeniedException",
];

/// Turns an SDK's error into the port's; `context` says what was tried.
pub fn port_error<E>(context: impl Into<String>, error: SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let service = error.as_service_error();
    let code = service.and_then(ProvideErrorMetadata::code);
    let kind = classify(code, status);
    let message = match service.and_then(ProvideErrorMetadata::message) {
        Some(message) => format!("{}: {message}", code.unwrap_or("error")),
        None => format!("{}", DisplayErrorContext(&error)),
    };
    PortError::new(kind, context, message).with_source(error)
}

/// What an error code and an HTTP status mean. Without an answer, a service is unavailable.
#[must_use]
pub fn classify(code: Option<&str>, status: Option<u16>) -> PortErrorKind {
    match (code, status) {
        (Some(code), _) if THROTTLED.contains(&code) => PortErrorKind::Throttled,
        (Some(code), _) if DENIED.contains(&code) => PortErrorKind::Denied,
        (Some(code), _) if CONFLICTS.contains(&code) => PortErrorKind::Unavailable,
        (_, Some(429)) => PortErrorKind::Throttled,
        (_, Some(401 | 403)) => PortErrorKind::Denied,
        // A bucket of another region answers with a redirection, each time.
        (_, Some(300..=499)) => PortErrorKind::Invalid,
        _ => PortErrorKind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_by_code_first_and_status_second() {
        let check = |code: Option<&str>, status: Option<u16>, expect: PortErrorKind| {
            assert_eq!(classify(code, status), expect, "{code:?} {status:?}");
        };
        check(Some("ThrottlingException"), Some(400), PortErrorKind::Throttled);
        check(Some("AccessDeniedException"), Some(400), PortErrorKind::Denied);
        check(Some("EncryptionKeyAccessDeniedException"), Some(400), PortErrorKind::Denied);
        check(Some("TransactionConflictException"), Some(400), PortErrorKind::Unavailable);
        check(Some("ValidationException"), Some(400), PortErrorKind::Invalid);
        check(Some("InternalServerError"), Some(500), PortErrorKind::Unavailable);
        check(Some("PermanentRedirect"), Some(301), PortErrorKind::Invalid);
        check(None, Some(403), PortErrorKind::Denied);
        check(None, Some(429), PortErrorKind::Throttled);
        check(None, None, PortErrorKind::Unavailable);
    }
}

//! What the adapters of all AWS services share: one configuration, and one translation of errors. This crate depends on the SDK of no
//! service.

mod noting;
mod reading;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use sagewarden_govern::ports::{PortError, PortErrorKind};

pub use aws_config::SdkConfig;

pub use crate::noting::{Note, NotingClient};
pub use crate::reading::{Meter, Reading, load_reading_config};

/// Credentials, region and endpoints come from the environment. The SDK retries calls, by the rules of a fixed
/// behaviour version, so that an upgrade does not change them. The SDK's client calls `note` for every request, with
/// the number of its attempt.
pub async fn load_config(note: Note) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .http_client(NotingClient::new(note))
        .load()
        .await
}

/// Codes of a valid request that conflicted with another request. The same request may succeed once the other one has ended.
const CONFLICTS: &[&str] = &[
    // SageMaker: a domain that is `Updating`, or whose apps run; a package group or trial component that somebody else changes.
    "ResourceInUse",
    "ConflictException",
    // DynamoDB: an item that a transaction holds, or that another region writes.
    "TransactionConflictException",
    "ReplicatedWriteConflictException",
    // S3: two conditional writes of one key, two operations on one bucket ("Error responses", S3 API reference).
    "ConditionalRequestConflict",
    "OperationAborted",
];
/// Codes with which services refuse a caller who may be allowed later, when somebody grants a permission or enables a key.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidToken",
    "RequestExpired",
    "IncompleteSignature",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "KMSAccessDeniedException",
    "EncryptionKeyAccessDeniedException",
    "EncryptionKeyDisabledException",
    "EncryptionKeyNotFoundException",
];
/// Codes of a request that can never succeed: it is malformed, too large, or asks for something that does not exist.
///
/// `ResourceNotFoundException` is not one of them: DynamoDB and EventBridge answer it if the stack's own table or bus is missing, which is
/// not the record's fault.
const FINAL: &[&str] = &[
    // Any service ("Common errors" in each API reference).
    "InvalidAction",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "InvalidQueryParameter",
    "MalformedQueryString",
    "MissingAction",
    "MissingParameter",
    "SerializationException",
    "UnknownOperationException",
    "ValidationError",
    "ValidationException",
    // SageMaker.
    "ResourceNotFound",
    // DynamoDB.
    "ConditionalCheckFailedException",
    "ItemCollectionSizeLimitExceededException",
    // KMS.
    "InvalidArnException",
    // S3.
    "AuthorizationHeaderMalformed",
    "EncryptionTypeMismatch",
    "EntityTooLarge",
    "IllegalLocationConstraintException",
    "InvalidArgument",
    "InvalidBucketName",
    "InvalidDigest",
    "InvalidEncryptionAlgorithmError",
    "InvalidRange",
    "InvalidRequest",
    "InvalidStorageClass",
    "InvalidTag",
    "InvalidURI",
    "InvalidWriteOffset",
    "KeyTooLongError",
    "MalformedXML",
    "MetadataTooLarge",
    "MethodNotAllowed",
    "MissingContentLength",
    "MissingRequestBodyError",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchVersion",
    "NotFound",
    "PermanentRedirect",
    "PreconditionFailed",
    "TooManyParts",
    // EventBridge.
    "MalformedDetail",
    "NotAuthorizedForDetailTypeException",
    "NotAuthorizedForSourceException",
    // IAM.
    "InvalidInput",
    "NoSuchEntity",
    "NoSuchEntityException",
    // CodeCommit.
    "BeforeCommitIdAndAfterCommitIdAreSameException",
    "BlobIdDoesNotExistException",
    "BlobIdRequiredException",
    "ClientRequestTokenRequiredException",
    "CommentContentRequiredException",
    "CommentContentSizeLimitExceededException",
    "CommitDoesNotExistException",
    "CommitIdDoesNotExistException",
    "CommitIdRequiredException",
    "CommitRequiredException",
    "FileTooLargeException",
    "IdempotencyParameterMismatchException",
    "InvalidBlobIdException",
    "InvalidClientRequestTokenException",
    "InvalidCommitException",
    "InvalidCommitIdException",
    "InvalidContinuationTokenException",
    "InvalidFileLocationException",
    "InvalidFilePositionException",
    "InvalidMaxResultsException",
    "InvalidPathException",
    "InvalidRelativeFileVersionEnumException",
    "InvalidRepositoryNameException",
    "PathDoesNotExistException",
    "PathRequiredException",
    "RepositoryDoesNotExistException",
    "RepositoryNameRequiredException",
];

/// Turns an SDK's error into the port's; `context` names the attempted call.
pub fn port_error<E>(context: impl Into<String>, error: SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let service = error.as_service_error();
    let code = service.and_then(ProvideErrorMetadata::code);
    let kind = classify(code, status);
    let message = match (service.and_then(ProvideErrorMetadata::message), code, status) {
        (Some(message), ..) => format!("{}: {message}", code.unwrap_or("error")),
        (None, Some(code), Some(status)) => format!("{code} (HTTP status {status})"),
        // AWS names its errors. `HEAD` of S3 cannot.
        (None, None, Some(status)) if service.is_some() => {
            format!("HTTP status {status}, without an error code")
        }
        _ => in_words(&error),
    };
    PortError::new(kind, context, message).with_source(error)
}

/// An error and its causes, each once. The SDK's own texts add everything that its types hold, which nobody can read.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !words.ends_with(&next) {
            words = format!("{words}: {next}");
        }
        cause = error.source();
    }
    // So the SDK says that no answer came, and whose fault that is.
    words.trim_start_matches("dispatch failure: ").trim_start_matches("user error: ").to_owned()
}

/// Asks for credentials, as the first call does.
///
/// # Errors
/// The reason in words if there are none.
pub async fn check_credentials(config: &SdkConfig) -> Result<(), String> {
    let provider = config.credentials_provider().ok_or("no provider of credentials is configured")?;
    provider.provide_credentials().await.map(drop).map_err(|error| {
        // Further lines say what each provider of the chain lacks.
        let words = in_words(&error);
        let first = words.lines().next().unwrap_or_default();
        first.trim_end_matches(" Attempted:").trim_end_matches('.').to_owned()
    })
}

/// What an error code and an HTTP status mean. Without an answer, a service is unavailable.
///
/// The SDK knows which codes mean throttling or a passing fault; its own retries use the same knowledge. If a code is unknown, the record
/// is retried. After some deliveries, the dead-letter queue keeps it.
#[must_use]
pub fn classify(code: Option<&str>, status: Option<u16>) -> PortErrorKind {
    if let Some(kind) = code.and_then(by_code) {
        return kind;
    }
    match (code, status) {
        (_, Some(429)) => PortErrorKind::Throttled,
        (_, Some(401 | 403)) => PortErrorKind::Denied,
        // The answer to `HEAD` has no code. A bucket of another region always answers with this redirection.
        (None, Some(301)) => PortErrorKind::Invalid,
        _ => PortErrorKind::Unavailable,
    }
}

fn by_code(code: &str) -> Option<PortErrorKind> {
    // S3 passes on KMS's errors with this prefix: the key is disabled or deleted, or the caller may not use it.
    let (of_kms, plain) = match code.strip_prefix("KMS.") {
        Some(rest) => (true, rest),
        None => (false, code),
    };
    if THROTTLING_ERRORS.contains(&plain) {
        Some(PortErrorKind::Throttled)
    } else if TRANSIENT_ERRORS.contains(&plain) || CONFLICTS.contains(&plain) {
        Some(PortErrorKind::Unavailable)
    } else if of_kms || DENIED.contains(&plain) {
        Some(PortErrorKind::Denied)
    } else {
        FINAL.contains(&plain).then_some(PortErrorKind::Invalid)
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
        check(Some("KMS.ThrottlingException"), Some(400), PortErrorKind::Throttled);
        check(Some("AccessDeniedException"), Some(400), PortErrorKind::Denied);
        check(Some("KMS.DisabledException"), Some(400), PortErrorKind::Denied);
        check(Some("TransactionConflictException"), Some(400), PortErrorKind::Unavailable);
        check(Some("ValidationException"), Some(400), PortErrorKind::Invalid);
        check(Some("InternalServerError"), Some(500), PortErrorKind::Unavailable);
        check(Some("PermanentRedirect"), Some(301), PortErrorKind::Invalid);
        check(Some("TemporaryRedirect"), Some(307), PortErrorKind::Unavailable);
        check(Some("NobodyKnows"), Some(400), PortErrorKind::Unavailable);
        check(Some("NobodyKnows"), Some(403), PortErrorKind::Denied);
        // Half of an answer may arrive whole the next time.
        check(None, Some(200), PortErrorKind::Unavailable);
        check(None, Some(301), PortErrorKind::Invalid);
        check(None, Some(400), PortErrorKind::Unavailable);
        check(None, Some(403), PortErrorKind::Denied);
        check(None, Some(429), PortErrorKind::Throttled);
        check(None, None, PortErrorKind::Unavailable);
    }

    #[test]
    fn no_code_means_two_things() {
        let lists = [THROTTLING_ERRORS, TRANSIENT_ERRORS, CONFLICTS, DENIED, FINAL];
        let mut all: Vec<&str> = lists.concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}

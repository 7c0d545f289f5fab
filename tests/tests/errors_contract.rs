//! The meaning of each error code to each adapter: the record is retried, waits for a permission, or can never succeed. A front answers in
//! the service's own form.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cargo_metadata::MetadataCommand;
use sagewarden_aws::NotingClient;
use sagewarden_codecommit::CodeCommit;
use sagewarden_dynamodb::DynamoTable;
use sagewarden_eventbridge::EventBus;
use sagewarden_events::{CommitId, Markdown, Repository, Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::{
    Bus, Comment, Files, Keys, Notice, ObjectVersion, Objects, PortError, PortErrorKind, Quarantine,
    Rejected, Remedies, Roles, SourceControl, Table,
};
use sagewarden_iam::IamRoles;
use sagewarden_kms::KmsKeys;
use sagewarden_lineage::table::Key;
use sagewarden_s3::{S3Objects, S3Quarantine};
use sagewarden_sagemaker::SageMakerAccount;
use sagewarden_tests::calls::calls_in;
use sagewarden_tests::emulator::{self, ACCOUNT};
use sagewarden_tests::{Result, aws::REGION};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use PortErrorKind::{Denied, Invalid, Throttled, Unavailable};

/// Codes that any service may answer, whichever call it is.
const ANY: &[(&str, u16, PortErrorKind)] = &[
    ("AccessDenied", 403, Denied),
    ("AccessDeniedException", 400, Denied),
    ("ExpiredToken", 400, Denied),
    ("ExpiredTokenException", 403, Denied),
    ("IncompleteSignature", 400, Denied),
    ("InvalidSignatureException", 400, Denied),
    ("NotAuthorized", 400, Denied),
    ("RequestExpired", 400, Denied),
    ("UnrecognizedClientException", 400, Denied),
    ("InternalFailure", 500, Unavailable),
    ("ServiceUnavailable", 503, Unavailable),
    ("NobodyKnowsThisCode", 400, Unavailable),
    ("NobodyKnowsThisCode", 409, Unavailable),
    ("NobodyKnowsThisCode", 403, Denied),
    ("NobodyKnowsThisCode", 429, Throttled),
    ("InvalidParameterValue", 400, Invalid),
    ("ValidationError", 400, Invalid),
    ("ValidationException", 400, Invalid),
];

/// The error codes of one service: the codes that its SDK has for the calls in use, and the codes of the API reference that the SDK leaves
/// out.
const OWN: &[(&str, &str, u16, PortErrorKind)] = &[
    ("sagemaker", "ConflictException", 400, Unavailable),
    ("sagemaker", "ResourceInUse", 400, Unavailable),
    ("sagemaker", "ResourceLimitExceeded", 400, Unavailable),
    ("sagemaker", "ResourceNotFound", 400, Invalid),
    ("dynamodb", "ConditionalCheckFailedException", 400, Invalid),
    ("dynamodb", "InternalServerError", 500, Unavailable),
    ("dynamodb", "InvalidEndpointException", 421, Unavailable),
    ("dynamodb", "ItemCollectionSizeLimitExceededException", 400, Invalid),
    ("dynamodb", "ReplicatedWriteConflictException", 400, Unavailable),
    ("dynamodb", "ResourceNotFoundException", 400, Unavailable),
    ("dynamodb", "TransactionConflictException", 400, Unavailable),
    ("s3", "AuthorizationHeaderMalformed", 400, Invalid),
    ("s3", "BadDigest", 400, Unavailable),
    ("s3", "ConditionalRequestConflict", 409, Unavailable),
    ("s3", "EncryptionTypeMismatch", 400, Invalid),
    ("s3", "EntityTooLarge", 400, Invalid),
    ("s3", "IncompleteBody", 400, Unavailable),
    ("s3", "InternalError", 500, Unavailable),
    ("s3", "InvalidArgument", 400, Invalid),
    ("s3", "InvalidObjectState", 403, Denied),
    ("s3", "InvalidRequest", 400, Invalid),
    ("s3", "InvalidToken", 400, Denied),
    ("s3", "InvalidWriteOffset", 400, Invalid),
    ("s3", "KMS.DisabledException", 400, Denied),
    ("s3", "KMS.NotFoundException", 400, Denied),
    ("s3", "KeyTooLongError", 400, Invalid),
    ("s3", "MethodNotAllowed", 405, Invalid),
    ("s3", "NoSuchBucket", 404, Invalid),
    ("s3", "NoSuchKey", 404, Invalid),
    ("s3", "NotFound", 404, Invalid),
    ("s3", "OperationAborted", 409, Unavailable),
    ("s3", "PermanentRedirect", 301, Invalid),
    ("s3", "PreconditionFailed", 412, Invalid),
    ("s3", "RequestTimeTooSkewed", 403, Denied),
    ("s3", "TemporaryRedirect", 307, Unavailable),
    ("s3", "TooManyParts", 400, Invalid),
    ("eventbridge", "InternalException", 500, Unavailable),
    ("eventbridge", "InvalidArgument", 400, Invalid),
    ("eventbridge", "MalformedDetail", 400, Invalid),
    ("eventbridge", "NotAuthorizedForDetailTypeException", 400, Invalid),
    ("eventbridge", "NotAuthorizedForSourceException", 400, Invalid),
    ("eventbridge", "ResourceNotFoundException", 400, Unavailable),
    ("iam", "InvalidInput", 400, Invalid),
    ("iam", "ServiceFailure", 500, Unavailable),
    ("kms", "DependencyTimeoutException", 503, Unavailable),
    ("kms", "InvalidArnException", 400, Invalid),
    ("kms", "KMSInternalException", 500, Unavailable),
    ("codecommit", "BeforeCommitIdAndAfterCommitIdAreSameException", 400, Invalid),
    ("codecommit", "BlobIdDoesNotExistException", 400, Invalid),
    ("codecommit", "BlobIdRequiredException", 400, Invalid),
    ("codecommit", "ClientRequestTokenRequiredException", 400, Invalid),
    ("codecommit", "CommentContentRequiredException", 400, Invalid),
    ("codecommit", "CommentContentSizeLimitExceededException", 400, Invalid),
    ("codecommit", "CommitDoesNotExistException", 400, Invalid),
    ("codecommit", "CommitIdDoesNotExistException", 400, Invalid),
    ("codecommit", "CommitIdRequiredException", 400, Invalid),
    ("codecommit", "CommitRequiredException", 400, Invalid),
    ("codecommit", "EncryptionIntegrityChecksFailedException", 400, Unavailable),
    ("codecommit", "EncryptionKeyAccessDeniedException", 400, Denied),
    ("codecommit", "EncryptionKeyDisabledException", 400, Denied),
    ("codecommit", "EncryptionKeyNotFoundException", 400, Denied),
    ("codecommit", "EncryptionKeyUnavailableException", 400, Unavailable),
    ("codecommit", "FileTooLargeException", 400, Invalid),
    ("codecommit", "InvalidBlobIdException", 400, Invalid),
    ("codecommit", "InvalidClientRequestTokenException", 400, Invalid),
    ("codecommit", "InvalidCommitException", 400, Invalid),
    ("codecommit", "InvalidCommitIdException", 400, Invalid),
    ("codecommit", "InvalidContinuationTokenException", 400, Invalid),
    ("codecommit", "InvalidFileLocationException", 400, Invalid),
    ("codecommit", "InvalidFilePositionException", 400, Invalid),
    ("codecommit", "InvalidMaxResultsException", 400, Invalid),
    ("codecommit", "InvalidPathException", 400, Invalid),
    ("codecommit", "InvalidRelativeFileVersionEnumException", 400, Invalid),
    ("codecommit", "InvalidRepositoryNameException", 400, Invalid),
    ("codecommit", "PathDoesNotExistException", 400, Invalid),
    ("codecommit", "PathRequiredException", 400, Invalid),
    ("codecommit", "RepositoryDoesNotExistException", 400, Invalid),
    ("codecommit", "RepositoryNameRequiredException", 400, Invalid),
];

/// Codes that an adapter reads as an answer, and which never become an error.
const ANSWERS: &[(&str, &str)] = &[
    ("iam", "NoSuchEntity"),
    ("kms", "NotFoundException"),
    ("codecommit", "IdempotencyParameterMismatchException"),
];

/// The next answer of the front.
type Next = Arc<Mutex<(String, u16)>>;

struct Front {
    url: String,
    next: Next,
    world: World,
    task: JoinHandle<()>,
}

/// Every adapter, each in front of its service.
struct World {
    account: SageMakerAccount,
    table: DynamoTable,
    objects: S3Objects,
    quarantine: S3Quarantine,
    bus: EventBus,
    roles: IamRoles,
    keys: KmsKeys,
    code: CodeCommit,
}

impl Front {
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let next = Next::default();
        let router = Router::new().fallback(refuse).with_state(Arc::clone(&next));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        // The SDK's own retries are not asked here.
        let config = emulator::config(&url).await;
        let config = config.into_builder().retry_config(RetryConfig::disabled()).build();
        let world = World {
            account: SageMakerAccount::new(&config),
            table: DynamoTable::new(&config, "lineage"),
            objects: S3Objects::new(&config).with_manifests("b"),
            quarantine: S3Quarantine::new(&config, "b"),
            bus: EventBus::new(&config, "own"),
            roles: IamRoles::new(&config),
            keys: KmsKeys::new(&config),
            code: CodeCommit::new(&config),
        };
        Ok(Self { url, next, world, task })
    }

    fn answer(&self, code: &str, status: u16) {
        *self.next.lock().unwrap() = (code.to_owned(), status);
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// JSON where the call names a target, IAM's XML where it is a form, else S3's; `HEAD` has no body.
async fn refuse(State(next): State<Next>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let (code, status) = next.lock().unwrap().clone();
    let status = StatusCode::from_u16(status).unwrap();
    let form = String::from_utf8_lossy(&body).contains("Action=");
    let (kind, text) = if status == StatusCode::OK {
        // A call that succeeds with an entry that failed.
        let entry = json!({ "ErrorCode": code, "ErrorMessage": "no" });
        ("application/x-amz-json-1.1", json!({ "FailedEntryCount": 1, "Entries": [entry] }).to_string())
    } else if headers.contains_key("x-amz-target") {
        ("application/x-amz-json-1.1", json!({ "__type": code, "message": "no" }).to_string())
    } else if method == Method::HEAD {
        ("text/plain", String::new())
    } else if form {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>");
        ("text/xml", format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
    } else {
        ("application/xml", format!("<Error><Code>{code}</Code><Message>no</Message></Error>"))
    };
    (status, [(header::CONTENT_TYPE, kind)], text).into_response()
}

fn job() -> Resource {
    Resource::in_region(ResourceKind::TrainingJob, ACCOUNT, REGION, "j")
}

fn object() -> ObjectVersion {
    ObjectVersion {
        key: "k".into(),
        version_id: None,
        etag: "e".into(),
        size: 1,
        modified_at: Timestamp::from_millis(0),
    }
}

impl World {
    /// One call of the adapter, none of whose refusals is an answer to its question.
    async fn ask(&self, adapter: &str) -> std::result::Result<(), PortError> {
        match adapter {
            "sagemaker" => self.account.mark(&job(), &[("k", "v")]).await,
            "dynamodb" => self.table.get(&[Key::new("p", "s")]).await.map(|_| ()),
            "s3" => self.objects.write("b", "k", "text/plain", b"x").await,
            "quarantine" => self.quarantine.keep(&rejected()).await,
            "eventbridge" => self.bus.publish(&notice()).await,
            "kms" => self.keys.manager("k").await.map(|_| ()),
            "iam" => self.roles.grants(&format!("arn:aws:iam::{ACCOUNT}:role/r")).await.map(|_| ()),
            _ => {
                let repository =
                    Repository { account: ACCOUNT.into(), region: REGION.into(), name: "r".into() };
                let commit = CommitId::parse("0123456789012345678901234567890123456789").unwrap();
                let text = Markdown::default().ours("x");
                let comment = Comment {
                    repository: &repository,
                    parent: None,
                    commit: &commit,
                    token: "t",
                    text: &text,
                };
                self.code.post(&comment).await
            }
        }
    }
}

fn rejected() -> Rejected {
    Rejected::new("f", "m", Timestamp::from_millis(0), "r", "{}")
}

fn notice() -> Notice {
    Notice::new("Sagewarden Drift Alert", Vec::new(), json!({}))
}

const ADAPTERS: [&str; 8] =
    ["sagemaker", "dynamodb", "s3", "quarantine", "eventbridge", "iam", "kms", "codecommit"];

#[tokio::test]
async fn each_adapter_reads_each_code_as_its_service_means_it() -> Result<()> {
    let front = Front::start().await?;
    let throttled = THROTTLING_ERRORS.iter().map(|code| (*code, 400, Throttled));
    let transient = TRANSIENT_ERRORS.iter().map(|code| (*code, 400, Unavailable));
    let any: Vec<_> = ANY.iter().copied().chain(throttled).chain(transient).collect();
    let mut wrong = Vec::new();
    for adapter in ADAPTERS {
        let service = if adapter == "quarantine" { "s3" } else { adapter };
        let own = OWN.iter().filter(|row| row.0 == service).map(|row| (row.1, row.2, row.3));
        for (code, status, expect) in any.iter().copied().chain(own) {
            front.answer(code, status);
            let kind = front.world.ask(adapter).await.err().map(|error| error.kind());
            if kind != Some(expect) {
                wrong.push(format!("{adapter} {code} {status}: {kind:?}, and not {expect:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn an_entry_of_the_bus_that_is_refused_is_read_as_a_call_that_is() -> Result<()> {
    let front = Front::start().await?;
    let own = OWN.iter().filter(|row| row.0 == "eventbridge").map(|row| (row.1, row.3));
    let throttled = THROTTLING_ERRORS.iter().map(|code| (*code, Throttled));
    for (code, expect) in
        own.chain(throttled).chain([("InternalFailure", Unavailable), ("Unheard", Unavailable)])
    {
        front.answer(code, 200);
        let error = front.world.ask("eventbridge").await.err().ok_or("a refused entry counted as taken")?;
        assert_eq!(error.kind(), expect, "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_manifest_that_two_write_at_once_comes_again() -> Result<()> {
    let front = Front::start().await?;
    front.answer("ConditionalRequestConflict", 409);
    let error = front.world.objects.keep_manifest("d", "t").await.err().ok_or("it was refused")?;
    assert_eq!(error.kind(), Unavailable, "{error}");
    front.answer("PreconditionFailed", 412);
    assert_eq!(front.world.objects.keep_manifest("d", "t").await?.as_deref(), Some("s3://b/manifests/d.tsv"));
    Ok(())
}

#[tokio::test]
async fn a_checksum_that_is_refused_without_a_code_is_refused_with_one() -> Result<()> {
    let front = Front::start().await?;
    for (code, expect) in
        [("ExpiredToken", Denied), ("InvalidRequest", Invalid), ("RequestTimeout", Unavailable)]
    {
        front.answer(code, 400);
        let error = front.world.objects.checksum("b", &object()).await.err().ok_or("it was refused")?;
        assert_eq!(error.kind(), expect, "{error}");
    }
    Ok(())
}

tokio::task_local! {
    static ATTEMPTS: RefCell<Vec<u32>>;
}

#[tokio::test]
async fn what_is_asked_is_noted_in_the_task_that_asks_repeated_requests_included() -> Result<()> {
    let front = Front::start().await?;
    front.answer("ThrottlingException", 400);
    let note = |attempt: u32| ATTEMPTS.with(|attempts| attempts.borrow_mut().push(attempt));
    let patience =
        RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1));
    let config = emulator::config(&front.url).await.into_builder();
    let config = config.retry_config(patience).http_client(NotingClient::new(note)).build();
    let (bus, account) = (EventBus::new(&config, "own"), SageMakerAccount::new(&config));
    let both = ATTEMPTS.scope(RefCell::default(), async {
        let (notice, job) = (notice(), job());
        let refused = futures::join!(bus.publish(&notice), account.mark(&job, &[("k", "v")]));
        assert!(refused.0.is_err() && refused.1.is_err());
        ATTEMPTS.with(RefCell::take)
    });
    let mut attempts = both.await;
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 1, 2, 2, 3, 3]);
    Ok(())
}

/// What the adapters call by its name, because the SDK has no such operation yet. The API model has no error of its own for it.
const NOT_IN_THE_SDK: [&str; 1] = ["get_endpoint_policy"];

/// The errors of a call in the SDK, as the variants of its error type.
fn modelled(sdk: &Path, service: &str, call: &str) -> Result<BTreeSet<String>> {
    if NOT_IN_THE_SDK.contains(&call) {
        return Ok(BTreeSet::new());
    }
    let source = fs::read_to_string(sdk.join(format!("src/operation/{call}.rs")))?;
    let from = source.find("\npub enum ").ok_or("an operation has an error type")?;
    let body = source.get(from..).and_then(|rest| rest.split("\n}\n").next()).unwrap_or_default();
    let variants =
        body.lines().filter_map(|line| line.strip_prefix("    ")?.split_once('(').map(|(name, _)| name));
    let names = variants.filter(|name| name.chars().all(char::is_alphanumeric) && *name != "Unhandled");
    // On the wire IAM's codes go without their last word, and KMS writes its own name in capitals.
    let code = |name: &str| match service {
        "iam" => name.trim_end_matches("Exception").to_owned(),
        "kms" => name.replace("Kms", "KMS"),
        _ => name.to_owned(),
    };
    Ok(names.map(code).collect())
}

#[test]
fn every_code_that_an_sdk_knows_of_a_call_is_in_the_table() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .other_options(vec!["--locked".into()])
        .exec()?;
    let mut missing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for service in ["sagemaker", "dynamodb", "s3", "eventbridge", "iam", "kms", "codecommit"] {
        let name = format!("aws-sdk-{service}");
        let package = metadata.packages.iter().find(|package| *package.name == name).ok_or(name)?;
        let sdk = package.manifest_path.as_std_path().parent().ok_or("a package has a folder")?;
        let listed = |code: &String| {
            let code = code.as_str();
            OWN.iter().any(|row| (row.0, row.1) == (service, code))
                || ANSWERS.contains(&(service, code))
                || THROTTLING_ERRORS.contains(&code)
        };
        for call in calls_in(&root.join(format!("shared/aws/{service}/src")))? {
            missing
                .entry(service)
                .or_default()
                .extend(modelled(sdk, service, &call)?.into_iter().filter(|code| !listed(code)));
        }
    }
    missing.retain(|_, codes| !codes.is_empty());
    assert!(missing.is_empty(), "what is to become of these? {missing:?}");
    Ok(())
}

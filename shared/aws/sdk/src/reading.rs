//! AWS for somebody who only reads: one pace for all calls to SageMaker, patience with throttling, and a client that sends nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::in_words;
use crate::noting::https_client;

/// AWS advises to try a throttled call of SageMaker this often ("How do I resolve throttling exceptions in SageMaker Python SDK?", re:Post).
const ATTEMPTS: u32 = 20;
/// After this many attempts in a row that got no answer, there is no network, and a call is not tried again.
const UNANSWERED: u32 = 5;
/// After this many answers in a row that are a fault of the service, a call is not tried again.
const FAULTS: u32 = 8;
/// How long an attempt waits for a connection, and for the beginning of an answer. `lookup-lineage` may work for 30 seconds.
const CONNECTING: Duration = Duration::from_secs(5);
const ANSWERING: Duration = Duration::from_secs(40);

/// Which account is read, and how fast.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Such as `eu-west-1`; the environment's, if absent.
    pub region: Option<String>,
    /// A profile of the shared configuration files.
    pub profile: Option<String>,
    /// Where all services are, instead of at AWS.
    pub endpoint_url: Option<String>,
    /// Calls to SageMaker a second.
    pub rate: f64,
    /// Called with a sentence when an attempt got no answer and is made again.
    pub tell: fn(&str),
}

/// How often each operation was called, attempts included, such as `SageMaker.ListModels`. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<BTreeMap<String, u64>>>);

impl Meter {
    /// The counts by now.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, operation: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
    }
}

/// The configuration of a client that reads. A call that would change something is refused before it is sent, whatever the caller's rights.
pub async fn load_reading_config(reading: &Reading, meter: &Meter) -> SdkConfig {
    let pace = Pace { interval: Duration::from_secs_f64(1.0 / reading.rate), next: Arc::default() };
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::adaptive().with_max_attempts(ATTEMPTS))
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECTING).read_timeout(ANSWERING).build())
        .http_client(ReadingClient {
            inner: https_client(),
            pace,
            meter: meter.clone(),
            line: Line::to(reading.tell),
        });
    if let Some(region) = &reading.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &reading.profile {
        // As for AWS's own command line, a profile that is named counts before credentials in the environment.
        let named = ProfileFileCredentialsProvider::builder().profile_name(profile).build();
        loader = loader.profile_name(profile).credentials_provider(named);
    }
    if let Some(url) = &reading.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader.load().await
}

/// Gives turns to all callers, one after the other, as far apart as the rate says.
#[derive(Clone, Debug)]
struct Pace {
    interval: Duration,
    next: Arc<Mutex<Option<Instant>>>,
}

impl Pace {
    /// How long the caller has to wait for the next turn, which is then taken.
    fn turn(&self, now: Instant) -> Duration {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = next.map_or(now, |next| next.max(now));
        *next = Some(at + self.interval);
        at - now
    }
}

/// Whether anybody answers at the other end.
#[derive(Clone, Debug)]
struct Line {
    unanswered: Arc<AtomicU32>,
    /// Answers in a row that ask to come again.
    busy: Arc<AtomicU32>,
    tell: fn(&str),
}

impl Line {
    fn to(tell: fn(&str)) -> Self {
        Self { unanswered: Arc::default(), busy: Arc::default(), tell }
    }

    fn answered(&self) {
        self.unanswered.store(0, Ordering::Relaxed);
        self.busy.store(0, Ordering::Relaxed);
    }

    /// Says that a service asks to come again, each time that the wait has doubled. The error if it has a fault that does not pass.
    fn busy(&self, host: &str, status: u16) -> Result<(), ConnectorError> {
        self.unanswered.store(0, Ordering::Relaxed);
        let busy = self.busy.fetch_add(1, Ordering::Relaxed) + 1;
        if status >= 500 && busy >= FAULTS {
            let words = format!(
                "{host} has answered {busy} times in a row that it has a fault: HTTP status {status}"
            );
            return Err(ConnectorError::user(words.into()));
        }
        if busy.is_power_of_two() {
            let asks = if status >= 500 { "has a fault" } else { "asks to slow down" };
            (self.tell)(&format!("{host} {asks} (HTTP status {status}): trying again"));
        }
        Ok(())
    }

    /// The error of an attempt without an answer. The SDK does not try a call again whose error is the caller's.
    fn silent(&self, host: &str, error: ConnectorError) -> ConnectorError {
        let unanswered = self.unanswered.fetch_add(1, Ordering::Relaxed) + 1;
        let why = in_words(&error);
        if unanswered >= UNANSWERED {
            let words = format!("no answer from {host} in {unanswered} attempts: {why}");
            return ConnectorError::user(words.into());
        }
        (self.tell)(&format!("no answer from {host} ({why}): trying again"));
        error
    }
}

struct ReadingClient {
    inner: SharedHttpClient,
    pace: Pace,
    meter: Meter,
    line: Line,
}

impl fmt::Debug for ReadingClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl HttpClient for ReadingClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        let (pace, meter, line) = (self.pace.clone(), self.meter.clone(), self.line.clone());
        let sleep = components.sleep_impl();
        SharedHttpConnector::new(ReadingConnector { inner, pace, meter, line, sleep })
    }
}

#[derive(Clone)]
struct ReadingConnector {
    inner: SharedHttpConnector,
    pace: Pace,
    meter: Meter,
    line: Line,
    sleep: Option<SharedAsyncSleep>,
}

impl fmt::Debug for ReadingConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl HttpConnector for ReadingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(operation) = operation(&request) else { return self.inner.call(request) };
        if !is_reading(&operation) {
            let refusal = format!("`{operation}` is not sent: it may change something");
            return HttpConnectorFuture::ready(Err(ConnectorError::user(refusal.into())));
        }
        let connector = self.clone();
        HttpConnectorFuture::new(async move {
            if let Some(sleep) = connector.sleep.as_ref().filter(|_| operation.starts_with("SageMaker.")) {
                sleep.sleep(connector.pace.turn(Instant::now())).await;
            }
            connector.meter.count(operation);
            let host = host(&request);
            match connector.inner.call(request).await {
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    // SageMaker's throttling has the status of a bad request.
                    let kind = answer.headers().get("x-amzn-errortype").unwrap_or_default();
                    if status >= 500 || status == 429 || kind.contains("Throttl") {
                        connector.line.busy(&host, status)?;
                    } else {
                        connector.line.answered();
                    }
                    Ok(answer)
                }
                Err(error) => Err(connector.line.silent(&host, error)),
            }
        })
    }
}

/// The host that a request goes to, with its port.
fn host(request: &HttpRequest) -> String {
    let rest = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

/// The operation of a request to one of the services that are read, such as `SageMaker.ListModels`, `iam.GetRole` or `s3.GET`; `None` for a
/// request that gets credentials.
fn operation(request: &HttpRequest) -> Option<String> {
    const READ: [&str; 5] = ["sagemaker", "codecommit", "kms", "iam", "s3"];
    let signature = request.headers().get("authorization").unwrap_or_default();
    let service = READ.into_iter().find(|service| signature.contains(&format!("/{service}/aws4_request")))?;
    if let Some(target) = request.headers().get("x-amz-target") {
        return Some(target.to_owned());
    }
    let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let action = body.split('&').find_map(|field| field.strip_prefix("Action=")).filter(|_| service == "iam");
    Some(format!("{service}.{}", action.unwrap_or(request.method())))
}

/// Whether an operation only reads, by its name; of S3, by the method of its request.
fn is_reading(operation: &str) -> bool {
    let verb = operation.rsplit('.').next().unwrap_or_default();
    if operation.starts_with("s3.") {
        return matches!(verb, "GET" | "HEAD");
    }
    ["List", "Describe", "Search", "Get", "BatchGet"].iter().any(|read| verb.starts_with(read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_change_something_is_no_reading() {
        let check = |operation: &str, expect: bool| assert_eq!(is_reading(operation), expect, "{operation}");
        check("SageMaker.ListModels", true);
        check("SageMaker.Search", true);
        check("SageMaker.StopTrainingJob", false);
        check("SageMaker.AddTags", false);
        check("CodeCommit_20150413.GetCommit", true);
        check("CodeCommit_20150413.PostCommentForComparedCommit", false);
        check("TrentService.DescribeKey", true);
        check("TrentService.Decrypt", false);
        check("iam.GetRole", true);
        check("iam.POST", false);
        check("s3.GET", true);
        check("s3.PUT", false);
    }

    #[test]
    fn a_request_is_named_by_its_signature_and_its_target() {
        let request = |service: &str, target: Option<&'static str>, body: &'static str| {
            let mut request = HttpRequest::new(body.into());
            let signature =
                format!("AWS4-HMAC-SHA256 Credential=A/20260302/eu-west-1/{service}/aws4_request");
            request.headers_mut().insert("authorization", signature);
            if let Some(target) = target {
                request.headers_mut().insert("x-amz-target", target);
            }
            request
        };
        let check = |request: HttpRequest, expect: Option<&str>| {
            assert_eq!(operation(&request).as_deref(), expect);
        };
        check(request("sagemaker", Some("SageMaker.ListModels"), "{}"), Some("SageMaker.ListModels"));
        check(request("iam", None, "Version=1&Action=GetRole"), Some("iam.GetRole"));
        check(request("s3", None, "Action=GetRole"), Some("s3.GET"));
        // Assuming a role to read with takes no turn, and is never refused.
        check(request("sts", None, "Action=AssumeRole"), None);
        check(HttpRequest::new("".into()), None);
    }

    #[test]
    fn a_line_without_answers_is_given_up_and_an_answer_begins_anew() {
        let line = Line::to(|_| {});
        let attempt =
            || line.silent("sagemaker.eu-west-1.amazonaws.com", ConnectorError::io("refused".into()));
        for _ in 1..UNANSWERED {
            assert!(attempt().is_io(), "it is tried again");
        }
        let last = attempt();
        assert!(last.is_user(), "{last:?}");
        let words = in_words(&last);
        assert!(words.contains("no answer from sagemaker.eu-west-1.amazonaws.com in 5 attempts"), "{words}");
        line.answered();
        assert!(attempt().is_io());
    }

    #[test]
    fn a_fault_that_stays_is_given_up_and_a_service_that_asks_for_time_gets_it() {
        let line = Line::to(|_| {});
        for _ in 0..100 {
            assert!(line.busy("s", 429).is_ok());
        }
        line.answered();
        for _ in 1..FAULTS {
            assert!(line.busy("s", 503).is_ok());
        }
        let given_up = line.busy("s", 503).map_err(|error| in_words(&error));
        assert_eq!(
            given_up,
            Err("s has answered 8 times in a row that it has a fault: HTTP status 503".to_owned())
        );
        line.answered();
        assert!(line.busy("s", 503).is_ok());
    }

    #[test]
    fn turns_are_as_far_apart_as_the_rate_says() {
        let pace = Pace { interval: Duration::from_millis(100), next: Arc::default() };
        let now = Instant::now();
        let waits: Vec<u128> = (0..3).map(|_| pace.turn(now).as_millis()).collect();
        assert_eq!(waits, [0, 100, 200]);
        // A caller who comes late does not wait, and does not collect the turns in between.
        let late = now + Duration::from_secs(60);
        assert_eq!((pace.turn(late).as_millis(), pace.turn(late).as_millis()), (0, 100));
    }
}

//! Brings requests from browsers to the explorer, over HTTP on this machine.
//!
//! Without `--bind` it answers on the loopback address alone, and only to requests for that address: a page of another site whose name
//! resolves to this address cannot read anything (DNS rebinding). With `--bind`, each browser has to bring the token once; a cookie keeps
//! it.

use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use sagewarden_view::explorer::Address;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::error::CommandError;
use crate::serve::answered::{Refused, SentPage};
use crate::serve::explorer::Explorer;
use crate::serve::pages;

const COOKIE: &str = "sagewarden";
/// The rights of a page that somebody else wrote: styles only.
const FOREIGN: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'";
/// The longest target of a request. The address of a page with forty opened nodes is shorter.
const LONGEST: usize = 32_000;

/// The explorer, and who may ask it.
struct Served {
    explorer: Explorer,
    /// The host names that a request may have; `None` if other machines may ask, which allows all names.
    hosts: Option<Vec<String>>,
    /// The token that a browser must show if other machines may ask; else `None`.
    token: Option<String>,
}

/// Serves until Ctrl-C. `begun` gets the address once it answers.
pub(super) fn run(
    explorer: Explorer,
    address: SocketAddr,
    begun: impl FnOnce(&str) -> io::Result<()>,
) -> Result<(), CommandError> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let unusable = |source| CommandError::Address { address, source };
        let listener = TcpListener::bind(address).await.map_err(unusable)?;
        let local = listener.local_addr()?;
        let is_open = !address.ip().is_loopback();
        let token = if is_open { Some(token()?) } else { None };
        let query = token.as_ref().map(|token| format!("?token={token}")).unwrap_or_default();
        begun(&format!("http://{local}/{query}"))?;
        let port = local.port();
        let hosts = ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}"));
        let hosts = hosts.into_iter().chain([local.to_string()]).collect();
        let served = Arc::new(Served { explorer, hosts: (!is_open).then_some(hosts), token });
        // The end of the server does not wait for this thread.
        let ahead = served.clone();
        std::thread::spawn(move || ahead.explorer.gather_ahead());
        let app = Router::new().fallback(answer).with_state(served);
        let ended = async {
            while tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await
            }
        };
        // The server does not wait for browsers that are still reading a page.
        tokio::select! {
            served = async { axum::serve(listener, app).await } => served.map_err(CommandError::from),
            () = ended => Ok(()),
        }
    })
}

/// 32 random digits that nobody can guess.
fn token() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response {
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    // The store's files are read on a thread that may wait.
    let answered = tokio::task::spawn_blocking(move || served.answer(&method, &target, &headers));
    answered.await.unwrap_or_else(|_| {
        let broken = Refused::broken("this page could not be made: please report its address".to_owned());
        let frame = sagewarden_view::explorer::Frame::default();
        response(SentPage::refused(&broken, &frame), false)
    })
}

impl Served {
    fn answer(&self, method: &Method, target: &str, headers: &HeaderMap) -> Response {
        let is_head = *method == Method::HEAD;
        let refuse = |refused: &Refused| {
            let frame = self.explorer.frame(&Address::default());
            response(SentPage::refused(refused, &frame), is_head)
        };
        if *method != Method::GET && !is_head {
            let mut refused = refuse(&Refused::not_allowed());
            refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if self
            .hosts
            .as_ref()
            .is_some_and(|hosts| !hosts.iter().any(|known| known.eq_ignore_ascii_case(host)))
        {
            return refuse(&Refused::forbidden("this server answers only to the address that it printed"));
        }
        if target.len() > LONGEST {
            return refuse(&Refused::wrong("the address is too long".to_owned()));
        }
        match self.admitted(target, headers) {
            Admission::Admitted => response(pages::answer(&self.explorer, target), is_head),
            Admission::WithToken(address, token) => welcome(&address, &token),
            Admission::Refused => refuse(&Refused::forbidden(
                "open the address that the command printed: its token is missing here",
            )),
        }
    }

    fn admitted(&self, target: &str, headers: &HeaderMap) -> Admission {
        let Some(token) = &self.token else { return Admission::Admitted };
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        let mut cookies =
            cookies.flat_map(|cookies| cookies.split("; ")).filter_map(|cookie| cookie.split_once('='));
        if cookies.any(|(name, value)| name == COOKIE && is_same(value, token)) {
            return Admission::Admitted;
        }
        let address = Address::parse(target).unwrap_or_default();
        match address.get("token") {
            Some(shown) if is_same(shown, token) => {
                Admission::WithToken(address.without("token"), token.clone())
            }
            _ => Admission::Refused,
        }
    }
}

/// Whether somebody may read.
enum Admission {
    Admitted,
    /// For the first time: a cookie keeps the token, and the address loses it.
    WithToken(Address, String),
    Refused,
}

/// Compares in constant time: the duration does not show how many characters are right.
fn is_same(shown: &str, token: &str) -> bool {
    shown.len() == token.len()
        && shown.bytes().zip(token.bytes()).fold(0, |wrong, (one, other)| wrong | (one ^ other)) == 0
}

fn welcome(address: &Address, token: &str) -> Response {
    let mut moved = response(SentPage::moved(address), false);
    let cookie = format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        moved.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    moved
}

fn response(answered: SentPage, is_head: bool) -> Response {
    let SentPage { status, content_type, body, location, is_foreign } = answered;
    let length = body.len();
    let mut response = Response::new(if is_head { Body::empty() } else { Body::from(body) });
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, content_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_foreign {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FOREIGN));
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        headers.insert(header::LOCATION, location);
    }
    response
}

//! A server that speaks DynamoDB's protocol, with its transactions, pages and limits: dynoxide, installed once under the target
//! folder as a program of its own (as a library it would bring a second SQLite).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use serde_json::Value;

use crate::{Missing, Result, emulator, install_once, target};

const VERSION: &str = "3.2.0";
const FEATURES: &str = "native-sqlite,http-server,cli";
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server with an empty database in memory. It ends with this value.
#[derive(Debug)]
pub struct Dynoxide {
    child: Child,
    url: String,
}

impl Dynoxide {
    /// Starts it on a free port of this machine.
    ///
    /// # Errors
    /// When it cannot be installed or does not come up.
    pub fn start() -> Result<Self> {
        let program = program()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(program)
            .args(["serve", "--host", "127.0.0.1", "--log", "quiet", "--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self { child, url: format!("http://127.0.0.1:{port}") };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_ok() {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("dynoxide ended with {status}").into());
            }
            sleep(Duration::from_millis(20));
        }
        Err(format!("dynoxide did not come up within {PATIENCE:?}").into())
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes one call of the service. It needs no client: the server takes any signature.
    ///
    /// # Errors
    /// When the server refuses; the message has its answer.
    pub fn call(&self, operation: &str, body: &Value) -> Result<()> {
        let address = self.url.trim_start_matches("http://");
        let credential = "Credential=test/20260101/eu-west-1/dynamodb/aws4_request";
        let (body, mut stream) = (body.to_string(), TcpStream::connect(address)?);
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.0\r\n\
             X-Amz-Target: DynamoDB_20120810.{operation}\r\nX-Amz-Date: 20260101T000000Z\r\n\
             Authorization: AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer.into()) }
    }

    /// The configuration that the project's adapters need for it.
    pub async fn config(&self) -> SdkConfig {
        emulator::config(&self.url).await
    }
}

impl Drop for Dynoxide {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _stopped = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Installing it takes minutes.
fn program() -> Result<PathBuf> {
    let folder = target()?.join(format!("dynoxide-{VERSION}"));
    let program = folder.join("bin/dynoxide");
    install_once(&folder, &program, || {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let made = Command::new(cargo)
            .args(["install", "dynoxide-rs", "--version", VERSION, "--locked", "--no-default-features"])
            .args(["--features", FEATURES, "--root"])
            .arg(&folder)
            // The folder of the build that runs this test may be locked.
            .env("CARGO_TARGET_DIR", target()?.join("dynoxide-build"))
            .output()?;
        if made.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&made.stderr);
        Err(Missing(format!("dynoxide cannot be installed: cargo must reach crates.io\n{said}")).into())
    })?;
    Ok(program)
}

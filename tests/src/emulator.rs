//! The AWS emulator: started for a test on a free port of this machine, stopped with it.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use tempfile::TempDir;

use crate::aws::{Aws, REGION, client_environment};
use crate::clock::MovableClock;
use crate::{Result, python};

/// The account that the emulator plays.
pub const ACCOUNT: &str = "111122223333";

const PATIENCE: Duration = Duration::from_secs(60);

/// A running emulator. It ends with this value; should the test be killed, it ends when its standard input does.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    url: String,
    folder: TempDir,
}

impl Emulator {
    /// Starts it; `environment` is passed on to it and to the functions that it runs.
    ///
    /// # Errors
    /// When it does not come up; the message ends with what it logged.
    pub fn start(environment: &[(&str, &str)]) -> Result<Self> {
        let folder = TempDir::new()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let url = format!("http://127.0.0.1:{port}");
        let log = File::create(folder.path().join("log"))?;
        let child = python::script("emulator.py")?
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("IOT_MTLS_ENABLED", "0")
            .env("MINISTACK_ACCOUNT_ID", ACCOUNT)
            .env("MINISTACK_REGION", REGION)
            .env("TMPDIR", folder.path())
            .envs(client_environment(&url))
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Its functions are its children: they are stopped as one group.
            .process_group(0)
            .spawn()?;
        let mut emulator = Self { child, url, folder };
        emulator.wait(SocketAddr::from(([127, 0, 0, 1], port)))?;
        Ok(emulator)
    }

    /// Starts it with IAM enforced (signatures and policies count: a permission that a role lacks fails the test), and with the simulator
    /// at this address for the services that it does not simulate.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn beside(simulator: &str) -> Result<Self> {
        Self::beside_at(simulator, None)
    }

    /// As [`Self::beside`], by this clock.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn beside_at(simulator: &str, clock: Option<&MovableClock>) -> Result<Self> {
        let time = clock.map(MovableClock::environment);
        let time = time.iter().flatten().map(|(name, value)| (*name, value.as_str()));
        let services = [
            ("AUTH", "true"),
            ("AWS_ENDPOINT_URL_SAGEMAKER", simulator),
            ("AWS_ENDPOINT_URL_CODECOMMIT", simulator),
            ("AWS_ENDPOINT_URL_KMS", simulator),
        ];
        Self::start(&services.into_iter().chain(time).collect::<Vec<_>>())
    }

    fn wait(&mut self, address: SocketAddr) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if TcpStream::connect(address).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the emulator ended with {status}:\n{}", self.log()).into());
            }
            sleep(Duration::from_millis(50));
        }
        Err(format!("the emulator did not come up within {PATIENCE:?}:\n{}", self.log()).into())
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A folder that ends with it.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// AWS's own client, for the emulator.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn aws(&self) -> Result<Aws> {
        Aws::new(&self.url)
    }

    /// The configuration that the project's adapters need for it.
    pub async fn config(&self) -> SdkConfig {
        config(&self.url).await
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Asked to end, it ends its functions; the rest of the group is killed afterwards.
        let group = format!("-{}", self.child.id());
        let signal =
            |name: &str| Command::new("kill").args([name, "--", &group]).stderr(Stdio::null()).status();
        if signal("-TERM").is_err() {
            return;
        }
        let began = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && began.elapsed() < Duration::from_secs(5) {
            sleep(Duration::from_millis(20));
        }
        if signal("-KILL").is_ok() {
            // The child's status is collected; an error means that the child is gone.
            let _ended = self.child.wait();
        }
    }
}

/// An SDK configuration for a service on this machine.
pub async fn config(url: &str) -> SdkConfig {
    config_of(url, "test", "test").await
}

/// As [`config`], with this access key.
pub async fn config_of(url: &str, key: &str, secret: &str) -> SdkConfig {
    let profile = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
    let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Credentials, profile).build();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .profile_files(files)
        .region(Region::new(REGION))
        .endpoint_url(url)
        .load()
        .await
}

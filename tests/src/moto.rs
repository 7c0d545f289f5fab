//! moto's server, an independent imitation of AWS, on a free port of this machine; it stops with the test.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{Result, python};

const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It ends with this value; should the test be killed, it ends when its standard input does.
#[derive(Debug)]
pub struct Moto {
    child: Child,
    url: String,
}

impl Moto {
    /// Starts it.
    ///
    /// # Errors
    /// When its environment cannot be made, or it does not come up.
    pub fn start() -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut child = python::mocking_script("moto_server.py")?
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = child.try_wait()? {
                return Err(format!("moto ended with {status}").into());
            }
            if began.elapsed() > PATIENCE {
                child.kill()?;
                return Err(format!("moto did not come up within {PATIENCE:?}").into());
            }
            sleep(Duration::from_millis(50));
        }
        Ok(Self { child, url: format!("http://127.0.0.1:{port}") })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            // The status is collected; an error means that it is gone.
            let _ended = self.child.wait();
        }
    }
}

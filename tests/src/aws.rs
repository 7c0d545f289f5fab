//! AWS's own Python client as a child process: any operation of any service, without its SDK in the build.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use thiserror::Error;

use crate::{Result, python};

/// The region that it plays.
pub const REGION: &str = "eu-west-1";

/// The configuration that AWS's own client needs for a local service. It ignores the machine's own credentials and settings.
#[must_use]
pub fn client_environment(url: &str) -> [(&'static str, &str); 7] {
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ]
}

/// The bytes of an answer's streamed body or payload.
///
/// # Errors
/// When there are none.
pub fn bytes(answer: &Value, field: &str) -> Result<Vec<u8>> {
    let text = answer.get(field).and_then(|value| value.get("base64")?.as_str());
    Ok(BASE64_STANDARD.decode(text.ok_or_else(|| format!("`{field}` holds no bytes"))?)?)
}

/// A running client.
#[derive(Debug)]
pub struct Aws {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// The error of a service.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{operation}: {code}: {message}")]
pub struct Refusal {
    /// Which operation.
    pub operation: String,
    /// The error code.
    pub code: String,
    /// The message.
    pub message: String,
}

impl Aws {
    /// Starts a client for the services at this address.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn new(url: &str) -> Result<Self> {
        let mut child = python::script("aws.py")?
            .envs(client_environment(url))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or("the client has no output")?;
        Ok(Self { child, input, output: BufReader::new(output) })
    }

    /// Calls an operation by its name in boto3, such as `("dynamodb", "describe_table")`.
    ///
    /// # Errors
    /// A [`Refusal`] when the service refuses.
    pub fn call(&mut self, service: &str, operation: &str, parameters: Value) -> Result<Value> {
        self.ask(json!({ "service": service, "operation": operation, "parameters": parameters }))
    }

    /// As [`Self::call`], for a service at another address.
    ///
    /// # Errors
    /// A [`Refusal`] when the service refuses.
    pub fn call_at(&mut self, url: &str, service: &str, operation: &str, parameters: Value) -> Result<Value> {
        self.ask(
            json!({ "service": service, "operation": operation, "parameters": parameters, "endpoint": url }),
        )
    }

    /// Reads a whole list by boto3's own paginator.
    ///
    /// # Errors
    /// A [`Refusal`] when the service refuses.
    pub fn all(&mut self, service: &str, operation: &str, parameters: Value) -> Result<Value> {
        self.ask(
            json!({ "service": service, "operation": operation, "parameters": parameters, "pages": true }),
        )
    }

    fn ask(&mut self, request: Value) -> Result<Value> {
        let input = self.input.as_mut().ok_or("the client has no input")?;
        writeln!(input, "{request}")?;
        input.flush()?;
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("the client ended; its error is above".into());
        }
        let mut answer: Value = serde_json::from_str(&line)?;
        match answer.get_mut("ok") {
            Some(result) => Ok(result.take()),
            None => {
                let text = |pointer: &str| {
                    answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                let operation =
                    request.get("operation").and_then(Value::as_str).unwrap_or_default().to_owned();
                Err(Refusal { operation, code: text("/error/code"), message: text("/error/message") }.into())
            }
        }
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.input.take());
        let _ended = self.child.wait();
    }
}

//! The template, deployed on the emulator with the real binaries.

use std::io::Write;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::aws::Aws;
use crate::aws::client_environment;
use crate::emulator::Emulator;
use crate::{Result, functions, python, root};

/// The name that the stack gets.
pub const NAME: &str = "sagewarden";
/// How long an event and the work that follows may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// A deployed stack.
#[derive(Debug)]
pub struct Stack {
    outputs: Value,
}

impl Stack {
    /// Packages the functions with these settings and deploys the template with these parameters.
    ///
    /// # Errors
    /// When the build or the deployment fails, with the reasons of the resources that failed.
    pub fn deploy(emulator: &Emulator, settings: &str, parameters: &Value) -> Result<Self> {
        let artefacts = emulator.folder().join("artefacts");
        functions::package(&artefacts, settings)?;
        let request = json!({
            "template": root().join("infra/template.yaml"),
            "artefacts": artefacts,
            "stack": NAME,
            "parameters": parameters,
            // It refuses requests without TLS, and the emulator has none.
            "without": ["QuarantinePolicy"],
        });
        let mut script = python::script("deploy.py")?
            .envs(client_environment(emulator.url()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        script.stdin.take().ok_or("the script has no input")?.write_all(request.to_string().as_bytes())?;
        let output = script.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("deploying failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(Self { outputs: serde_json::from_slice(&output.stdout)? })
    }

    /// Lets records that failed come again after so many seconds instead of minutes.
    ///
    /// # Errors
    /// When the emulator does not answer.
    pub fn hasten(&self, aws: &mut Aws, seconds: u32) -> Result<()> {
        for url in Self::queues(aws)? {
            let asked =
                json!({ "QueueUrl": url, "Attributes": { "VisibilityTimeout": seconds.to_string() } });
            aws.call("sqs", "set_queue_attributes", asked)?;
        }
        Ok(())
    }

    /// Lets each function run so many times at once, and not more.
    ///
    /// # Errors
    /// When the emulator does not answer.
    pub fn limit(&self, aws: &mut Aws, at_once: u32) -> Result<()> {
        let mappings = aws.call("lambda", "list_event_source_mappings", json!({}))?;
        let mappings = mappings.get("EventSourceMappings").and_then(Value::as_array);
        for mapping in mappings.into_iter().flatten() {
            let scaling = json!({ "MaximumConcurrency": at_once });
            let asked = json!({ "UUID": mapping.get("UUID"), "ScalingConfig": scaling });
            aws.call("lambda", "update_event_source_mapping", asked)?;
        }
        Ok(())
    }

    /// Puts an event on the queue of a function, as its rule would: only EventBridge sends the events of its clock.
    ///
    /// # Errors
    ///
    /// If the queue does not exist, or the emulator does not answer.
    pub fn send(&self, aws: &mut Aws, queue: &str, event: &Value) -> Result<()> {
        let is_it = |url: &String| url.contains(&format!("-{queue}-"));
        let url = Self::queues(aws)?.into_iter().find(is_it).ok_or_else(|| format!("no queue `{queue}`"))?;
        aws.call("sqs", "send_message", json!({ "QueueUrl": url, "MessageBody": event.to_string() }))?;
        Ok(())
    }

    fn queues(aws: &mut Aws) -> Result<Vec<String>> {
        let queues = aws.call("sqs", "list_queues", json!({ "QueueNamePrefix": NAME }))?;
        let urls = queues.get("QueueUrls").and_then(Value::as_array);
        Ok(urls.into_iter().flatten().filter_map(|url| url.as_str().map(str::to_owned)).collect())
    }

    /// An output of the stack.
    ///
    /// # Errors
    /// If nothing has that name.
    pub fn output(&self, name: &str) -> Result<&str> {
        self.outputs
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("the stack has no output `{name}`").into())
    }

    /// Waits until every queue of the stack is empty and nothing is in flight. Messages that were given up are an error.
    ///
    /// # Errors
    /// When a dead-letter queue fills, or the queues do not empty in time.
    pub fn settle(&self, aws: &mut Aws) -> Result<()> {
        let began = Instant::now();
        let mut quiet = 0;
        while quiet < 3 {
            let waiting = self.waiting(aws)?;
            if let Some((queue, _)) =
                waiting.iter().find(|(queue, count)| *count > 0 && queue.contains("Dlq"))
            {
                return Err(format!("`{queue}` has messages: an event was given up").into());
            }
            quiet = if waiting.iter().all(|(_, count)| *count == 0) { quiet + 1 } else { 0 };
            if began.elapsed() > PATIENCE {
                return Err(format!("the queues are not empty after {PATIENCE:?}: {waiting:?}").into());
            }
            sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// Every queue of the stack with the number of its messages, those in flight included.
    ///
    /// # Errors
    /// When the emulator does not answer.
    pub fn waiting(&self, aws: &mut Aws) -> Result<Vec<(String, u64)>> {
        let mut waiting = Vec::new();
        for url in Self::queues(aws)? {
            let asked = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
            let attributes = aws.call("sqs", "get_queue_attributes", asked)?;
            let count = |name: &str| {
                let text = attributes.pointer(&format!("/Attributes/{name}")).and_then(Value::as_str);
                text.and_then(|text| text.parse::<u64>().ok()).unwrap_or_default()
            };
            let name = url.rsplit('/').next().unwrap_or(&url).to_owned();
            let held = [
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ];
            waiting.push((name, held.iter().map(|name| count(name)).sum()));
        }
        Ok(waiting)
    }
}

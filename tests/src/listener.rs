//! Queues of a test that receive the notices of a stack.

use serde_json::{Value, json};

use crate::Result;
use crate::aws::Aws;
use crate::aws::REGION;
use crate::emulator::ACCOUNT;

/// A queue that somebody fills.
#[derive(Debug)]
pub struct Listener {
    url: String,
}

impl Listener {
    /// Gets every event of a source that comes to a bus, whole.
    ///
    /// # Errors
    /// When the emulator refuses.
    pub fn on_bus(aws: &mut Aws, bus: &str, source: &str) -> Result<Self> {
        // Not as the stack's own queues are called.
        let name = format!("listener-{}", source.replace('.', "-"));
        let (listener, arn) = Self::queue(aws, &name, "events.amazonaws.com")?;
        let pattern = json!({ "source": [source] }).to_string();
        let rule = json!({ "Name": "listener", "EventBusName": bus, "EventPattern": pattern });
        aws.call("events", "put_rule", rule)?;
        let targets =
            json!({ "Rule": "listener", "EventBusName": bus, "Targets": [{ "Id": "1", "Arn": arn }] });
        aws.call("events", "put_targets", targets)?;
        Ok(listener)
    }

    /// Receives the messages of a topic, as a mail would have them.
    ///
    /// # Errors
    /// When the emulator refuses.
    pub fn on_topic(aws: &mut Aws, topic: &str) -> Result<Self> {
        let (listener, arn) = Self::queue(aws, "mail-listener", "sns.amazonaws.com")?;
        let raw = json!({ "RawMessageDelivery": "true" });
        let subscription =
            json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": arn, "Attributes": raw });
        aws.call("sns", "subscribe", subscription)?;
        Ok(listener)
    }

    fn queue(aws: &mut Aws, name: &str, sender: &str) -> Result<(Self, String)> {
        let queue = aws.call("sqs", "create_queue", json!({ "QueueName": name }))?;
        let url = queue.get("QueueUrl").and_then(Value::as_str).unwrap_or_default().to_owned();
        let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}");
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": sender }, "Action": "sqs:SendMessage", "Resource": arn,
        }] });
        let allowed = json!({ "QueueUrl": url, "Attributes": { "Policy": policy.to_string() } });
        aws.call("sqs", "set_queue_attributes", allowed)?;
        Ok((Self { url }, arn))
    }

    /// The notices since the last call.
    ///
    /// # Errors
    ///
    /// When the emulator refuses.
    pub fn heard(&self, aws: &mut Aws) -> Result<Vec<String>> {
        let mut heard = Vec::new();
        loop {
            let asked = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 10 });
            let answer = aws.call("sqs", "receive_message", asked)?;
            let Some(messages) = answer.get("Messages").and_then(Value::as_array) else { return Ok(heard) };
            for message in messages {
                let text = |key: &str| message.get(key).and_then(Value::as_str).unwrap_or_default();
                heard.push(text("Body").to_owned());
                let done = json!({ "QueueUrl": self.url, "ReceiptHandle": text("ReceiptHandle") });
                aws.call("sqs", "delete_message", done)?;
            }
        }
    }
}

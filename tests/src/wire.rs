//! The common parts of the simulated services: answers, refusals, and callers.

use sagewarden_events::Actor;
use sagewarden_local::Fault;
use serde_json::Value;

/// An answer of a service.
pub(crate) type Answer = std::result::Result<Value, Fault>;

/// The caller of HTTP requests: the simulator knows one person.
pub(crate) fn caller() -> Actor {
    Actor {
        arn: Some("arn:aws:sts::111122223333:assumed-role/ds-notebook-role-credit-dev-ana/ana".to_owned()),
        role: Some("arn:aws:iam::111122223333:role/ds-notebook-role-credit-dev-ana".to_owned()),
        source_identity: None,
        on_behalf_of: None,
        source_ip: Some("127.0.0.1".to_owned()),
    }
}

pub(crate) fn fault(code: &str, message: impl Into<String>) -> Fault {
    Fault { code: code.to_owned(), message: message.into() }
}

pub(crate) fn text<'a>(body: &'a Value, key: &str) -> &'a str {
    body.get(key).and_then(Value::as_str).unwrap_or_default()
}

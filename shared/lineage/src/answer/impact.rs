//! The answer to `impact`: which endpoints run something built from an entity.

use sagewarden_events::Timestamp;
use serde::Serialize;

use super::words::{closing, line};
use crate::id::NodeId;

/// The endpoints that run something built from a node, now or at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Impact {
    /// The entity in the question.
    pub root: String,
    /// Its kind and name.
    pub name: String,
    /// The time in the question; absent for now.
    pub at: Option<Timestamp>,
    /// The endpoints, by name.
    pub endpoints: Vec<LiveEndpoint>,
    /// Whether the list is complete.
    pub complete: bool,
    /// Why the list is incomplete, in words.
    pub missing: Vec<String>,
    /// Continues an answer that was cut.
    pub cursor: Option<String>,
    /// Requests to the table.
    pub requests: usize,
}

/// An endpoint and its deployment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LiveEndpoint {
    /// Its name.
    pub endpoint: String,
    /// Its ARN, once recorded.
    pub arn: Option<String>,
    /// The configuration in force.
    pub configuration: String,
    /// The deployment's identity.
    pub deployment: String,
    /// Since when it has been in force.
    pub since: Option<Timestamp>,
    /// When it ended; absent if it is still in force.
    pub until: Option<Timestamp>,
}

impl LiveEndpoint {
    /// The facts that the identity of a deployment has by itself.
    #[must_use]
    pub fn of(deployment: &NodeId) -> Self {
        let (endpoint, configuration) = deployment.deployed().unwrap_or_default();
        Self {
            endpoint: endpoint.to_owned(),
            arn: None,
            configuration: configuration.to_owned(),
            deployment: deployment.to_string(),
            since: None,
            until: None,
        }
    }
}

impl Impact {
    /// Lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        let runs = match self.endpoints.len() {
            0 => "no endpoint runs anything".to_owned(),
            1 => "1 endpoint runs something".to_owned(),
            number => format!("{number} endpoints run something"),
        };
        let when = self.at.map(|at| format!(" at {at}")).unwrap_or_default();
        let mut text = format!("{runs} built from {}{when}\n", line(&self.name));
        for live in &self.endpoints {
            text.push_str(&format!(
                "  endpoint {}  configuration {}",
                line(&live.endpoint),
                line(&live.configuration)
            ));
            text.extend(live.since.map(|since| format!("  since {since}")));
            text.extend(live.until.map(|until| format!("  until {until}")));
            text.push('\n');
        }
        text.push_str(&closing(self.complete, &self.missing));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_says_where_it_is_and_what_it_runs() {
        let id = NodeId::parse("dep#111122223333/eu-west-1/credit-prod@1/config-2@3").unwrap();
        let live = LiveEndpoint::of(&id);
        assert_eq!((live.endpoint.as_str(), live.configuration.as_str()), ("credit-prod", "config-2"));
    }
}

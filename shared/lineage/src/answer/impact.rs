//! The answer to `impact`: which endpoints run something built from an entity.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use serde::Serialize;

use super::words::{closing, line};
use crate::id::{NodeId, NodeKind};

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

/// An endpoint, and its deployment or an inference component on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LiveEndpoint {
    /// Its name.
    pub endpoint: String,
    /// Its ARN, once recorded.
    pub arn: Option<String>,
    /// The configuration in force; empty for an inference component, which has none.
    pub configuration: String,
    /// The inference component that puts it onto the endpoint, if the configuration does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The identity of the deployment, or of the component.
    pub deployment: String,
    /// Since when it has been in force.
    pub since: Option<Timestamp>,
    /// When it ended; absent if it is still in force.
    pub until: Option<Timestamp>,
}

impl LiveEndpoint {
    /// The facts that the identity of a deployment or a component has by itself. A component does not say on which endpoint it is.
    #[must_use]
    pub fn of(deployment: &NodeId) -> Self {
        let (endpoint, configuration) = deployment.deployed().unwrap_or_default();
        let is_component = deployment.kind() == NodeKind::InferenceComponent;
        Self {
            endpoint: endpoint.to_owned(),
            arn: None,
            configuration: configuration.to_owned(),
            component: is_component.then(|| deployment.last_name().to_owned()),
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
        let endpoints: BTreeSet<_> = self.endpoints.iter().map(|live| (&live.endpoint, &live.arn)).collect();
        let runs = match endpoints.len() {
            0 => "no endpoint runs anything".to_owned(),
            1 => "1 endpoint runs something".to_owned(),
            number => format!("{number} endpoints run something"),
        };
        let when = self.at.map(|at| format!(" at {at}")).unwrap_or_default();
        let mut text = format!("{runs} built from {}{when}\n", line(&self.name));
        for live in &self.endpoints {
            let by = match &live.component {
                Some(component) => format!("component {}", line(component)),
                None => format!("configuration {}", line(&live.configuration)),
            };
            text.push_str(&format!("  endpoint {}  {by}", line(&live.endpoint)));
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
        assert_eq!(live.component, None);
        let id = NodeId::parse("ic#111122223333/eu-west-1/challenger@3").unwrap();
        assert_eq!(LiveEndpoint::of(&id).component.as_deref(), Some("challenger"));
    }
}

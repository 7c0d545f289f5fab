//! Since when, and until when, an endpoint runs the inference components that were put onto it.
//!
//! No event says that a component came into service. So a version counts from the call that asked for it, until another version takes its
//! place, until the component or the endpoint is deleted, or until it failed. All of these are facts of nodes, which arrive in any order.

use sagewarden_events::Timestamp;

use crate::fact::deleted_at;
use crate::graph::Node;
use crate::id::NodeId;
use crate::rows::leading_time;
use crate::rows::node::{STATE, STATE_VERSION};

/// A time during which an endpoint runs a version of an inference component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePeriod {
    /// The version.
    pub component: NodeId,
    /// Since when.
    pub from: Timestamp,
    /// Until when; absent if it is still there.
    pub until: Option<Timestamp>,
}

impl ServicePeriod {
    /// Whether the endpoint ran it at a time; without a time, whether the endpoint runs it now.
    #[must_use]
    pub fn holds(&self, at: Option<Timestamp>) -> bool {
        match at {
            None => self.until.is_none(),
            Some(at) => self.from <= at && self.until.is_none_or(|until| at < until),
        }
    }
}

/// When each version of the components of an endpoint served, given the times at which the endpoint was deleted. The oldest first.
#[must_use]
pub fn service_periods(versions: &[Node], endpoint_deleted: &[Timestamp]) -> Vec<ServicePeriod> {
    let mut periods: Vec<ServicePeriod> = versions
        .iter()
        .filter_map(|version| {
            let from = version.id.created_at()?;
            let others = versions.iter().filter(|other| other.id.last_name() == version.id.last_name());
            let next = others.filter_map(|other| other.id.created_at());
            let ends = next.chain(endpoint_deleted.iter().copied()).filter(|end| *end > from);
            let until = ends.chain(deleted_at(version)).chain(failed_at(version)).min();
            Some(ServicePeriod { component: version.id.clone(), from, until })
        })
        .collect();
    periods.sort_by_key(|period| (period.from, period.component.clone()));
    periods
}

fn failed_at(version: &Node) -> Option<Timestamp> {
    let failed = version.text(STATE).filter(|state| *state == "Failed");
    failed.and_then(|_| version.text(STATE_VERSION)).and_then(leading_time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::NodeRow;
    use crate::rows::node::DELETED_AT;
    use crate::table::{Attributes, Item, Value};

    fn version(name: &str, since: i64, facts: &[(&str, Value)]) -> Node {
        let id = NodeId::parse(&format!("ic#1/r/{name}@{since}")).unwrap();
        let attributes: Attributes =
            facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Node { item: Some(Item { key: NodeRow::key(&id), attributes }), id }
    }

    fn periods(versions: &[Node], endpoint_deleted: &[i64]) -> Vec<(String, i64, Option<i64>)> {
        let deleted: Vec<Timestamp> = endpoint_deleted.iter().copied().map(Timestamp::from_millis).collect();
        let period = |period: ServicePeriod| {
            let until = period.until.map(Timestamp::millis);
            (period.component.last_name().to_owned(), period.from.millis(), until)
        };
        service_periods(versions, &deleted).into_iter().map(period).collect()
    }

    #[test]
    fn a_version_serves_until_the_next_one_of_its_component() {
        let versions = [version("b", 7, &[]), version("a", 9, &[]), version("a", 5, &[])];
        let expect = [("a".to_owned(), 5, Some(9)), ("b".to_owned(), 7, None), ("a".to_owned(), 9, None)];
        assert_eq!(periods(&versions, &[]), expect);
    }

    #[test]
    fn a_version_ends_with_its_component_its_endpoint_or_its_failure_whichever_is_first() {
        let deleted = (DELETED_AT, Value::Number(20));
        let failed = [
            (STATE, Value::Text("Failed".into())),
            (STATE_VERSION, Value::Text("000000000000008#4#Failed".into())),
        ];
        let until =
            |facts: &[(&str, Value)], endpoint: &[i64]| periods(&[version("a", 5, facts)], endpoint)[0].2;
        assert_eq!(until(std::slice::from_ref(&deleted), &[]), Some(20));
        assert_eq!(until(std::slice::from_ref(&deleted), &[12]), Some(12));
        assert_eq!(until(&[deleted, failed[0].clone(), failed[1].clone()], &[12]), Some(8));
        assert_eq!(until(&[], &[4]), None, "an endpoint that was deleted before had the same name");
    }

    #[test]
    fn a_period_holds_its_beginning_and_not_its_end() {
        let at = |millis: i64| Some(Timestamp::from_millis(millis));
        let period = |until| ServicePeriod {
            component: NodeId::parse("ic#1/r/a@5").unwrap(),
            from: Timestamp::from_millis(5),
            until,
        };
        let ended = period(at(9));
        let held = [at(4), at(5), at(8), at(9), None].map(|at| ended.holds(at));
        assert_eq!(held, [false, true, true, false, false]);
        assert!(period(None).holds(None) && period(None).holds(at(99)) && !period(None).holds(at(4)));
    }
}

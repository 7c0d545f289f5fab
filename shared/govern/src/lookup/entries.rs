//! Entries of a history: what happened to an entity, each in one sentence.

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Entry, EntryKind, LiveEndpoint};
use sagewarden_lineage::graph::{Graph, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{
    CREATED_BY, DELETED_AT, DELETED_BY, FOUND, MEASURED, MONITORING_TYPE, SCHEDULE, SEVERITY, SILENT, STATE,
    STATES, VIOLATIONS,
};
use sagewarden_lineage::rows::{ApprovalRow, ObservationRow, ReachedState, RevisionRow, StateRow};
use sagewarden_lineage::table::Item;
use sagewarden_monitor::WindowReport;

use crate::counted::counted;

pub(super) fn entry(time: Timestamp, kind: EntryKind, subject: &NodeId, text: String) -> Entry {
    Entry { time, kind, text, subject: subject.to_string(), digest: None, previous: None }
}

/// The events that the entity's own rows record.
pub(super) fn own_entries(node: &Node, rows: &[Item], graph: &Graph) -> Vec<Entry> {
    let id = &node.id;
    let state = |at: Timestamp, text: String| entry(at, EntryKind::State, id, text);
    let by = |name: &str| node.text(name).map(|who| format!(" by {who}")).unwrap_or_default();
    let mut entries: Vec<Entry> = Vec::new();
    entries.extend(node.created_at().map(|at| state(at, format!("created{}", by(CREATED_BY)))));
    let deleted = node.number(DELETED_AT).map(Timestamp::from_millis);
    entries.extend(deleted.map(|at| state(at, format!("deleted{}", by(DELETED_BY)))));
    let states = node.item.iter().flat_map(|item| item.set(STATES)).filter_map(ReachedState::parse);
    entries.extend(states.map(|reached| state(reached.at, format!("became {}", reached.state))));
    for row in rows {
        if let Some(StateRow { reached, reason, .. }) = StateRow::parse(row) {
            let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            entries.push(state(reached.at, format!("became {}{why}", reached.state)));
        }
        entries.extend(ApprovalRow::parse(row).map(|row| approval(id, row)));
        entries.extend(RevisionRow::parse(row).map(|row| revision(id, row)));
        let seen = ObservationRow::parse(row);
        let seen = seen.and_then(|row| Some((row.at, graph.nodes.get(&row.node)?)));
        entries.extend(seen.map(|(at, node)| observation(at, node)));
    }
    entries
}

fn approval(id: &NodeId, row: ApprovalRow) -> Entry {
    let happened = row.words();
    let by = row.by.map(|by| format!(" by {by}")).unwrap_or_default();
    let words = row.description.map(|words| format!(": {words}")).unwrap_or_default();
    entry(row.at, EntryKind::Approval, id, format!("{happened}{by}{words}"))
}

fn revision(endpoint: &NodeId, row: RevisionRow) -> Entry {
    match row.deployment {
        Some(deployment) => {
            let configuration = LiveEndpoint::of(&deployment).configuration;
            let text = format!("configuration {configuration} came into force");
            entry(row.at, EntryKind::Deployment, &deployment, text)
        }
        None => entry(row.at, EntryKind::Deployment, endpoint, "the endpoint was deleted".to_owned()),
    }
}

/// Why a monitor has no result, in words.
fn silence(cause: &str) -> &str {
    match cause {
        "execution-failed" => "the execution failed",
        "execution-stopped" => "the execution was stopped",
        "execution-missing" => "an execution that was due did not run",
        "schedule-failed" => "the schedule failed",
        "schedule-stopped" => "the schedule was stopped",
        "report-missing" => "there were violations, but no report",
        "report-denied" => "the report could not be read",
        "traffic-unreadable" => "lines or files could not be read",
        "labels-missing" => "no label arrived",
        "quality-unmeasured" => "the predictions could not be judged",
        "bias-unmeasured" => "groups could not be compared",
        "attribution-unmeasured" => "the model could not be explained",
        "traffic-missing" => "no traffic has arrived since then",
        "traffic-unheard" => "captured files are in S3, but S3 sent no event about them",
        other => other,
    }
}

pub(super) fn observation(time: Timestamp, node: &Node) -> Entry {
    if node.id.kind() == NodeKind::Violation && node.number(VIOLATIONS).is_none() {
        let causes = node.item.iter().flat_map(|item| item.set(SILENT));
        let causes: Vec<&str> = causes.map(silence).collect();
        let schedule = node.text(SCHEDULE).unwrap_or("unknown");
        let (name, causes) = (node.name(), causes.join(", "));
        let text = if schedule == WindowReport::SCHEDULE {
            format!("traffic was not watched: {causes} ({name})")
        } else {
            format!("schedule {schedule} has no result: {causes} ({name})")
        };
        return entry(time, EntryKind::Monitoring, &node.id, text);
    }
    if node.id.kind() == NodeKind::Violation {
        let found = node.number(VIOLATIONS).unwrap_or_default() > 0;
        let kind = if found { EntryKind::Drift } else { EntryKind::Monitoring };
        return entry(time, kind, &node.id, violations(node));
    }
    let state = node.text(STATE).map(|state| format!(": {state}")).unwrap_or_default();
    entry(time, EntryKind::Monitoring, &node.id, format!("monitoring execution {} began{state}", node.name()))
}

/// The finding of a monitor in a window or an execution. If there is no violation now, an earlier report may have had some: then the node
/// still has their severity.
fn violations(node: &Node) -> String {
    let kind = node.text(MONITORING_TYPE).unwrap_or("monitoring");
    let measured = node.text(MEASURED).map(|measured| format!("; {measured}")).unwrap_or_default();
    let (name, severity) = (node.name(), node.text(SEVERITY));
    match node.number(VIOLATIONS).unwrap_or_default() {
        0 => {
            let earlier = severity.map(|worst| format!(" any more (the worst was {worst})"));
            format!("{kind} found no violation in {name}{}{measured}", earlier.unwrap_or_default())
        }
        count => {
            let severity = severity.unwrap_or("severity unknown");
            let found = node.text(FOUND).map(|found| format!(": {found}")).unwrap_or_default();
            format!("{kind} found {} ({severity}) in {name}{found}{measured}", counted(count, "violation"))
        }
    }
}

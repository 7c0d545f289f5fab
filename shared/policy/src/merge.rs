//! Merges several verdicts into one: the verdict by the settings of a resource's account, and one for each environment that its tags name.
//!
//! Anybody who may tag a resource chooses such an environment. So tags can only make the verdict stricter: everything that any of these
//! settings forbids is a finding. And the remedy depends on the tags that the resource was created with, never on later ones.

use std::collections::BTreeSet;

use sagewarden_events::{Change, Corrections};
use sagewarden_settings::Mode;

use crate::finding::{Finding, FindingStatus};
use crate::verdict::{Judgement, Plan, Verdict, outcome};

/// A verdict by the settings of one environment.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) verdict: Verdict,
    /// Whether it may be acted on: it follows from the account, or from a tag of the call that created the resource.
    pub(crate) counts: bool,
}

/// The verdict of all parts; the first is the account's.
pub(crate) fn merge(mut whole: Verdict, by_tags: Vec<Part>) -> Verdict {
    for Part { verdict, counts } in by_tags {
        let plan = if counts || matches!(verdict.plan, Plan::Nothing(_)) {
            verdict.plan
        } else {
            let name = verdict.environment.as_deref().unwrap_or_default();
            Plan::Nothing(format!(
                "nobody knows whether it was created with the tag of the environment `{name}`"
            ))
        };
        whole.findings = findings(whole.findings, verdict.findings);
        whole.checked = union(whole.checked, verdict.checked);
        whole.skipped = union(whole.skipped, verdict.skipped);
        whole.at_run_time = union(whole.at_run_time, verdict.at_run_time);
        let names = whole.environment.into_iter().chain(verdict.environment);
        whole.environment = Some(names.collect::<Vec<_>>().join(", "));
        whole.mode = if counts && verdict.mode == Mode::Enforce { Mode::Enforce } else { whole.mode };
        whole.plan = stronger(whole.plan, plan, whole.outcome == Judgement::Violating);
        whole.would = whole.would.max(verdict.would);
        whole.outcome = outcome(&whole.findings);
    }
    whole
}

fn union(one: Vec<String>, other: Vec<String>) -> Vec<String> {
    one.into_iter().chain(other).collect::<BTreeSet<String>>().into_iter().collect()
}

/// For the same control, the worse finding; of two equally bad ones, the account's.
fn findings(mut found: Vec<Finding>, more: Vec<Finding>) -> Vec<Finding> {
    for finding in more {
        let same = |one: &&mut Finding| one.control == finding.control && one.title == finding.title;
        match found.iter_mut().find(same) {
            Some(known) if badness(&finding) > badness(known) => *known = finding,
            Some(_) => {}
            None => {
                let after = found.iter().position(|one| one.control > finding.control);
                found.insert(after.unwrap_or(found.len()), finding);
            }
        }
    }
    found
}

fn badness(finding: &Finding) -> u8 {
    match finding.status {
        FindingStatus::Waived => 0,
        FindingStatus::Unknown => 1,
        FindingStatus::Violation => 2,
    }
}

/// The stronger plan. If neither plan acts, the reason of the one that found a violation.
fn stronger(whole: Plan, other: Plan, whole_violates: bool) -> Plan {
    match (whole, other) {
        (Plan::Nothing(own), Plan::Nothing(others)) => {
            Plan::Nothing(if whole_violates { own } else { others })
        }
        (Plan::Change(own), Plan::Change(others)) => Plan::Change(both(own, others)),
        (own, other) if strength(&other) > strength(&own) => other,
        (own, _) => own,
    }
}

fn both(own: Corrections, others: Corrections) -> Corrections {
    let settings: BTreeSet<Change> = own.settings.into_iter().chain(others.settings).collect();
    Corrections { settings, platform: own.platform.or(others.platform) }
}

fn strength(plan: &Plan) -> u8 {
    match plan {
        Plan::Nothing(_) => 0,
        Plan::Tag => 1,
        Plan::Change(_) => 2,
        Plan::DeleteModelIfUnused => 3,
        Plan::Stop => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Severity;

    fn finding(control: &str, status: FindingStatus, actual: &str) -> Finding {
        Finding {
            control: control.into(),
            area: "NET".into(),
            severity: Severity::High,
            title: "it must be so".into(),
            status,
            field: String::new(),
            actual: actual.into(),
            wanted: String::new(),
            fix: String::new(),
            diff: String::new(),
            waiver: None,
        }
    }

    fn nothing(why: &str) -> Plan {
        Plan::Nothing(why.into())
    }

    fn verdict(name: &str, findings: Vec<Finding>, plan: Plan) -> Verdict {
        Verdict {
            outcome: outcome(&findings),
            findings,
            checked: vec![format!("checked-{name}"), "both".into()],
            skipped: vec![format!("skipped-{name}")],
            at_run_time: vec![format!("skipped-{name}")],
            parent: None,
            environment: Some(name.into()),
            mode: Mode::Observe,
            bundle: "b".into(),
            plan,
            would: None,
        }
    }

    fn violation(actual: &str) -> Vec<Finding> {
        vec![finding("A", FindingStatus::Violation, actual)]
    }

    fn merged(whole: Verdict, verdict: Verdict, counts: bool) -> Verdict {
        merge(whole, vec![Part { verdict, counts }])
    }

    #[test]
    fn everything_that_any_environment_says_is_in_the_whole() {
        let whole = verdict("account", vec![finding("C", FindingStatus::Waived, "c")], nothing("own"));
        let part = verdict("tag", violation("a"), nothing("other"));
        let found = merged(whole, part, true);
        assert_eq!(found.environment.as_deref(), Some("account, tag"));
        assert_eq!(found.checked, ["both", "checked-account", "checked-tag"]);
        assert_eq!(found.skipped, ["skipped-account", "skipped-tag"]);
        assert_eq!(found.at_run_time, ["skipped-account", "skipped-tag"]);
        let controls: Vec<&str> = found.findings.iter().map(|finding| finding.control.as_str()).collect();
        assert_eq!((controls, found.outcome), (vec!["A", "C"], Judgement::Violating));
        assert_eq!(found.plan, nothing("other"), "the reason of the one that found a violation");
    }

    #[test]
    fn of_one_control_the_worse_finding_stands_and_of_two_as_bad_the_first() {
        use FindingStatus::{Unknown, Violation, Waived};
        let stands = |first: FindingStatus, second: FindingStatus| {
            let all = findings(vec![finding("A", first, "first")], vec![finding("A", second, "second")]);
            assert_eq!(all.len(), 1);
            all[0].actual.clone()
        };
        for (first, second, expect) in [
            (Waived, Unknown, "second"),
            (Unknown, Violation, "second"),
            (Waived, Violation, "second"),
            (Violation, Violation, "first"),
            (Violation, Unknown, "first"),
            (Unknown, Waived, "first"),
        ] {
            assert_eq!(stands(first, second), expect, "{first:?} {second:?}");
        }
        let mut other = finding("A", Violation, "expired");
        other.title = "the waiver is still in force".into();
        assert_eq!(findings(violation("a"), vec![other]).len(), 2, "of another title it is another finding");
    }

    #[test]
    fn what_does_more_is_planned() {
        let change = |change: Change, platform: Option<&str>| {
            let platform = platform.map(str::to_owned);
            Plan::Change(Corrections { settings: BTreeSet::from([change]), platform })
        };
        let docker = || change(Change::DisableDocker, None);
        let order = [nothing("x"), Plan::Tag, docker(), Plan::DeleteModelIfUnused, Plan::Stop];
        for (weak, strong) in order.iter().zip(&order[1..]) {
            assert_eq!(&stronger(weak.clone(), strong.clone(), true), strong);
            assert_eq!(&stronger(strong.clone(), weak.clone(), true), strong);
        }
        let both = stronger(docker(), change(Change::ReplacePlatform, Some("p")), true);
        let settings = BTreeSet::from([Change::DisableDocker, Change::ReplacePlatform]);
        assert_eq!(both, Plan::Change(Corrections { settings, platform: Some("p".into()) }));
        assert_eq!(stronger(nothing("own"), nothing("other"), true), nothing("own"));
        assert_eq!(stronger(nothing("own"), nothing("other"), false), nothing("other"));
    }

    #[test]
    fn a_later_tag_makes_stricter_and_leads_to_nothing() {
        let enforcing = |plan: Plan| Verdict { mode: Mode::Enforce, ..verdict("tag", violation("a"), plan) };
        let whole = || verdict("account", vec![], nothing("own"));
        let later = merged(whole(), enforcing(Plan::Stop), false);
        let why = "nobody knows whether it was created with the tag of the environment `tag`";
        assert_eq!(
            (later.plan, later.mode, later.outcome),
            (nothing(why), Mode::Observe, Judgement::Violating)
        );
        let first = merged(whole(), enforcing(Plan::Stop), true);
        assert_eq!((first.plan, first.mode), (Plan::Stop, Mode::Enforce));
        let known = merged(whole(), enforcing(nothing("its own reason")), false);
        assert_eq!(known.plan, nothing("its own reason"));
        let observing = merged(whole(), verdict("tag", violation("a"), Plan::Tag), true);
        assert_eq!(observing.mode, Mode::Observe);
        let enforced = Verdict { mode: Mode::Enforce, ..whole() };
        assert_eq!(merged(enforced, verdict("tag", vec![], nothing("x")), true).mode, Mode::Enforce);
    }
}

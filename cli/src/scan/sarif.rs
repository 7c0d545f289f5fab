//! The results of a scan as SARIF 2.1.0. A resource is not a file: its ARN is the logical location.

use std::collections::BTreeMap;

use sagewarden_events::Untrusted;
use sagewarden_policy::{Bundle, Finding, FindingStatus};
use serde_sarif::sarif;
use serde_sarif::sarif::{ResultKind, ResultLevel};

use crate::check::sarif::{SCHEMA, level, rule};
use crate::error::CommandError;
use crate::output;
use crate::scan::files::ScanFiles;
use crate::scan::found::FoundResource;

/// Results that readers take: GitHub shows 5,000 of a run ("SARIF support for code scanning"). findings.json has all.
const MOST: usize = 25_000;

/// Writes the log.
pub(super) fn write(files: &ScanFiles, bundle: &Bundle) -> Result<(), CommandError> {
    let (mut results, mut controls) = (Vec::new(), BTreeMap::new());
    files.each_found(|found| {
        for finding in &found.findings {
            if results.len() < MOST {
                results.push(result(&found, finding));
            }
            controls.entry(finding.control.clone()).or_insert_with(|| finding.clone());
        }
        Ok(())
    })?;
    let rules = controls.values().map(|finding| match bundle.control(&finding.control) {
        Some(control) => rule(control),
        None => sarif::ReportingDescriptor::builder().id(&finding.control).build(),
    });
    let driver = sarif::ToolComponent::builder()
        .name("Sagewarden")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules.collect::<Vec<_>>())
        .build();
    let run =
        sarif::Run::builder().tool(sarif::Tool::builder().driver(driver).build()).results(results).build();
    let log = sarif::Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build();
    let log = serde_json::to_string_pretty(&log).map_err(std::io::Error::from)?;
    files.write(ScanFiles::SARIF, &output::document(log + "\n"))
}

fn result(found: &FoundResource, finding: &Finding) -> sarif::Result {
    let plain = |words: &str| Untrusted::new(words).sarif();
    let (kind, level) = match finding.status {
        FindingStatus::Unknown => (ResultKind::Open, ResultLevel::None),
        FindingStatus::Violation | FindingStatus::Waived => (ResultKind::Fail, level(finding.severity)),
    };
    let message = format!(
        "{}: {}. Field: {}. Actual: {}. Wanted: {}. To fix it, {}.",
        plain(&found.arn),
        plain(&finding.title),
        plain(&finding.field),
        plain(&finding.actual),
        plain(&finding.wanted),
        plain(&finding.fix)
    );
    let place = sarif::LogicalLocation::builder().fully_qualified_name(&found.arn).kind("resource").build();
    let mut location = sarif::Location::builder().build();
    location.logical_locations = Some(vec![place]);
    let mut result = sarif::Result::builder()
        .rule_id(&finding.control)
        .kind(kind)
        .level(level)
        .message(sarif::Message::builder().text(message).build())
        .locations(vec![location])
        .build();
    result.suppressions = finding.waiver.as_ref().map(|waiver| {
        let why = format!("{} (approved by {})", plain(&waiver.reason), plain(&waiver.approver));
        vec![sarif::Suppression::builder().kind("external").status("accepted").justification(why).build()]
    });
    result
}

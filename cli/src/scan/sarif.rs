//! The results of a scan as SARIF 2.1.0. A resource is not a file: its ARN is the logical location.

use std::collections::BTreeSet;
use std::io::Write as _;

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

/// Writes the log, result by result: all of them together take more memory than the rest of a scan.
pub(super) fn write(files: &ScanFiles, bundle: &Bundle) -> Result<(), CommandError> {
    let mut controls = BTreeSet::new();
    files.each_found(|found| {
        controls.extend(found.findings.into_iter().map(|finding| finding.control));
        Ok(())
    })?;
    let log = serde_json::to_string_pretty(&log(bundle, &controls)).map_err(std::io::Error::from)?;
    // INVARIANT: the log has one list of results, which is empty; no text in it has these letters, because quotation marks are escaped.
    let (head, tail) = log.split_once(RESULTS).unwrap_or((log.as_str(), ""));
    let mut out = files.create(ScanFiles::SARIF)?;
    write!(out, "{}\"results\": [", output::document(head.to_owned()))?;
    let mut written = 0;
    files.each_found(|found| {
        for finding in found.findings.iter().take(MOST - written) {
            let separator = if written == 0 { "\n" } else { ",\n" };
            let text = serde_json::to_string(&result(&found, finding)).map_err(std::io::Error::from)?;
            write!(out, "{separator}{}", output::document(text).trim_end())?;
            written += 1;
        }
        Ok(())
    })?;
    writeln!(out, "\n]{}", output::document(tail.to_owned()).trim_end())?;
    Ok(out.flush()?)
}

/// A list of results as the log has it before there are any.
const RESULTS: &str = "\"results\": []";

/// The log without results.
fn log(bundle: &Bundle, controls: &BTreeSet<String>) -> sarif::Sarif {
    let rules = controls.iter().map(|id| match bundle.control(id) {
        Some(control) => rule(control),
        None => sarif::ReportingDescriptor::builder().id(id).build(),
    });
    let driver = sarif::ToolComponent::builder()
        .name("Sagewarden")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules.collect::<Vec<_>>())
        .build();
    let tool = sarif::Tool::builder().driver(driver).build();
    let run = sarif::Run::builder().tool(tool).results(Vec::new()).build();
    sarif::Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build()
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

//! The files that a scan leaves: findings for programs, and the page for people.

use std::collections::BTreeMap;
use std::io::Write as _;

use sagewarden_events::{ResourceKind, Untrusted};
use sagewarden_govern::counted;
use sagewarden_lineage::rows::SEVERITIES;
use sagewarden_local::Store;
use sagewarden_policy::{Bundle, Control, FindingStatus, Severity};
use sagewarden_view::posture::{PostureArea, PostureKind, PostureReport, PostureResource};
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::input::now;
use crate::output;
use crate::scan::files::ScanFiles;
use crate::scan::found::FoundResource;
use crate::scan::{kinds, sarif, served};

/// Resources in a table of the page.
const SHOWN: usize = 25;

/// How a scan ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Ended {
    /// The scan has not ended. If the user ends the command, the report keeps this state.
    #[default]
    NotYet,
    /// It saw everything that it may see.
    AtItsEnd,
    /// A service stayed busy.
    Stopped(String),
}

/// A scan that has ended.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) ended: Ended,
    /// The limits of what the scan saw, in sentences.
    pub(super) missing: Vec<String>,
    /// Kinds of which not every resource was listed and judged.
    pub(super) unseen: usize,
    /// Calls by operation.
    pub(super) calls: BTreeMap<String, u64>,
}

impl Walked {
    /// Names the kinds that a scan did not come to.
    pub(super) fn leave(&mut self, left: &[ResourceKind]) {
        if left.is_empty() {
            return;
        }
        let names: Vec<&str> = left.iter().map(|kind| kinds::word(*kind)).collect();
        let words = format!("not looked at: {}; continue with --resume", names.join(", "));
        output::warn(format_args!("{}", output::line(&words)));
        self.missing.push(words);
        self.unseen += left.len();
    }

    /// Writes all files, and, at the end, prints a summary. Whether no control failed or is undecided.
    pub(super) fn write(
        &self,
        files: &ScanFiles,
        store: &Store,
        bundle: &Bundle,
        region: &str,
    ) -> Result<bool, CommandError> {
        let summary = Summary::of(files, bundle)?;
        let missing = self.missing.iter().cloned().chain(summary.undecided()).collect::<Vec<_>>();
        self.write_findings(files, bundle, region, &missing)?;
        write_table(files)?;
        sarif::write(files, bundle)?;
        let endpoints = served::endpoints(files, store)?;
        let report = self.report(&summary, bundle, region, missing, endpoints);
        files.write(ScanFiles::PAGE, &report.html())?;
        if self.ended != Ended::NotYet {
            output::print_text(&self.words(&summary, files, region))?;
        }
        Ok(summary.failing == 0 && summary.undecided_by.is_empty())
    }

    /// One document, written piece by piece: an account may have more findings than fit into memory.
    fn write_findings(
        &self,
        files: &ScanFiles,
        bundle: &Bundle,
        region: &str,
        missing: &[String],
    ) -> Result<(), CommandError> {
        let mut out = files.create(ScanFiles::FINDINGS)?;
        let head = json!({
            "scanned_at": now(),
            "region": region,
            "bundle": bundle.hash(),
            "profile": bundle.settings().profile,
            "complete": self.ended == Ended::AtItsEnd && missing.is_empty(),
            "missing": missing,
            "calls": self.calls,
        });
        let head = head.to_string();
        write!(out, "{},\n\"items\": [", head.strip_suffix('}').unwrap_or_default())?;
        let mut is_first = true;
        files.each_found(|found| {
            if found.findings.is_empty() {
                return Ok(());
            }
            let separator = if std::mem::take(&mut is_first) { "\n" } else { ",\n" };
            let text = output::document(json!(found).to_string());
            Ok(write!(out, "{separator}{}", text.trim_end())?)
        })?;
        Ok(writeln!(out, "\n]}}")?)
    }

    fn report(
        &self,
        summary: &Summary,
        bundle: &Bundle,
        region: &str,
        missing: Vec<String>,
        endpoints: Vec<sagewarden_view::posture::PostureEndpoint>,
    ) -> PostureReport {
        let account = summary.account.as_deref().unwrap_or("an account without resources");
        let calls: u64 = self.calls.values().sum();
        let ended = match &self.ended {
            Ended::AtItsEnd if missing.is_empty() => "yes".to_owned(),
            Ended::AtItsEnd => "no: see what is missing".to_owned(),
            Ended::NotYet => "no, it was still running".to_owned(),
            Ended::Stopped(why) => format!("no: {why}"),
        };
        PostureReport {
            title: format!("{account} in {region}"),
            facts: vec![
                ("Scanned", now().to_string()),
                ("Resources", summary.resources.to_string()),
                ("Failing", summary.failing.to_string()),
                ("Complete", ended),
                ("Calls", calls.to_string()),
                ("Profile", bundle.settings().profile.name().to_owned()),
                ("Bundle", bundle.hash().get(..12).unwrap_or_default().to_owned()),
            ],
            areas: summary.areas(),
            kinds: summary.kinds.values().cloned().collect(),
            worst: summary.worst.iter().map(|(_, resource)| resource.clone()).collect(),
            owners: summary.owners(),
            remedies: summary.remedies.iter().map(|(action, count)| (action.clone(), *count)).collect(),
            stopped: summary.stopped.clone(),
            ran_on: summary.ran_on,
            endpoints,
            missing,
        }
    }

    fn words(&self, summary: &Summary, files: &ScanFiles, region: &str) -> String {
        let shown = |name: &str| output::line(&files.path(name).display().to_string());
        let mut text =
            format!("{region}: {}, {} failing", counted(summary.resources, "resource"), summary.failing);
        let undecided = summary.undecided_by.values().map(|(count, _)| count).sum::<u64>();
        if undecided > 0 {
            let findings = counted(undecided, "finding");
            text += &format!(", {} undecided; {findings} undecided in all", summary.undecided_resources);
        }
        text.push('\n');
        for (action, count) in &summary.remedies {
            text += &format!("  Sagewarden would {action}: {}\n", counted(*count, "resource"));
        }
        if summary.ran_on > 0 {
            text += &format!(
                "  Sagewarden would have stopped while it ran: {}\n",
                counted(summary.ran_on, "job")
            );
        }
        if self.ended != Ended::AtItsEnd {
            text += "  the scan did not finish: continue it with --resume\n";
        }
        text += &format!("  page      {}\n", shown(ScanFiles::PAGE));
        text += &format!(
            "  findings  {}, {}, {}\n",
            shown(ScanFiles::FINDINGS),
            shown(ScanFiles::TABLE),
            shown(ScanFiles::SARIF)
        );
        let store = shown(ScanFiles::STORE);
        let store = if store.contains([' ', '\'', '"']) {
            format!("'{}'", store.replace('\'', "'\\''"))
        } else {
            store
        };
        text + &format!("  ask on    {} why RESOURCE --store {store}\n", output::called())
    }
}

/// The findings in numbers.
#[derive(Default)]
struct Summary {
    account: Option<String>,
    resources: u64,
    failing: u64,
    undecided_resources: u64,
    kinds: BTreeMap<String, PostureKind>,
    failed: BTreeMap<String, [u64; 5]>,
    worst: Vec<((u64, u64), PostureResource)>,
    by_owner: BTreeMap<String, (u64, u64)>,
    remedies: BTreeMap<String, u64>,
    stopped: Vec<PostureResource>,
    ran_on: u64,
    /// Undecided findings by the call that was refused: how many, and the reason of the first.
    undecided_by: BTreeMap<String, (u64, String)>,
}

impl Summary {
    fn of(files: &ScanFiles, bundle: &Bundle) -> Result<Self, CommandError> {
        let mut summary = Self::default();
        files.each_found(|found| {
            summary.add(&found, bundle);
            Ok(())
        })?;
        Ok(summary)
    }

    fn add(&mut self, found: &FoundResource, bundle: &Bundle) {
        self.resources += 1;
        self.account = self.account.take().or_else(|| found.arn.split(':').nth(4).map(str::to_owned));
        let kind = self.kinds.entry(found.kind.clone()).or_insert_with(|| PostureKind {
            noun: found.kind.clone(),
            found: 0,
            compliant: 0,
            violating: 0,
            undecided: 0,
            waived: 0,
        });
        kind.found += 1;
        match found.outcome.as_str() {
            "compliant" => kind.compliant += 1,
            "violating" => kind.violating += 1,
            "undecided" => kind.undecided += 1,
            "waived" => kind.waived += 1,
            _ => {}
        }
        self.undecided_resources += u64::from(found.outcome == "undecided");
        for finding in found.findings.iter().filter(|finding| finding.status == FindingStatus::Unknown) {
            let asked = finding.actual.split(": ").next().unwrap_or_default();
            let (count, first) = self.undecided_by.entry(asked.to_owned()).or_default();
            *count += 1;
            if first.is_empty() {
                first.clone_from(&finding.actual);
            }
        }
        let Some(severity) = found.severity() else { return };
        self.failing += 1;
        for finding in found.failed() {
            let column = column(finding.severity);
            let chapter =
                bundle.control(&finding.control).map_or("traceability and auditability", Control::chapter);
            if let Some(count) = self.failed.entry(chapter.to_owned()).or_default().get_mut(column) {
                *count += 1;
            }
        }
        let count = found.failed().count() as u64;
        let owner = owner(found);
        let of_owner = self.by_owner.entry(owner.clone()).or_default();
        *of_owner = (of_owner.0 + 1, of_owner.1 + count);
        let resource = PostureResource {
            name: format!("{} `{}`", found.kind, found.name),
            owner,
            severity: word(severity),
            controls: found.failed().map(|finding| finding.control.as_str()).collect::<Vec<_>>().join(", "),
            remedy: found.remedy.clone().unwrap_or_else(|| "none".to_owned()),
        };
        self.ran_on += u64::from(found.ran_on);
        if let Some(remedy) = &found.remedy {
            *self.remedies.entry(remedy.clone()).or_default() += 1;
            if self.stopped.len() < SHOWN && (remedy.starts_with("stop") || remedy.starts_with("delete")) {
                self.stopped.push(resource.clone());
            }
        }
        self.worst.push(((4 - column(severity) as u64, count), resource));
        self.worst.sort_by(|(one, _), (other, _)| other.cmp(one));
        self.worst.truncate(SHOWN);
    }

    fn areas(&self) -> Vec<PostureArea> {
        self.failed.iter().map(|(area, failed)| PostureArea { name: area.clone(), failed: *failed }).collect()
    }

    fn owners(&self) -> Vec<(String, u64, u64)> {
        let owners =
            self.by_owner.iter().map(|(owner, (resources, failed))| (owner.clone(), *resources, *failed));
        let mut owners: Vec<_> = owners.collect();
        owners.sort_by(|(_, _, one), (_, _, other)| other.cmp(one));
        owners.truncate(SHOWN);
        owners
    }

    fn undecided(&self) -> impl Iterator<Item = String> {
        self.undecided_by.iter().map(|(_, (count, first))| {
            format!("{} undecided: {}", counted(*count, "finding"), first_words(first))
        })
    }
}

/// So much of a reason as a line has room for.
fn first_words(reason: &str) -> String {
    const MOST: usize = 200;
    let cut: String = reason.chars().take(MOST).collect();
    if cut.len() < reason.len() { format!("{cut}...") } else { cut }
}

/// The owner in a few words: a role by its name.
fn owner(found: &FoundResource) -> String {
    match found.owner.as_deref() {
        None => "unknown".to_owned(),
        Some(owner) => match owner.split_once(":role/") {
            Some((_, path)) => format!("role {}", path.rsplit('/').next().unwrap_or(path)),
            None => owner.to_owned(),
        },
    }
}

/// The column of a severity, the worst first.
fn column(severity: Severity) -> usize {
    match severity {
        Severity::Critical => 0,
        Severity::High => 1,
        Severity::Medium => 2,
        Severity::Low => 3,
        Severity::Info => 4,
    }
}

fn word(severity: Severity) -> &'static str {
    SEVERITIES.get(column(severity)).copied().unwrap_or_default()
}

/// A finding a row.
fn write_table(files: &ScanFiles) -> Result<(), CommandError> {
    let mut out = files.create(ScanFiles::TABLE)?;
    writeln!(out, "arn,kind,name,owner,status,control,area,severity,finding,field,actual,wanted,fix,remedy")?;
    files.each_found(|found| {
        for finding in &found.findings {
            let status = json!(finding.status);
            let severity = json!(finding.severity);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (status, severity) = (text(&status), text(&severity));
            let cells = [
                found.arn.as_str(),
                &found.kind,
                &found.name,
                found.owner.as_deref().unwrap_or_default(),
                found.status.as_deref().unwrap_or_default(),
                &finding.control,
                &finding.area,
                &severity,
                &status,
                &finding.field,
                &finding.actual,
                &finding.wanted,
                &finding.fix,
                found.remedy.as_deref().unwrap_or_default(),
            ];
            let row = cells.map(cell).join(",");
            writeln!(out, "{row}")?;
        }
        Ok(())
    })
}

/// A quoted cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    format!("\"{}\"", Untrusted::new(text).cell().replace('"', "\"\""))
}

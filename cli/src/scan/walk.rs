//! The walk through the account: an estimate, then kind by kind and page by page until the end, or until a service stays busy. The files
//! are written after each kind, and the store with each resource: if the user ends the command, both keep the results so far.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use sagewarden_aws::{Meter, Reading, load_reading_config};
use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_govern::ports::PortError;
use sagewarden_govern::route::Judging;
use sagewarden_govern::{BundleInForce, Moment, Sweep, SweepStep, Swept, counted};
use sagewarden_lineage::rows::SweepRow;
use sagewarden_local::Store;
use sagewarden_policy::Bundle;
use sagewarden_sagemaker::{SageMakerAccount, actions};
use sagewarden_settings::Mode;

use crate::ask::stack::{credentials, unanswered};
use crate::command::scan::ScanOptions;
use crate::error::CommandError;
use crate::input::{self, now, settings};
use crate::output::{self, line};
use crate::scan::estimate::{self, CountedKind};
use crate::scan::files::ScanFiles;
use crate::scan::found::FoundResource;
use crate::scan::kinds::word;
use crate::scan::posture::{Ended, Walked};
use crate::scan::world::{ScanWorld, world};

/// After this many kinds in a row for which no retry helped, the scan ends: the whole service is down, not a single list.
const BUSY_KINDS: usize = 2;
/// Pages that a dry run counts of a kind.
const COUNTED_PAGES: u64 = 100;

/// Estimates or scans. In any case, writes the results so far.
pub(super) async fn run(
    options: &ScanOptions,
    kinds: &[ResourceKind],
    since: Timestamp,
) -> Result<ExitCode, CommandError> {
    if !(options.rate.is_finite() && options.rate > 0.0) {
        return Err(CommandError::Option("--rate takes a number above 0"));
    }
    let in_force = settings::find(None, options.settings.as_deref(), &[])?;
    let (region, profile) = (options.region.clone(), options.profile.clone());
    let reading = Reading {
        region,
        profile,
        endpoint_url: options.endpoint_url.clone(),
        rate: options.rate,
        tell: unanswered,
    };
    let meter = Meter::default();
    let config = load_reading_config(&reading, &meter).await;
    let region = config.region().map(ToString::to_string);
    let region =
        region.ok_or(CommandError::Option("no region: name one with --region, such as eu-west-1"))?;
    credentials(&config, options.profile.as_deref()).await?;
    if options.dry_run {
        let estate = SageMakerAccount::new(&config);
        let mut counts = Vec::new();
        let mut busy = 0;
        for kind in kinds {
            let counted = match estimate::count(&estate, *kind, since, COUNTED_PAGES).await {
                Ok(counted) => counted,
                // The service may lack this kind alone.
                Err(error) if busy + 1 < BUSY_KINDS => {
                    busy += 1;
                    counts.push(CountedKind::refused(*kind, error.to_string()));
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if let Some(reason) = counted.refusal().filter(|reason| is_of_credentials(reason)) {
                return Err(CommandError::RefusedCredentials(line(reason)));
            }
            busy = 0;
            counts.push(counted);
        }
        output::print_text(&format!("{region}\n{}", estimate::words(&counts, options.rate)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let files = ScanFiles::prepare(&options.out, &region, options.resume)?;
    let store = Store::create(&files.path(ScanFiles::STORE))?;
    let world = world(&config, &store, &in_force.bundle, !options.no_data);
    let bundle = Arc::new(input::bundle::load(in_force.path.as_deref())?.with_mode(Mode::Observe));
    let enforcing = in_force.bundle.with_mode(Mode::Enforce);
    let walk = Walk {
        options,
        kinds,
        since,
        region: &region,
        files: &files,
        world: &world,
        enforcing: &enforcing,
        meter: &meter,
    };
    walk.through(&bundle).await
}

struct Walk<'a> {
    options: &'a ScanOptions,
    kinds: &'a [ResourceKind],
    since: Timestamp,
    region: &'a str,
    files: &'a ScanFiles,
    world: &'a ScanWorld,
    enforcing: &'a Bundle,
    meter: &'a Meter,
}

/// The results of a kind so far.
#[derive(Default)]
struct KindTally {
    found: u64,
    violating: u64,
    vanished: u64,
    /// Resources by the reason why they could not be judged.
    failed: BTreeMap<String, Names>,
    /// Resources by the reason why they are not in the lineage.
    unrecorded: BTreeMap<String, Names>,
    gone: Vec<String>,
}

/// Resources: their number, and the first ones by name.
#[derive(Default)]
struct Names {
    count: u64,
    first: Vec<String>,
}

impl Names {
    const SHOWN: usize = 3;

    fn add(&mut self, name: &str) {
        self.count += 1;
        if self.first.len() < Self::SHOWN {
            self.first.push(format!("`{name}`"));
        }
    }

    fn in_words(&self) -> String {
        let more = if self.count > self.first.len() as u64 { ", ..." } else { "" };
        format!("{} ({}{more})", self.count, self.first.join(", "))
    }
}

/// Whether AWS refused the caller, and not the call: no other call would be answered.
fn is_of_credentials(reason: &str) -> bool {
    const OF_CREDENTIALS: [&str; 6] = [
        "InvalidSignatureException",
        "IncompleteSignature",
        "UnrecognizedClientException",
        "ExpiredToken",
        "InvalidToken",
        "RequestExpired",
    ];
    OF_CREDENTIALS.iter().any(|code| reason.contains(code))
}

/// What may help against the refusal of a list.
fn cure(kind: ResourceKind, reason: &str) -> String {
    if reason.contains("UnknownOperationException") {
        return "SageMaker in this region does not know it".to_owned();
    }
    format!("needs {}", actions::listing(kind).join(" and "))
}

impl Walk<'_> {
    async fn through(&self, bundle: &Arc<Bundle>) -> Result<ExitCode, CommandError> {
        let judging = Judging::new(BundleInForce::new(Arc::clone(bundle), None, None));
        let mut walked = Walked::default();
        let began = self.began(bundle, &judging).await?;
        let sweep =
            Sweep::new(self.world, &self.world.account, &judging, bundle, self.region, began).patient();
        let mut found = self.files.found(self.options.resume)?;
        self.announce().await?;
        let (mut busy, mut stopped, mut answered) = (0, None, None);
        for (place, kind) in self.kinds.iter().enumerate() {
            let mark = sweep.mark(*kind).await?.filter(|mark| self.options.resume && mark.began == began);
            if mark.as_ref().is_some_and(|mark| mark.cursor.is_none()) {
                continue;
            }
            let (mut at, mut tally) = (sweep.first(*kind, Some(self.since), mark), KindTally::default());
            let outcome = tokio::select! {
                outcome = self.kind(&sweep, &mut at, &mut tally, &mut found) => outcome?,
                // What was found until then is kept.
                ended = tokio::signal::ctrl_c() => {
                    ended?;
                    stopped = Some("you ended it: continue with --resume".to_owned());
                    Ok(SweepStep::More)
                }
            };
            found.flush()?;
            if stopped.is_some() && matches!(outcome, Ok(SweepStep::More)) {
                self.note(&at, &tally, &outcome, &mut walked);
                walked.leave(self.kinds.get(place..).unwrap_or_default());
                break;
            }
            if let Ok(SweepStep::Denied(reason)) = &outcome
                && is_of_credentials(reason)
            {
                let refused = CommandError::RefusedCredentials(line(reason));
                if answered.is_none() && !self.options.resume {
                    return Err(refused);
                }
                stopped = Some(format!("{refused}; sign in, and continue with --resume"));
                walked.leave(self.kinds.get(place..).unwrap_or_default());
                break;
            }
            self.note(&at, &tally, &outcome, &mut walked);
            if !tally.failed.is_empty() && matches!(outcome, Ok(SweepStep::Done)) {
                sweep.reopen(&at).await?;
            }
            match outcome {
                Ok(_) => (busy, answered) = (0, Some(*kind)),
                Err(error) => {
                    // The service may lack this kind alone.
                    busy = if self.still_answers(answered).await { 0 } else { busy + 1 };
                    stopped = Some(error.to_string());
                }
            }
            if busy == BUSY_KINDS {
                walked.leave(self.kinds.get(place + 1..).unwrap_or_default());
                break;
            }
            if tally.found > 0 {
                self.write(&mut walked)?;
            }
        }
        walked.ended = stopped.map_or(Ended::AtItsEnd, Ended::Stopped);
        let holds = self.write(&mut walked)?;
        Ok(match walked.ended {
            Ended::Stopped(_) => ExitCode::from(CommandError::EXIT),
            // What nobody saw has not passed.
            _ if holds && walked.unseen > 0 => ExitCode::from(CommandError::EXIT),
            _ if holds => ExitCode::SUCCESS,
            _ => ExitCode::from(1),
        })
    }

    /// Writes the files. Whether every control passed.
    fn write(&self, walked: &mut Walked) -> Result<bool, CommandError> {
        walked.calls = self.meter.counts();
        walked.write(self.files, &self.world.table, self.enforcing, self.region)
    }

    /// When the scan began: the time of the scan that is continued, or now.
    async fn began(&self, bundle: &Bundle, judging: &Judging) -> Result<Timestamp, CommandError> {
        let now = now();
        if !self.options.resume {
            return Ok(now);
        }
        let sweep = Sweep::new(self.world, &self.world.account, judging, bundle, self.region, now);
        let mut last = None;
        for kind in self.kinds {
            last = last.max(sweep.mark(*kind).await?.map(|mark| mark.began));
        }
        // The earlier scan may have ended before its first page was done.
        Ok(last.unwrap_or(now))
    }

    /// The first page of each kind says how much there is at least.
    async fn announce(&self) -> Result<(), CommandError> {
        if self.options.resume {
            return Ok(());
        }
        let mut counts = Vec::new();
        for kind in self.kinds {
            match estimate::count(&self.world.account, *kind, self.since, 1).await {
                Ok(counted) => counts.push(counted),
                // The walk itself reports a busy service.
                Err(_) => return Ok(()),
            }
        }
        output::warn(format_args!("{}", estimate::words(&counts, self.options.rate).trim_end()));
        Ok(())
    }

    /// Whether a kind can still be listed that could be before.
    async fn still_answers(&self, kind: Option<ResourceKind>) -> bool {
        let Some(kind) = kind else { return false };
        estimate::count(&self.world.account, kind, self.since, 1).await.is_ok()
    }

    /// Reads all pages of a kind. The inner error means that a service stayed busy.
    async fn kind(
        &self,
        sweep: &Sweep<'_, ScanWorld, SageMakerAccount>,
        at: &mut SweepRow,
        tally: &mut KindTally,
        found: &mut impl std::io::Write,
    ) -> Result<Result<SweepStep, PortError>, CommandError> {
        loop {
            let mut lines = Vec::new();
            let moment = Moment { now: now(), owner: format!("scan-{}", std::process::id()) };
            let step = sweep.step(at, &moment, &mut |one| tally.take(one, self.enforcing, &mut lines)).await;
            for each in &lines {
                ScanFiles::add(found, each)?;
            }
            match step {
                Ok(SweepStep::More) => {
                    found.flush()?;
                    if at.pages.is_multiple_of(10) {
                        output::warn(format_args!("  {}: {} so far", word(at.kind), at.listed));
                    }
                }
                ended => return Ok(ended),
            }
        }
    }

    /// Prints the result of a kind, and keeps the parts that the report needs.
    fn note(
        &self,
        at: &SweepRow,
        tally: &KindTally,
        outcome: &Result<SweepStep, PortError>,
        walked: &mut Walked,
    ) {
        let (kind, word) = (at.kind, word(at.kind));
        let mut missing = Vec::new();
        match outcome {
            Ok(SweepStep::Denied(reason)) => {
                missing.push(format!("{word}: could not be scanned; {}: {reason}", cure(kind, reason)));
            }
            Ok(SweepStep::GaveUp) => missing.push(format!(
                "{word}: incomplete: SageMaker answered with empty pages only; continue with --resume"
            )),
            Err(error) => missing.push(format!("{word}: incomplete; continue with --resume: {error}")),
            Ok(SweepStep::Done | SweepStep::More) => {}
        }
        walked.unseen += missing.len() + usize::from(!tally.failed.is_empty());
        if !at.by_search && sagewarden_govern::ports::SEARCHED.contains(&kind) && tally.found > 0 {
            missing.push(format!(
                "{word}: `Search` was refused (sagemaker:Search), so the scan described each resource, which takes longer"
            ));
        }
        let failed = tally.failed.iter();
        missing.extend(
            failed.map(|(reason, names)| format!("{word}: {} not judged: {reason}", names.in_words())),
        );
        let unrecorded = tally.unrecorded.iter();
        missing.extend(
            unrecorded
                .map(|(reason, names)| format!("{word}: {} not in the lineage: {reason}", names.in_words())),
        );
        missing.extend(tally.gone.iter().map(|name| format!("{name} has disappeared since an earlier scan")));
        if tally.found + tally.vanished > 0 || !missing.is_empty() {
            let vanished = match tally.vanished {
                0 => String::new(),
                some => format!(", {some} disappeared during the scan"),
            };
            output::warn(format_args!(
                "{word}: {}{vanished}, {} failing",
                counted(tally.found, "resource"),
                tally.violating
            ));
        }
        missing.iter().for_each(|each| output::warn(format_args!("  {}", line(each))));
        walked.missing.extend(missing);
    }
}

impl KindTally {
    fn take(&mut self, one: Swept, enforcing: &Bundle, lines: &mut Vec<FoundResource>) {
        match one {
            Swept::Found(found) => {
                let found = FoundResource::of(&found, enforcing);
                self.found += 1;
                self.violating += u64::from(found.outcome == "violating");
                if let Some(reason) = &found.unrecorded {
                    self.unrecorded.entry(shared(reason)).or_default().add(&found.name);
                }
                lines.push(found);
            }
            Swept::Vanished(_) => self.vanished += 1,
            Swept::Failed { reason, resource } => {
                self.failed.entry(shared(&reason)).or_default().add(&resource.name);
            }
            Swept::Gone(resource) => self.gone.push(resource.to_string()),
        }
    }
}

/// Reasons name the resource before the first colon: what follows is the same for many.
fn shared(reason: &str) -> String {
    reason.split_once(": ").map_or(reason, |(_, rest)| rest).to_owned()
}

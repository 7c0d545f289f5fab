//! `sagewarden scan` against many training jobs of the simulated account, whose lists have at most 100 entries a page, as AWS's: how many
//! requests it sends for them, how long it takes, and how much memory the command needs.
//!
//! ```sh
//! cargo build --release --bin sagewarden --features aws
//! cargo test --workspace --bench scan -- target/release/sagewarden 10000 100000
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_local::{LocalGit, SimulatedAccount, Store};
use sagewarden_tests::aws::{REGION, client_environment};
use sagewarden_tests::emulator::ACCOUNT;
use sagewarden_tests::local::{SETTINGS, training_job};
use sagewarden_tests::simulator::Simulator;
use sagewarden_tests::{Result, now};
use serde_json::Value;
use tempfile::TempDir;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let program = fs::canonicalize(arguments.next().ok_or("name the command to measure")?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    println!(
        "| jobs | without network | s | jobs a second | memory, MB | requests | requests for 100 jobs |\n|---|---|---|---|---|---|---|"
    );
    for jobs in arguments {
        runtime.block_on(measure(&program, jobs.parse()?))?;
    }
    Ok(())
}

/// Finished jobs of the last weeks; the one in ten without a VPC fails.
fn account(jobs: usize) -> Result<SimulatedAccount> {
    let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
    let last = now().millis() - 86_400_000;
    for number in 0..jobs {
        let mut job = training_job(&format!("job-{number:06}"), &[("Team", "credit")]);
        if number % 10 == 0 {
            job["VpcConfig"] = Value::Null;
        }
        let at = last - i64::try_from(number)? * 10_000;
        let made = account.create(ResourceKind::TrainingJob, &job, None, Timestamp::from_millis(at))?;
        account.finish_training(&made, Timestamp::from_millis(at + 5_000))?;
        if number % 1_000 == 999 {
            account.drain_events()?;
        }
    }
    account.drain_events()?;
    Ok(account)
}

async fn measure(program: &Path, jobs: usize) -> Result<()> {
    let (account, folder) = (account(jobs)?, TempDir::new()?);
    let simulator = Simulator::start(account, LocalGit::new(folder.path())?).await?;
    fs::write(folder.path().join("settings.toml"), SETTINGS)?;
    let began = Instant::now();
    let child = Command::new(program)
        .args(["scan", "--region", REGION, "--endpoint-url", &simulator.url(), "--settings", "settings.toml"])
        .args(["--rate", "100000", "--kinds", "training-job", "--since", "90d", "--no-data", "--out", "out"])
        .current_dir(folder.path())
        .envs(client_environment(&simulator.url()))
        .env_remove("AWS_ENDPOINT_URL")
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.path().join("said"))?)
        .spawn()?;
    let memory = tokio::task::spawn_blocking(move || peak(child)).await??;
    let seconds = began.elapsed().as_secs_f64();
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    for target in simulator.targets() {
        calls.insert(target.clone(), simulator.calls(&target).len());
    }
    let all: usize = calls.values().sum();
    let found = found(&folder.path().join("out"))?;
    if found != jobs.div_ceil(10) {
        let said = fs::read_to_string(folder.path().join("said"))?;
        return Err(format!("{found} jobs failed a control instead of a tenth of {jobs}:\n{said}").into());
    }
    let thousandths = |part: usize, whole: usize| part * 100_000 / whole.max(1);
    println!(
        "| {jobs} | {calls:?} | {seconds:.1} | {} | {memory} | {all} | {}.{:03} |",
        thousandths(jobs, (seconds * 100_000.0).round() as usize),
        thousandths(all, jobs) / 1_000,
        thousandths(all, jobs) % 1_000,
    );
    Ok(())
}

/// Waits for the command; the most memory that it had, in MB (`VmHWM`).
fn peak(mut child: Child) -> Result<u64> {
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut most = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
        most = most.max(kilobytes.unwrap_or_default());
        if let Some(status) = child.try_wait()? {
            // 1: resources fail controls.
            return if matches!(status.code(), Some(0 | 1)) {
                Ok(most / 1_024)
            } else {
                Err(format!("the command ended with {status}").into())
            };
        }
        sleep(Duration::from_millis(20));
    }
}

/// How many resources failed the control about networks.
fn found(out: &Path) -> Result<usize> {
    let document: Value = serde_json::from_str(&fs::read_to_string(out.join("findings.json"))?)?;
    let items = document.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(items.iter().filter(|item| item.to_string().contains("TRN-NET-01")).count())
}

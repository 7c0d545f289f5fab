//! `sagewarden scan` against many resources of the simulated account, whose lists have at most 100 entries a page, as AWS's: how many requests
//! it sends for them, how long it takes, and how much memory the command needs. A record of `Search` says everything that controls of models
//! need, and not everything about training jobs, which are described one by one.
//!
//! ```sh
//! cargo build --release -p sagewarden --features aws
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
use sagewarden_tests::local::{SETTINGS, model, training_job};
use sagewarden_tests::simulator::Simulator;
use sagewarden_tests::{Result, now};
use serde_json::Value;
use tempfile::TempDir;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let program = fs::canonicalize(arguments.next().ok_or("name the command to measure")?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    println!(
        "| resources | calls | s | a second | private memory, MB | with pages of files, MB | requests for 100 |"
    );
    println!("|---|---|---|---|---|---|---|");
    for number in arguments {
        for kind in [ResourceKind::Model, ResourceKind::TrainingJob] {
            runtime.block_on(measure(&program, kind, number.parse()?))?;
        }
    }
    Ok(())
}

/// Models or finished jobs of the last weeks; the one in ten without a VPC fails.
fn account(kind: ResourceKind, number: u32) -> Result<SimulatedAccount> {
    let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
    let last = now().millis() - 86_400_000;
    for index in 0..number {
        let name = format!("one-{index:06}");
        let is_model = kind == ResourceKind::Model;
        let mut request = if is_model { model(&name) } else { training_job(&name, &[("Team", "credit")]) };
        if index % 10 == 0
            && let Some(fields) = request.as_object_mut()
        {
            fields.remove("VpcConfig");
        }
        let at = last - i64::from(index) * 10_000;
        let made = account.create(kind, &request, None, Timestamp::from_millis(at))?;
        if !is_model {
            account.finish_training(&made, Timestamp::from_millis(at + 5_000))?;
        }
        if index % 1_000 == 999 {
            account.drain_events()?;
        }
    }
    account.drain_events()?;
    Ok(account)
}

async fn measure(program: &Path, kind: ResourceKind, number: u32) -> Result<()> {
    let (account, folder) = (account(kind, number)?, TempDir::new()?);
    let simulator = Simulator::start(account, LocalGit::new(folder.path())?).await?;
    fs::write(folder.path().join("settings.toml"), SETTINGS)?;
    let began = Instant::now();
    let child = Command::new(program)
        .args(["scan", "--region", REGION, "--endpoint-url", &simulator.url(), "--settings", "settings.toml"])
        .args(["--rate", "100000", "--kinds", kind.segment(), "--since", "90d", "--no-data", "--out", "out"])
        .current_dir(folder.path())
        .envs(client_environment(&simulator.url()))
        .env_remove("AWS_ENDPOINT_URL")
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.path().join("said"))?)
        .spawn()?;
    let [private, resident] = tokio::task::spawn_blocking(move || peak(child)).await??;
    let seconds = began.elapsed().as_secs_f64();
    let calls: BTreeMap<String, usize> = simulator
        .targets()
        .into_iter()
        .map(|target| (target.clone(), simulator.calls(&target).len()))
        .collect();
    let found = found(&folder.path().join("out"))?;
    if found != number.div_ceil(10) {
        let said = fs::read_to_string(folder.path().join("said"))?;
        return Err(format!("{found} failed a control instead of a tenth of {number}:\n{said}").into());
    }
    let all = u32::try_from(calls.values().sum::<usize>())?;
    let (rate, each) = (f64::from(number) / seconds, f64::from(all) * 100.0 / f64::from(number));
    println!(
        "| {number} {} | {calls:?} | {seconds:.1} | {rate:.0} | {private} | {resident} | {each:.2} |",
        kind.segment()
    );
    Ok(())
}

/// Waits for the command; the most private memory that it had, in MB (`RssAnon`), and the most with the pages of files (`VmHWM`): those of the
/// program, and of the store, which it maps. The kernel takes the pages of files back when it needs room.
fn peak(mut child: Child) -> Result<[u64; 2]> {
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut most = [0; 2];
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        for (most, name) in most.iter_mut().zip(["RssAnon:", "VmHWM:"]) {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes =
                line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
            *most = (*most).max(kilobytes.unwrap_or_default() / 1_024);
        }
        if let Some(status) = child.try_wait()? {
            // 1: resources fail controls.
            return match status.code() {
                Some(0 | 1) => Ok(most),
                _ => Err(format!("the command ended with {status}").into()),
            };
        }
        sleep(Duration::from_millis(20));
    }
}

/// How many resources failed the control about networks.
fn found(out: &Path) -> Result<u32> {
    let document: Value = serde_json::from_str(&fs::read_to_string(out.join("findings.json"))?)?;
    let items = document.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_open = |item: &Value| ["TRN-NET-01", "MDL-NET-01"].iter().any(|id| item.to_string().contains(id));
    Ok(u32::try_from(items.iter().filter(|item| is_open(item)).count())?)
}

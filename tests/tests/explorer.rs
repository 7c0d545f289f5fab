//! The explorer in a browser: `sagewarden demo --serve` serves an account, and a headless Chromium walks through its pages.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use sagewarden_local::Story;
use sagewarden_tests::{Result, browser, functions};
use serde_json::json;
use tempfile::TempDir;

/// The command, which ends with the test.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    /// Plays the demo and three weeks more.
    fn demo(folder: &TempDir) -> Result<Self> {
        let mut command = Command::new(functions::command()?);
        command.args(["demo", "--serve", "--no-open", "--out"]).arg(folder.path());
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines {
            if let Some((_, url)) = line?.split_once("Sagewarden is at ") {
                return Ok(Self { child, url: url.to_owned() });
            }
        }
        Err("the command has ended, and served nothing".into())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

#[test]
fn a_person_searches_expands_goes_back_in_time_and_shares_an_address() -> Result<()> {
    let folder = TempDir::new()?;
    let served = Served::demo(&folder)?;
    let facts = json!({
        "endpoint": Story::ENDPOINT, "job": Story::SECOND_TRAINING_JOB, "stopped": Story::FORBIDDEN_JOB,
    });
    let mut script = browser::script("explorer.py")?
        .arg(&served.url)
        .arg(browser::axe()?)
        .stdin(Stdio::piped())
        .spawn()?;
    script.stdin.take().unwrap().write_all(facts.to_string().as_bytes())?;
    assert!(script.wait()?.success(), "a page fails in the browser; the script's words are above");
    Ok(())
}

//! The files that an installation puts beside the program, and the program's name.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod run;

use std::fs;
use std::process::Command;

use run::{failure, out, sagewarden};
use tempfile::TempDir;

const COMMANDS: [&str; 5] = ["check", "drift", "lineage", "verify", "completions"];

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = sagewarden(&["completions", shell]);
        assert!(output.status.success(), "{shell}");
        let script = out(&output);
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
    }
}

#[test]
fn bash_completes_a_command_from_its_first_letters() {
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("sagewarden.bash");
    fs::write(&script, sagewarden(&["completions", "bash"]).stdout).unwrap();
    let ask = "source \"$0\"; COMP_WORDS=(sagewarden lin); COMP_CWORD=1; _sagewarden sagewarden lin sagewarden; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["--norc", "-c", ask]).arg(&script).output().unwrap();
    assert_eq!(out(&output).trim(), "lineage", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_unknown_shell_is_refused_with_those_that_there_are() {
    let output = sagewarden(&["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("tcsh") && error.contains("bash"), "{error}");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("man1");
    let output = sagewarden(&["man", "--out", pages.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for command in COMMANDS {
        let page = fs::read_to_string(pages.join(format!("sagewarden-{command}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS") && page.contains(command), "{page}");
    }
    let page = out(&sagewarden(&["man"]));
    assert!(page.contains("sagewarden\\-lineage(1)"), "{page}");
}

#[test]
fn a_manual_that_cannot_be_written_names_the_folder() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();
    let (status, error) = failure(&["man", "--out", file.join("man1").to_str().unwrap()]);
    assert_eq!(status, Some(2));
    assert!(error.contains("a-file") && error.contains("choose a place that you may write to"), "{error}");
}

#[test]
fn the_demo_names_the_program_as_it_was_called() {
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("sage");
    fs::hard_link(env!("CARGO_BIN_EXE_sagewarden"), &program)
        .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_sagewarden"), &program).map(|_| ()))
        .unwrap();
    let output = Command::new(&program)
        .args(["demo", "--out", folder.path().join("demo").to_str().unwrap()])
        .env_remove("CARGO")
        .output()
        .unwrap();
    let text = out(&output);
    assert!(text.contains("\n  sage lineage endpoint/") && !text.contains("cargo run"), "{text}");
}

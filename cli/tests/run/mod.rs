//! The command, as a test runs it.

use std::process::{Command, Output};

/// Runs the command.
pub(crate) fn sagewarden(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sagewarden")).args(arguments).output().unwrap()
}

/// Its output.
pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Runs a command that must fail; returns the exit code and the error.
pub(crate) fn failure(arguments: &[&str]) -> (Option<i32>, String) {
    let output = sagewarden(arguments);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

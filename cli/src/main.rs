//! The command `sagewarden`: the whole system on one machine, for trying it out, for replaying events and for questions.

mod check;
mod command;
mod demo;
mod error;
mod export;
mod lineage;
mod locate;
mod output;
mod policy;
mod replay;
mod sarif;

use std::process::ExitCode;

use clap::Parser;

use crate::command::{Arguments, Command};
use crate::error::CommandError;

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let result = match command {
        Command::Check(options) => check::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Policy { command } => policy::run(&command),
        Command::Replay(options) => replay::run(&options),
        Command::Lineage(options) => lineage::run(&options),
    };
    match result {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error}");
            ExitCode::from(CommandError::EXIT)
        }
    }
}

//! The command `sagewarden`: the whole system on one machine, for trying it out, for replaying events and for questions.

mod ask;
mod baseline;
mod check;
mod clarify;
mod command;
mod demo;
mod drift;
mod error;
mod explain;
mod input;
mod install;
mod output;
mod policy;
mod quality;
mod routes;
mod scan;
mod serve;
mod verify;

use std::process::ExitCode;

use clap::Parser;
use sagewarden_govern::Ask;

use crate::command::{Arguments, Command};
use crate::error::CommandError;

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let result = match command {
        Command::Attribution(options) => clarify::attribution::run(&options),
        Command::Baseline(options) => baseline::run(&options),
        Command::Bias(options) => clarify::bias::run(&options),
        Command::Scan(options) => scan::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Drift(options) => drift::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Quality(options) => quality::run(&options),
        Command::Policy { command } => policy::run(&command),
        Command::Routes(options) => routes::run(&options),
        Command::Replay(options) => check::replay::run(&options),
        Command::Lineage(options) => ask::lineage(&options),
        Command::Impact(options) => ask::ask(Ask::Impact, &options.about, options.format),
        Command::Diff(options) => ask::diff(&options),
        Command::Reproduce(options) => ask::ask(Ask::Reproduce, &options.about, options.format),
        Command::History(options) => ask::ask(Ask::History, &options.about, options.format),
        Command::Why(options) => ask::why(&options),
        Command::List(options) => ask::list::list(&options),
        Command::Inventory(options) => ask::list::inventory(&options),
        Command::Findings(options) => ask::list::findings(&options),
        Command::ExplainGap(options) => ask::explain_gap(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Site(options) => serve::site(&options),
        Command::Verify(options) => verify::run(&options),
        Command::Completions(options) => install::completions(&options),
        Command::Man(options) => install::manual(&options),
    };
    match result {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            output::warn(format_args!("error: {error}"));
            ExitCode::from(CommandError::EXIT)
        }
    }
}

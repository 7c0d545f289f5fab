//! `sagewarden serve` and `sagewarden site`: the store as pages that lead to each other.
//!
//! [`pages`] answers a request with a page; [`server`] brings requests from browsers, and [`mod@site`] asks for every page that another
//! leads to. The pages themselves are those of `sagewarden_view::explorer`.

mod answered;
mod broken;
mod catalogue;
mod drift;
mod elsewhere;
mod entity;
pub(crate) mod explorer;
mod gathered;
mod graph;
mod kinds;
mod lists;
mod name_index;
mod open;
mod pages;
mod people;
#[cfg(feature = "aws")]
mod remote;
mod search;
mod server;
mod site;
mod source;
#[cfg(feature = "aws")]
mod stack;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;

use sagewarden_local::Store;

use crate::command::serve::{ExploredOptions, ServeOptions, SiteOptions};
use crate::error::CommandError;
use crate::input::bundle;
use crate::output;
use crate::serve::explorer::Explorer;

/// The settings that a demo leaves beside its store.
const SETTINGS: &str = "settings.toml";

pub(crate) fn run(options: &ServeOptions) -> Result<ExitCode, CommandError> {
    let address = SocketAddr::new(options.bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), options.port);
    with_explorer(&options.explored, |explorer| serve(explorer, address, !options.no_open))
}

/// Serves until Ctrl-C.
pub(crate) fn serve(explorer: Explorer, address: SocketAddr, opens: bool) -> Result<ExitCode, CommandError> {
    server::run(explorer, address, |url| {
        output::print_text(&format!("Sagewarden is at {url}\nCtrl-C ends it.\n"))?;
        if opens {
            open::in_browser(url);
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn site(options: &SiteOptions) -> Result<ExitCode, CommandError> {
    let write = |explorer| site::write(&Explorer { is_live: false, ..explorer }, &options.out);
    let written = with_explorer(&options.explored, write)?;
    let place = output::line(&options.out.join("index.html").display().to_string());
    output::print_text(&format!("{written} pages written; begin at {place}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes pages of the store, or of the stack.
fn with_explorer<T>(
    options: &ExploredOptions,
    make: impl FnOnce(Explorer) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    if let Some(stack) = options.answering.stack() {
        return with_stack(stack, options, make);
    }
    let path = options.answering.store();
    let store = Store::open_to_read(path)?;
    let beside = path.parent().unwrap_or(Path::new("")).join(SETTINGS);
    let settings = options.settings.clone().or(Some(beside).filter(|path| path.is_file()));
    make(Explorer::new(store, bundle::load(settings.as_deref())?).of_file(path))
}

#[cfg(feature = "aws")]
fn with_stack<T>(
    stack: &str,
    options: &ExploredOptions,
    make: impl FnOnce(Explorer) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let (explorer, runtime) = stack::explorer(stack, options, bundle::load(options.settings.as_deref())?)?;
    let made = make(explorer);
    // A call that nobody waits for any more does not hold up the end.
    runtime.shutdown_background();
    made
}

#[cfg(not(feature = "aws"))]
fn with_stack<T>(
    _: &str,
    _: &ExploredOptions,
    _: impl FnOnce(Explorer) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    Err(crate::ask::stack::NO_SDK)
}

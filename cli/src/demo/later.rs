//! `sagewarden demo --serve`: three weeks after the story, and the pages of the whole account.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use futures::executor::block_on;
use sagewarden_local::{Clock, Story, System};
use sagewarden_policy::Bundle;

use crate::demo::files::{self, DemoFiles};
use crate::demo::step::play;
use crate::error::CommandError;
use crate::output;
use crate::serve::explorer::Explorer;
use crate::serve::serve;

/// Any free port: another demo may be open.
const PORT: u16 = 0;

/// Continues the story, and serves until Ctrl-C.
pub(super) fn serve_on(system: &System, files: &DemoFiles, opens: bool) -> Result<ExitCode, CommandError> {
    output::print_text("\nThree more weeks are played, so that there is an account to look at.\n")?;
    let system = continued(system, files)?;
    let bundle = Bundle::clone(&system.bundle);
    serve(Explorer::new(system.store, bundle), SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)), opens)
}

/// The system after three more weeks. Its settings include a waiver, and replace the demo's settings.
fn continued(system: &System, files: &DemoFiles) -> Result<System, CommandError> {
    let settings = format!("{}{}", files::settings(), Story::LATER_SETTINGS);
    let bundle = Bundle::embedded()?.with_settings(&settings)?;
    files.write(DemoFiles::SETTINGS, &settings)?;
    let system = System { bundle: bundle.into(), ..system.clone() };
    let clock = Clock::Told(Story::demo_start());
    let mut story = Story::new(system.account.clone(), system.git.clone(), clock);
    play(&system, &mut story, &Story::ACCOUNT_LIFE)?;
    for day in 0..Story::LATER_DAYS {
        story.later_day(day)?;
        block_on(system.settle())?;
    }
    Ok(system)
}

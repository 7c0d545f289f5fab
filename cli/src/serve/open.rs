//! Opens a page in the user's browser.

use std::process::{Command, Stdio};

/// The program that opens an address, by system.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Opens the address. If there is no browser, the printed address is enough.
pub(super) fn in_browser(url: &str) {
    let mut command = if cfg!(windows) { Command::new("explorer") } else { Command::new(OPENER) };
    let _started = command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

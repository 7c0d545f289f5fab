//! The browser that some tests need.

use std::path::Path;

use crate::Result;

const PROGRAMS: [&str; 2] = ["/usr/bin/chromium", "/usr/bin/chromedriver"];

/// Whether it is there.
///
/// # Errors
/// When it is not; the message says what to install.
pub fn installed() -> Result<()> {
    match PROGRAMS.iter().find(|path| !Path::new(path).is_file()) {
        None => Ok(()),
        Some(missing) => Err(format!(
            "there is no `{missing}`: install Chromium and its driver (on Debian: apt-get install chromium chromium-driver)"
        )
        .into()),
    }
}

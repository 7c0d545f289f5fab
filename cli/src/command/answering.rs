//! Who answers a question.

use std::path::{Path, PathBuf};

use clap::Args;

/// The store of `sagewarden demo`.
const DEMO: &str = "sagewarden-demo/sagewarden.db";

#[derive(Debug, Args)]
pub(crate) struct Answering {
    /// The store that answers; default: sagewarden-demo/sagewarden.db
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// The deployed stack that answers, if no store is named
    #[arg(long, value_name = "NAME", env = "SAGEWARDEN_STACK")]
    stack: Option<String>,
    /// With --stack: a profile of AWS's shared configuration
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    /// With --stack: send the question to this address instead of AWS
    #[arg(long, value_name = "URL", value_parser = address)]
    pub(crate) endpoint_url: Option<String>,
}

impl Answering {
    /// The stack, if it is to answer.
    pub(crate) fn stack(&self) -> Option<&str> {
        let stack = self.stack.as_deref().filter(|stack| !stack.is_empty());
        stack.filter(|_| self.store.is_none())
    }

    /// The store, if no stack is to answer.
    pub(crate) fn store(&self) -> &Path {
        self.store.as_deref().unwrap_or(Path::new(DEMO))
    }
}

/// An address that calls can be sent to.
///
/// # Errors
/// If it has no scheme or no host.
pub(crate) fn address(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if host.is_empty() || text.contains(char::is_whitespace) {
        return Err("write it as https://HOST or https://HOST:PORT".to_owned());
    }
    Ok(text.to_owned())
}

//! The story, played to its end on one machine.

use futures::executor::block_on;
use sagewarden_local::{Clock, Store, Story, System};
use sagewarden_policy::Bundle;
use serde_json::Value;
use tempfile::TempDir;

use crate::Result;

/// The account, the repositories and the store as the story left them, and everything that was announced.
#[derive(Debug)]
pub struct Played {
    /// The system that heard it all as it happened.
    pub system: System,
    /// In the order in which they happened.
    pub events: Vec<Value>,
    _git: TempDir,
}

impl Played {
    /// Plays it.
    ///
    /// # Errors
    /// When the folder cannot be made, or the account refuses.
    pub fn new() -> Result<Self> {
        let git = TempDir::new()?;
        let bundle = Bundle::embedded()?.with_settings(Story::SETTINGS)?;
        let system = System::new(Store::in_memory()?, git.path(), bundle, Story::ACCOUNT, Story::REGION)?;
        let clock = Clock::Told(Story::demo_start());
        let mut story = Story::new(system.account.clone(), system.git.clone(), clock);
        let mut events = Vec::new();
        for moment in Story::STEPS.iter().flat_map(|step| step.moments) {
            moment(&mut story)?;
            events.extend(block_on(system.settle())?.into_iter().map(|(event, _)| event));
        }
        Ok(Self { system, events, _git: git })
    }
}

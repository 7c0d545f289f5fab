//! Plays a step of the story.

use futures::executor::block_on;
use sagewarden_govern::route::Handled;
use sagewarden_local::{PostedComment, SentNotice, Step, Story, System};
use serde_json::Value;

use crate::error::CommandError;

/// A step as it was played: what AWS sent, and what Sagewarden made of it.
pub(crate) struct PlayedStep {
    pub(crate) title: &'static str,
    pub(crate) events: Vec<(Value, Vec<Handled>)>,
    pub(crate) comments: Vec<PostedComment>,
    pub(crate) notices: Vec<SentNotice>,
}

/// Plays a step moment by moment, and delivers the events of each moment.
pub(crate) fn play(system: &System, story: &mut Story, step: &Step) -> Result<PlayedStep, CommandError> {
    let sent = system.notices.sent()?.len();
    let posted = system.git.comments(Story::REPOSITORY)?.len();
    let mut events = Vec::new();
    for moment in step.moments {
        moment(story)?;
        events.extend(block_on(system.settle())?);
    }
    let notices = system.notices.sent()?.split_off(sent);
    let comments = system.git.comments(Story::REPOSITORY)?.split_off(posted);
    Ok(PlayedStep { title: step.title, events, comments, notices })
}

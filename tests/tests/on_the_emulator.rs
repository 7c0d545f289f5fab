//! The whole system with the real binaries, on an AWS emulator that enforces IAM. One program with a harness of its own, since each flow
//! mostly waits for a single-threaded emulator of its own: all of them run at once, unless `--test-threads` says otherwise.

#[path = "on_the_emulator/burst.rs"]
mod burst;
#[path = "on_the_emulator/monitors.rs"]
mod monitors;
#[path = "on_the_emulator/story.rs"]
mod story;

use libtest_mimic::{Arguments, Trial};
use sagewarden_tests::Result;

/// The flow under its own name, on a runtime of its own.
macro_rules! flow {
    ($module:ident::$name:ident) => {
        Trial::test(concat!(stringify!($module), "::", stringify!($name)), || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            let ended: Result<()> =
                runtime.map_err(Into::into).and_then(|runtime| runtime.block_on($module::$name()));
            ended.map_err(Into::into)
        })
    };
}

fn main() {
    let flows = vec![
        flow!(story::the_story_runs_on_the_emulator_with_the_real_binaries),
        flow!(monitors::labels_that_come_late_show_a_quality_that_falls_and_reasons_that_moved),
        flow!(burst::a_burst_loses_nothing_and_each_finding_and_alert_leaves_once),
        flow!(story::bad_events_are_kept_with_their_reason_and_a_failed_stop_is_published_and_tried_again),
    ];
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(flows.len()));
    libtest_mimic::run(&arguments, flows).exit();
}

//! The whole system with the real binaries, on an AWS emulator that enforces IAM. One program, so that its stories run side by side:
//! each mostly waits for a single-threaded emulator of its own.

#[path = "on_the_emulator/burst.rs"]
mod burst;
#[path = "on_the_emulator/monitors.rs"]
mod monitors;
#[path = "on_the_emulator/story.rs"]
mod story;

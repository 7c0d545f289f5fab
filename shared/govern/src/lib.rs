//! The use cases of Sagewarden, one file each, over small ports. No SDK, no clock, no runtime: time and settings are
//! passed in.
#![expect(
    async_fn_in_trait,
    reason = "ports are used through generics, and functions run on one thread: no caller needs `Send`"
)]

pub mod ports;

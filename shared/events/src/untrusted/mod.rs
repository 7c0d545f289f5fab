//! Words of others: names, tags, hyperparameters, reasons of failures, messages and authors of commits, keys of objects, features, and texts
//! of policies that are not ours. Whoever writes them decides what they say, and must not decide what a reader's program makes of them.

mod cell;
mod chars;
mod drawing;
mod line;
mod mail;
mod markdown;
mod text;

pub use markdown::Markdown;
pub use text::Untrusted;

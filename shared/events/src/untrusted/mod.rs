//! Words of others: names, tags, hyperparameters, reasons of failures, messages and authors of commits, keys of objects, features, and
//! texts of policies that are not ours. Their authors choose the words, and must not be able to make a reader's program act on them.

mod cell;
mod chars;
mod drawing;
mod line;
mod mail;
mod markdown;
mod text;

pub use markdown::Markdown;
pub use text::Untrusted;

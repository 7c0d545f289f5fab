//! Finds values that look like a secret: by the name of the field, or by the value itself in any place. Recorded details (`detail.rs`) and
//! records that are kept as they came (`text.rs`) use the same names and tokens.

mod detail;
mod edit;
mod json;
mod names;
mod text;

pub use detail::redacted;
pub use edit::RedactedText;
pub use names::{REDACTED, holds_token, is_secret};
pub use text::redacted_text;

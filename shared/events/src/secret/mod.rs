//! What reads like a secret: by the name that it stands under, or by itself wherever it stands. Recorded details (`detail.rs`) and records
//! that are kept as they came (`text.rs`) go by the same names and tokens.

mod detail;
mod edit;
mod json;
mod names;
mod text;

pub use detail::redacted;
pub use edit::RedactedText;
pub use names::{REDACTED, holds_token, is_secret};
pub use text::redacted_text;

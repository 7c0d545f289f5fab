//! Errors of the SDK in words.

/// An error and its causes, each once. The SDK's own texts add everything that its types hold, which nobody can read.
pub(crate) fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !words.ends_with(&next) {
            words = format!("{words}: {next}");
        }
        cause = error.source();
    }
    // So the SDK says that no answer came, and whose fault that is.
    words.trim_start_matches("dispatch failure: ").trim_start_matches("user error: ").to_owned()
}

//! The models, training jobs and commits behind an endpoint, as part of a sentence.

use sagewarden_lineage::chain::{Chain, Named};

/// Model, training job and commits.
pub(super) fn chain_in_words(chain: &Chain) -> String {
    let listed = |list: &[Named]| list.iter().map(|each| each.name.clone()).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    if !chain.models.is_empty() {
        text.push_str(&format!("; model {}", listed(&chain.models)));
    }
    if !chain.training_jobs.is_empty() {
        text.push_str(&format!("; trained by {}", listed(&chain.training_jobs)));
    }
    for commit in &chain.commits {
        let short: String = commit.commit.chars().take(7).collect();
        let built: Vec<&str> = commit.built.iter().map(|built| built.what.as_str()).collect();
        text.push_str(&format!("; commit {short} ({})", built.join(", ")));
    }
    text
}

//! Which kinds a scan walks through, and how old jobs may be.

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_govern::SWEPT;

use crate::error::CommandError;
use crate::input::nearest::Nearest;

/// The word for a kind: its segment in ARNs. The ARN of an execution has the segment of its pipeline, so executions have a word of their own.
pub(super) fn word(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::PipelineExecution => "pipeline-execution",
        kind => kind.segment(),
    }
}

/// The kinds that these words name, in the order of a scan; all kinds if there are no words.
pub(super) fn chosen(words: &[String]) -> Result<Vec<ResourceKind>, CommandError> {
    for asked in words {
        if !SWEPT.into_iter().any(|kind| word(kind) == asked) {
            let mut nearest = Nearest::to(asked);
            SWEPT.map(word).iter().for_each(|known| nearest.consider(known, known));
            let hint =
                nearest.question().unwrap_or_else(|| format!("the kinds are {}", SWEPT.map(word).join(", ")));
            return Err(CommandError::UnknownKind { kind: asked.clone(), hint });
        }
    }
    let is_chosen = |kind: &ResourceKind| words.is_empty() || words.iter().any(|asked| asked == word(*kind));
    Ok(SWEPT.into_iter().filter(is_chosen).collect())
}

/// The time that an age such as `90d` or `12h` leads back to.
pub(super) fn since(age: &str, now: Timestamp) -> Result<Timestamp, CommandError> {
    let wrong = || CommandError::Option("--since takes days or hours, such as 90d or 12h");
    let hours = match age.strip_suffix('d') {
        Some(days) => days.parse::<i64>().ok().and_then(|days| days.checked_mul(24)),
        None => age.strip_suffix('h').and_then(|hours| hours.parse().ok()),
    };
    let millis =
        hours.filter(|hours| *hours > 0).and_then(|hours| hours.checked_mul(3_600_000)).ok_or_else(wrong)?;
    Ok(Timestamp::from_millis((now.millis().saturating_sub(millis)).max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_days_or_hours() {
        let now = Timestamp::from_millis(100 * 86_400_000);
        let check = |age: &str, expect: Option<i64>| {
            assert_eq!(since(age, now).ok().map(Timestamp::millis), expect, "{age}");
        };
        check("90d", Some(10 * 86_400_000));
        check("12h", Some(now.millis() - 12 * 3_600_000));
        check("9999d", Some(0));
        for wrong in ["", "90", "d", "-1d", "0h", "1w", "99999999999999999999d"] {
            check(wrong, None);
        }
    }

    #[test]
    fn kinds_are_named_as_in_arns() {
        let words = ["model".to_owned(), "endpoint".to_owned()];
        assert_eq!(chosen(&words).ok(), Some(vec![ResourceKind::Endpoint, ResourceKind::Model]));
        assert_eq!(chosen(&[]).ok(), Some(SWEPT.to_vec()));
        let wrong = chosen(&["endpiont".to_owned()]).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(wrong.contains("`endpiont`") && wrong.contains("endpoint"), "{wrong}");
    }
}

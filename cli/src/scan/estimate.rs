//! How many calls a scan makes, and how long they take.

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_govern::ports::{Estate, PortError, SEARCHED, Wanted};
use sagewarden_govern::{counted, is_lasting};

use crate::output::line;
use crate::scan::kinds::word;

/// Resources that were counted of a kind.
pub(super) struct CountedKind {
    kind: ResourceKind,
    resources: u64,
    /// Calls to SageMaker for them.
    calls: u64,
    /// Whether there are more, which were not counted.
    is_cut: bool,
    /// Why nothing is known about the kind.
    refused: Option<String>,
}

impl CountedKind {
    /// A kind whose list cannot be read.
    pub(super) fn refused(kind: ResourceKind, reason: String) -> Self {
        Self { kind, resources: 0, calls: 0, is_cut: false, refused: Some(reason) }
    }

    /// Why nothing is known about the kind.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.refused.as_deref()
    }
}

/// Counts the resources of a kind by its list, and reads at most this many pages of the list.
pub(super) async fn count(
    estate: &impl Estate,
    kind: ResourceKind,
    since: Timestamp,
    pages: u64,
) -> Result<CountedKind, PortError> {
    let limit = Some(since).filter(|_| !is_lasting(kind));
    let mut wanted = Wanted { kind, since: limit, by_search: SEARCHED.contains(&kind) };
    let mut counted = CountedKind { kind, resources: 0, calls: 0, is_cut: false, refused: None };
    let mut from: Option<String> = None;
    loop {
        let page = match estate.page(&wanted, from.as_deref()).await {
            Ok(page) => page,
            Err(error) if error.is_transient() => return Err(error),
            Err(_) if wanted.by_search && from.is_none() => {
                wanted.by_search = false;
                continue;
            }
            Err(error) => {
                counted.refused = Some(error.to_string());
                return Ok(counted);
            }
        };
        counted.calls += 1;
        for listed in &page.resources {
            let is_old = limit.is_some_and(|since| listed.created_at.is_some_and(|created| created < since));
            if is_old {
                return Ok(counted);
            }
            counted.resources += 1;
            counted.calls += u64::from(listed.document.is_none()) + u64::from(listed.tags.is_none());
        }
        from = page.next;
        if from.is_none() {
            return Ok(counted);
        }
        if counted.calls.saturating_sub(counted.resources * 2) >= pages || counted.resources >= pages * 100 {
            counted.is_cut = true;
            return Ok(counted);
        }
    }
}

/// The estimate for people.
pub(super) fn words(counts: &[CountedKind], rate: f64) -> String {
    let mut text = String::new();
    for each in counts.iter().filter(|each| each.resources > 0 || each.refused.is_some()) {
        let CountedKind { kind, resources, calls, is_cut, refused } = each;
        let least = if *is_cut { "at least " } else { "" };
        text += &match refused {
            Some(reason) => format!("  {:<38} refused: {}\n", word(*kind), line(reason)),
            None => format!("  {:<38} {least}{resources}, {}\n", word(*kind), self::calls(*calls)),
        };
    }
    let calls: u64 = counts.iter().map(|each| each.calls).sum();
    let is_cut = counts.iter().any(|each| each.is_cut);
    let (least, more) = if is_cut { ("at least ", ", or longer,") } else { ("", "") };
    text + &format!(
        "{least}{} to SageMaker: {}{more} at {rate} a second, and calls to S3, KMS, IAM and CodeCommit, which are not counted\n",
        self::calls(calls),
        duration(calls, rate)
    )
}

fn calls(number: u64) -> String {
    counted(number, "call")
}

/// How long this many calls take.
fn duration(calls: u64, rate: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rough figure for people")]
    let minutes = calls as f64 / rate / 60.0;
    match minutes {
        few if few < 1.0 => "less than a minute".to_owned(),
        some if some < 120.0 => format!("about {some:.0} minutes"),
        many => format!("about {:.1} hours", many / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_says_how_long_and_that_it_is_a_least() {
        assert_eq!(duration(100, 5.0), "less than a minute");
        assert_eq!(duration(3_000, 5.0), "about 10 minutes");
        assert_eq!(duration(466_800, 5.0), "about 25.9 hours");
        let counted =
            CountedKind { kind: ResourceKind::Model, resources: 100, calls: 1, is_cut: true, refused: None };
        let text = words(&[counted], 5.0);
        assert!(text.contains("at least 100, 1 call"), "{text}");
        assert!(text.contains("less than a minute, or longer, at 5 a second"), "{text}");
    }
}

//! How a notice names its verdict.

use std::fmt;

use sha2::{Digest, Sha256};

use super::verdict::{ComplianceRow, JudgedRow, JudgementRow, VerdictRow, verdict_id};
use crate::s3::hex;
use crate::table::Key;

/// How many bytes of a digest distinguish sets of findings on one resource.
const MARK_BYTES: usize = 6;

/// A mark that distinguishes sets of findings by the control and the actual value of each finding.
#[must_use]
pub fn findings_mark<'a>(findings: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let stated: Vec<String> =
        findings.into_iter().map(|(control, actual)| format!("{control}={actual}")).collect();
    hex(Sha256::digest(stated.join("\n")).get(..MARK_BYTES).unwrap_or_default())
}

/// The cause of a notice about a verdict: a resource, the bundle that judged it, and the mode.
///
/// As text: `<what>#<partition>#<bundle>#<mode>#<mark>`, with `unknown#` before the mark if some control could not be decided. For
/// resources that can be changed, `#<since>#<at>` follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictCause {
    /// The subject of the notice, such as `finding`.
    pub what: String,
    /// The partition of the verdict.
    pub pk: String,
    /// The first digits of the bundle's hash.
    pub bundle: String,
    /// `enforce` or `observe`.
    pub mode: String,
    /// Whether every control could be decided.
    pub is_known: bool,
    /// The mark of the findings.
    pub findings_mark: String,
    /// For a resource that can be changed: when it last passed every control, and when it was in the state that the notice is about.
    pub times: Option<[String; 2]>,
}

impl VerdictCause {
    /// The notice is about a finding.
    pub const FINDING: &str = "finding";
    /// The mode in which remedies are carried out.
    pub const ENFORCE: &str = "enforce";
    /// The mode without remedies.
    pub const OBSERVE: &str = "observe";
    const UNKNOWN: &str = "unknown";

    /// Reads a cause; `None` when it is about no verdict.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('#').collect();
        // A partition contains `#`, but none of its parts is a mode.
        let at = parts.iter().position(|part| [Self::ENFORCE, Self::OBSERVE].contains(part))?;
        let (before, [mode, rest @ ..]) = parts.split_at_checked(at)? else { return None };
        let [what, pk @ .., bundle] = before else { return None };
        let (is_known, rest) = match rest {
            [Self::UNKNOWN, rest @ ..] => (false, rest),
            rest => (true, rest),
        };
        let (findings_mark, times) = match rest {
            [mark] => (*mark, None),
            [mark, since, at] => (*mark, Some([*since, *at].map(str::to_owned))),
            _ => return None,
        };
        let [what, bundle, mode, findings_mark] = [what, bundle, mode, findings_mark].map(str::to_owned);
        Some(Self { what, pk: pk.join("#"), bundle, mode, is_known, findings_mark, times })
    }

    /// The verdict, as [`VerdictRow::id`] names it.
    #[must_use]
    pub fn verdict(&self) -> String {
        verdict_id(&self.bundle, self.is_known, &self.findings_mark)
    }
}

impl fmt::Display for VerdictCause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, pk, bundle, mode, is_known, findings_mark, times } = self;
        write!(out, "{what}#{pk}#{bundle}#{mode}#")?;
        if !is_known {
            write!(out, "{}#", Self::UNKNOWN)?;
        }
        out.write_str(findings_mark)?;
        match times {
            Some([since, at]) => write!(out, "#{since}#{at}"),
            None => Ok(()),
        }
    }
}

/// Whether a row with this key is about verdicts, whatever its content.
#[must_use]
pub fn is_about_verdicts(key: &Key) -> bool {
    let of_resource =
        [JudgementRow::PREFIX, ComplianceRow::PREFIX].iter().any(|prefix| key.sk.starts_with(prefix));
    of_resource || VerdictRow::is(key) || JudgedRow::arn_of(key).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_read_as_it_was_written() {
        let fixed = VerdictCause {
            what: "finding".to_owned(),
            pk: "tjob#1/r/a@5".to_owned(),
            bundle: "feedfacecafe".to_owned(),
            mode: "enforce".to_owned(),
            is_known: true,
            findings_mark: "00ff".to_owned(),
            times: None,
        };
        let changing = VerdictCause {
            pk: "R#notebook-instance#1/r/Nb@40".to_owned(),
            is_known: false,
            times: Some([String::new(), "000000000000041".to_owned()]),
            ..fixed.clone()
        };
        let endpoint =
            VerdictCause { pk: "ep#1/r/prod".to_owned(), mode: "observe".to_owned(), ..fixed.clone() };
        for (cause, text) in [
            (endpoint, "finding#ep#1/r/prod#feedfacecafe#observe#00ff"),
            (fixed, "finding#tjob#1/r/a@5#feedfacecafe#enforce#00ff"),
            (
                changing,
                "finding#R#notebook-instance#1/r/Nb@40#feedfacecafe#enforce#unknown#00ff##000000000000041",
            ),
        ] {
            assert_eq!(cause.to_string(), text);
            assert_eq!(VerdictCause::parse(text), Some(cause));
        }
    }

    #[test]
    fn what_is_about_no_verdict_is_none() {
        for text in [
            "",
            "started#R#notebook-instance#1/r/Nb@40#41",
            "erased#arn:aws:sagemaker:r:1:training-job/a#7",
            "finding#tjob#1/r/a@5#feedfacecafe#enforce",
            "finding#enforce#00ff",
            "finding#tjob#1/r/a@5#feedfacecafe#enforce#00ff#1",
            "finding#tjob#1/r/a@5#feedfacecafe#enforce#00ff#1#2#3",
        ] {
            assert_eq!(VerdictCause::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_mark_distinguishes_findings() {
        let mark = findings_mark([("TRN-ENC-01", "absent"), ("TRN-NET-01", "absent")]);
        assert_eq!(mark.len(), 12);
        assert_ne!(mark, findings_mark([("TRN-ENC-01", "absent")]));
        assert_eq!(findings_mark([]), "e3b0c44298fc");
    }
}

//! The words of a comment on a commit, in Markdown ("Comment on a commit", CodeCommit user guide): plain lists, which read well
//! where they are not rendered.

use std::collections::BTreeSet;

use sagewarden_lineage::rows::bundle_mark;
use sagewarden_policy::{Bundle, Finding, Judgement, Severity};

use crate::ports::Comment;
use crate::review::reviewed::{MAX_BYTES, MAX_FILES, Review, ReviewedRequest};

/// Left for the sentence that says what was cut.
const CUT: usize = 200;
/// Notes and names that are shown of each sort.
const SHOWN: usize = 5;
/// Bytes of one value that are shown; whoever pushed it has the rest. With these bounds there is always room for the worst
/// finding.
const MAX_VALUE: usize = 300;

/// The comment, never longer than CodeCommit takes.
pub(crate) fn text(review: &Review, bundle: &Bundle, account: &str) -> String {
    let head = format!("**Sagewarden**: {}\n", summary(review));
    let tail = tail(review, bundle, account);
    // Bytes, of which there are at least as many as characters, however these are counted.
    let room = Comment::MAX_CHARACTERS.saturating_sub(head.len() + tail.len() + CUT);
    let pieces = pieces(review);
    let mut body = String::new();
    let mut shown = 0;
    for piece in &pieces {
        if body.len() + piece.len() > room {
            break;
        }
        body += piece;
        shown += 1;
    }
    if shown < pieces.len() {
        let number = count(pieces.len() - shown, "more finding is", "more findings are");
        body += &format!(
            "\n{number} not shown: `sagewarden check FILE --account {account}` shows all of a file.\n"
        );
    }
    head + &body + &tail
}

/// The review in a few words, such as `3 requests in 2 files: 1 violating, 2 compliant`.
pub(crate) fn summary(review: &Review) -> String {
    let files: BTreeSet<&str> = review.requests.iter().map(|request| request.path.as_str()).collect();
    let requests = count(review.requests.len(), "request", "requests");
    let files = count(files.len(), "file", "files");
    let number = |outcome: Judgement| {
        let number = review.requests.iter().filter(|request| request.verdict.outcome == outcome).count();
        (number > 0).then(|| format!("{number} {}", word(outcome)))
    };
    let outcomes = [Judgement::Violating, Judgement::Unknown, Judgement::Waived, Judgement::Compliant];
    match outcomes.into_iter().filter_map(number).collect::<Vec<_>>().as_slice() {
        [_] if number(Judgement::Compliant).is_some() => format!("{requests} in {files}, all controls hold"),
        several => format!("{requests} in {files}: {}", several.join(", ")),
    }
}

fn word(outcome: Judgement) -> &'static str {
    match outcome {
        Judgement::Compliant => "compliant",
        Judgement::Violating => "violating",
        Judgement::Waived => "waived",
        Judgement::Unknown => "that could not be judged",
    }
}

/// One for each finding, the worst requests first: should some be cut, it is those that matter least. The first of a request
/// names it.
fn pieces(review: &Review) -> Vec<String> {
    let mut requests: Vec<&ReviewedRequest> = review.requests.iter().collect();
    requests.sort_by_key(|request| std::cmp::Reverse(worst(request)));
    let mut pieces = Vec::new();
    for request in requests {
        let mut heading = heading(request);
        for each in &request.verdict.findings {
            pieces.push(std::mem::take(&mut heading) + &finding(each));
        }
    }
    pieces
}

/// A waived violation comes after all others.
fn worst(request: &ReviewedRequest) -> Option<Severity> {
    let open = request.verdict.findings.iter().filter(|finding| finding.waiver.is_none());
    open.map(|finding| finding.severity).max()
}

fn heading(request: &ReviewedRequest) -> String {
    let ReviewedRequest { path, place, resource, verdict } = request;
    let place = place.as_ref().map(|place| format!(" {}", code(place))).unwrap_or_default();
    let (broken, checked) = (verdict.findings.len(), verdict.checked.len());
    let state = match verdict.outcome {
        Judgement::Compliant => String::new(),
        Judgement::Violating => format!("breaks {broken} of {checked} controls"),
        Judgement::Waived => format!("breaks {broken} of {checked} controls, waived"),
        Judgement::Unknown => "could not be judged".to_owned(),
    };
    format!("\n{}{place}: {} {} {state}\n\n", code(path), resource.kind, code(&resource.name))
}

fn finding(finding: &Finding) -> String {
    let Finding { control, severity, title, field, actual, wanted, fix, waiver, .. } = finding;
    let mut text = format!("- **{control}** ({}): {}\n", severity_word(*severity), cut(title));
    for (label, value) in [("field", field), ("actual", actual), ("wanted", wanted)] {
        if !value.is_empty() {
            text += &format!("    - {label}: {}\n", code(value));
        }
    }
    text += &format!("    - fix: {}\n", cut(fix));
    if let Some(waiver) = waiver {
        let (approver, expires) = (code(&waiver.approver), waiver.expires);
        text += &format!("    - waived by {approver} until {expires}: {}\n", code(&waiver.reason));
    }
    text
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// What could not be judged, what was left out, and by what was judged.
fn tail(review: &Review, bundle: &Bundle, account: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(
        review.notes.iter().take(SHOWN).map(|(path, note)| format!("{}: {}", code(path), code(note))),
    );
    if review.notes.len() > SHOWN {
        lines.push(count(review.notes.len() - SHOWN, "more note", "more notes"));
    }
    if !review.too_large.is_empty() {
        let names: Vec<String> = review.too_large.iter().take(SHOWN).map(|path| code(path)).collect();
        let more = review.too_large.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.push(format!("not read, larger than {} KB: {}{more}", MAX_BYTES / 1024, names.join(", ")));
    }
    if review.unread > 0 {
        let number = count(review.unread, "JSON file", "JSON files");
        lines.push(format!("not read: {number} beyond the first {MAX_FILES}"));
    }
    if !review.complete {
        lines.push("the push changed more files than were listed; the others were not looked at".to_owned());
    }
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        text += &format!("{}- {line}\n", if index == 0 { "\n" } else { "" });
    }
    let bundle = bundle_mark(bundle.hash());
    text + &format!(
        "\nJudged before anything is created, for account {account}, by the policies `{bundle}`.\n"
    )
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// Somebody's text as it is: Markdown in it means nothing, and it stays on its line.
fn code(text: &str) -> String {
    format!("`{}`", cut(text).replace('`', "'"))
}

/// The beginning of a text, on one line.
fn cut(text: &str) -> String {
    let shown = text.get(..text.floor_char_boundary(MAX_VALUE)).unwrap_or_default();
    let mut line = shown.replace(char::is_control, " ");
    if shown.len() < text.len() {
        line.push_str("...");
    }
    line
}

#[cfg(test)]
mod tests {
    use sagewarden_events::{Resource, ResourceKind, Timestamp};
    use sagewarden_policy::{FindingStatus, Plan, Verdict, WaivedBy};
    use sagewarden_settings::Mode;

    use super::*;

    fn finding_of(control: &str, severity: Severity, actual: &str) -> Finding {
        Finding {
            control: control.to_owned(),
            area: "NET".to_owned(),
            severity,
            title: "it runs inside the allowed network".to_owned(),
            status: FindingStatus::Violation,
            field: "VpcConfig.Subnets".to_owned(),
            actual: actual.to_owned(),
            wanted: "subnets of any VPC".to_owned(),
            fix: "pass a VpcConfig".to_owned(),
            waiver: None,
        }
    }

    fn judged(path: &str, findings: Vec<Finding>) -> ReviewedRequest {
        let outcome = match findings.as_slice() {
            [] => Judgement::Compliant,
            all if all.iter().all(|finding| finding.waiver.is_some()) => Judgement::Waived,
            _ => Judgement::Violating,
        };
        let checked = vec!["TRN-NET-01".to_owned(), "TRN-NET-02".to_owned()];
        ReviewedRequest {
            path: path.to_owned(),
            place: Some("Steps[0]".to_owned()),
            resource: Resource::in_region(ResourceKind::TrainingJob, "111122223333", "eu-west-1", "train"),
            verdict: Verdict {
                outcome,
                findings,
                checked,
                skipped: Vec::new(),
                parent: None,
                environment: None,
                mode: Mode::Observe,
                bundle: "b".to_owned(),
                plan: Plan::Nothing("the mode is observe".to_owned()),
            },
        }
    }

    fn review(requests: Vec<ReviewedRequest>) -> Review {
        Review { requests, complete: true, ..Review::default() }
    }

    fn written(review: &Review) -> String {
        text(review, &Bundle::embedded().unwrap(), "111122223333")
    }

    #[test]
    fn what_holds_is_said_in_a_line() {
        let text = written(&review(vec![judged("a.json", vec![]), judged("b.json", vec![])]));
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("**Sagewarden**: 2 requests in 2 files, all controls hold"));
        let rest: String = lines.collect();
        assert!(rest.starts_with("Judged before anything is created, for account 111122223333"), "{text}");
    }

    #[test]
    fn a_finding_says_what_is_there_what_is_wanted_and_what_to_change() {
        let waiver =
            WaivedBy { approver: "Ana".into(), reason: "a trial".into(), expires: Timestamp::from_millis(0) };
        let waived =
            Finding { waiver: Some(waiver), ..finding_of("TRN-NET-02", Severity::Critical, "absent") };
        let text = written(&review(vec![
            judged("waived.json", vec![waived]),
            judged("broken.json", vec![finding_of("TRN-NET-01", Severity::High, "`*[x](y)*`\nz")]),
        ]));
        let expected = "**Sagewarden**: 2 requests in 2 files: 1 violating, 1 waived

`broken.json` `Steps[0]`: training job `train` breaks 1 of 2 controls

- **TRN-NET-01** (high): it runs inside the allowed network
    - field: `VpcConfig.Subnets`
    - actual: `'*[x](y)*' z`
    - wanted: `subnets of any VPC`
    - fix: pass a VpcConfig

`waived.json` `Steps[0]`: training job `train` breaks 1 of 2 controls, waived

- **TRN-NET-02** (critical): it runs inside the allowed network
    - field: `VpcConfig.Subnets`
    - actual: `absent`
    - wanted: `subnets of any VPC`
    - fix: pass a VpcConfig
    - waived by `Ana` until 1970-01-01T00:00:00Z: `a trial`
";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn a_long_comment_is_cut_where_it_matters_least_and_says_so() {
        let long = "\u{1f600}".repeat(1_000);
        let low = (0..40).map(|_| judged(&long, vec![finding_of("TRN-NET-02", Severity::Low, &long)]));
        let mut all: Vec<ReviewedRequest> = low.collect();
        all.push(judged("worst.json", vec![finding_of("TRN-NET-01", Severity::High, "absent")]));
        let mut review = review(all);
        review.notes = vec![(long.clone(), long.clone()); 50];
        review.too_large = vec![long; 50];
        (review.unread, review.complete) = (7, false);
        let text = written(&review);
        assert!(text.len() <= Comment::MAX_CHARACTERS, "{} bytes", text.len());
        for words in [
            "41 requests in 2 files: 41 violating",
            "**TRN-NET-01** (high)",
            "more findings are not shown: `sagewarden check FILE --account 111122223333` shows all of a file",
            "45 more notes",
            " and 45 more\n",
            "not read, larger than 256 KB: ",
            "not read: 7 JSON files beyond the first 300",
            "the push changed more files than were listed",
        ] {
            assert!(text.contains(words), "`{words}` is not in\n{text}");
        }
    }
}

//! The words of a comment on a commit, in Markdown ("Comment on a commit", CodeCommit user guide): plain lists, which read well
//! where they are not rendered.
//!
//! It is one comment on the commit, and links to the lines of the findings. CodeCommit can also pin a comment to a line, but only to "the
//! position of a change" in the comparison of this commit with its parent: a file that an earlier commit of the push changed has no such
//! position, and the fault of most requests is a missing field. And everybody who follows the repository is notified of each comment.

use std::collections::BTreeSet;

use sagewarden_events::{Markdown, Untrusted};
use sagewarden_lineage::rows::bundle_mark;
use sagewarden_policy::{Bundle, Finding, Judgement, Severity};

use crate::ports::Comment;
use crate::review::reviewed::{FileLine, MAX_BYTES, MAX_FILES, MAX_REQUESTS, Review, ReviewedRequest, SHOWN};

/// Reserved for the sentence that says how much was cut.
const CUT: usize = 200;
/// The comment, never longer than CodeCommit takes. With [`SHOWN`] and [`Markdown::MOST`] there is always room for the
/// worst finding, at least in its short form.
pub(crate) fn text(review: &Review, bundle: &Bundle, account: &str) -> Markdown {
    let head = Markdown::default().ours("**Sagewarden**: ").then(&summary(review)).ours("\n");
    let tail = tail(review, bundle, account);
    // Bytes: a text has at least as many as characters, however these are counted.
    let room = Comment::MAX_CHARACTERS.saturating_sub(length(&head) + length(&tail) + CUT);
    let pieces = pieces(review);
    let mut body = Markdown::default();
    let mut shown = 0;
    for forms in &pieces {
        let fits = |piece: &&Markdown| length(&body) + length(piece) <= room;
        let Some(piece) = forms.iter().find(fits) else { break };
        body = body.then(piece);
        shown += 1;
    }
    if shown < pieces.len() {
        body = count(body.ours("\n"), pieces.len() - shown, "more finding is", "more findings are")
            .ours(" not shown: ")
            .code(Untrusted::new(&format!("sagewarden check FILE --account {account}")))
            .ours(" shows all of a file.\n");
    }
    head.then(&body).then(&tail)
}

fn length(text: &Markdown) -> usize {
    text.as_str().len()
}

/// The review in a few words, such as `3 requests in 2 files: 1 violating, 2 compliant`.
pub(crate) fn summary(review: &Review) -> Markdown {
    if review.requests.is_empty() {
        return Markdown::default().ours(if review.is_of_all() {
            "nothing could be judged"
        } else {
            "nothing to judge in the files that were read; some were not read"
        });
    }
    let files: BTreeSet<&str> = review.requests.iter().map(|request| request.path.as_str()).collect();
    let said = count(Markdown::default(), review.requests.len(), "request", "requests").ours(" in ");
    let mut said = count(said, files.len(), "file", "files");
    let number = |outcome: Judgement| {
        review.requests.iter().filter(|request| request.verdict.outcome == outcome).count()
    };
    if number(Judgement::Compliant) == review.requests.len() {
        let left: usize = review.requests.iter().map(|request| request.verdict.skipped.len()).sum();
        return match left {
            0 => said.ours(", all controls passed"),
            // Which those are, `sagewarden check` says.
            left => count(
                said.ours(": no control failed; "),
                left,
                "control was not checked here",
                "controls were not checked here",
            ),
        };
    }
    let outcomes = [Judgement::Violating, Judgement::Unknown, Judgement::Waived, Judgement::Compliant];
    let mut separator = ": ";
    for outcome in outcomes.into_iter().filter(|outcome| number(*outcome) > 0) {
        said = said.ours(separator).number(number(outcome)).ours(" ").ours(word(outcome));
        separator = ", ";
    }
    said
}

fn word(outcome: Judgement) -> &'static str {
    match outcome {
        Judgement::Compliant => "compliant",
        Judgement::Violating => "violating",
        Judgement::Waived => "waived",
        Judgement::Unknown => "that could not be judged",
    }
}

/// The pieces of the comment: one for each finding, the worst requests first, so that a cut drops the least important ones. The first piece
/// of a request names the request. Each piece has two forms: the whole one, and a shorter one if the whole has no room.
fn pieces(review: &Review) -> Vec<[Markdown; 2]> {
    let mut requests: Vec<&ReviewedRequest> = review.requests.iter().collect();
    requests.sort_by_key(|request| std::cmp::Reverse(worst(request)));
    let mut pieces = Vec::new();
    for request in requests {
        let mut heading = heading(request);
        let lines = request.lines.iter().map(Option::as_ref).chain(std::iter::repeat(None));
        for (each, line) in request.verdict.findings.iter().zip(lines) {
            let heading = std::mem::take(&mut heading);
            let short = line.map(|line| FileLine { number: line.number, page: None });
            let [whole, short] = [finding(each, line, each.diff.as_str()), finding(each, short.as_ref(), "")];
            pieces.push([heading.clone().then(&whole), heading.then(&short)]);
        }
    }
    pieces
}

/// A waived violation comes after all others.
fn worst(request: &ReviewedRequest) -> Option<Severity> {
    let open = request.verdict.findings.iter().filter(|finding| finding.waiver.is_none());
    open.map(|finding| finding.severity).max()
}

fn heading(request: &ReviewedRequest) -> Markdown {
    let ReviewedRequest { path, place, resource, verdict, .. } = request;
    let mut text = Markdown::default().ours("\n").code(Untrusted::new(path));
    if let Some(place) = place {
        text = text.ours(" ").code(Untrusted::new(place));
    }
    let mut text = text.ours(": ").ours(resource.kind.noun()).ours(" ").code(Untrusted::new(&resource.name));
    let mut separator = ": ";
    for (number, word) in verdict.counted() {
        text = text.ours(separator).number(number).ours(" ").ours(word);
        separator = ", ";
    }
    text.ours(" of ").number(verdict.checked.len()).ours(" controls\n\n")
}

/// Texts of controls can quote pushed files, and a custom bundle may have any text: treat all of them as others' words.
fn finding(finding: &Finding, line: Option<&FileLine>, diff: &str) -> Markdown {
    let Finding { control, severity, title, field, actual, wanted, fix, waiver, .. } = finding;
    let mut text = Markdown::default().ours("- ").code(Untrusted::new(control));
    text = text.ours(" (").ours(severity_word(*severity)).ours("): ").code(Untrusted::new(title)).ours("\n");
    if let Some(FileLine { number, page }) = line {
        text = text.ours("    - at: ");
        text = match page {
            Some(page) => text.line_link(*number, page),
            None => text.ours("line ").number(*number),
        };
        text = text.ours("\n");
    }
    for (label, value) in [("field", field), ("actual", actual), ("wanted", wanted), ("fix", fix)] {
        if !value.is_empty() {
            text = text.ours("    - ").ours(label).ours(": ").code(Untrusted::new(value)).ours("\n");
        }
    }
    for line in diff.lines() {
        text = text.ours("    - ").code(Untrusted::new(line)).ours("\n");
    }
    if let Some(waiver) = waiver {
        let expires = waiver.expires.to_string();
        text = text.ours("    - waived by ").code(Untrusted::new(&waiver.approver));
        text = text.ours(" until ").code(Untrusted::new(&expires));
        text = text.ours(": ").code(Untrusted::new(&waiver.reason)).ours("\n");
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

/// The files that could not be judged, the number left out, and the bundle.
fn tail(review: &Review, bundle: &Bundle, account: &str) -> Markdown {
    let line = Markdown::default;
    let mut lines: Vec<Markdown> = Vec::new();
    lines.extend(
        review
            .notes
            .iter()
            .map(|(path, note)| line().code(Untrusted::new(path)).ours(": ").code(Untrusted::new(note))),
    );
    if review.more_notes > 0 {
        lines.push(count(line(), review.more_notes, "more note", "more notes"));
    }
    lines.extend(files(line().ours("cannot be read as JSON"), &review.unreadable));
    let too_large = line().ours("not read, larger than ").number(MAX_BYTES / 1024).ours(" KB");
    lines.extend(files(too_large, &review.too_large));
    if review.more_requests > 0 {
        let number = count(line().ours("not judged: "), review.more_requests, "request", "requests");
        lines.push(number.ours(" beyond the first ").number(MAX_REQUESTS));
    }
    if review.unread > 0 {
        let number = count(line().ours("not read: "), review.unread, "JSON file", "JSON files");
        lines.push(number.ours(" beyond the first ").number(MAX_FILES));
    }
    if !review.complete {
        lines
            .push(line().ours("the push changed more files than CodeCommit lists; the others were not read"));
    }
    let mut text = line();
    for (index, each) in lines.iter().enumerate() {
        text = text.ours(if index == 0 { "\n- " } else { "- " }).then(each).ours("\n");
    }
    text.ours("\nJudged before anything is created, for account ")
        .code(Untrusted::new(account))
        .ours(", by the policies ")
        .code(Untrusted::new(bundle_mark(bundle.hash())))
        .ours(".\n")
}

/// A sentence about some files, with the names of the first ones.
fn files(what: Markdown, paths: &[String]) -> Option<Markdown> {
    let mut separator = ": ";
    let mut text = (!paths.is_empty()).then_some(what)?;
    for path in paths.iter().take(SHOWN) {
        text = text.ours(separator).code(Untrusted::new(path));
        separator = ", ";
    }
    let more = paths.len().saturating_sub(SHOWN);
    Some(if more > 0 { text.ours(" and ").number(more).ours(" more") } else { text })
}

fn count(text: Markdown, number: usize, one: &'static str, several: &'static str) -> Markdown {
    text.number(number).ours(" ").ours(if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use sagewarden_events::{CommitId, Repository, Resource, ResourceKind, Timestamp};
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
            diff: "+ VpcConfig.Subnets: [\"SUBNET_ID\"]".to_owned(),
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
            lines: Vec::new(),
            resource: Resource::in_region(ResourceKind::TrainingJob, "111122223333", "eu-west-1", "train"),
            verdict: Verdict {
                outcome,
                findings,
                checked,
                skipped: Vec::new(),
                at_run_time: Vec::new(),
                parent: None,
                environment: None,
                mode: Mode::Observe,
                bundle: "b".to_owned(),
                plan: Plan::Nothing("the mode is observe".to_owned()),
                would: None,
            },
        }
    }

    fn review(requests: Vec<ReviewedRequest>) -> Review {
        Review { requests, complete: true, ..Review::default() }
    }

    fn written(review: &Review) -> String {
        text(review, &Bundle::embedded().unwrap(), "111122223333").as_str().to_owned()
    }

    #[test]
    fn what_holds_is_said_in_a_line() {
        let text = written(&review(vec![judged("a.json", vec![]), judged("b.json", vec![])]));
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("**Sagewarden**: 2 requests in 2 files, all controls passed"));
        let rest: String = lines.collect();
        assert!(rest.starts_with("Judged before anything is created, for account `111122223333`"), "{text}");
    }

    #[test]
    fn a_finding_says_what_is_there_what_is_wanted_and_what_to_change() {
        let waiver =
            WaivedBy { approver: "Ana".into(), reason: "a trial".into(), expires: Timestamp::from_millis(0) };
        let waived = Finding {
            waiver: Some(waiver),
            status: FindingStatus::Waived,
            ..finding_of("TRN-NET-02", Severity::Critical, "absent")
        };
        let mut broken =
            judged("broken.json", vec![finding_of("TRN-NET-01", Severity::High, "`*[x](y)*`\nz")]);
        let repository = Repository { account: "1".into(), region: "eu-west-1".into(), name: "r".into() };
        let commit = CommitId::parse(&"c0".repeat(20)).unwrap();
        let page = repository.line_page(&commit, "broken.json", 12);
        broken.lines = vec![Some(FileLine { number: 12, page })];
        let mut waived = judged("waived.json", vec![waived]);
        waived.lines = vec![Some(FileLine { number: 3, page: None })];
        let text = written(&review(vec![waived, broken]));
        let expected = "**Sagewarden**: 2 requests in 2 files: 1 violating, 1 waived

`broken.json` `Steps[0]`: training job `train`: 1 failed of 2 controls

- `TRN-NET-01` (high): `it runs inside the allowed network`
    - at: [line 12](https://eu-west-1.console.aws.amazon.com/codesuite/codecommit/repositories/r/browse/c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0/--/broken.json?region=eu-west-1&lines=12-12)
    - field: `VpcConfig.Subnets`
    - actual: `'*[x](y)*' z`
    - wanted: `subnets of any VPC`
    - fix: `pass a VpcConfig`
    - `+ VpcConfig.Subnets: [\"SUBNET_ID\"]`

`waived.json` `Steps[0]`: training job `train`: 1 waived of 2 controls

- `TRN-NET-02` (critical): `it runs inside the allowed network`
    - at: line 3
    - field: `VpcConfig.Subnets`
    - actual: `absent`
    - wanted: `subnets of any VPC`
    - fix: `pass a VpcConfig`
    - `+ VpcConfig.Subnets: [\"SUBNET_ID\"]`
    - waived by `Ana` until `1970-01-01T00:00:00Z`: `a trial`
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
        (0..50).for_each(|_| review.note(&long, long.clone()));
        review.unreadable = vec![long.clone(); 50];
        review.too_large = vec![long; 50];
        (review.unread, review.more_requests, review.complete) = (7, 3, false);
        let text = written(&review);
        assert!(text.len() <= Comment::MAX_CHARACTERS, "{} bytes", text.len());
        for words in [
            "41 requests in 2 files: 41 violating",
            "`TRN-NET-01` (high)",
            "more findings are not shown: `sagewarden check FILE --account 111122223333` shows all of a file",
            "45 more notes",
            " and 45 more\n",
            "cannot be read as JSON: ",
            "not read, larger than 256 KB: ",
            "not judged: 3 requests beyond the first 1000\n",
            "not read: 7 JSON files beyond the first 300",
            "the push changed more files than CodeCommit lists",
        ] {
            assert!(text.contains(words), "`{words}` is not in\n{text}");
        }
    }
}

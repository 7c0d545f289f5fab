//! Verdicts for builds: annotations of GitHub, test results in JUnit's form, and Markdown for a summary.

use sagewarden_events::{Markdown, Untrusted};
use sagewarden_policy::intake::Place;
use sagewarden_policy::{Finding, FindingStatus, Severity};

use crate::check::checked::{CheckedFile, CheckedSubject};
use crate::check::words::BUILT_IN;
use crate::input::settings::InForce;

/// The findings of a file, with their resources.
fn findings(file: &CheckedFile) -> impl Iterator<Item = (&CheckedSubject, &Finding, &Place, bool)> {
    file.subjects.iter().flat_map(|subject| {
        subject.findings().map(move |(finding, place, is_known)| (subject, finding, place, is_known))
    })
}

/// Annotations ("Workflow commands for GitHub Actions", GitHub documentation). A waived or known finding gets no annotation.
pub(crate) fn github(file: &CheckedFile) -> String {
    let mut lines = String::new();
    let mut add = |level: &str, line: Option<i64>, title: &str, message: &str| {
        let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
        let (path, title) = (property(&file.path), property(title));
        lines += &format!("::{level} file={path}{line},title={title}::{}\n", data(message));
    };
    let is_open = |finding: &Finding, is_known: bool| !is_known && finding.status != FindingStatus::Waived;
    for (subject, finding, place, _) in findings(file).filter(|(_, one, _, is_known)| is_open(one, *is_known))
    {
        let level = match (finding.status, finding.severity) {
            (FindingStatus::Violation, Severity::Critical | Severity::High) => "error",
            (FindingStatus::Violation, Severity::Low | Severity::Info) => "notice",
            _ => "warning",
        };
        add(level, place.line, &finding.control, &message(subject, finding));
    }
    file.undecided.iter().for_each(|note| add("warning", None, "undecided", note));
    file.unusable.iter().for_each(|why| add("error", None, "not judged", why));
    if !file.is_foreign {
        file.passed_over.iter().for_each(|note| add("notice", None, "note", note));
        file.left().iter().for_each(|left| add("notice", None, "not checked", left));
    }
    lines
}

/// A finding in a sentence.
fn message(subject: &CheckedSubject, finding: &Finding) -> String {
    let named = subject.candidate.named();
    let Finding { title, actual, wanted, fix, .. } = finding;
    match finding.status {
        FindingStatus::Unknown => format!("{named}: undecided: {title}: {actual}"),
        _ => format!("{named}: {title}. Actual: {actual}. Wanted: {wanted}. To fix it, {fix}."),
    }
}

/// Escapes the characters that would end a message.
fn data(text: &str) -> String {
    Untrusted::new(text).line().replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the characters that would end a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The beginning and the end of results in JUnit's form, in which each file is a suite.
pub(crate) const JUNIT: (&str, &str) = (
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sagewarden check\">\n",
    "</testsuites>\n",
);

/// A file as a suite: each control of each resource is a case. The properties of the suite name the settings, the profile and the bundle.
pub(crate) fn junit(settings: &InForce, file: &CheckedFile) -> String {
    if file.is_foreign {
        return String::new();
    }
    let mut cases = String::new();
    let (mut tests, mut failures, mut errors, mut skipped) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut add = |of: &str, name: &str, within: &str| {
        tests += 1;
        failures += usize::from(within.starts_with("<failure"));
        errors += usize::from(within.starts_with("<error"));
        skipped += usize::from(within.starts_with("<skipped"));
        cases +=
            &format!("    <testcase classname=\"{}\" name=\"{}\">{within}</testcase>\n", xml(of), xml(name));
    };
    for subject in &file.subjects {
        let of = subject.candidate.named();
        let verdict = &subject.verdict;
        for (finding, place, is_known) in subject.findings() {
            let at = place.line.map(|line| format!("{}:{line}: ", file.path)).unwrap_or_default();
            let message = xml(&format!("{at}{}", message(subject, finding)));
            let within = match finding.status {
                _ if is_known => format!("<skipped message=\"known: {message}\"/>"),
                FindingStatus::Violation => format!("<failure message=\"{message}\"/>"),
                FindingStatus::Unknown => format!("<error message=\"{message}\"/>"),
                FindingStatus::Waived => format!("<skipped message=\"waived: {message}\"/>"),
            };
            add(&of, &finding.control, &within);
        }
        let is_found = |id: &&String| verdict.findings.iter().any(|finding| finding.control == **id);
        verdict.checked.iter().filter(|id| !is_found(id)).for_each(|id| add(&of, id, ""));
        for (why, left) in subject.left() {
            let within = format!("<skipped message=\"not checked here ({why})\"/>");
            left.into_iter().for_each(|id| add(&of, id, &within));
        }
    }
    for why in file.undecided.iter().chain(&file.unusable) {
        add(&file.path, "readable", &format!("<error message=\"{}\"/>", xml(why)));
    }
    let name = xml(&file.path);
    let notes: String = file.passed_over.iter().map(|note| format!("note: {}\n", xml(note))).collect();
    let notes =
        if notes.is_empty() { notes } else { format!("    <system-out>{}</system-out>\n", notes.trim_end()) };
    format!(
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n\
         {}{cases}{notes}  </testsuite>\n",
        properties(settings)
    )
}

fn properties(settings: &InForce) -> String {
    let path =
        settings.path.as_ref().map_or_else(|| "built-in".to_owned(), |path| path.display().to_string());
    let of = [
        ("settings", path.as_str()),
        ("profile", settings.bundle.settings().profile.name()),
        ("bundle", settings.bundle.hash()),
    ];
    let each =
        of.map(|(name, value)| format!("      <property name=\"{name}\" value=\"{}\"/>\n", xml(value)));
    format!("    <properties>\n{}    </properties>\n", each.concat())
}

/// The head of a summary: the settings, the profile and the bundle by which its files were judged.
pub(crate) fn markdown_head(settings: &InForce) -> String {
    let text = Markdown::default().ours("## Sagewarden\n\nJudged with ");
    let text = match &settings.path {
        Some(path) => text.code(Untrusted::new(&path.display().to_string())),
        None => text.ours(BUILT_IN),
    };
    let bundle = settings.bundle.hash().get(..12).unwrap_or_default();
    let text = text.ours(" (profile ").ours(settings.bundle.settings().profile.name());
    text.ours(", bundle ").code(Untrusted::new(bundle)).ours(").\n\n").as_str().to_owned()
}

/// A text within an attribute (XML 1.0, section 2.4). XML allows no control characters.
fn xml(text: &str) -> String {
    let text = Untrusted::new(text).line();
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => shown.push(' '),
            other => shown.push(other),
        }
    }
    shown
}

/// A file as a part of a summary; empty if every control was judged and passed.
pub(crate) fn markdown(file: &CheckedFile) -> String {
    let mut text = Markdown::default();
    for (subject, finding, place, is_known) in findings(file) {
        text = text.ours("- ").code(Untrusted::new(&finding.control)).ours(match finding.status {
            _ if is_known => " known",
            FindingStatus::Violation => " failed",
            FindingStatus::Unknown => " undecided",
            FindingStatus::Waived => " waived",
        });
        let at = place.line.map_or_else(|| file.path.clone(), |line| format!("{}:{line}", file.path));
        let resource = &subject.candidate.resource;
        text = text.ours(" at ").code(Untrusted::new(&at)).ours(": ").ours(subject.candidate.kind().noun());
        text = text
            .ours(" ")
            .code(Untrusted::new(&resource.name))
            .ours(": ")
            .code(Untrusted::new(&finding.title));
        text = text.ours("; actual ").code(Untrusted::new(&finding.actual));
        text = text.ours("; to fix it, ").code(Untrusted::new(&finding.fix)).ours("\n");
    }
    let unread = file.undecided.iter().map(|note| ("undecided", note));
    let unread = unread.chain(file.unusable.iter().map(|why| ("not judged", why)));
    let notes = file.passed_over.iter().filter(|_| !file.is_foreign).map(|note| ("note", note));
    let left = file.left();
    for (what, why) in unread.chain(notes).chain(left.iter().map(|left| ("note", left))) {
        let at = Untrusted::new(&file.path);
        text =
            text.ours("- ").ours(what).ours(" in ").code(at).ours(": ").code(Untrusted::new(why)).ours("\n");
    }
    text.as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_words_end_no_command_and_no_attribute() {
        assert_eq!(data("a%b"), "a%25b");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
        assert!(!data("a\n::set-env name=x::y").contains('\n'));
        assert_eq!(xml("<a b=\"c\">&"), "&lt;a b=&quot;c&quot;&gt;&amp;");
        assert!(!xml("a\u{1}b\nc").contains(['\u{1}', '\n']));
    }
}

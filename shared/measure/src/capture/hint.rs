//! Options that would make an unreadable event readable.

use super::event::CapturedSide;
use super::format::CaptureFormat;
use super::part::Part;
use crate::issues::IssueKind;

/// The options that would make an event readable: the paths that seem to lead to rows.
pub(super) fn hint(
    parts: &[Part; 3],
    kind: IssueKind,
    side: Option<CapturedSide>,
    format: &CaptureFormat,
) -> Option<String> {
    let path = |of: CapturedSide, name: &str| {
        let has_path = match of {
            CapturedSide::Input => format.input_path.is_some(),
            _ => format.output_path.is_some(),
        };
        // Who sets a path for one side has to know whether the other side needs one.
        let may_need_one = |part: &&Part| !has_path && part.is_object();
        let part = parts.get(of as usize)?;
        let part = Some(part).filter(|part| side.is_none_or(|side| side == of) || may_need_one(part))?;
        let path = part.suggestion()?;
        let rows = if kind == IssueKind::RowsDiffer && !path.contains('*') { "/*" } else { "" };
        Some(format!("the {name} seems to have its rows at `{path}{rows}`"))
    };
    let (input, output) = (CapturedSide::Input, CapturedSide::Output);
    match kind {
        IssueKind::Nested | IssueKind::NothingAtPath | IssueKind::RowsDiffer => {
            let paths: Vec<String> =
                [path(input, "input"), path(output, "output")].into_iter().flatten().collect();
            match kind {
                _ if !paths.is_empty() => Some(paths.join(", ")),
                IssueKind::RowsDiffer => Some(rows_differ(parts).to_owned()),
                _ => None,
            }
        }
        IssueKind::NamesOnOneSide => one_of_the_names(parts, format),
        _ => None,
    }
}

/// What makes the numbers of rows differ depends on the kind of the bodies.
fn rows_differ(parts: &[Part; 3]) -> &'static str {
    if parts.iter().any(Part::is_json) {
        "end the path of a list of results with `/*`"
    } else {
        "each line of a CSV body must be a row: send no header and no empty body"
    }
}

/// The cells of the named side that would make the columns complete, if it takes a single one.
fn one_of_the_names(parts: &[Part; 3], format: &CaptureFormat) -> Option<String> {
    const NAMED: usize = 3;
    let [output, input, _] = parts;
    let (named, path, name) = match unnamed_side(parts)? {
        CapturedSide::Input => (output, format.output_path.as_ref(), "output"),
        _ => (input, format.input_path.as_ref(), "input"),
    };
    let unnamed = output.width() + input.width() - named.width();
    let path = path.map(ToString::to_string).unwrap_or_default();
    let fits = format.fit.as_ref().is_some_and(|expected| expected.count() == unnamed + 1);
    let is_plain = |name: &&str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let names = named.cells().map(|(name, _)| name).filter(is_plain).take(NAMED);
    let paths: Vec<String> = names.map(|name| format!("`{path}/{name}`")).collect();
    (fits && !paths.is_empty())
        .then(|| format!("take one cell of the {name}: its path may be {}", paths.join(" or ")))
}

/// The side without names, if the other one has some.
pub(super) fn unnamed_side(parts: &[Part; 3]) -> Option<CapturedSide> {
    let [output, input, _] = parts;
    match (output.is_named(), input.is_named()) {
        (true, false) if input.width() > 0 => Some(CapturedSide::Input),
        (false, true) if output.width() > 0 => Some(CapturedSide::Output),
        _ => None,
    }
}

//! A baseline of data quality: the types, the completeness and the distributions of a table's columns.

use std::path::Path;
use std::sync::Arc;

use sagewarden_govern::counted;
use sagewarden_measure::csv::Header;
use sagewarden_measure::{ColumnProfile, InferredType, Issue, IssueKind, MissingTexts, Profile};
use sagewarden_monitor::{FeatureStatistics, StringStatistics, SuggestedBaseline};

use crate::baseline::header::NUMBERS_ONLY;
use crate::baseline::suggestion::Suggestion;
use crate::command::data::BaselineOptions;
use crate::error::CommandError;
use crate::input::table::{Table, TableError};
use crate::output;
use crate::output::grid::Grid;
use crate::output::line;
use crate::output::terminal::{DIM, STRONG};

/// Columns that are shown; the files have all.
const SHOWN: usize = 60;
/// Texts of a column that are shown.
const TEXTS: usize = 4;

/// Makes the baseline of a file.
pub(crate) fn baseline(options: &BaselineOptions) -> Result<Suggestion, CommandError> {
    let header = if options.no_header { Header::None } else { Header::FirstRow };
    let mut baseline = read(&options.data, header, MissingTexts::named(options.missing.as_deref()))?;
    for (column, threshold) in &options.drift_threshold {
        if !baseline.set_threshold(column, *threshold) {
            return Err(CommandError::NoSuchColumn(column.clone()));
        }
    }
    say_what_is_no_feature(&options.data, &baseline);
    Ok(Suggestion { files: baseline.files(), table: table(&baseline) })
}

/// Reads the data once, and warns of oddities in it.
fn read(path: &Path, header: Header, missing: MissingTexts) -> Result<SuggestedBaseline, CommandError> {
    let no_table = |source| match source {
        TableError::Unreadable(source) => CommandError::Unreadable { path: path.to_owned(), source },
        source => CommandError::NoTable { path: path.to_owned(), source },
    };
    let table = Table::open(path, header).map_err(no_table)?;
    let suspicious = table.header_looks_like_values();
    let columns = table.columns().iter().cloned();
    let mut profile = Profile::for_header(columns).with_missing(Arc::new(missing));
    let issues = table.read_into(&mut profile).map_err(no_table)?;
    let baseline = SuggestedBaseline::of_profile(profile, issues);
    let path = path.display();
    if suspicious {
        output::warn(format_args!("warning: `{path}`: {NUMBERS_ONLY}"));
    }
    for (kind, issue) in baseline.issues.iter() {
        output::warn(format_args!("warning: `{path}`, {}", issue_words(kind, issue)));
    }
    for (column, feature) in baseline.profile.columns.iter().zip(&baseline.statistics.features) {
        if let Some(text) = odd(column, feature) {
            output::warn(format_args!("warning: `{path}`: column `{}` {text}", line(&column.name)));
        }
    }
    Ok(baseline)
}

/// Which columns are left out, and how they are taken back in.
fn say_what_is_no_feature(path: &Path, baseline: &SuggestedBaseline) {
    for (column, why) in &baseline.no_features {
        let (path, column) = (path.display(), line(column));
        output::warn(format_args!(
            "note: `{path}`: column `{column}` is not a feature: {why}; its comparison is switched off in constraints.json \
             (`perform_comparison`); if it is one, say --drift-threshold {column}=0.01"
        ));
    }
}

/// The faults of some rows, and how they were treated.
fn issue_words(kind: IssueKind, issue: &Issue) -> String {
    let done = [
        (IssueKind::Ragged, "; missing values count as missing, and what is too much is left out"),
        (IssueKind::NotUtf8, "; they are read as `\u{fffd}`"),
        (IssueKind::TooLarge, "; the rows are left out"),
    ];
    let done = done.into_iter().find(|(of, _)| *of == kind).map_or("", |(_, done)| done);
    format!("{issue}: {kind}{done}")
}

/// Facts about a column that may surprise the author of the table.
fn odd(column: &ColumnProfile, feature: &FeatureStatistics) -> Option<String> {
    let numbers = column.types.integral + column.types.fractional;
    let others = column.present() - numbers;
    match column.types.inferred() {
        InferredType::Unknown => Some("has no value".to_owned()),
        InferredType::String if numbers > others => {
            let are = if others == 1 { "1 value is" } else { &format!("{others} values are") };
            let exact =
                feature.exact_statistics.as_ref().and_then(|exact| exact.numerical_statistics.as_ref());
            let besides = exact.map_or("", |_| "; exact mode compares its numbers");
            Some(format!(
                "is one of texts to Model Monitor, since {are} neither a whole number nor a decimal fraction, of {}{besides}",
                column.present()
            ))
        }
        _ => None,
    }
}

/// The table of the columns.
fn table(baseline: &SuggestedBaseline) -> String {
    let features = &baseline.statistics.features;
    let mut table = Grid::new(["Feature", "Type", "Complete", "Distinct", "Values"]);
    for feature in features.iter().take(SHOWN) {
        table.add_row(row(feature));
    }
    let more = match features.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("{DIM}and {}{DIM:#}\n", counted(more as u64, "more column")),
    };
    let rows = counted(baseline.statistics.dataset.item_count, "row");
    let columns = counted(features.len() as u64, "column");
    format!("{STRONG}{rows}, {columns}{STRONG:#}\n{table}\n{more}")
}

fn row(feature: &FeatureStatistics) -> [String; 5] {
    // Rounded down, so that 100 % means complete.
    let percent = |part: f64| format!("{} %", (10_000.0 * part).floor() / 100.0);
    let percent = |part: Option<f64>| part.map_or_else(|| "-".to_owned(), percent);
    let (complete, distinct, values) = match (&feature.numerical_statistics, &feature.string_statistics) {
        (Some(numbers), _) => {
            let distinct = numbers.approximate_num_distinct_values.unwrap_or_default();
            let range = numbers.min.zip(numbers.max).map(|(min, max)| format!("{min} .. {max}"));
            (percent(numbers.completeness), distinct.to_string(), range.unwrap_or_default())
        }
        (None, Some(texts)) => (percent(texts.completeness), texts.distinct_count.to_string(), listed(texts)),
        (None, None) => (percent(None), "0".to_owned(), String::new()),
    };
    [line(&feature.name), format!("{:?}", feature.inferred_type), complete, distinct, values]
}

/// The first of the texts, if they are few.
fn listed(texts: &StringStatistics) -> String {
    let Some(distribution) = &texts.distribution else { return String::new() };
    let values: Vec<String> =
        distribution.categorical.buckets.iter().map(|bucket| line(&bucket.value)).collect();
    let more = if values.len() > TEXTS { ", ..." } else { "" };
    values.into_iter().take(TEXTS).collect::<Vec<_>>().join(", ") + more
}

//! A baseline of data quality: the types, the completeness and the distributions of a table's columns.

use std::sync::Arc;

use sagewarden_govern::counted;
use sagewarden_measure::csv::Header;
use sagewarden_measure::{
    ColumnProfile, FreeTexts, InferredType, Issue, IssueKind, Issues, MissingTexts, Refusals,
};
use sagewarden_monitor::{CompiledBaseline, FeatureStatistics, StringStatistics, SuggestedBaseline};

use crate::baseline::header::NUMBERS_ONLY;
use crate::baseline::period::Period;
use crate::baseline::periods::{self, PeriodRows, Values};
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
    let mut baseline = read(options)?;
    for (column, threshold) in &options.drift_threshold {
        if !baseline.set_threshold(column, *threshold) {
            return Err(CommandError::NoSuchColumn(column.clone()));
        }
    }
    say_what_is_no_feature(&baseline);
    Ok(Suggestion { files: files(&baseline), table: table(&baseline) })
}

/// Model Monitor's two files, and `baseline.compiled`, from which `drift` reads the same baseline faster.
fn files(baseline: &SuggestedBaseline) -> Vec<(&'static str, Vec<u8>)> {
    let files = baseline.files().map(|(name, text)| (name, text.into_bytes()));
    let [(_, statistics), (_, constraints)] = &files;
    let compiled =
        CompiledBaseline { constraints, statistics }.made().map(|bytes| (CompiledBaseline::FILE, bytes));
    files.into_iter().chain(compiled).collect()
}

/// Reads the data once, and warns of oddities in it.
fn read(options: &BaselineOptions) -> Result<SuggestedBaseline, CommandError> {
    let header = if options.no_header { Header::None } else { Header::FirstRow };
    let by = options.period.as_deref().map(|period| Period::of(period, options.time.as_deref()));
    let by = by.transpose().map_err(CommandError::Option)?;
    let mut rows: Option<PeriodRows> = None;
    let mut issues = Issues::default();
    for path in &options.data {
        let no_table = |source| match source {
            TableError::Unreadable(source) => CommandError::Unreadable { path: path.clone(), source },
            source => CommandError::NoTable { path: path.clone(), source },
        };
        let table = Table::open(path, header).map_err(no_table)?;
        let suspicious = table.header_looks_like_values();
        let rows = rows.get_or_insert_with(|| PeriodRows::new(table.columns(), values(options), by.clone()));
        rows.begin_file(path.display().to_string());
        let columns = rows.columns.clone();
        let odd = table.read_by_name(&columns, &mut *rows).map_err(no_table)?;
        let path = path.display();
        if suspicious {
            output::warn(format_args!("warning: `{path}`: {NUMBERS_ONLY}"));
        }
        for (kind, issue) in odd.iter() {
            output::warn(format_args!("warning: `{path}`, {}", issue_words(kind, issue)));
        }
        issues.merge(&odd);
    }
    let Some(rows) = rows else { return Err(CommandError::Option("name a table")) };
    if let Some(text) = options.text.iter().find(|text| !rows.has_text(text)) {
        return Err(CommandError::NoTextColumn(text.clone()));
    }
    let baseline = of_rows(rows, issues, by.as_ref())?;
    for (column, feature) in baseline.profile.columns.iter().zip(&baseline.statistics.features) {
        if let Some(text) = odd(column, feature) {
            output::warn(format_args!("warning: {}: column `{}` {text}", named(options), line(&column.name)));
        }
    }
    Ok(baseline)
}

/// How the values are read.
fn values(options: &BaselineOptions) -> Values {
    let refusals = Refusals::named(options.refusal.as_deref());
    Values {
        missing: Arc::new(MissingTexts::named(options.missing.as_deref())),
        texts: FreeTexts::new(options.text.iter().cloned(), Arc::new(refusals)),
    }
}

/// The file, if there is only one.
fn named(options: &BaselineOptions) -> String {
    match options.data.as_slice() {
        [only] => format!("`{}`", only.display()),
        all => counted(all.len() as u64, "file"),
    }
}

/// The baseline of rows that were read, with the spread of their periods.
fn of_rows(rows: PeriodRows, issues: Issues, by: Option<&Period>) -> Result<SuggestedBaseline, CommandError> {
    let PeriodRows { whole, periods, undated, too_many, .. } = rows;
    let mut baseline = SuggestedBaseline::of_profile(whole, issues);
    let Some(by) = by else { return Ok(baseline) };
    if let Some(column) = by.column() {
        if baseline.profile.column(column).is_none() {
            return Err(CommandError::NoPeriodColumn(column.to_owned()));
        }
        baseline.leave_out(column, "it says to which period a row belongs");
    }
    if too_many {
        return Err(CommandError::TooManyPeriods(periods::MOST));
    }
    let counting = baseline.keep_spread(periods.values());
    if counting < 2 {
        return Err(CommandError::TooFewPeriods { found: periods.len(), counting });
    }
    if undated > 0 {
        output::warn(format_args!(
            "warning: {} without a time left out of all periods",
            counted(undated, "row")
        ));
    }
    let few = (periods.len() - counting) as u64;
    if few > 0 {
        let periods = counted(few, "period");
        output::warn(format_args!("note: {periods} with fewer than 200 rows do not count"));
    }
    Ok(baseline)
}

/// The columns that are left out, and how to include them again.
fn say_what_is_no_feature(baseline: &SuggestedBaseline) {
    for (column, why) in &baseline.no_features {
        let column = line(column);
        output::warn(format_args!(
            "note: column `{column}` is not a feature: {why}; its comparison is switched off in constraints.json \
             (`perform_comparison`); if it is one, pass --drift-threshold {column}=0.01"
        ));
    }
}

/// The faults of some rows, and how they were treated.
fn issue_words(kind: IssueKind, issue: &Issue) -> String {
    let done = [
        (IssueKind::Ragged, "; absent fields count as missing values, and extra fields are left out"),
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
                "is text for Model Monitor: of {} values, {are} neither a whole number nor a decimal fraction{besides}",
                column.present()
            ))
        }
        _ => None,
    }
}

/// The printed table, with a row for each column of the data.
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
            let distinct = about(
                numbers.approximate_num_distinct_values.unwrap_or_default(),
                numbers.common.num_present,
            );
            let range = numbers.min.zip(numbers.max).map(|(min, max)| format!("{min} .. {max}"));
            (percent(numbers.completeness), distinct, range.unwrap_or_default())
        }
        (None, Some(texts)) => {
            let few = texts.distribution.as_ref().map(|shares| shares.categorical.buckets.len().to_string());
            let distinct =
                few.unwrap_or_else(|| about(texts.distinct_count as u64, texts.common.num_present));
            (percent(texts.completeness), distinct, listed(texts))
        }
        (None, None) => (percent(None), "0".to_owned(), String::new()),
    };
    [line(&feature.name), format!("{:?}", feature.inferred_type), complete, distinct, values]
}

/// An estimate of how many values are different. It may be off by some percent, but there are no more than values.
fn about(distinct: u64, present: u64) -> String {
    format!("about {}", distinct.min(present))
}

/// The first of the texts, if they are few.
fn listed(texts: &StringStatistics) -> String {
    let Some(distribution) = &texts.distribution else { return String::new() };
    let values: Vec<String> =
        distribution.categorical.buckets.iter().map(|bucket| line(&bucket.value)).collect();
    let more = if values.len() > TEXTS { ", ..." } else { "" };
    values.into_iter().take(TEXTS).collect::<Vec<_>>().join(", ") + more
}

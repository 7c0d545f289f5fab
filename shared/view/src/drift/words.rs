//! Words for the numbers and verdicts of a page.

use sagewarden_monitor::Check;

use crate::numbers::short;

/// The test of a check in plain words, because its name is the container's.
pub(super) fn check(check: Check) -> &'static str {
    match check {
        Check::DataType => "Too many values have another type than in the baseline.",
        Check::Completeness => "More values are missing than in the baseline.",
        Check::BaselineDrift => "The distribution of the values differs from the baseline.",
        Check::CategoricalValues => "Too many values have a text that the baseline does not have.",
        Check::MissingColumn => "The baseline has columns that the data lacks.",
        Check::ExtraColumn => "The data has columns that the baseline lacks.",
        Check::PredictionSpread => {
            "Nearly all predictions are the same, and in the baseline they are not: the model may have failed, or been poisoned."
        }
        Check::ErrorRate => "Too many requests have no answer, or an error instead of one.",
        Check::Range => "Too many values lie outside the baseline's range.",
    }
}

/// The container's words, each with its meaning.
pub(super) const GLOSSARY: [(&str, &str); 6] = [
    (
        "Distance",
        "The largest difference between the shares of values up to a number (0: the same, 1: nothing in common); of texts, between the shares of one text. The container calls it LInfinity.",
    ),
    ("Robust", "The distance less what chance explains for so many rows. Simple: the distance as it is."),
    ("Threshold", "The largest distance that does not count as drift."),
    ("p", "How likely so large a distance is if nothing has changed."),
    ("exact", "Compares how often values occur, and allows for chance."),
    (
        "compat",
        "Gives the answers of Model Monitor's container, which compares which numbers occur, not how often.",
    ),
];

/// A share for a person.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", short((share * 1000.0).round() / 10.0))
}

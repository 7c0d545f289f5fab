//! Which rows belong to a group: those with one of some values in a column, or those above a number.

use std::str::FromStr;

use thiserror::Error;

use crate::labels::{canonical, number};

/// Some of the values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Group {
    /// One of these texts; `1`, `1.0` and `01` are one value.
    Values(Vec<String>),
    /// Any number above this one: Clarify's threshold of a continuous column.
    Above(f64),
}

/// A column, and which of its values make the group: `Sex=0`, `Country=AT,DE` or `Age>40`.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRule {
    /// Its name in the header, or its place from 0.
    pub column: String,
    /// Its values.
    pub group: Group,
}

/// A text that is not a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnreadableRule {
    /// No values.
    #[error("`{0}` names no values: write COLUMN=VALUE, COLUMN=VALUE,VALUE or COLUMN>NUMBER")]
    NoValues(String),
    /// No column.
    #[error("`{0}` names no column: write COLUMN=VALUE, COLUMN=VALUE,VALUE or COLUMN>NUMBER")]
    NoColumn(String),
    /// A comparison that there is not.
    #[error(
        "`{0}` has an operator that no rule has: write COLUMN=VALUE, COLUMN=VALUE,VALUE or COLUMN>NUMBER"
    )]
    OtherOperator(String),
    /// A threshold that is a text.
    #[error("`{0}` is not a number: write COLUMN>NUMBER")]
    NoNumber(String),
}

impl FromStr for GroupRule {
    type Err = UnreadableRule;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The last one: names of columns may have such characters, values seldom do.
        let Some((column, values)) = text.rsplit_once(['=', '>']) else {
            return Err(UnreadableRule::NoValues(text.to_owned()));
        };
        let is_threshold = text.rfind('>') > text.rfind('=');
        let (column, values) = (column.trim(), values.trim());
        if column.is_empty() {
            return Err(UnreadableRule::NoColumn(text.to_owned()));
        }
        // `Age>=40`, `Age<=40`, `Sex!=0` and `Sex==0`.
        if column.ends_with(['>', '<', '!', '=']) {
            return Err(UnreadableRule::OtherOperator(text.to_owned()));
        }
        if values.is_empty() {
            return Err(UnreadableRule::NoValues(text.to_owned()));
        }
        let group = if is_threshold {
            Group::Above(number(values).ok_or_else(|| UnreadableRule::NoNumber(values.to_owned()))?)
        } else {
            Group::Values(values.split(',').map(canonical).collect())
        };
        Ok(Self { column: column.to_owned(), group })
    }
}

impl Group {
    /// One of these texts.
    #[must_use]
    pub fn of<Text: AsRef<str>>(values: impl IntoIterator<Item = Text>) -> Self {
        Self::Values(values.into_iter().map(|value| canonical(value.as_ref())).collect())
    }

    /// Whether a value belongs to it; none if a number is needed and the value is not one.
    pub(super) fn has(&self, value: &str) -> Option<bool> {
        match self {
            Self::Values(values) => {
                let value = canonical(value);
                Some(values.contains(&value))
            }
            Self::Above(threshold) => number(value).map(|value| value > *threshold),
        }
    }

    /// As Clarify writes it: the values, or the interval from the threshold to the greatest number of the column.
    pub(super) fn value_or_threshold(&self, greatest: f64) -> String {
        match self {
            Self::Values(values) => values.join(","),
            Self::Above(threshold) => format!("({threshold}, {greatest}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_a_column_and_values() {
        let rule = |text: &str| text.parse::<GroupRule>();
        let values = |column: &str, values: &[&str]| GroupRule {
            column: column.into(),
            group: Group::Values(values.iter().map(|value| (*value).to_owned()).collect()),
        };
        assert_eq!(rule("Sex=0"), Ok(values("Sex", &["0"])));
        assert_eq!(rule(" Country = AT, DE "), Ok(values("Country", &["AT", "DE"])));
        assert_eq!(rule("a=b=1.0"), Ok(values("a=b", &["1"])));
        assert_eq!(rule("Age>40"), Ok(GroupRule { column: "Age".into(), group: Group::Above(40.0) }));
        assert_eq!(rule("Sex"), Err(UnreadableRule::NoValues("Sex".into())));
        assert_eq!(rule("Sex="), Err(UnreadableRule::NoValues("Sex=".into())));
        assert_eq!(rule("=1"), Err(UnreadableRule::NoColumn("=1".into())));
        for other in ["Age>=40", "Age<=40", "Sex!=0", "Sex==0", "Age<>40"] {
            assert_eq!(rule(other), Err(UnreadableRule::OtherOperator(other.into())));
        }
        assert_eq!(rule("Age>old"), Err(UnreadableRule::NoNumber("old".into())));
        assert_eq!(rule("Age>nan"), Err(UnreadableRule::NoNumber("nan".into())));
    }

    #[test]
    fn spellings_of_one_number_are_one_value() {
        let group = "Sex=1".parse::<GroupRule>().map(|rule| rule.group).unwrap();
        assert_eq!(
            [" 1.0", "0", "", "one"].map(|value| group.has(value)),
            [true, false, false, false].map(Some)
        );
        let group = "Age>40".parse::<GroupRule>().map(|rule| rule.group).unwrap();
        assert_eq!(["40", "40.5", ""].map(|value| group.has(value)), [Some(false), Some(true), None]);
    }
}

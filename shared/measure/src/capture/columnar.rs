//! JSON that lists values column by column instead of row by row.
//!
//! | body | written by |
//! |---|---|
//! | `{"age":[34,51],"plan":["a","b"]}` | `to_dict("list")` of pandas, the columns of TensorFlow Serving |
//! | `{"age":{"0":34,"1":51},"plan":{"0":"a","1":"b"}}` | `to_json()` of pandas; of a filtered frame, any whole numbers |
//! | `{"columns":["age","plan"],"data":[[34,"a"],[51,"b"]]}` | `to_json(orient="split")` of pandas, MLflow |

use std::ops::Range;

use super::json::Items;

/// Columns, or rows with the names beside them.
#[derive(Clone, Debug)]
pub(super) enum Columnar {
    /// The inside of each name, and the values.
    Columns(Vec<(Range<usize>, Values)>),
    /// The inside of each name, and the rows.
    Split(Vec<Range<usize>>, Items),
}

/// The values of a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Values {
    /// One after the other.
    List(Items),
    /// Each under the number of its row: the same numbers in each column.
    Numbered(Items),
}

impl Values {
    pub(super) fn next(&mut self, text: &[u8]) -> Option<Range<usize>> {
        match self {
            Self::List(items) => items.element(text),
            Self::Numbered(items) => items.member(text).map(|(_, value)| value),
        }
    }
}

/// The columns of the object that begins at `at`; `None` if it does not list columns. Columns of different lengths do
/// not count, nor does a single list: `{"features":[1,2]}` may be one row. At most `most` names and one more are
/// collected.
pub(super) fn columnar(text: &[u8], at: usize, most: usize) -> Option<Columnar> {
    if text.get(at) != Some(&b'{') {
        return None;
    }
    if let Some(split) = split(text, at, most) {
        return Some(split);
    }
    let (mut items, mut columns, mut first) = (Items::of(at), Vec::new(), None);
    while let Some((name, value)) = items.member(text) {
        let (values, count) = values(text, value.start)?;
        if !are_of_the_same_rows(text, *first.get_or_insert((values, count)), (values, count)) {
            return None;
        }
        if columns.len() <= most {
            columns.push((name, values));
        }
    }
    let is_enough = match columns.as_slice() {
        [] => false,
        [(_, only)] => matches!(only, Values::Numbered(_)),
        _ => true,
    };
    (is_enough && first.is_some_and(|(_, rows)| rows > 0)).then_some(Columnar::Columns(columns))
}

/// Whether two columns have as many values, under the same keys if they have keys.
fn are_of_the_same_rows(text: &[u8], (one, rows): (Values, usize), (other, count): (Values, usize)) -> bool {
    rows == count
        && match (one, other) {
            (Values::Numbered(mut one), Values::Numbered(mut other)) => std::iter::from_fn(|| {
                let keys = (one.member(text)?.0, other.member(text)?.0);
                Some(text.get(keys.0) == text.get(keys.1))
            })
            .all(|is_same| is_same),
            _ => true,
        }
}

fn split(text: &[u8], at: usize, most: usize) -> Option<Columnar> {
    let (mut items, mut names, mut data) = (Items::of(at), None, None);
    while let Some((key, value)) = items.member(text) {
        match text.get(key)? {
            b"columns" => names = Some(value.start),
            b"data" => data = Some(value.start),
            b"index" => {}
            _ => return None,
        }
    }
    let (names, data) = (names?, data?);
    let is_list = |at: usize| text.get(at) == Some(&b'[');
    if !is_list(names) || !is_list(data) {
        return None;
    }
    let mut items = Items::of(names);
    let mut insides = Vec::new();
    while let Some(name) = items.element(text).filter(|_| insides.len() <= most) {
        (text.get(name.start) == Some(&b'"')).then(|| insides.push(name.start + 1..name.end - 1))?;
    }
    Some(Columnar::Split(insides, Items::of(data)))
}

/// The values of a column, and how many there are; `None` if some of them are not scalars.
fn values(text: &[u8], at: usize) -> Option<(Values, usize)> {
    let values = match text.get(at)? {
        b'[' => Values::List(Items::of(at)),
        b'{' => Values::Numbered(Items::of(at)),
        _ => return None,
    };
    let is_scalar = |value: &Range<usize>| !matches!(text.get(value.start), Some(b'[' | b'{'));
    let mut count = 0;
    match values {
        Values::List(mut items) => {
            while let Some(value) = items.element(text) {
                is_scalar(&value).then(|| count += 1)?;
            }
        }
        // The numbers of a filtered frame have gaps. Keys that are words may be the cells of a nested record.
        Values::Numbered(mut items) => {
            while let Some((key, value)) = items.member(text) {
                let key = std::str::from_utf8(text.get(key)?).ok()?;
                (key.parse::<i64>().is_ok() && is_scalar(&value)).then(|| count += 1)?;
            }
        }
    }
    Some((values, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns as text, or the rows with their names.
    fn told(text: &str) -> String {
        let part = |range: &Range<usize>| text.get(range.clone()).unwrap().to_owned();
        match columnar(text.as_bytes(), 0, 3) {
            None => "-".to_owned(),
            Some(Columnar::Columns(columns)) => {
                let column = |(name, mut values): (Range<usize>, Values)| {
                    let values: Vec<_> = std::iter::from_fn(|| values.next(text.as_bytes()))
                        .map(|value| part(&value))
                        .collect();
                    format!("{}={}", part(&name), values.join("|"))
                };
                columns.into_iter().map(column).collect::<Vec<_>>().join(" ")
            }
            Some(Columnar::Split(names, mut items)) => {
                let rows: Vec<_> =
                    std::iter::from_fn(|| items.element(text.as_bytes())).map(|row| part(&row)).collect();
                format!("{} of {}", rows.join(" "), names.iter().map(part).collect::<Vec<_>>().join("|"))
            }
        }
    }

    #[test]
    fn columns_are_known_by_their_shape() {
        for (text, expect) in [
            (r#"{"a":[1,2],"b":["x",null]}"#, r#"a=1|2 b="x"|null"#),
            (r#"{"a":{"0":1,"1":2},"b":{"0":3,"1":4}}"#, "a=1|2 b=3|4"),
            (r#"{"a":{"0":1,"1":2}}"#, "a=1|2"),
            (r#"{"a":{"7":1,"3":2,"-1":5},"b":{"7":3,"3":4,"-1":6}}"#, "a=1|2|5 b=3|4|6"),
            (r#"{"columns":["a","b"],"index":[0,1],"data":[[1,2],[3,4]]}"#, "[1,2] [3,4] of a|b"),
            // More names than are read, so that the caller notices that there are too many.
            (r#"{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1]}"#, "a=1 b=1 c=1 d=1"),
        ] {
            assert_eq!(told(text), expect, "{text}");
        }
        for other in [
            r#"{"features":[1,2]}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":[1,2],"b":[1]}"#,
            r#"{"a":[1],"b":2}"#,
            r#"{"a":[[1]],"b":[[2]]}"#,
            r#"{"a":{"0":1},"b":{"1":2}}"#,
            r#"{"a":{"3":1,"7":2},"b":{"7":3,"3":4}}"#,
            r#"{"a":{"3":1,"x":2},"b":{"3":3,"x":4}}"#,
            r#"{"user":{"x":1},"item":{"x":2}}"#,
            "{}",
            "[1]",
            "1",
            r#"{"a":[],"b":[]}"#,
            r#"{"columns":[1],"data":[[1]]}"#,
            r#"{"columns":["a"],"data":1}"#,
        ] {
            assert_eq!(told(other), "-", "{other}");
        }
    }
}

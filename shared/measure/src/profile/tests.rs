use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::cell::{Cell, RowSink};
use crate::datatype::{InferredType, TypeCounts};
use crate::missing::MissingTexts;

fn row<'a>(texts: &[&'a str]) -> Vec<Cell<'a>> {
    texts
        .iter()
        .map(|text| if text.is_empty() { Cell::Missing } else { Cell::Text(text.as_bytes()) })
        .collect()
}

fn profile(mut empty: Profile, rows: &[&[&str]]) -> Profile {
    rows.iter().for_each(|texts| empty.positional(&row(texts)));
    empty
}

fn named(profile: &mut Profile, cells: &[(&str, &str)]) {
    let cells: Vec<(&str, Cell<'_>)> = cells.iter().map(|(name, text)| (*name, row(&[text])[0])).collect();
    profile.named(&cells);
}

/// Missing and present values of each column.
fn presence(profile: &Profile) -> Vec<(&str, u64, u64)> {
    profile.columns.iter().map(|column| (column.name.as_str(), column.missing, column.present())).collect()
}

#[test]
fn cells_of_a_table_belong_to_columns_by_their_position() {
    let rows: [&[&str]; 4] = [&["1", "a"], &["2", ""], &["3"], &["4", "b", "c"]];
    let open = profile(Profile::default(), &rows);
    assert_eq!(presence(&open), [("_c0", 0, 4), ("_c1", 2, 2)]);
    assert_eq!(open.widths, BTreeMap::from([(1, 1), (2, 2), (3, 1)]));
    let headed = profile(Profile::for_header(["x", "y", "z"]), &rows);
    assert_eq!(presence(&headed), [("x", 0, 4), ("y", 2, 2), ("z", 3, 1)]);
    assert_eq!(headed.column("x").unwrap().numbers().unwrap().sum, 10.0);
}

#[test]
fn cells_of_objects_belong_to_columns_by_their_names() {
    let mut profile = Profile::for_header(["x", "y"]);
    named(&mut profile, &[("y", "1"), ("x", "2")]);
    named(&mut profile, &[("x", "3"), ("new", "4"), ("y", "5")]);
    named(&mut profile, &[("x", ""), ("x", "6")]);
    named(&mut profile, &[]);
    assert_eq!(presence(&profile), [("x", 2, 2), ("y", 2, 2), ("new", 3, 1)]);
    assert_eq!(profile.rows, 4);
    assert_eq!(profile.column("x").unwrap().numbers().unwrap().sum, 5.0);
    assert_eq!(profile.column("y").unwrap().numbers().unwrap().sum, 6.0);
}

#[test]
fn columns_that_only_one_profile_has_are_missing_in_the_rows_of_the_other() {
    let of = |names: [&str; 2], rows: &[&[&str]]| profile(Profile::for_header(names), rows);
    let mut merged = of(["x", "y"], &[&["1", "2"], &["3", ""]]);
    merged.merge(&of(["z", "y"], &[&["4", "5"], &["6", "7"], &["", "8"]]));
    assert_eq!(presence(&merged), [("x", 3, 2), ("y", 1, 4), ("z", 3, 2)]);
    assert_eq!((merged.rows, &merged.widths), (5, &BTreeMap::from([(2, 5)])));
    let mut from_nothing = Profile::default();
    from_nothing.merge(&merged);
    assert_eq!(from_nothing, merged);
}

#[test]
fn names_without_end_do_not_fill_the_memory() {
    let mut profile = Profile::for_header(["x"]);
    let names: Vec<String> = (0..3000).map(|index| format!("name {index}")).collect();
    for name in &names {
        named(&mut profile, &[("x", "1"), (name, "2")]);
    }
    assert_eq!(profile.columns.len(), 1 + Profile::UNEXPECTED);
    assert_eq!(profile.unlisted, 3000 - Profile::UNEXPECTED as u64);
    assert_eq!(profile.column("x").unwrap().present(), 3000);
    let mut merged = profile.clone();
    let mut others = Profile::for_header(["x"]);
    named(&mut others, &[("x", "1"), ("another", "2")]);
    merged.merge(&others);
    assert_eq!((merged.columns.len(), merged.unlisted), (profile.columns.len(), profile.unlisted + 1));
}

#[test]
fn a_verdict_needs_less_than_statistics() {
    let features =
        || [("n", InferredType::Fractional), ("s", InferredType::String), ("u", InferredType::Unknown)];
    let rows: [&[&str]; 2] = [&["1.5", "a", "x"], &["b", "2", "y"]];
    let verdict = profile(Profile::for_features(features(), Detail::Verdict), &rows);
    let statistics = profile(Profile::for_features(features(), Detail::Statistics), &rows);
    let types =
        |profile: &Profile| profile.columns.iter().map(|column| column.types).collect::<Vec<TypeCounts>>();
    assert_eq!(types(&verdict), types(&statistics));
    let [number, text, unknown] = verdict.columns.as_slice() else { panic!("three columns") };
    assert_eq!(number.numbers().unwrap().count, 1);
    assert_eq!(number.categories(), &Categories::NotCounted);
    assert_eq!((text.numbers(), unknown.numbers(), number.distinct()), (None, None, None));
    assert!(
        matches!(text.categories(), Categories::Counted(counts) if counts.sorted() == [("2", 1), ("a", 1)])
    );
    assert!(statistics.columns.iter().all(|column| column.distinct().unwrap().estimate() == 2));
}

#[test]
fn texts_are_counted_while_they_are_few() {
    for (texts, counted) in [(1, true), (TextCounts::TEXTS, true), (TextCounts::TEXTS + 1, false)] {
        let mut profile = Profile::default();
        for text in 0..2 * texts {
            profile.positional(&row(&[&format!("text {}", text % texts)]));
        }
        let column = &profile.columns[0];
        match column.categories() {
            Categories::Counted(counts) => {
                assert!(counted);
                assert!(counts.len() == texts && counts.sorted().iter().all(|(_, count)| *count == 2));
            }
            other => assert!(!counted && *other == Categories::TooMany),
        }
        assert!(column.distinct().unwrap().estimate().abs_diff(texts as u64) <= texts as u64 / 10);
    }
    let mut long = Profile::default();
    long.positional(&row(&[&"x".repeat(TextCounts::BYTES + 1)]));
    assert_eq!(long.columns[0].categories(), &Categories::TooMany);
}

#[test]
fn bytes_that_are_no_utf_8_are_texts_nevertheless() {
    let mut profile = Profile::default();
    for text in [&b"caf\xe9"[..], b"caf\xe9", b"caf\xff"] {
        profile.positional(&[Cell::Text(text)]);
    }
    let Categories::Counted(counts) = profile.columns[0].categories() else { panic!("few texts") };
    assert_eq!(counts.sorted(), [("caf\u{fffd}", 3)]);
}

#[test]
fn moments_of_far_numbers_are_exact() {
    let mut profile = Profile::default();
    for index in 0..100_000_u32 {
        profile.positional(&row(&[&format!("{}", 1e9 + f64::from(index % 7))]));
    }
    let moments = profile.columns[0].numbers().unwrap();
    let numbers: Vec<f64> = (0..100_000_u32).map(|index| f64::from(index % 7)).collect();
    let near = Moments::of(&numbers);
    assert!((moments.mean - 1e9 - near.mean).abs() < 1e-6, "{} {}", moments.mean, near.mean);
    assert!((moments.m2 - near.m2).abs() < 1e-6 * near.m2, "{} {}", moments.m2, near.m2);
    assert_eq!((moments.count, moments.min, moments.max), (100_000, 1e9, 1e9 + 6.0));
}

/// Rows of two columns; the second may have any kind of value.
fn rows() -> impl Strategy<Value = Vec<(u16, String)>> {
    let some = vec((any::<u16>(), "[0-9]{0,3}|[a-z]{1,2}|-?[0-9]\\.[0-9]{1,17}|1e[0-9]"), 0..100);
    // Again and again, so that sketches become full.
    (some, 1..60_usize).prop_map(|(some, times)| vec![some; times].concat())
}

fn of(rows: &[(u16, String)]) -> Profile {
    let mut profile = Profile::for_header(["a", "b"]);
    for (number, text) in rows {
        profile.positional(&row(&[&number.to_string(), text]));
    }
    profile
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_merged_profile_is_the_profile_of_all_rows(all in rows(), cut in any::<prop::sample::Index>()) {
        let (first, second) = all.split_at(cut.index(all.len() + 1));
        let (mut merged, whole) = (of(first), of(&all));
        merged.merge(&of(second));
        prop_assert_eq!(merged.rows, whole.rows);
        prop_assert_eq!(&merged.widths, &whole.widths);
        for (merged, whole) in merged.columns.iter().zip(&whole.columns) {
            prop_assert_eq!((merged.missing, merged.types), (whole.missing, whole.types));
            prop_assert_eq!(merged.distinct(), whole.distinct());
            prop_assert_eq!(merged.categories(), whole.categories());
            let (merged, whole) = (merged.numbers().unwrap(), whole.numbers().unwrap());
            prop_assert_eq!((merged.count, merged.min, merged.max), (whole.count, whole.min, whole.max));
            prop_assert!((merged.sum - whole.sum).abs() <= 1e-9 * whole.sum.abs().max(1.0));
            prop_assert!((merged.m2 - whole.m2).abs() <= 1e-9 * whole.m2.max(1.0));
        }
        let weight = merged.columns[0].sketch().unwrap().weight();
        prop_assert_eq!(weight, all.len() as u64);
    }

    #[test]
    fn a_stored_profile_comes_back_and_goes_on(all in rows(), more in rows()) {
        let profile = of(&all);
        let mut back = Profile::from_bytes(&profile.to_bytes()).unwrap();
        prop_assert_eq!(&back, &profile);
        let mut whole = profile;
        for (number, text) in &more {
            let number = number.to_string();
            let cells = [("b", row(&[text])[0]), ("c", row(&[&number])[0])];
            back.named(&cells);
            whole.named(&cells);
        }
        let known = |profile: &Profile| (profile.rows, profile.columns[0].clone(), profile.columns.len());
        prop_assert_eq!(known(&back), known(&whole));
    }

    #[test]
    fn a_damaged_profile_is_refused(all in rows(), at in any::<prop::sample::Index>(), change in 1..=255_u8) {
        let bytes = of(&all).to_bytes();
        let mut damaged = bytes.clone();
        damaged[at.index(bytes.len())] ^= change;
        prop_assert!(Profile::from_bytes(&damaged).is_err());
        prop_assert!(Profile::from_bytes(&bytes[..at.index(bytes.len())]).is_err());
        // The same with a checksum that fits: an error or another profile, but no panic.
        let end = damaged.len() - 8;
        let check = xxhash_rust::xxh64::xxh64(&damaged[..end], 0).to_le_bytes();
        damaged[end..].copy_from_slice(&check);
        if let Ok(mut other) = Profile::from_bytes(&damaged) {
            other.merge(&of(&all));
        }
    }
}

#[test]
fn other_bytes_and_versions_are_named() {
    assert_eq!(Profile::from_bytes(b"{}"), Err(UnreadableProfile::NoProfile));
    let mut bytes = Profile::default().to_bytes();
    bytes[8] = 9;
    assert_eq!(Profile::from_bytes(&bytes), Err(UnreadableProfile::OtherVersion(9)));
    assert_eq!(Profile::from_bytes(b"SWPROFIL\x05short"), Err(UnreadableProfile::Damaged));
}

#[test]
fn a_stored_profile_is_as_large_as_its_documentation_says() {
    for (digits, least, most) in [(false, 70_000, 80_000), (true, 140_000, 155_000)] {
        let mut profile = Profile::default();
        let mut state = 7_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state) / f64::from(u32::MAX)
        };
        for _ in 0..1000 {
            let texts: Vec<String> = (0..20)
                .map(|column| match column {
                    17.. => format!("text {:.0}", 7.0 * random()),
                    _ if digits => (random() / 3.0).to_string(),
                    12..17 => format!("{:.0}", 1000.0 * random()),
                    4..12 => format!("{:.2}", 1000.0 * random()),
                    _ => (random() / 3.0).to_string(),
                })
                .collect();
            profile.positional(&row(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
        }
        let size = profile.to_bytes().len();
        assert!((least..most).contains(&size), "{size}");
    }
}

#[test]
fn columns_are_equal_only_when_they_have_seen_the_same() {
    let of = |name: &str, texts: &[&str]| {
        let rows: Vec<&[&str]> = texts.iter().map(std::slice::from_ref).collect();
        profile(Profile::for_header([name]), &rows).columns.remove(0)
    };
    let column = of("x", &["1", "2", "a", ""]);
    assert_eq!(column, of("x", &["1", "2", "a", ""]));
    for other in [
        of("y", &["1", "2", "a", ""]),
        of("x", &["1", "2", "a", "", ""]),
        of("x", &["1", "2", "a", "a", ""]),
        of("x", &["1", "3", "a", ""]),
        of("x", &["1", "2", "b", ""]),
        of("x", &["1", "2.0", "a", ""]),
    ] {
        assert_ne!(column, other);
    }
    let without = |kind: InferredType| {
        let empty = Profile::for_features([("x", kind)], Detail::Verdict);
        profile(empty, &[&["1"], &["2"], &["a"], &[""]]).columns.remove(0)
    };
    let kinds = [InferredType::Integral, InferredType::String, InferredType::Unknown].map(without);
    assert!(
        kinds.iter().all(|other| *other != column),
        "what was not asked for is not the same as what was seen"
    );
    assert!(kinds[0] != kinds[1] && kinds[1] != kinds[2] && kinds[0] != kinds[2]);
}

#[test]
fn what_a_column_knows_is_what_was_asked_of_it() {
    let of = |kind: InferredType, detail: Detail| {
        let column = Profile::for_features([("x", kind)], detail).columns.remove(0);
        let counted = matches!(column.categories(), Categories::Counted(_));
        (column.numbers().is_some(), column.distinct().is_some(), counted)
    };
    for kind in [InferredType::Integral, InferredType::Fractional] {
        assert_eq!(of(kind, Detail::Verdict), (true, false, false));
        assert_eq!(of(kind, Detail::Statistics), (true, true, true));
    }
    assert_eq!(of(InferredType::String, Detail::Verdict), (false, false, true));
    assert_eq!(of(InferredType::Unknown, Detail::Verdict), (false, false, false));
}

#[test]
fn what_one_profile_could_not_list_the_whole_has_not_listed_either() {
    let of = |rows: u64, unlisted: u64, widths: [(usize, u64); 2]| Profile {
        rows,
        unlisted,
        widths: BTreeMap::from(widths),
        ..Profile::for_header(["x"])
    };
    let mut whole = of(3, 2, [(1, 2), (2, 1)]);
    whole.merge(&of(4, 5, [(2, 3), (4, 1)]));
    assert_eq!((whole.rows, whole.unlisted), (7, 7));
    assert_eq!(whole.widths, BTreeMap::from([(1, 2), (2, 4), (4, 1)]));
}

#[test]
fn texts_that_stand_for_a_missing_value_are_counted_and_stay_values_by_their_type() {
    let rows: [&[&str]; 6] = [&["nan"], &["1.5"], &["?"], &["a"], &[""], &["true"]];
    let usual = profile(Profile::for_header(["x"]), &rows);
    let own = Profile::for_header(["x"]).with_missing(Arc::new(MissingTexts::new(["a"])));
    let unnamed = Profile::default().with_missing(Arc::new(MissingTexts::new(["a"])));
    for (seen, markers) in [(usual, 2), (profile(own, &rows), 1), (profile(unnamed, &rows), 1)] {
        let column = &seen.columns[0];
        assert_eq!((column.markers, column.missing, column.present()), (markers, 1, 5));
        let mut twice = Profile::from_bytes(&seen.to_bytes()).unwrap();
        assert_eq!(twice.columns[0], seen.columns[0]);
        twice.merge(&seen);
        assert_eq!(twice.columns[0].markers, 2 * markers);
    }
}

#[test]
fn numbers_are_whole_however_they_are_written() {
    for (text, whole) in [
        ("3", 1),
        ("3.0", 1),
        ("-0.0", 1),
        ("1e3", 1),
        ("1.5e1", 1),
        ("4503599627370497.0", 1),
        ("1e300", 1),
        ("3.5", 0),
        ("-3.0000001", 0),
        ("5e-05", 0),
        ("4503599627370495.5", 0),
        ("nan", 0),
    ] {
        for times in [1, 9, 5_000] {
            let cells = [text];
            let rows = vec![&cells[..]; times];
            let seen = profile(Profile::for_header(["x"]), &rows);
            let times = times as u64;
            assert_eq!(seen.columns[0].numbers().unwrap().whole, whole * times, "{text}");
            let mut twice = Profile::from_bytes(&seen.to_bytes()).unwrap();
            twice.merge(&seen);
            assert_eq!(twice.columns[0].numbers().unwrap().whole, 2 * whole * times, "{text}");
        }
    }
}

#[test]
fn numbers_of_a_column_of_texts_are_kept_where_they_are_asked_for() {
    let features = [("x", InferredType::String), ("y", InferredType::String)];
    let asked = Profile::for_features(features, Detail::Verdict).with_numbers_of(["y", "z"]);
    let seen = profile(asked, &[&["1", "1e1"], &["2", "a"]]);
    assert!(seen.columns[0].numbers().is_none());
    assert_eq!(seen.columns[1].numbers().unwrap().sum, 10.0);
}

/// A row with a number of many digits, a text of few, one of many, and a number that is missing now and then.
fn mixed_row(index: u32) -> [String; 4] {
    let number = f64::from(index.wrapping_mul(2_654_435_761)) / 7.0;
    let hole = if index.is_multiple_of(3) { String::new() } else { format!("{}", index % 90) };
    [number.to_string(), format!("plan {}", index % 5), format!("shop {}", index % 700), hole]
}

#[test]
fn parts_in_their_order_are_the_whole_to_the_last_bit() {
    let kinds =
        [InferredType::Fractional, InferredType::String, InferredType::String, InferredType::Integral];
    let empty =
        || Profile::for_features(["n", "plan", "shop", "hole"].into_iter().zip(kinds), Detail::Statistics);
    let add = |profile: &mut Profile, index: u32| {
        let texts = mixed_row(index);
        let cells: Vec<&str> = texts.iter().map(String::as_str).collect();
        if index.is_multiple_of(50) {
            // An unexpected column.
            named(profile, &[("n", cells[0]), ("new", cells[0])]);
        } else {
            profile.positional(&row(&cells));
        }
    };
    let mut whole = empty();
    (0..12_000).for_each(|index| add(&mut whole, index));
    for length in [1, 7, 500, 4_096, 12_000] {
        let mut joined = empty();
        for begin in (0..12_000).step_by(length) {
            let mut part = empty().into_part();
            (begin..12_000).take(length).for_each(|index| add(&mut part, index));
            joined.merge(&part);
        }
        assert_eq!(joined.to_bytes(), whole.to_bytes(), "parts of {length} rows");
    }
}

#[test]
fn rows_without_a_header_come_in_parts_as_well() {
    let of = |empty: Profile, range: std::ops::Range<u32>| {
        let mut profile = empty;
        range.for_each(|index| profile.positional(&row(&[&mixed_row(index)[0]])));
        profile
    };
    let mut joined = Profile::default();
    for begin in (0..9_000).step_by(3_000) {
        joined.merge(&of(Profile::default().into_part(), begin..begin + 3_000));
    }
    assert_eq!(joined.to_bytes(), of(Profile::default(), 0..9_000).to_bytes());
}

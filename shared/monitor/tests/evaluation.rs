//! Verdicts, compared with the verdicts of AWS's own container if they are at hand.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use sagewarden_measure::{Cell, Detail, Profile, RowSink};
use sagewarden_monitor::{
    Baseline, Check, Constraints, Evaluation, FeatureVerdict, GapPlace, Method, Mode, Statistics, Verdict,
    Violation, Violations, compare_modes, evaluate,
};

/// A case's folder, if it is there.
struct Golden(PathBuf);

impl Golden {
    fn of(case: &str) -> Option<Self> {
        let Some(folder) = std::env::var_os("SAGEWARDEN_GOLDEN").map(PathBuf::from) else {
            eprintln!("skipped `{case}`: SAGEWARDEN_GOLDEN names no folder with the containers' answers");
            return None;
        };
        Some(Self(folder.join(case)))
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }

    fn statistics(&self, file: &str) -> Statistics {
        Statistics::parse(self.read(file).as_bytes()).unwrap()
    }

    fn baseline(&self) -> Baseline {
        let constraints = Constraints::parse(self.read("constraints.json").as_bytes()).unwrap();
        Baseline::new(Some(&self.statistics("statistics.json")), constraints)
    }

    fn violations(&self) -> Violations {
        Violations::parse(self.read("constraint_violations.json").as_bytes()).unwrap()
    }
}

fn add(profile: &mut Profile, row: &[&str]) {
    let cells: Vec<Cell<'_>> = row.iter().map(|text| Cell::Text(text.as_bytes())).collect();
    profile.positional(&cells);
}

/// The container's order comes from a hash table.
fn sorted(violations: &[Violation]) -> Vec<(String, String, String)> {
    let texts = |violation: &Violation| {
        let texts = [&violation.feature_name, &violation.constraint_check_type, &violation.description];
        let [name, check, text] = texts.map(|text| text.clone().unwrap());
        (name, check, text)
    };
    let mut all: Vec<_> = violations.iter().map(texts).collect();
    all.sort();
    all
}

#[test]
fn churn_has_the_sixty_violations_of_the_container() {
    let Some(golden) = Golden::of("churn") else { return };
    let training = golden.read("training-dataset-with-header.csv");
    let mut training = training.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let mut trained = Profile::for_header(training.next().unwrap());
    training.for_each(|row| add(&mut trained, &row));
    let statistics = Statistics::from_profile(&trained);
    let baseline = Baseline::new(Some(&statistics), Constraints::suggest(&statistics));

    // The traffic: 1,977 requests. The output comes first. The model's answers are not kept; they were fractions.
    let traffic = golden.read("test-dataset-input-cols.csv");
    let lines: Vec<&str> = traffic.lines().collect();
    let five = || std::iter::repeat_n(&lines, 5).flatten();
    let mut profile = baseline.empty_profile(Detail::Verdict);
    for line in lines[..180].iter().chain(five()).chain(&lines[..127]) {
        let row: Vec<&str> = std::iter::once("0.036397725343704224").chain(line.split(',')).collect();
        add(&mut profile, &row);
    }
    assert_eq!(profile.rows, 1977);

    let compat = evaluate(&baseline, &profile, Mode::Compat);
    let ours = sorted(&compat.violations);
    assert_eq!(ours.len(), 60);
    let kept = sorted(&golden.violations().violations);
    assert_eq!(kept.len(), 10);
    for violation in &kept {
        assert!(ours.contains(violation), "{violation:?} is not among {ours:?}");
    }
    // The rest were cut off when they were printed: they say the same of other columns.
    let (churn, usual): (Vec<_>, Vec<_>) = kept.iter().partition(|violation| violation.0 == "Churn");
    for violation in &ours {
        let like = if violation.0 == "Churn" { &churn } else { &usual };
        assert_eq!((&violation.1, &violation.2), (&like[0].1, &like[0].2), "{violation:?}");
    }
    assert_eq!(ours.iter().map(|violation| &violation.0).collect::<BTreeSet<_>>().len(), 60);
    // All distributions were compared, and none of them drifted.
    assert!(compat.features.iter().all(|feature| feature.distance.is_some()));
}

/// A profile of the data behind the container's own statistics: the sketches have all values, since they are few.
fn cookbook(golden: &Golden) -> Profile {
    let statistics = golden.statistics("current_statistics.json");
    let columns: Vec<&[f64]> = statistics
        .features
        .iter()
        .map(|feature| {
            let numbers = feature.numerical_statistics.as_ref().unwrap();
            let data = &numbers.distribution.as_ref().unwrap().kll.sketch.data;
            assert_eq!((data.len(), data[0].len()), (1, 18));
            data[0].as_slice()
        })
        .collect();
    let mut profile = Profile::for_header(statistics.features.iter().map(|feature| feature.name.as_str()));
    for row in 0..18 {
        // The container saw `88` and `88.123`: two thirds of them are whole.
        let texts: Vec<String> = columns.iter().map(|values| values[row].to_string()).collect();
        add(&mut profile, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    }
    profile
}

fn failing(evaluation: &Evaluation, check: Check) -> Vec<&str> {
    let fails = |feature: &&FeatureVerdict| {
        feature.checks.iter().any(|result| result.check == check && !result.passed)
    };
    evaluation.features.iter().filter(fails).map(|feature| feature.name.as_str()).collect()
}

#[test]
fn cookbook_has_no_drift_by_the_container_and_four_drifts_by_the_mathematics() {
    let Some(golden) = Golden::of("cookbook") else { return };
    let (baseline, profile) = (golden.baseline(), cookbook(&golden));
    let compat = evaluate(&baseline, &profile, Mode::Compat);
    assert_eq!(sorted(&compat.violations), sorted(&golden.violations().violations));
    assert!(compat.features.iter().all(|feature| feature.distance.as_ref().unwrap().value < 0.1));

    let exact = evaluate(&baseline, &profile, Mode::Exact);
    let distance = |name: &str| {
        let feature = exact.features.iter().find(|feature| feature.name == name).unwrap();
        feature.distance.clone().unwrap()
    };
    for (name, value) in [("a", 0.3818), ("b", 0.2278), ("c", 0.5218), ("d", 0.3395)] {
        let distance = distance(name);
        assert!((distance.value - value).abs() < 5e-5, "{name}: {distance:?}");
        assert_eq!((distance.baseline_n, distance.current_n, distance.method), (3000, 18, Method::Robust));
    }
    assert_eq!(failing(&exact, Check::DataType), ["c", "d"]);
    let drifting = failing(&exact, Check::BaselineDrift);
    assert!(["a", "b", "c", "d"].iter().all(|name| drifting.contains(name)), "{drifting:?}");

    // Below 88 lies most of the baseline, and none of what came.
    let gap = distance("c").at.unwrap();
    assert!(matches!(gap.place, GapPlace::Number(place) if (86.0..88.0).contains(&place)), "{gap:?}");
    assert!(gap.baseline > 0.9 && gap.current == 0.0, "{gap:?}");
    for difference in compare_modes(&compat, &exact) {
        assert_eq!(difference.check, Check::BaselineDrift);
        assert!(difference.why.contains("not how often"), "{difference:?}");
    }
}

#[test]
fn cardio_does_not_drift_from_itself() {
    let Some(golden) = Golden::of("cardio") else { return };
    let csv = golden.read("cardio_cleaned.csv");
    // The container's baseline has other columns besides, made from these, and lacks two.
    let mut constraints = golden.baseline().constraints().clone();
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let known = |name: &str| constraints.features.iter().any(|feature| feature.name == name);
    let kept: Vec<bool> = header.iter().map(|name| known(name)).collect();
    let mut rows = csv.lines().map(|line| {
        let cells = line.split(',').zip(&kept).filter(|(_, kept)| **kept);
        cells.map(|(cell, _)| cell).collect::<Vec<_>>()
    });
    let mut profile = Profile::for_header(rows.next().unwrap());
    rows.for_each(|row| add(&mut profile, &row));
    constraints.features.retain(|feature| header.contains(&feature.name.as_str()));
    assert_eq!((constraints.features.len(), profile.rows), (12, 68_385));
    let ours = Statistics::from_profile(&profile);
    for baseline in [
        Baseline::new(Some(&golden.statistics("statistics.json")), constraints),
        Baseline::new(Some(&ours), Constraints::suggest(&ours)),
    ] {
        for mode in [Mode::Compat, Mode::Exact] {
            let evaluation = evaluate(&baseline, &profile, mode);
            assert_eq!(evaluation.violations, [], "{mode:?}");
            assert!(evaluation.notes.is_empty(), "{:?}", evaluation.notes);
            for feature in &evaluation.features {
                assert_eq!(feature.verdict, Verdict::Ok, "{}", feature.name);
                assert_eq!(feature.distance.as_ref().unwrap().linf, 0.0, "{}", feature.name);
            }
        }
    }
}

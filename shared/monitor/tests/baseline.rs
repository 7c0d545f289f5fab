//! Baselines: statistics and constraints of data, compared with the files of AWS's own container if they are at hand.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fs;
use std::path::PathBuf;

use sagewarden_measure::csv::Header;
use sagewarden_measure::{Cell, Profile, RowSink};
use sagewarden_monitor::{Constraints, FeatureStatistics, Statistics, SuggestedBaseline};

/// The container's data set and its answer, if they are there.
struct Cardio {
    rows: Vec<Vec<String>>,
    statistics: String,
    constraints: String,
}

impl Cardio {
    fn load() -> Option<Self> {
        let Some(folder) = std::env::var_os("SAGEWARDEN_GOLDEN").map(PathBuf::from) else {
            eprintln!("skipped `cardio`: SAGEWARDEN_GOLDEN names no folder with the containers' answers");
            return None;
        };
        let read = |name: &str| fs::read_to_string(folder.join("cardio").join(name)).unwrap();
        let rows = read("cardio_cleaned.csv")
            .lines()
            .map(|line| line.split(',').map(str::to_owned).collect())
            .collect();
        Some(Self { rows, statistics: read("statistics.json"), constraints: read("constraints.json") })
    }

    /// The profile of its columns, and of columns that its authors derived from others by a rule that the numbers show.
    fn profile(&self) -> Profile {
        let (header, rows) = self.rows.split_first().unwrap();
        let mut profile = Profile::for_header(
            header.iter().map(String::as_str).chain(DERIVED.iter().map(|(name, _)| *name)),
        );
        for row in rows {
            let value = |name: &str| {
                let place = header.iter().position(|head| head == name).unwrap();
                row.get(place).unwrap().parse::<f64>().unwrap()
            };
            let more: Vec<String> = DERIVED.iter().map(|(_, derive)| derive(&value)).collect();
            let cells: Vec<Cell<'_>> =
                row.iter().chain(&more).map(|text| Cell::Text(text.as_bytes())).collect();
            profile.positional(&cells);
        }
        profile
    }
}

/// Makes a text of the values of a row.
type Derive = fn(&dyn Fn(&str) -> f64) -> String;

/// Two decimals, as pandas rounds to them.
fn cents(number: f64) -> f64 {
    (number * 100.0).round_ties_even() / 100.0
}

fn bmi(value: &dyn Fn(&str) -> f64) -> f64 {
    let inches = value("height_ft") * 12.0;
    cents(703.0 * value("weight_lbs") / (inches * inches))
}

const DERIVED: [(&str, Derive); 9] = [
    ("age_years", |value| format!("{}", value("age"))),
    ("pulse_pressure", |value| format!("{}", value("systolic_bp") - value("diastolic_bp"))),
    ("age_gluc_interaction", |value| format!("{}", value("age") * value("gluc"))),
    ("lifestyle_score", |value| format!("{}", value("smoke") + value("alco") - value("active"))),
    ("height_in", |value| format!("{:?}", cents(value("height_ft") * 12.0))),
    // More than 400 different values: their number is an estimate whose bias is corrected.
    ("bmi", |value| format!("{:?}", bmi(value))),
    ("bmi_category", |value| {
        let limits =
            [(18.5, "underweight"), (25.0, "normal"), (30.0, "overweight"), (f64::INFINITY, "obese")];
        limits.into_iter().find(|(limit, _)| bmi(value) < *limit).unwrap().1.to_owned()
    }),
    ("age_group", |value| match value("age") {
        age if age < 30.0 => "<30".to_owned(),
        age => format!("{}0s", (age / 10.0).floor()),
    }),
    ("cholesterol_label", |value| {
        ["Normal", "Above Normal", "Well Above Normal"]
            .get(value("cholesterol") as usize - 1)
            .unwrap()
            .to_string()
    }),
];

fn close(ours: Option<f64>, theirs: Option<f64>) -> bool {
    let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
    (ours - theirs).abs() <= 1e-12 * theirs.abs()
}

/// Moments are within 1e-12 of the container's, everything else is equal to the last bit.
fn check_feature(ours: &FeatureStatistics, theirs: &FeatureStatistics) {
    let name = &theirs.name;
    let mut ours = ours.clone();
    if let (Some(mine), Some(container)) = (&mut ours.numerical_statistics, &theirs.numerical_statistics) {
        assert!(close(mine.mean, container.mean), "{name}: {:?} {:?}", mine.mean, container.mean);
        assert!(close(mine.sum, container.sum), "{name}: {:?} {:?}", mine.sum, container.sum);
        assert!(close(mine.std_dev, container.std_dev), "{name}: {:?} {:?}", mine.std_dev, container.std_dev);
        (mine.mean, mine.sum, mine.std_dev) = (container.mean, container.sum, container.std_dev);
    }
    let mut theirs = theirs.clone();
    if let Some(distribution) =
        theirs.string_statistics.as_mut().and_then(|texts| texts.distribution.as_mut())
    {
        // The container's order comes from a hash table.
        distribution.categorical.buckets.sort_by(|one, other| one.value.cmp(&other.value));
    }
    assert!(ours == theirs, "{name}: {ours:#?}\nis not\n{theirs:#?}");
}

#[test]
fn the_statistics_of_cardio_are_those_of_the_container() {
    let Some(cardio) = Cardio::load() else { return };
    let (ours, theirs) = (
        Statistics::from_profile(&cardio.profile()),
        Statistics::parse(cardio.statistics.as_bytes()).unwrap(),
    );
    assert_eq!(ours.dataset, theirs.dataset);
    let mut compared = 0;
    for theirs in &theirs.features {
        if let Some(ours) = ours.features.iter().find(|ours| ours.name == theirs.name) {
            check_feature(ours, theirs);
            compared += 1;
        }
    }
    assert_eq!(compared, 21);
}

#[test]
fn the_file_of_cardio_becomes_the_same_baseline() {
    let Some(cardio) = Cardio::load() else { return };
    let table = cardio.rows.iter().map(|row| row.join(",")).collect::<Vec<_>>().join("\n");
    let baseline = SuggestedBaseline::of_csv(table.as_bytes(), Header::FirstRow).unwrap();
    assert!(baseline.issues.is_empty());
    let theirs = Statistics::parse(cardio.statistics.as_bytes()).unwrap();
    let constraints = Constraints::parse(cardio.constraints.as_bytes()).unwrap();
    let mut compared = 0;
    for (ours, kept) in baseline.statistics.features.iter().zip(&baseline.constraints.features) {
        let Some(theirs) = theirs.features.iter().find(|theirs| ours.name == theirs.name) else { continue };
        check_feature(ours, theirs);
        assert!(constraints.features.contains(kept), "{kept:?}");
        compared += 1;
    }
    assert_eq!(compared, 12);
    assert_eq!(baseline.constraints.monitoring_config, constraints.monitoring_config);
}

#[test]
fn the_constraints_of_cardio_are_those_of_the_container() {
    let Some(cardio) = Cardio::load() else { return };
    let theirs = Constraints::parse(cardio.constraints.as_bytes()).unwrap();
    let statistics = Statistics::parse(cardio.statistics.as_bytes()).unwrap();
    assert_eq!(Constraints::suggest(&statistics), theirs);
}

#[test]
fn files_are_written_as_the_container_writes_them() {
    let Some(cardio) = Cardio::load() else { return };
    let statistics = Statistics::parse(cardio.statistics.as_bytes()).unwrap().to_java_json();
    assert!(statistics == cardio.statistics, "{}", difference(&statistics, &cardio.statistics));
    let constraints = Constraints::parse(cardio.constraints.as_bytes()).unwrap().to_java_json();
    assert!(constraints == cardio.constraints, "{}", difference(&constraints, &cardio.constraints));
}

/// Where two texts part.
fn difference(ours: &str, theirs: &str) -> String {
    let same = ours.chars().zip(theirs.chars()).take_while(|(one, other)| one == other).count();
    let around = |text: &str| text.chars().skip(same.saturating_sub(60)).take(120).collect::<String>();
    format!("{}\nis not\n{}", around(ours), around(theirs))
}

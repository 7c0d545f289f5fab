//! Baselines: statistics and constraints of data, against those of AWS's own container where they are at hand.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fs;
use std::path::PathBuf;

use sagewarden_drift::{Cell, Constraints, FeatureStatistics, Profile, RowSink, Statistics};

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

    /// The profile of its columns, and of those that its authors derived from one or two columns by a rule that the numbers tell.
    fn profile(&self) -> Profile {
        let (header, rows) = self.rows.split_first().unwrap();
        let derived = ["age_years", "pulse_pressure", "age_group", "cholesterol_label"];
        let mut profile = Profile::for_header(header.iter().map(String::as_str).chain(derived));
        let place = |name: &str| header.iter().position(|head| head == name).unwrap();
        let (age, cholesterol) = (place("age"), place("cholesterol"));
        let (systolic, diastolic) = (place("systolic_bp"), place("diastolic_bp"));
        for row in rows {
            let number = |place: usize| row.get(place).unwrap().parse::<i64>().unwrap();
            let group = match number(age) / 10 {
                2 => "<30".to_owned(),
                decade => format!("{decade}0s"),
            };
            let label = ["Normal", "Above Normal", "Well Above Normal"]
                .get(number(cholesterol) as usize - 1)
                .unwrap();
            let pressure = (number(systolic) - number(diastolic)).to_string();
            let more = [row.get(age).unwrap().as_str(), &pressure, &group, label];
            let cells: Vec<Cell<'_>> =
                row.iter().map(String::as_str).chain(more).map(|text| Cell::Text(text.as_bytes())).collect();
            profile.positional(&cells);
        }
        profile
    }
}

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
        // The container's order is that of a hash.
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
    assert_eq!(compared, 16);
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

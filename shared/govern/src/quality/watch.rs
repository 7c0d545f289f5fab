//! How the predictions of an endpoint are measured: by the settings, and for the rest by the endpoint's own model
//! quality schedule.

use std::str::FromStr;

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::S3Location;
use sagewarden_measure::MissingTexts;
use sagewarden_measure::capture::RowPath;
use sagewarden_monitor::Mode;
use sagewarden_outcomes::bias::{Group, GroupRule, PairRules};
use sagewarden_outcomes::quality::{PredictionAttributes, Problem, QualitySettings};
use sagewarden_settings::{DetectedEndpoint, QualityProblem, WatchedBias, WatchedQuality};
use serde_json::Value as Json;

use crate::detect::packages::packages_of;
use crate::outcome::Failure;
use crate::ports::{Account, Description};
use crate::record::deployment::{deployment_in, model_of};
use crate::window::{HOUR_MS, Window};
use crate::world::World;

/// Lengths of windows: the parts of a day.
const LENGTHS: [i64; 8] = [1, 2, 3, 4, 6, 8, 12, 24];
const DAY_HOURS: i64 = 24;

/// How predictions are measured.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct QualityWatch {
    /// Where labels arrive.
    pub(super) ground_truth: S3Location,
    /// How long after the end of a window labels may arrive, in hours.
    pub(super) delay_hours: i64,
    /// How long a window is.
    pub(super) window_hours: i64,
    pub(super) measured: QualitySettings,
    pub(super) attributes: PredictionAttributes,
    /// Where a record of ground truth has its label.
    pub(super) label: Option<String>,
    /// Texts that are no label.
    pub(super) missing: MissingTexts,
    pub(super) output_path: Option<RowPath>,
    /// `constraints.json`, if anybody names one.
    pub(super) constraints: Option<S3Location>,
    /// The schedule that names these values: metrics are published under its name.
    pub(super) schedule: Option<String>,
    /// The groups that are compared with everybody else.
    pub(super) bias: Option<BiasWatch>,
}

/// How the bias of predictions is measured.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BiasWatch {
    pub(super) rules: PairRules,
    /// The columns of requests that decide about groups, in the order of the rules.
    pub(super) columns: Vec<String>,
    pub(super) input_path: Option<RowPath>,
    /// `analysis.json`, if anybody names one.
    pub(super) baseline: Option<S3Location>,
}

impl QualityWatch {
    /// `<bucket>/<prefix>`
    pub(super) fn place(&self) -> String {
        place_of(&self.ground_truth)
    }

    /// The same, which reads these texts as missing labels and missing values of facets. The label that is looked for is one.
    fn with_missing(mut self, missing: MissingTexts) -> Self {
        if let Some(bias) = &mut self.bias {
            bias.rules.missing = missing.clone();
        }
        let is_binary = self.measured.problem == Problem::BinaryClassification;
        self.missing = if is_binary { missing.without(&self.measured.positive) } else { missing };
        self
    }

    /// Until when labels of a window count.
    pub(super) fn until(&self, window: &Window, close_after_minutes: i64) -> Timestamp {
        let end = window.end.millis() + self.delay_hours * HOUR_MS;
        Timestamp::from_millis(end + close_after_minutes * 60_000)
    }

    /// The windows of predictions that overlap a window of traffic.
    pub(super) fn windows(&self, traffic: &Window) -> Vec<Window> {
        let length = self.window_hours * HOUR_MS;
        let first = traffic.start.millis().div_euclid(length) * length;
        let starts =
            (0..).map(|turn| first + turn * length).take_while(|start| *start < traffic.end.millis());
        let window = |start: i64| Window {
            start: Timestamp::from_millis(start),
            end: Timestamp::from_millis(start + length),
            ..traffic.clone()
        };
        starts.map(window).collect()
    }
}

/// `<bucket>/<prefix>`, the prefix without superfluous slashes: a prefix with a slash at its end leads to two slashes
/// in the keys.
pub(super) fn place_of(location: &S3Location) -> String {
    let segments: Vec<&str> = location.key.split('/').filter(|segment| !segment.is_empty()).collect();
    format!("{}/{}", location.bucket, segments.join("/"))
}

/// How to measure the predictions of a window; `None` if neither settings nor schedule name a place for their labels.
///
/// # Errors
///
/// When a service does not answer, or a schedule has values that cannot be used.
pub(super) async fn find(world: &impl World, window: &Window) -> Result<Option<QualityWatch>, Failure> {
    let detect = &world.settings().drift.detect;
    let said = detect.of(&window.endpoint.name);
    if !said.watch || !said.quality.watch {
        return Ok(None);
    }
    let found = if said.quality.ground_truth.is_some() {
        watch(&said, &Definition::default(), detect.window_hours)?
    } else {
        by_schedule(world.account(), &said, window, detect.window_hours).await?
    };
    let missing = MissingTexts::named(detect.missing_texts.as_deref());
    match found.map(|found| found.with_missing(missing)) {
        Some(found) if found.constraints.is_none() => {
            Ok(Some(QualityWatch { constraints: of_package(world, window).await?, ..found }))
        }
        found => Ok(found),
    }
}

/// As the first schedule says that names a place for labels.
async fn by_schedule(
    account: &impl Account,
    said: &DetectedEndpoint,
    window: &Window,
    traffic_hours: i64,
) -> Result<Option<QualityWatch>, Failure> {
    for definition in definitions(account, window).await? {
        if let Some(found) = watch(said, &definition, traffic_hours)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The baseline that the package of the model names: the one to check drift with, else the one of its evaluation. The model is the one
/// that the lineage says served the window.
async fn of_package(world: &impl World, window: &Window) -> Result<Option<S3Location>, Failure> {
    let (table, endpoint) = (world.table(), NodeId::endpoint(&window.endpoint));
    let Some(deployment) = deployment_in(table, &endpoint, window.start, window.end).await? else {
        return Ok(None);
    };
    let Some(model) = model_of(table, &deployment, &window.variant).await? else { return Ok(None) };
    let packages = packages_of(world, &window.endpoint, &model).await?;
    let named = packages.iter().flat_map(|package| {
        ["/DriftCheckBaselines/ModelQuality", "/ModelMetrics/ModelQuality"].into_iter().filter_map(
            |metrics| {
                let uri = package.document.pointer(&format!("{metrics}/Constraints/S3Uri"))?.as_str()?;
                S3Location::parse(uri)
            },
        )
    });
    Ok(named.into_iter().next())
}

/// The settings of a model quality job.
#[derive(Debug, Default)]
struct Definition {
    schedule: Option<String>,
    /// `DescribeModelQualityJobDefinition`
    document: Json,
}

impl Definition {
    fn text(&self, pointer: &str) -> Option<String> {
        let text = self.document.pointer(pointer)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn input(&self, attribute: &str) -> Option<String> {
        self.text(&format!("/ModelQualityJobInput/EndpointInput/{attribute}"))
    }

    fn problem(&self) -> Option<Problem> {
        let word = self.text("/ModelQualityAppSpecification/ProblemType")?;
        serde_json::from_value(Json::String(word)).ok()
    }
}

/// The definitions of the endpoint's own model quality schedules, by the names of the schedules. A schedule that was
/// created after the window began does not count: somebody who sees a window's result must not choose how it is
/// measured.
async fn definitions(account: &impl Account, window: &Window) -> Result<Vec<Definition>, Failure> {
    let endpoint = &window.endpoint;
    let listed = account.schedules_of(endpoint).await?;
    let schedules = listed.get("MonitoringScheduleSummaries").and_then(Json::as_array);
    let mut names: Vec<(&str, &str)> = Vec::new();
    for summary in schedules.into_iter().flatten() {
        let text = |key: &str| summary.get(key).and_then(Json::as_str);
        if text("MonitoringType") == Some("ModelQuality")
            && let Some(name) = text("MonitoringScheduleName")
        {
            names.push((name, text("MonitoringJobDefinitionName").unwrap_or_default()));
        }
    }
    names.sort_unstable();
    let mut definitions = Vec::new();
    for (schedule, definition) in names {
        let named = endpoint.sibling(ResourceKind::MonitoringSchedule, schedule);
        let Some(described) = older(account, &named, window).await? else { continue };
        let config = described.document.pointer("/MonitoringScheduleConfig/MonitoringJobDefinitionName");
        let definition = config.and_then(Json::as_str).unwrap_or(definition);
        if definition.is_empty() {
            continue;
        }
        let named = endpoint.sibling(ResourceKind::ModelQualityDefinition, definition);
        let Some(described) = older(account, &named, window).await? else { continue };
        definitions.push(Definition { schedule: Some(schedule.to_owned()), document: described.document });
    }
    Ok(definitions)
}

async fn older(
    account: &impl Account,
    resource: &Resource,
    window: &Window,
) -> Result<Option<Description>, Failure> {
    let described = account.describe(resource).await?;
    Ok(described.filter(|it| it.created_at().is_none_or(|created| created <= window.start)))
}

fn watch(
    said: &DetectedEndpoint,
    definition: &Definition,
    traffic_hours: i64,
) -> Result<Option<QualityWatch>, Failure> {
    let quality = &said.quality;
    let uri = quality.ground_truth.clone();
    let uri = uri.or_else(|| definition.text("/ModelQualityJobInput/GroundTruthS3Input/S3Uri"));
    let Some(ground_truth) = uri.as_deref().and_then(S3Location::parse) else { return Ok(None) };
    let problem = quality.problem.map(problem_of).or_else(|| definition.problem());
    let Some(problem) = problem else { return Ok(None) };
    let attributes = PredictionAttributes {
        inference: quality.inference.clone().or_else(|| definition.input("InferenceAttribute")),
        probability: quality.probability.clone().or_else(|| definition.input("ProbabilityAttribute")),
    };
    let threshold = quality.threshold.map(|threshold| threshold.value()).or_else(|| {
        definition
            .document
            .pointer("/ModelQualityJobInput/EndpointInput/ProbabilityThresholdAttribute")
            .and_then(Json::as_f64)
    });
    let mut measured = QualitySettings::new(problem, Mode::Exact);
    measured.threshold = threshold.unwrap_or(measured.threshold);
    measured.positive = quality.positive.clone().unwrap_or(measured.positive);
    let bias = bias_watch(said, &measured)?;
    let delay = definition.input("StartTimeOffset").as_deref().and_then(hours_of);
    let delay = quality.ground_truth_delay_hours.or(delay).unwrap_or(WatchedQuality::USUAL_DELAY_HOURS);
    let (delay_hours, window_hours) = lengths(delay, quality.window_hours, traffic_hours);
    let path = quality.output_path.as_ref().or(said.output_path.as_ref());
    let output_path = path.map(|path| RowPath::from_str(path)).transpose();
    Ok(Some(QualityWatch {
        ground_truth,
        delay_hours,
        window_hours,
        measured,
        attributes,
        label: quality.label.clone(),
        missing: MissingTexts::default(),
        output_path: output_path.map_err(|error| Failure::Reject(error.to_string()))?,
        constraints: constraints(quality, definition),
        schedule: definition.schedule.clone(),
        bias,
    }))
}

/// The groups of the settings; `None` if there are none.
fn bias_watch(said: &DetectedEndpoint, measured: &QualitySettings) -> Result<Option<BiasWatch>, Failure> {
    let WatchedBias { facets, favourable, subgroups, baseline } = &said.bias;
    if facets.is_empty() {
        return Ok(None);
    }
    let refused = |error: &dyn std::fmt::Display| Failure::Reject(format!("`bias` of the settings: {error}"));
    let mut columns = Vec::new();
    let mut groups = Vec::new();
    for (name, rule) in facets {
        let GroupRule { column, group } = rule.parse().map_err(|error| refused(&error))?;
        columns.push(column);
        groups.push((name.clone(), group));
    }
    columns.extend(subgroups.clone());
    let input_path = said.input_path.as_deref().map(RowPath::from_str).transpose();
    Ok(Some(BiasWatch {
        rules: PairRules {
            favourable: Group::of(favourable),
            positive: measured.positive.clone(),
            threshold: measured.threshold,
            facets: groups,
            has_subgroups: subgroups.is_some(),
            missing: MissingTexts::default(),
        },
        columns,
        input_path: input_path.map_err(|error| refused(&error))?,
        baseline: baseline
            .as_ref()
            .and_then(|folder| S3Location::parse(&format!("{}/analysis.json", folder.trim_end_matches('/')))),
    }))
}

fn problem_of(problem: QualityProblem) -> Problem {
    match problem {
        QualityProblem::Binary => Problem::BinaryClassification,
        QualityProblem::Multiclass => Problem::MulticlassClassification,
        QualityProblem::Regression => Problem::Regression,
    }
}

/// The file of the baseline that the settings name, else the one that the schedule names.
fn constraints(quality: &WatchedQuality, definition: &Definition) -> Option<S3Location> {
    if let Some(folder) = &quality.baseline {
        return S3Location::parse(&format!("{}/constraints.json", folder.trim_end_matches('/')));
    }
    S3Location::parse(&definition.text("/ModelQualityBaselineConfig/ConstraintsResource/S3Uri")?)
}

/// The delay, and the length of windows. The settings set the length. Otherwise it is the shortest that is at least
/// as long as windows of traffic, and keeps no more than [`WatchedQuality::MOST_WINDOWS`] windows waiting for labels
/// at a time.
fn lengths(delay: i64, said: Option<i64>, traffic: i64) -> (i64, i64) {
    let delay = delay.clamp(0, WatchedQuality::MOST_DELAY_HOURS);
    let fits = |hours: &i64| delay <= hours * WatchedQuality::MOST_WINDOWS;
    let shortest = LENGTHS.into_iter().filter(|hours| *hours >= traffic).find(fits);
    (delay, said.filter(fits).or(shortest).unwrap_or(DAY_HOURS))
}

/// The hours of an ISO 8601 duration such as `-P8D` or `-PT7H`, rounded up to a full hour, whatever its sign ("Model
/// monitor offsets", SageMaker developer guide).
fn hours_of(offset: &str) -> Option<i64> {
    let text = offset.trim_start_matches(['-', '+']).strip_prefix('P')?;
    let (days, time) = text.split_once('T').unwrap_or((text, ""));
    let mut minutes = 0_i64;
    for (part, units) in [(days, [('D', 1_440), ('W', 10_080)]), (time, [('H', 60), ('M', 1)])] {
        let mut rest = part;
        while let Some(end) = rest.find(|letter: char| !letter.is_ascii_digit()) {
            let (number, behind) = rest.split_at_checked(end)?;
            let letter = behind.chars().next()?;
            let (_, unit) = units.into_iter().find(|(known, _)| *known == letter)?;
            minutes = minutes.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
            rest = behind.get(letter.len_utf8()..)?;
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(minutes.div_euclid(60) + i64::from(minutes % 60 > 0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn offsets_of_schedules_are_hours() {
        let check = |text: &str, expect: Option<i64>| assert_eq!(hours_of(text), expect, "{text}");
        check("-P8D", Some(192));
        check("-PT7H", Some(7));
        check("-P1DT2H30M", Some(27));
        check("PT90M", Some(2));
        check("P1W", Some(168));
        for wrong in ["", "8D", "-PT7D", "-P8", "-P8H", "-P99999999999999999999D", "-PTé"] {
            check(wrong, None);
        }
    }

    #[test]
    fn windows_are_as_short_as_the_delay_allows() {
        assert_eq!(lengths(24, None, 1), (24, 1));
        assert_eq!(lengths(192, None, 1), (192, 8));
        assert_eq!(lengths(0, None, 6), (0, 6));
        assert_eq!(lengths(24, Some(24), 1), (24, 24));
        assert_eq!(lengths(10_000, None, 1), (744, 24));
        assert_eq!(lengths(744, Some(1), 1), (744, 24), "more windows would wait than are allowed");
    }

    #[test]
    fn what_the_settings_do_not_say_the_schedule_says() {
        let definition = Definition {
            schedule: Some("hourly".into()),
            document: json!({
                "ModelQualityAppSpecification": { "ProblemType": "BinaryClassification" },
                "ModelQualityJobInput": {
                    "GroundTruthS3Input": { "S3Uri": "s3://labels/credit/" },
                    "EndpointInput": {
                        "ProbabilityAttribute": "0", "ProbabilityThresholdAttribute": 0.3, "StartTimeOffset": "-P1D",
                    },
                },
                "ModelQualityBaselineConfig": { "ConstraintsResource": { "S3Uri": "s3://b/constraints.json" } },
            }),
        };
        let said = DetectedEndpoint::default();
        let found = watch(&said, &definition, 1).unwrap().unwrap();
        assert_eq!((found.place().as_str(), found.delay_hours, found.window_hours), ("labels/credit", 24, 1));
        assert_eq!((found.measured.threshold, found.attributes.probability.as_deref()), (0.3, Some("0")));
        assert_eq!(
            found.constraints.map(|place| place.to_string()).as_deref(),
            Some("s3://b/constraints.json")
        );
        let mut said = said;
        said.quality.baseline = Some("s3://mine/quality".into());
        said.quality.ground_truth_delay_hours = Some(48);
        let found = watch(&said, &definition, 1).unwrap().unwrap();
        assert_eq!((found.delay_hours, found.window_hours), (48, 2));
        assert_eq!(
            found.constraints.map(|place| place.to_string()).as_deref(),
            Some("s3://mine/quality/constraints.json")
        );
        said.quality.positive = Some("None".into());
        let found = watch(&said, &definition, 1).unwrap().unwrap().with_missing(MissingTexts::default());
        assert!(
            found.missing.contains(b"NA") && !found.missing.contains(b"None"),
            "the positive label is one"
        );
        assert!(watch(&said, &Definition::default(), 1).unwrap().is_none(), "nobody says where labels come");
    }
}

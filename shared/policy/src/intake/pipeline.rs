//! Definitions of SageMaker pipelines (schema version 2020-12-01).

use std::cell::OnceCell;

use sagewarden_events::ResourceKind;
use serde_json::{Value as Json, json};

use super::account::account_of;
use super::candidate::Words;
use super::holes::{HOLE, parse_with_holes, without_holes};
use super::parameters::Parameters;
use super::request::of_kind;
use super::taken::{Intake, Unusable};
use crate::later::{is_later, later, parse};
use crate::reader::is_present;

/// A definition that is the file.
pub(super) fn definition(json: &Json) -> Intake {
    let account = OnceCell::new();
    let account = || *account.get_or_init(|| account_of(json));
    let mut reading = Reading { definition: json, account: &account, intake: Intake::default() };
    let steps =
        reading.definition.get("Steps").and_then(Json::as_array).map_or(&[] as &[Json], Vec::as_slice);
    let parameters = Parameters::of(json);
    reading.steps(steps, 0, "Steps", &parameters);
    reading.intake.undecided.extend(parameters.not_followed());
    reading.intake
}

/// Some steps of a definition that is given without them; `first` is the number of the first one.
pub(super) fn some_steps<'a>(
    definition: &'a Json,
    steps: &[Json],
    first: usize,
    account: &dyn Fn() -> Option<&'a str>,
) -> Intake {
    let mut reading = Reading { definition, account, intake: Intake::default() };
    // INVARIANT: such steps ask for no outputs of others, so that there is nothing to follow.
    reading.steps(steps, first, "Steps", &Parameters::of(definition));
    reading.intake
}

/// A request or an answer about a pipeline: the definition is a text in it. In CloudFormation, the text is one level deeper.
pub(super) fn in_text(json: &Json, words: Words) -> Result<Intake, Unusable> {
    let (part, at) = in_field(json)?;
    let mut intake = Intake::default();
    intake.add(part, &words.path(at));
    Ok(intake)
}

/// The same, with the path of the field that holds or names the definition.
pub(super) fn in_field(json: &Json) -> Result<(Intake, &'static str), Unusable> {
    const FIELD: &str = "PipelineDefinition";
    const BODY: &str = "PipelineDefinition.PipelineDefinitionBody";
    const ELSEWHERE: &str = "PipelineDefinitionS3Location";
    const BELOW: &str = "PipelineDefinition.PipelineDefinitionS3Location";
    // Plans have the field always: empty, if the definition is in the text.
    let is_elsewhere = |part: &Json| part.get(ELSEWHERE).is_some_and(is_present);
    let is_below = json.get(FIELD).is_some_and(is_elsewhere);
    if is_below || is_elsewhere(json) {
        let note = "the definition is another file: check that one".to_owned();
        return Ok((Intake::undecided(note), if is_below { BELOW } else { ELSEWHERE }));
    }
    let field = json.get(FIELD).ok_or(Unusable::UnknownForm)?;
    let (field, at) = field.get("PipelineDefinitionBody").map_or((field, FIELD), |body| (body, BODY));
    let parsed = match field {
        Json::String(text) if text.contains(HOLE) => {
            let unread = "the definition cannot be read before all its values are known";
            parse_with_holes(text).map(without_holes).ok_or(unread)
        }
        Json::String(text) => parse(text).ok_or("the definition is not valid JSON"),
        Json::Object(_) if is_later(field) => Err("the definition is not known yet"),
        Json::Object(_) => Ok(field.clone()),
        _ => Err("the definition is neither a text nor an object"),
    };
    let part = match parsed {
        Ok(parsed) if parsed.get("Steps").is_some_and(Json::is_array) => {
            let mut part = definition(&parsed);
            // The steps run with the role of the pipeline.
            if let Some(account) = account_of(json) {
                let unplaced = part.candidates.iter_mut().filter(|one| one.resource.account.is_empty());
                unplaced.for_each(|one| one.resource.account = account.to_owned());
            }
            part
        }
        Ok(parsed) if parsed.get("Steps").is_some_and(is_later) => {
            Intake::undecided("the steps of the definition are not known yet".to_owned())
        }
        Ok(_) => Intake::undecided("the definition has no list of `Steps`".to_owned()),
        Err(why) => Intake::undecided(why.to_owned()),
    };
    Ok((part, at))
}

/// Why nobody can say what a step does.
fn no_type(step: &Json) -> Option<String> {
    if !step.is_object() {
        return Some("it is not a step".to_owned());
    }
    let Some(name) = step.get("Type").and_then(Json::as_str) else {
        return Some("the step has no `Type`".to_owned());
    };
    let meant = TYPES.iter().map(|(known, _)| *known).find(|known| known.eq_ignore_ascii_case(name))?;
    (meant != name).then(|| format!("there are no steps of type `{name}`: write `{meant}`"))
}

struct Reading<'a, 'f> {
    definition: &'a Json,
    /// Finds the account of all roles in the definition.
    account: &'f dyn Fn() -> Option<&'a str>,
    intake: Intake,
}

impl Reading<'_, '_> {
    /// The steps, including both branches of a condition. A step's `Arguments` are the request without the name, which the
    /// pipeline gives.
    fn steps(&mut self, steps: &[Json], first: usize, at: &str, parameters: &Parameters<'_>) {
        for (index, step) in (first..).zip(steps) {
            let place = format!("{at}[{index}]");
            let text = |key: &str| step.get(key).and_then(Json::as_str).unwrap_or_default();
            let arguments = step.get("Arguments");
            if text("Type") == "Condition" {
                for branch in ["IfSteps", "ElseSteps"] {
                    let within = format!("{place}.Arguments.{branch}");
                    match arguments.and_then(|arguments| arguments.get(branch)) {
                        Some(Json::Array(steps)) => self.steps(steps, 0, &within, parameters),
                        None | Some(Json::Null) => {}
                        Some(_) => self.intake.undecided.push(format!("{within}: it is not a list of steps")),
                    }
                }
                continue;
            }
            if let Some(why) = no_type(step) {
                self.intake.undecided.push(format!("{place}: {why}"));
                continue;
            }
            let Some(kind) = kind_of(text("Type")) else {
                let note = format!("{place}: no controls for steps of type `{}`", text("Type"));
                self.intake.note(note);
                continue;
            };
            match arguments.filter(|arguments| arguments.is_object()) {
                Some(arguments) => self.step(kind, text("Name"), arguments, &place, parameters),
                None if arguments.is_some() => {
                    self.intake
                        .undecided
                        .push(format!("{place}: the `Arguments` of the step are not an object"));
                }
                None => self.intake.undecided.push(format!("{place}: the step has no `Arguments`")),
            }
        }
    }

    fn step(
        &mut self,
        kind: ResourceKind,
        name: &str,
        arguments: &Json,
        place: &str,
        parameters: &Parameters<'_>,
    ) {
        let mut unknown = Vec::new();
        let mut document = parameters.put_into(arguments, &mut unknown);
        unknown.into_iter().for_each(|note| self.intake.note(note));
        self.add_what_sagemaker_adds(kind, &mut document, parameters);
        let mut candidate = of_kind(kind, document, Some(name));
        if candidate.resource.account.is_empty() {
            candidate.resource.account = (self.account)().unwrap_or_default().to_owned();
        }
        candidate.id = Some(name.to_owned());
        self.intake.candidates.push(candidate.standing(place, &format!("{place}.Arguments"), Words::Api));
    }

    /// Adds facts that SageMaker sets itself: a run of the pipeline's experiment for each step's job, and the creator of a package
    /// ("SageMaker Experiments Integration" and "Lineage tracking for SageMaker pipelines", SageMaker developer guide).
    fn add_what_sagemaker_adds(&self, kind: ResourceKind, document: &mut Json, parameters: &Parameters<'_>) {
        // Arguments that are known only when the pipeline runs stay so as a whole.
        if is_later(document) {
            return;
        }
        let Some(fields) = document.as_object_mut() else { return };
        let in_experiment = matches!(
            kind,
            ResourceKind::TrainingJob | ResourceKind::ProcessingJob | ResourceKind::TransformJob
        );
        let experiment = self.definition.get("PipelineExperimentConfig").filter(|config| config.is_object());
        if let Some(experiment) = experiment.filter(|_| in_experiment) {
            let experiment = parameters.put_into(experiment, &mut Vec::new());
            fields.entry("ExperimentConfig").or_insert(experiment);
        }
        if kind == ResourceKind::ModelPackage {
            let properties = fields.entry("MetadataProperties").or_insert_with(|| json!({}));
            if let Some(properties) = properties.as_object_mut() {
                properties.entry("GeneratedBy").or_insert_with(|| later(None));
            }
        }
    }
}

/// The types of steps that create a resource with controls.
const TYPES: [(&str, ResourceKind); 11] = [
    ("Training", ResourceKind::TrainingJob),
    ("Processing", ResourceKind::ProcessingJob),
    ("QualityCheck", ResourceKind::ProcessingJob),
    ("ClarifyCheck", ResourceKind::ProcessingJob),
    ("Transform", ResourceKind::TransformJob),
    ("Tuning", ResourceKind::TuningJob),
    ("AutoML", ResourceKind::AutoMlJob),
    ("Model", ResourceKind::Model),
    ("RegisterModel", ResourceKind::ModelPackage),
    ("EndpointConfig", ResourceKind::EndpointConfig),
    ("Endpoint", ResourceKind::Endpoint),
];

/// The resource that a step of a type creates.
fn kind_of(step: &str) -> Option<ResourceKind> {
    TYPES.into_iter().find(|(name, _)| *name == step).map(|(_, kind)| kind)
}

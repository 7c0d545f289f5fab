//! Documents that are too large to be held as a whole. Steps of a pipeline's definition are read a few at a time.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::account::Accounts;
use super::large_plan::LargePlan;
use super::pipeline::some_steps;
use super::taken::Intake;

/// Characters of a definition from which on it is read so. A definition that SageMaker takes has at most 1 MB.
const LARGE: usize = 1 << 20;

/// Parts of a definition that connect steps, or that need the whole document: outputs of other steps, serverless variants of a model,
/// escapes that could hide either, and values that no file may have.
const TIES: [&str; 4] = ["\"Steps.", "\"EndpointConfig\"", "\\u", "sagewarden:"];

/// A document whose parts are read some at a time.
#[derive(Debug)]
pub struct LargeDocument<'a>(LargeForm<'a>);

#[derive(Debug)]
enum LargeForm<'a> {
    Definition(LargeDefinition<'a>),
    Plan(LargePlan<'a>),
}

impl<'a> LargeDocument<'a> {
    /// Reads a text as a large definition; `None` for any other text, which must be read as a whole.
    #[must_use]
    pub fn of(text: &'a str) -> Option<Self> {
        if text.len() < LARGE {
            return None;
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let definition = || LargeDefinition::of(text).map(LargeForm::Definition);
        definition().or_else(|| LargePlan::of(text).map(LargeForm::Plan)).map(Self)
    }

    /// The number of its parts.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            LargeForm::Definition(definition) => definition.steps.len(),
            LargeForm::Plan(plan) => plan.len(),
        }
    }

    /// Whether it has no parts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The resources in some of its parts, by their numbers from 0.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Intake {
        match &self.0 {
            LargeForm::Definition(definition) => definition.part(range),
            LargeForm::Plan(plan) => plan.part(range),
        }
    }

    /// A note about the whole document.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        match &self.0 {
            LargeForm::Definition(_) => None,
            LargeForm::Plan(plan) => plan.note(),
        }
    }
}

/// A large definition, none of whose steps needs another one.
#[derive(Debug)]
struct LargeDefinition<'a> {
    /// The definition without its steps.
    frame: Json,
    steps: Vec<&'a RawValue>,
    /// The account of all roles, found when the first step has no role.
    account: OnceLock<Option<String>>,
}

impl<'a> LargeDefinition<'a> {
    fn of(text: &'a str) -> Option<Self> {
        if TIES.iter().any(|tie| text.contains(tie)) {
            return None;
        }
        let mut fields: BTreeMap<String, &'a RawValue> = serde_json::from_str(text).ok()?;
        let steps: Vec<&'a RawValue> = serde_json::from_str(fields.remove("Steps")?.get()).ok()?;
        let frame =
            fields.into_iter().map(|(name, value)| Some((name, serde_json::from_str(value.get()).ok()?)));
        let frame = Json::Object(frame.collect::<Option<_>>()?);
        // Each step is a JSON object already. Its other faults are found when it is read.
        Some(Self { frame, steps, account: OnceLock::new() })
    }

    fn account(&self) -> Option<&str> {
        let find = || {
            let mut accounts = Accounts::default();
            accounts.add(&self.frame);
            let steps = self.steps.iter().filter_map(|step| serde_json::from_str(step.get()).ok());
            steps.for_each(|step| accounts.add(&step));
            accounts.only().map(str::to_owned)
        };
        self.account.get_or_init(find).as_deref()
    }

    /// The resources in some of its steps, by their numbers from 0.
    fn part(&self, range: Range<usize>) -> Intake {
        let first = range.start;
        let texts = self.steps.get(range).unwrap_or_default();
        let mut unreadable = Vec::new();
        let mut read = |(number, step): (usize, &&RawValue)| {
            serde_json::from_str(step.get()).unwrap_or_else(|error| {
                unreadable.push(format!("Steps[{number}]: the step cannot be read: {error}"));
                // A step that holds no other steps.
                json!({ "Type": "Condition" })
            })
        };
        let steps: Vec<Json> = (first..).zip(texts).map(&mut read).collect();
        let mut intake = some_steps(&self.frame, &steps, first, &|| self.account());
        intake.undecided.append(&mut unreadable);
        intake
    }
}

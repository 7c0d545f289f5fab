//! Definitions of pipelines too large to be held as a whole: their steps are read some at a time.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::account::Accounts;
use super::pipeline::some_steps;
use super::taken::Intake;

/// Characters of a definition from which on it is read so. A definition that SageMaker takes has at most 1 MB.
const LARGE: usize = 1 << 20;

/// What a definition may hold that ties steps together, or that only the whole is read with: outputs of other steps, serverless
/// variants of a model, escapes that could hide either, and values that no file may bring along.
const TIES: [&str; 4] = ["\"Steps.", "\"EndpointConfig\"", "\\u", "sagewarden:"];

/// A large definition, none of whose steps needs another one.
#[derive(Debug)]
pub struct LargeDefinition<'a> {
    /// The definition without its steps.
    frame: Json,
    steps: Vec<&'a RawValue>,
    account: Option<String>,
}

impl<'a> LargeDefinition<'a> {
    /// Of a text; `None` for any other, which is to be read as a whole.
    #[must_use]
    pub fn of(text: &'a str) -> Option<Self> {
        if text.len() < LARGE || TIES.iter().any(|tie| text.contains(tie)) {
            return None;
        }
        let mut fields: BTreeMap<String, &'a RawValue> =
            serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)).ok()?;
        let steps: Vec<&'a RawValue> = serde_json::from_str(fields.remove("Steps")?.get()).ok()?;
        let frame =
            fields.into_iter().map(|(name, value)| Some((name, serde_json::from_str(value.get()).ok()?)));
        let frame = Json::Object(frame.collect::<Option<_>>()?);
        let mut accounts = Accounts::default();
        accounts.add(&frame);
        for step in &steps {
            accounts.add(&serde_json::from_str(step.get()).ok()?);
        }
        let account = accounts.only().map(str::to_owned);
        Some(Self { frame, steps, account })
    }

    /// The number of its steps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it has no steps.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What some of its steps hold, by their numbers from 0.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Intake {
        let first = range.start;
        let texts = self.steps.get(range).unwrap_or_default();
        // All of them were parsed before.
        let steps: Vec<Json> =
            texts.iter().filter_map(|step| serde_json::from_str(step.get()).ok()).collect();
        some_steps(&self.frame, &steps, first, self.account.as_deref())
    }
}

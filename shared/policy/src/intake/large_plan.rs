//! Plans of Terraform that are too large to be held as a whole: resources of other services are passed over as text.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::links::Variants;
use super::plan;
use super::plan_references::Expressions;
use super::taken::{Intake, resources_without_controls};
use crate::later::is_forged;

/// The first fields that are read from a plan.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    resource_changes: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    configuration: Option<&'a RawValue>,
}

/// The first fields that are read from each change.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "type", default)]
    of: Cow<'a, str>,
    #[serde(borrow, default)]
    address: Cow<'a, str>,
}

/// A large plan.
#[derive(Debug)]
pub(super) struct LargePlan<'a> {
    /// The changes of SageMaker's resources, with their numbers.
    changes: Vec<(usize, &'a RawValue)>,
    others: usize,
    /// The variants that mark models as serverless.
    variants: Variants,
    /// Which resource a value comes from.
    expressions: Expressions,
    /// The addresses of SageMaker's resources.
    known: BTreeSet<String>,
}

impl<'a> LargePlan<'a> {
    /// Reads a text as a large plan; `None` for any other text.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        if !text.contains("\"resource_changes\"") {
            return None;
        }
        let Frame { resource_changes, configuration } = serde_json::from_str(text).ok()?;
        let number = resource_changes.len();
        let mut plan = Self {
            changes: Vec::new(),
            others: 0,
            variants: Variants::default(),
            expressions: Expressions::default(),
            known: BTreeSet::new(),
        };
        let mut configs = Vec::new();
        for (index, change) in resource_changes.into_iter().enumerate() {
            let Ok(Head { of, address }) = serde_json::from_str(change.get()) else { continue };
            if plan::is_judged(&of) {
                plan.changes.push((index, change));
                plan.known.insert(address.into_owned());
            }
            if plan::is_config(&of) {
                configs.extend(read(index, change).candidates);
            }
        }
        plan.others = number - plan.changes.len();
        // Only configurations of endpoints, and endpoints, name other resources.
        let configuration = configuration.filter(|_| !configs.is_empty());
        if let Some(configuration) = configuration.and_then(|text| serde_json::from_str(text.get()).ok()) {
            plan.expressions = Expressions::of(&configuration);
        }
        plan.expressions.put_into(&mut configs, &plan.known);
        plan.variants = Variants::of(&configs);
        Some(plan)
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// The resources in some of its changes, by their numbers from 0.
    pub(super) fn part(&self, range: Range<usize>) -> Intake {
        let mut intake = Intake::default();
        for (number, change) in self.changes.get(range).unwrap_or_default() {
            intake.append(read(*number, change));
        }
        self.expressions.put_into(&mut intake.candidates, &self.known);
        self.variants.mark(&mut intake.candidates);
        intake
    }

    /// A note about the whole plan.
    pub(super) fn note(&self) -> Option<String> {
        (self.others > 0).then(|| resources_without_controls(self.others))
    }
}

/// The resources in a change.
fn read(number: usize, change: &RawValue) -> Intake {
    let mut intake = Intake::default();
    let unreadable = match serde_json::from_str::<Json>(change.get()) {
        Ok(change) if is_forged(&change) => "it has a value that no plan has".to_owned(),
        Ok(change) => {
            plan::change(&change, number, &mut intake);
            return intake;
        }
        Err(error) => error.to_string(),
    };
    Intake::undecided(format!("resource_changes[{number}] cannot be read: {unreadable}"))
}

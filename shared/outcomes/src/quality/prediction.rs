//! The prediction for one record, from a captured body.

use thiserror::Error;

use crate::labels::number;

/// A model's answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction {
    /// The label, or the number of a regression.
    pub label: Option<String>,
    /// How probable the positive label is.
    pub probability: Option<f64>,
    /// The values of the request that decide to which groups it belongs, if somebody asks for them; an absent value is empty.
    pub facets: Vec<Box<str>>,
}

/// Where in a record the prediction stands: `InferenceAttribute`, `ProbabilityAttribute` and `ProbabilityThresholdAttribute` of a
/// model quality job. An attribute is a column's name or index, or a path into JSON; the reader of the body knows which.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PredictionAttributes {
    /// Holds the label.
    pub inference: Option<String>,
    /// Holds the probability.
    pub probability: Option<String>,
}

/// A record whose prediction cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnreadablePrediction {
    /// The attribute is wrong, or the record is another's.
    #[error("the record has no `{0}`: name the column or path that holds the prediction")]
    Absent(String),
    /// A label of no text would be one of its own.
    #[error("`{0}` is empty")]
    Empty(String),
    /// Text where a number should be.
    #[error("`{1}` in `{0}` is not a probability")]
    NoProbability(String, String),
    /// Nothing to read.
    #[error("neither an inference attribute nor a probability attribute is set: name one")]
    NoAttribute,
}

impl PredictionAttributes {
    /// Reads a record through `lookup`, which answers with the text at an attribute.
    ///
    /// # Errors
    /// When an attribute that is set is not there, or holds no number where one belongs.
    pub fn read<T: AsRef<str>>(
        &self,
        lookup: impl Fn(&str) -> Option<T>,
    ) -> Result<Prediction, UnreadablePrediction> {
        if self.inference.is_none() && self.probability.is_none() {
            return Err(UnreadablePrediction::NoAttribute);
        }
        let text = |attribute: &Option<String>| -> Result<Option<String>, UnreadablePrediction> {
            let Some(attribute) = attribute else { return Ok(None) };
            let found = lookup(attribute).ok_or_else(|| UnreadablePrediction::Absent(attribute.clone()))?;
            match found.as_ref().trim() {
                "" => Err(UnreadablePrediction::Empty(attribute.clone())),
                found => Ok(Some(found.to_owned())),
            }
        };
        let label = text(&self.inference)?;
        let probability = match (text(&self.probability)?, &self.probability) {
            (Some(found), Some(attribute)) => {
                let read = number(&found);
                Some(read.ok_or_else(|| UnreadablePrediction::NoProbability(attribute.clone(), found))?)
            }
            _ => None,
        };
        Ok(Prediction { label, probability, facets: Vec::new() })
    }
}

/// The id that ground truth is matched by: the caller's, if the record has one, else the one that the endpoint gave it.
#[must_use]
pub fn prediction_id<'a>(inference_id: Option<&'a str>, event_id: &'a str) -> &'a str {
    inference_id.filter(|id| !id.is_empty()).unwrap_or(event_id)
}

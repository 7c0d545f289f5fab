//! The forms in which XGBoost and LightGBM write models, recognized by their first bytes.

mod binary;
mod document;
mod lightgbm;
mod lists;
mod pickle;
mod section;
mod serialized;
mod text;
mod ubjson;

use crate::error::NoModel;
use crate::model::Model;
use crate::raw::RawModel;

/// The file formats of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Ubjson,
    /// The older binary format: from versions before 1.0 to 2.x, with `binf` or without.
    Binary,
    /// The bytes in Python's pickles of boosters since 1.0.
    Serialized,
    Pickle,
    LightGbm,
}

impl Form {
    /// The first bytes that are needed to recognize a form.
    pub(crate) const BYTES: usize = 160;

    /// The form, by the first bytes; `None` if it is not a model.
    pub(crate) fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [b'{', rest @ ..] => Self::of_object(rest),
            // Its first bytes are a number, which may equal the beginning of a pickle.
            _ if binary::begins(beginning) => Some(Self::Binary),
            [0x80, 0..=5, ..] => Some(Self::Pickle),
            _ if lightgbm::begins(beginning) => Some(Self::LightGbm),
            _ if beginning.starts_with(serialized::HEADER) => Some(Self::Serialized),
            // The oldest protocol of pickles is text: a class, or a list of what to make an object with.
            _ if beginning.starts_with(b"ccopy_reg\n") || beginning.starts_with(b"(i") => Some(Self::Pickle),
            _ => None,
        }
    }

    /// In UBJSON a key has its length before it, and no quotes.
    fn of_object(rest: &[u8]) -> Option<Self> {
        match rest.trim_ascii_start() {
            [b'"', ..] => Some(Self::Json),
            _ if matches!(rest, [b'i' | b'U' | b'I' | b'l' | b'L' | b'$' | b'#', ..]) => Some(Self::Ubjson),
            _ => None,
        }
    }
}

/// Reads a model in any form.
pub(crate) fn model(bytes: &[u8]) -> Result<Model, NoModel> {
    if bytes.is_empty() {
        return Err(NoModel::Empty);
    }
    match Form::of(bytes) {
        Some(Form::Pickle) => pickled(bytes),
        Some(form) => written(form, bytes, Vec::new()),
        None => Err(NoModel::Unknown),
    }
}

/// A pickle contains the bytes of another form, which is not a pickle again.
fn pickled(bytes: &[u8]) -> Result<Model, NoModel> {
    let booster = pickle::booster(bytes)?;
    let form = Form::of(&booster.handle).ok_or(NoModel::Unknown)?;
    written(form, &booster.handle, booster.feature_names)
}

/// `names` are the features', where the form has no place for them.
fn written(form: Form, bytes: &[u8], names: Vec<String>) -> Result<Model, NoModel> {
    let raw: RawModel = match form {
        Form::Json => text::read(bytes),
        Form::Ubjson => ubjson::read(bytes),
        Form::Binary => binary::read(bytes),
        Form::Serialized => binary::read(serialized::model(bytes)?),
        Form::LightGbm => {
            let read = lightgbm::read(bytes).and_then(Model::new);
            return read.map_err(|why| NoModel::LightGbm(Box::new(why)));
        }
        Form::Pickle => Err(NoModel::Unknown),
    }?;
    let names = if raw.names.is_empty() { names } else { raw.names };
    Model::new(RawModel { names, ..raw })
}

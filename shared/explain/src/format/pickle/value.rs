//! The values that a pickle makes, as far as they matter here.

use std::borrow::Cow;

/// The place of a value among all that were made. Values refer to each other by it, so that none is ever copied.
pub(super) type Place = usize;

#[derive(Debug)]
pub(super) enum Value<'a> {
    Bytes(Cow<'a, [u8]>),
    Text(Cow<'a, str>),
    List(Vec<Place>),
    Tuple(Vec<Place>),
    /// Its items stand with the machine.
    Dict,
    /// A class or a function, by its last name.
    Name(&'a [u8]),
    /// The result of a call.
    Made {
        arguments: Place,
        name: Option<&'a [u8]>,
    },
    /// Numbers, booleans, `None`, sets: values that are not needed.
    Other,
}

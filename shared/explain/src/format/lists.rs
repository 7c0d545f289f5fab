//! Lists of a document, none of them longer than it may be.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// A list of at most this many entries.
#[derive(Debug)]
pub(super) struct Bounded<T, const MOST: usize>(pub(super) Vec<T>);

impl<T, const MOST: usize> Default for Bounded<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Bounded<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List<T, const MOST: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for List<T, MOST> {
            type Value = Vec<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Vec<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = entries.next_element()? {
                    if list.len() >= MOST {
                        return Err(A::Error::custom(format_args!("the list has more than {MOST} entries")));
                    }
                    list.push(entry);
                }
                Ok(list)
            }
        }

        from.deserialize_seq(List::<T, MOST>(PhantomData)).map(Self)
    }
}

/// True or false, which later versions write as a number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TrueOrOne;

        impl Visitor<'_> for TrueOrOne {
            type Value = Flag;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("true, false, 0 or 1")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Flag, E> {
                Ok(Flag(value != 0))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Flag, E> {
                Ok(Flag(value != 0))
            }
        }

        from.deserialize_any(TrueOrOne)
    }
}

/// A number, or NaN if it is missing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Number(pub(super) f32);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct NumberOrNull;

        impl Visitor<'_> for NumberOrNull {
            type Value = Number;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a number")
            }

            fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
                Ok(Number(value as f32))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
                Ok(Number(value as f32))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
                Ok(Number(value as f32))
            }

            fn visit_unit<E>(self) -> Result<Number, E> {
                Ok(Number(f32::NAN))
            }
        }

        from.deserialize_any(NumberOrNull)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_be_whole_and_may_be_missing() {
        let Bounded(read): Bounded<Number, 4> = serde_json::from_str("[7, -2, 0.5, null]").unwrap();
        let read: Vec<f32> = read.into_iter().map(|Number(number)| number).collect();
        assert_eq!(read[..3], [7.0, -2.0, 0.5]);
        assert!(read[3].is_nan());
        assert!(serde_json::from_str::<Bounded<Number, 1>>("[1, 2]").is_err());
    }

    #[test]
    fn a_flag_may_be_a_number() {
        let Bounded(read): Bounded<Flag, 6> = serde_json::from_str("[true, false, 1, 0, -1]").unwrap();
        let read: Vec<bool> = read.into_iter().map(|Flag(flag)| flag).collect();
        assert_eq!(read, [true, false, true, false, true]);
    }
}

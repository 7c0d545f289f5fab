//! The kinds of values in a column of Parquet.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescriptor;

/// How a value is written as the text that a table in CSV would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Numbers, booleans and texts, which need no conversion.
    Plain,
    /// A whole number that is never negative.
    Unsigned,
    /// A number with this many decimal places.
    Decimal(u32),
    /// Days since 1970.
    Date,
    /// A time; this many of its units are a millisecond.
    Time(i64),
    /// A number of 16 bits.
    Half,
}

impl Kind {
    /// The kind of a column. If the kind cannot be read, the error is its name, for the person who has to change it.
    pub(super) fn of(column: &ColumnDescriptor) -> Result<Self, String> {
        let scale = || u32::try_from(column.type_scale()).unwrap_or_default();
        let Some(logical) = column.logical_type_ref() else {
            return Self::of_old(column, scale());
        };
        match logical {
            LogicalType::String | LogicalType::Enum | LogicalType::Json => Ok(Self::Plain),
            LogicalType::Integer(whole) if whole.is_signed => Ok(Self::Plain),
            LogicalType::Integer(_) => Ok(Self::Unsigned),
            LogicalType::Decimal(_) => Ok(Self::Decimal(scale())),
            LogicalType::Date => Ok(Self::Date),
            LogicalType::Timestamp(time) => Ok(Self::Time(match time.unit {
                TimeUnit::MILLIS => 1,
                TimeUnit::MICROS => 1_000,
                TimeUnit::NANOS => 1_000_000,
            })),
            // How much of a day has passed: a number.
            LogicalType::Time(_) | LogicalType::Unknown => Ok(Self::Plain),
            LogicalType::Float16 => Ok(Self::Half),
            other => Err(format!("{other:?}").to_lowercase()),
        }
    }

    /// The types that writers used before Parquet had logical types.
    fn of_old(column: &ColumnDescriptor, scale: u32) -> Result<Self, String> {
        match column.converted_type() {
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Ok(Self::Unsigned),
            ConvertedType::DECIMAL => Ok(Self::Decimal(scale)),
            ConvertedType::DATE => Ok(Self::Date),
            ConvertedType::TIMESTAMP_MILLIS => Ok(Self::Time(1)),
            ConvertedType::TIMESTAMP_MICROS => Ok(Self::Time(1_000)),
            ConvertedType::INTERVAL | ConvertedType::BSON => {
                Err(column.converted_type().to_string().to_lowercase())
            }
            _ if column.physical_type() == Type::FIXED_LEN_BYTE_ARRAY => Err("binary".to_owned()),
            // Old writers do not mark texts.
            _ => Ok(Self::Plain),
        }
    }
}

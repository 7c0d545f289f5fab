//! The serialized form of a booster from 1.0 to 1.5: a header, the length of the model, the model in the binary format, and a configuration
//! for training, which is not needed here.

use crate::error::NoModel;

pub(super) const HEADER: &[u8] = b"CONFIG-offset:";

/// The model in it.
pub(super) fn model(bytes: &[u8]) -> Result<&[u8], NoModel> {
    let cut = NoModel::Binary { at: HEADER.len(), problem: "the serialized booster ends within its model" };
    let rest = bytes.strip_prefix(HEADER).and_then(<[u8]>::split_first_chunk::<8>);
    let (length, rest) = rest.ok_or(cut.clone())?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok();
    length.and_then(|length| rest.get(..length)).ok_or(cut)
}

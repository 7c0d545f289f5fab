//! Facts of inference experiments, which send copies of an endpoint's requests to a model in its shadow.

use super::context::{Context, Facts, flags};

pub(super) fn inference_experiment(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let volume_key = reader.has_text("KmsKey");
    let stored_key = reader.has_text("DataStorageConfig.KmsKey");
    flags([
        ("stores", reader.has_part("DataStorageConfig")),
        ("storedKeyAllowed", context.listed("storedKeyAllowed") && stored_key),
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && volume_key),
        ("dataAllowed", context.listed("dataAllowed")),
        ("roleAllowed", context.listed("roleAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

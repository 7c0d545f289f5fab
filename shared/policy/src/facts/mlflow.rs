//! Facts of MLflow tracking servers and MLflow apps.

use super::context::{Context, Facts, flags};

pub(super) fn tracking_server(context: &Context<'_>) -> Facts {
    flags([
        ("dataAllowed", context.listed("dataAllowed")),
        ("registersModels", context.reader().is_true("AutomaticModelRegistration")),
        ("roleAllowed", context.listed("roleAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

pub(super) fn mlflow_app(context: &Context<'_>) -> Facts {
    const MODES: [&str; 2] = ["AutoModelRegistrationEnabled", "AutoModelRegistrationDisabled"];
    let reader = context.reader();
    let key = reader.has_text("KmsKeyId");
    let mode = reader.word("ModelRegistrationMode", &MODES);
    flags([
        ("keyAllowed", context.listed("keyAllowed") && key),
        ("dataAllowed", context.listed("dataAllowed")),
        ("registersModels", mode == Some("AutoModelRegistrationEnabled")),
        ("roleAllowed", context.listed("roleAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

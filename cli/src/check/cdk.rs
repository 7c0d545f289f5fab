//! What the CDK writes beside its templates: the manifest of its cloud assembly (`cdk.out/manifest.json`).

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

use crate::input;

/// Bytes of a manifest that are read: one of a hundred stacks has 1 MB.
const LARGEST: u64 = 16 << 20;

/// How the CDK calls its templates.
const TEMPLATE: &str = ".template.json";

#[derive(Deserialize)]
struct Manifest {
    artifacts: BTreeMap<String, Artifact>,
}

#[derive(Deserialize)]
struct Artifact {
    #[serde(default)]
    environment: String,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    template_file: String,
}

/// The account that a template of the CDK is deployed to; none if the manifest beside it does not name one.
pub(crate) fn account_of(template: &Path) -> Option<String> {
    let name = template.file_name()?.to_str().filter(|name| name.ends_with(TEMPLATE))?;
    let mut manifest = Vec::new();
    let file = input::open(&template.with_file_name("manifest.json")).ok()?;
    file.take(LARGEST).read_to_end(&mut manifest).ok()?;
    let manifest: Manifest = serde_json::from_slice(&manifest).ok()?;
    let artifact = manifest.artifacts.into_values().find(|one| one.properties.template_file == name)?;
    let account = artifact.environment.strip_prefix("aws://")?.split('/').next()?.to_owned();
    // An environment that is not named is `unknown-account`.
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

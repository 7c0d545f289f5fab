//! How Terraform's providers and the controller of Kubernetes call the fields of the API.

/// Names that differ between the provider and the API, at any depth; a list of blocks has the name of one.
const PLAN_NAMES: &[(&str, &str)] = &[
    ("additional_model_data_source", "AdditionalModelDataSources"),
    ("auto_mount_home_efs", "AutoMountHomeEFS"),
    ("code_repository", "CodeRepositories"),
    ("container", "Containers"),
    ("custom_file_system", "CustomFileSystems"),
    ("custom_file_system_config", "CustomFileSystemConfigs"),
    ("custom_image", "CustomImages"),
    ("efs_file_system", "EFSFileSystem"),
    ("efs_file_system_config", "EFSFileSystemConfig"),
    ("enable_ssm_access", "EnableSSMAccess"),
    ("feature_definition", "FeatureDefinitions"),
    ("hyper_parameters", "HyperParameters"),
    ("input_data_config", "InputDataConfig"),
    ("memory_size_in_mb", "MemorySizeInMB"),
    ("sagemaker_image_arn", "SageMakerImageArn"),
    ("sagemaker_image_version_alias", "SageMakerImageVersionAlias"),
    ("sagemaker_image_version_arn", "SageMakerImageVersionArn"),
    ("volume_size_in_gb", "VolumeSizeInGB"),
];

/// Words that the controller writes in capitals and the API does not.
const CAPITALS: [(&str, &str); 8] = [
    ("IDs", "Ids"),
    ("ARNs", "Arns"),
    ("ARN", "Arn"),
    ("ID", "Id"),
    ("URL", "Url"),
    ("URI", "Uri"),
    ("KMS", "Kms"),
    ("VPC", "Vpc"),
];

/// A field as the API calls it, from Terraform's name.
pub(super) fn pascal(name: &str) -> String {
    if let Some((_, api)) = PLAN_NAMES.iter().find(|(own, _)| *own == name) {
        return (*api).to_owned();
    }
    capitalized(name)
}

/// Words of small letters as one word, each with a capital.
pub(super) fn capitalized(words: &str) -> String {
    let mut name = String::with_capacity(words.len());
    for word in words.split('_') {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(letters.as_str());
    }
    name
}

/// The path of a field as the provider calls it.
pub(super) fn plan_path(path: &str) -> String {
    path.split('.').map(plan_name).collect::<Vec<_>>().join(".")
}

pub(crate) fn plan_name(name: &str) -> String {
    let (bare, each) = name.strip_suffix("[]").map_or((name, ""), |bare| (bare, "[]"));
    let own = PLAN_NAMES.iter().find(|(_, api)| *api == bare).map(|(own, _)| (*own).to_owned());
    let snake = || {
        let mut snake = String::new();
        for letter in bare.chars() {
            if letter.is_uppercase() && !snake.is_empty() {
                snake.push('_');
            }
            snake.extend(letter.to_lowercase());
        }
        snake
    };
    own.unwrap_or_else(snake) + each
}

/// A field as the API calls it, from a manifest's name.
pub(super) fn api_name(name: &str) -> String {
    let name = CAPITALS.iter().fold(name.to_owned(), |name, (capitals, word)| match name.find(capitals) {
        Some(_) if !name.contains("AutoML") => name.replace(capitals, word),
        _ => name,
    });
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// How a manifest calls a field of the API.
pub(super) fn manifest_name(name: &str) -> String {
    let mut words = vec![];
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(letter);
    }
    words.push(word);
    let word = |(index, word): (usize, &String)| {
        let bare = word.trim_end_matches("[]");
        let capitals = CAPITALS.iter().find(|(_, plain)| *plain == bare).filter(|_| index > 0);
        let written =
            capitals.map_or_else(|| word.clone(), |(capitals, plain)| word.replace(plain, capitals));
        if index == 0 { written.to_lowercase() } else { written }
    };
    words.iter().enumerate().map(word).collect()
}

/// Properties of CloudFormation that the attributes of the provider for Cloud Control do not show the capitals of.
const PROPERTIES: [(&str, &str); 11] = [
    ("auto_ml_job_arn", "AutoMLJobArn"),
    ("auto_mount_home_efs", "AutoMountHomeEFS"),
    ("efs_file_system", "EFSFileSystem"),
    ("efs_file_system_config", "EFSFileSystemConfig"),
    ("enable_ssm_access", "EnableSSMAccess"),
    ("fsx_lustre_file_system", "FSxLustreFileSystem"),
    ("fsx_lustre_file_system_config", "FSxLustreFileSystemConfig"),
    ("max_payload_in_mb", "MaxPayloadInMB"),
    ("memory_size_in_mb", "MemorySizeInMB"),
    ("supported_response_mime_types", "SupportedResponseMIMETypes"),
    ("volume_size_in_gb", "VolumeSizeInGB"),
];

/// A property by the name of its attribute.
#[must_use]
pub fn property_of(attribute: &str) -> String {
    let listed = PROPERTIES.iter().find(|(own, _)| *own == attribute);
    listed.map_or_else(|| capitalized(attribute), |(_, property)| (*property).to_owned())
}

/// The attribute of a property: a word begins at a capital or a digit after a small letter, after a digit, and at the last capital of
/// several before a small letter.
#[must_use]
pub fn attribute_of(property: &str) -> String {
    let (bare, each) = property.strip_suffix("[]").map_or((property, ""), |bare| (bare, "[]"));
    if let Some((attribute, _)) = PROPERTIES.iter().find(|(_, listed)| *listed == bare) {
        return format!("{attribute}{each}");
    }
    let mut name = String::with_capacity(bare.len() + 8);
    let mut before = None;
    let mut letters = bare.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins = before.is_some_and(|before: char| {
            before.is_ascii_lowercase() && (letter.is_ascii_uppercase() || letter.is_ascii_digit())
                || before.is_ascii_digit() && letter.is_ascii_alphabetic()
                || before.is_ascii_uppercase()
                    && letter.is_ascii_uppercase()
                    && letters.peek().is_some_and(char::is_ascii_lowercase)
        });
        if begins {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
        before = Some(letter);
    }
    name + each
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_has_one_attribute() {
        for (property, attribute) in [
            ("KmsKeyId", "kms_key_id"),
            ("S3Uri", "s3_uri"),
            ("DataCapturedDestinationS3Uri", "data_captured_destination_s3_uri"),
            ("EnableSSMAccess", "enable_ssm_access"),
            ("VolumeSizeInGB", "volume_size_in_gb"),
            ("ETag", "e_tag"),
        ] {
            assert_eq!(
                (attribute_of(property).as_str(), property_of(attribute).as_str()),
                (attribute, property)
            );
        }
        assert_eq!(attribute_of("Containers[]"), "containers[]");
    }
}

//! How Terraform's provider and the controller of Kubernetes call the fields of the API.

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

//! The values that `settings.toml` accepts, and those that it refuses, field by field.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use sagewarden_settings::Settings;

/// A file with one field, in TOML's own syntax for a value: `section.field = value`.
fn read(field: &str, value: &str) -> Result<Settings, String> {
    Settings::from_text(&format!("{field} = {value}\n")).map_err(|error| error.to_string())
}

/// Each field with a value that it accepts, as the settings have it afterwards, and with values that it refuses.
struct Row {
    field: &'static str,
    accepted: &'static [&'static str],
    refused: &'static [&'static str],
    /// The end of the error, after the value.
    wanted: &'static str,
}

const LISTS: [Row; 18] = [
    Row {
        field: "network.allowed_subnets",
        accepted: &["subnet-0a1b2c3d", "subnet-Z9"],
        refused: &["subnet-", "sg-0a1b", "subnet-0a*", "", "0a1b"],
        wanted: "is not a subnet id",
    },
    Row {
        field: "network.allowed_security_groups",
        accepted: &["sg-0a1b2c3d", "sg-7"],
        refused: &["sg-", "subnet-0a1b", "sg-0a-1", ""],
        wanted: "is not a security group id",
    },
    Row {
        field: "network.serverless_models",
        accepted: &["on-demand-*", "m?"],
        refused: &["", "a_b", "a/b", "a b"],
        wanted: "is not the name of a model",
    },
    Row {
        field: "encryption.allowed_key_accounts",
        accepted: &["111122223333"],
        refused: &["11112222333", "1111222233334", "11112222333a", ""],
        wanted: "is not an account of 12 digits",
    },
    Row {
        field: "encryption.allowed_keys",
        accepted: &["arn:aws:kms:eu-west-1:111122223333:alias/ds-*", "arn:aws:kms:*:*:key/1"],
        refused: &["alias/ds", "arn:aws:kms:eu-west-1:111122223333:ds", "key/:key/1", ""],
        wanted: "is not the ARN of a key or alias",
    },
    Row {
        field: "access.allowed_roles",
        accepted: &["arn:aws:iam::111122223333:role/ds-*"],
        refused: &["ds-role", "arn:aws:iam::111122223333:user/ana", "x:role/y", ""],
        wanted: "is not the ARN of a role",
    },
    Row {
        field: "access.allowed_approvers",
        accepted: &["arn:aws:sts::111122223333:assumed-role/approver/*"],
        refused: &["approver", ""],
        wanted: "is not the ARN of a principal",
    },
    Row {
        field: "access.allowed_regions",
        accepted: &["eu-central-1", "us-gov-west-1"],
        refused: &["eu-*", "Frankfurt", "eu-1", "eu--1", ""],
        wanted: "is not a region",
    },
    Row {
        field: "artifacts.allowed_base_models",
        accepted: &[
            "arn:aws:sagemaker:*:111122223333:hub-content/approved/*",
            "arn:aws:sagemaker:*:111122223333:hub-content/approved/Model/credit",
        ],
        refused: &[
            "approved/*",
            "arn:aws:sagemaker:*:111122223333:hub/approved",
            "arn:aws:sagemaker:*:111122223333:hub-content/approved",
            "arn:aws:sagemaker:*:111122223333:hub-content/approved/Model",
            "x:hub-content/y",
            "",
        ],
        wanted: "is not the ARN of content of a hub",
    },
    Row {
        field: "artifacts.allowed_repositories",
        accepted: &["git-codecommit.*.amazonaws.com/v1/repos/ds-*", "git.example.com/team/*"],
        refused: &["https://git.example.com/team/*", "ana@git.example.com/team", "team/credit", "host", ""],
        wanted: "is not a repository, with its host in lower case",
    },
    Row {
        field: "artifacts.allowed_file_systems",
        accepted: &["fs-0123456789abcdef0", "fs-0a1b*", "fc-?", "fsi-0123456789abcdef0", "fci-*"],
        refused: &["fs-", "0123456789abcdef0", "fs-XYZ", "fs-0a.fsx.eu-west-1.amazonaws.com", ""],
        wanted: "is not the id of a file system",
    },
    Row {
        field: "artifacts.stages",
        accepted: &["Development", "Pre production"],
        refused: &["", " ", "Dev*", "Prod?", " Prod"],
        wanted: "is not the name of a stage",
    },
    Row {
        field: "artifacts.allowed_buckets",
        accepted: &["ds-data-*", "a.b?9"],
        refused: &["", "Data", "a/b", "s3://a"],
        wanted: "is not the name of a bucket",
    },
    Row {
        field: "artifacts.allowed_images",
        accepted: &["111122223333.dkr.ecr.*.amazonaws.com/*"],
        refused: &["image", "host/image@sha256:0a", ""],
        wanted: "is not an image without tag and digest",
    },
    Row {
        field: "compute.allowed_instance_types",
        accepted: &["ml.m5.*"],
        refused: &["m5.large", ""],
        wanted: "is not an instance type",
    },
    Row {
        field: "monitoring.required_types",
        accepted: &["DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"],
        refused: &["dataquality", "Quality", ""],
        wanted: "is not one of DataQuality, ModelQuality, ModelBias and ModelExplainability",
    },
    Row {
        field: "drift.detect.missing_texts",
        accepted: &["NA", "nan", "inf", "-"],
        refused: &["", "  ", "0", "1e3", "true", " false "],
        wanted: "is not a text that can stand for a missing value",
    },
    Row {
        field: "drift.detect.refusals",
        accepted: &["I cannot"],
        refused: &["", " "],
        wanted: "is not a phrase",
    },
];

/// The list in the settings.
fn list_of(settings: &Settings, field: &str) -> Vec<String> {
    match field {
        "network.allowed_subnets" => settings.network.allowed_subnets.clone(),
        "network.allowed_security_groups" => settings.network.allowed_security_groups.clone(),
        "network.serverless_models" => settings.network.serverless_models.clone(),
        "encryption.allowed_key_accounts" => settings.encryption.allowed_key_accounts.clone(),
        "encryption.allowed_keys" => settings.encryption.allowed_keys.clone(),
        "access.allowed_roles" => settings.access.allowed_roles.clone(),
        "access.allowed_approvers" => settings.access.allowed_approvers.clone(),
        "access.allowed_regions" => settings.access.allowed_regions.clone(),
        "artifacts.allowed_base_models" => settings.artifacts.allowed_base_models.clone(),
        "artifacts.allowed_repositories" => settings.artifacts.allowed_repositories.clone(),
        "artifacts.allowed_file_systems" => settings.artifacts.allowed_file_systems.clone(),
        "artifacts.stages" => settings.artifacts.stages.clone(),
        "artifacts.allowed_buckets" => settings.artifacts.allowed_buckets.clone(),
        "artifacts.allowed_images" => settings.artifacts.allowed_images.clone(),
        "compute.allowed_instance_types" => settings.compute.allowed_instance_types.clone(),
        "monitoring.required_types" => settings.monitoring.required_types.clone(),
        "drift.detect.missing_texts" => settings.drift.detect.missing_texts.clone().unwrap(),
        "drift.detect.refusals" => settings.drift.detect.refusals.clone().unwrap(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_list_has_the_values_that_were_written_and_refuses_a_wrong_one() {
    for Row { field, accepted, refused, wanted } in LISTS {
        let settings = read(field, &format!("{accepted:?}")).unwrap();
        assert_eq!(list_of(&settings, field), accepted, "{field}");
        for wrong in refused {
            // Beside a right one: each value counts.
            let error = read(field, &format!("{:?}", [accepted[0], wrong])).unwrap_err();
            assert!(error.contains(&format!("`{wrong}` {wanted}")), "{field} {wrong:?}: {error}");
        }
    }
}

#[test]
fn the_stage_of_what_serves_is_one_of_the_stages() {
    let read = |text: &str| Settings::from_text(text).map_err(|error| error.to_string());
    let of = |stage: &str, stages: &str| format!("[artifacts]\nserving_stage = {stage}\nstages = {stages}\n");
    for (stage, stages) in [("\"Prod\"", "[\"Dev\", \"Prod\"]"), ("\"Prod\"", "[]")] {
        assert!(read(&of(stage, stages)).is_ok(), "{stage} {stages}");
    }
    let error = read(&of("\"Live\"", "[\"Dev\", \"Prod\"]")).unwrap_err();
    assert_eq!(
        error,
        "settings.toml:2:17: `serving_stage` is `Live`, which is none of the `stages` (Dev, Prod): no version could ever serve"
    );
    let environment = "[[environments]]\nname = \"p\"\naccounts = [\"111122223333\"]\n[environments.artifacts]\nserving_stage = \"Live\"\nstages = [\"Dev\"]\n";
    assert!(read(environment).unwrap_err().contains("`serving_stage` is `Live`"));
    for pattern in ["\"Prod*\"", "\"\"", "\" Prod\""] {
        assert!(read(&of(pattern, "[]")).unwrap_err().contains("is not the name of a stage"), "{pattern}");
    }
}

#[test]
fn a_tag_has_a_key_of_at_most_128_characters() {
    let tags = |key: &str| read("traceability.required_tags", &format!("[{key:?}]"));
    let longest = "ä".repeat(128);
    assert_eq!(tags(&longest).unwrap().traceability.required_tags, std::slice::from_ref(&longest));
    for wrong in ["", "  ", &format!("{longest}x")] {
        assert!(tags(wrong).unwrap_err().contains("is not the key of a tag"), "{wrong}");
    }
}

#[test]
fn a_number_is_within_the_range_that_makes_sense() {
    let days = |field: &str, value: i64| read(field, &value.to_string());
    for (field, accepted, refused, wanted) in [
        ("compute.max_runtime_seconds", [1, 86_400], [0, -1], "is not a number of seconds"),
        ("monitoring.min_sampling_percentage", [0, 100], [-1, 101], "is not a percentage"),
        ("drift.quiet_hours_after_alert", [0, 8_760], [-1, 8_761], "is not a number of hours"),
        ("drift.execution_grace_minutes", [0, 1_440], [-1, 1_441], "is not a number of minutes"),
        ("drift.detect.window_hours", [1, 24], [0, 5], "is not 1, 2, 3, 4, 6, 8, 12 or 24 hours"),
        (
            "drift.training.max_megabytes",
            [1, 1_000],
            [0, 1_001],
            "is not a size: write a number from 1 to 1000",
        ),
    ] {
        for value in accepted {
            let settings = days(field, value).unwrap_or_else(|error| panic!("{field} {value}: {error}"));
            assert_eq!(number_of(&settings, field), value, "{field}");
        }
        for value in refused {
            let error = days(field, value).unwrap_err();
            assert!(error.contains(wanted), "{field} {value}: {error}");
        }
    }
    for hours in [-1, 7, 9, 48] {
        assert!(days("drift.detect.window_hours", hours).is_err(), "{hours}");
    }
}

fn number_of(settings: &Settings, field: &str) -> i64 {
    match field {
        "compute.max_runtime_seconds" => settings.compute.max_runtime_seconds.unwrap(),
        "monitoring.min_sampling_percentage" => settings.monitoring.min_sampling_percentage,
        "drift.quiet_hours_after_alert" => settings.drift.quiet_hours_after_alert,
        "drift.execution_grace_minutes" => settings.drift.execution_grace_minutes,
        "drift.detect.window_hours" => settings.drift.detect.window_hours,
        "drift.training.max_megabytes" => i64::try_from(settings.drift.training.max_megabytes).unwrap(),
        other => panic!("{other}"),
    }
}

#[test]
fn an_endpoint_has_folders_paths_and_thresholds_of_its_own() {
    let endpoint = |more: &str| {
        let text = format!("[[drift.detect.endpoints]]\nendpoint = \"credit-*\"\n{more}\n");
        Settings::from_text(&text).map_err(|error| error.to_string())
    };
    let settings = endpoint(
        "baseline = \"s3://b/credit\"\ninput_path = \"/instances/*/features\"\noutput_path = \"/rows\"\nthresholds = { age = 0.25 }",
    )
    .unwrap();
    let own = settings.drift.detect.of("credit-prod");
    assert_eq!(own.baseline.as_deref(), Some("s3://b/credit"));
    assert_eq!(own.input_path.as_deref(), Some("/instances/*/features"));
    assert_eq!(own.output_path.as_deref(), Some("/rows"));
    assert_eq!(own.thresholds.get("age").map(|threshold| threshold.number()), Some(0.25));
    assert_eq!(settings.drift.detect.of("fraud").baseline, None);
    for (wrong, wanted) in [
        ("baseline = \"b/credit\"", "is not a folder"),
        ("baseline = \"s3:///credit\"", "is not a folder"),
        ("baseline = \" \"", "must not be empty"),
        ("input_path = \"instances\"", "is not a path of rows"),
        ("output_path = \"/a/*/b/*\"", "is not a path of rows"),
        ("thresholds = { age = 1.1 }", "is not a distance from 0 to 1"),
        ("thresholds = { age = -0.1 }", "is not a distance from 0 to 1"),
        ("thresholds = { age = nan }", "is not a distance from 0 to 1"),
    ] {
        let error = endpoint(wrong).unwrap_err();
        assert!(error.contains(wanted), "{wrong}: {error}");
    }
}

#[test]
fn a_setting_says_something_once_it_restricts_something() {
    let nothing = Settings::default();
    for (name, field, value) in [
        ("access.allowed_roles", "access.allowed_roles", "[\"arn:aws:iam::111122223333:role/ds-*\"]"),
        ("access.inspect_roles", "access.inspect_roles", "true"),
        ("artifacts.allowed_buckets", "artifacts.allowed_buckets", "[\"ds-*\"]"),
        (
            "artifacts.allowed_base_models",
            "artifacts.allowed_base_models",
            "[\"arn:aws:sagemaker:*:aws:hub-content/*\"]",
        ),
        ("artifacts.allowed_repositories", "artifacts.allowed_repositories", "[\"git.example.com/*\"]"),
        ("artifacts.allowed_file_systems", "artifacts.allowed_file_systems", "[\"fs-0a1b*\"]"),
        ("artifacts.stages", "artifacts.stages", "[\"QA\"]"),
        ("artifacts.require_approval", "artifacts.require_approval", "true"),
        ("artifacts.allowed_images", "artifacts.allowed_images", "[\"host/*\"]"),
        ("compute", "compute.max_runtime_seconds", "60"),
        ("compute", "compute.allowed_studio_images", "[\"arn:*\"]"),
        ("compute.allowed_instance_types", "compute.allowed_instance_types", "[\"ml.m5.*\"]"),
        ("explainability.high_risk_tag", "explainability.high_risk_tag", "\"Risk=high\""),
        ("monitoring.required_types", "monitoring.required_types", "[\"ModelBias\"]"),
        ("network", "network.allowed_subnets", "[\"subnet-1\"]"),
        ("network", "network.allowed_security_groups", "[\"sg-1\"]"),
        ("network.serverless_models", "network.serverless_models", "[\"m\"]"),
        ("traceability.required_tags", "traceability.required_tags", "[\"Owner\"]"),
    ] {
        assert_eq!(nothing.says(name), Some(false), "{name}");
        assert_eq!(read(field, value).unwrap().says(name), Some(true), "{name}");
    }
    let platforms = read("compute.allowed_platforms", "[\"notebook-al2023-v2\"]").unwrap();
    assert_eq!(platforms.says("compute"), Some(false), "platforms have a control of their own");
    assert_eq!(nothing.says("compute.allowed_roles"), None);
}

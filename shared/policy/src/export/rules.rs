//! What is denied: one row per statement.
//!
//! Condition keys and their types are those of the service authorization reference
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html>). What they do with a key that
//! is absent from the request decides each row:
//! - `…NotEquals` and `…NotLike` match, and so does everything with `IfExists`. A row with one of them names its calls, since a
//!   call that has no such key at all would be denied too.
//! - `ForAnyValue` does not match, `ForAllValues` does: lists are held with the former, presence is asked for with `Null`.

use sagewarden_settings::Settings;

use super::condition::{Condition, Values, all_of};
use crate::instance;

/// A row.
pub(super) struct Rule {
    /// The statement's name.
    pub(super) sid: &'static str,
    /// Controls, and the calls that each is prevented at.
    pub(super) covers: &'static [(&'static str, &'static [&'static str])],
    /// The statements of a row: one for each condition, none if the settings allow anything.
    pub(super) when: fn(&Settings) -> Vec<Condition>,
    /// How it differs from the controls; empty if it does not.
    pub(super) differs: &'static str,
}

/// Definitions of monitoring jobs. A schedule that names one has no network or key of its own in the request, so presence is
/// asked of these calls only.
const DEFINITIONS: &[&str] = &[
    "CreateDataQualityJobDefinition",
    "CreateModelBiasJobDefinition",
    "CreateModelExplainabilityJobDefinition",
    "CreateModelQualityJobDefinition",
];

/// Definitions, and schedules with a definition inside.
const MONITORING: &[&str] = &[
    "CreateDataQualityJobDefinition",
    "CreateModelBiasJobDefinition",
    "CreateModelExplainabilityJobDefinition",
    "CreateModelQualityJobDefinition",
    "CreateMonitoringSchedule",
    "UpdateMonitoringSchedule",
];

const TRAINING: &[&str] = &["CreateTrainingJob"];
const PROCESSING: &[&str] = &["CreateProcessingJob"];
const TRANSFORM: &[&str] = &["CreateTransformJob"];
const TUNING: &[&str] = &["CreateHyperParameterTuningJob"];
const AUTOML: &[&str] = &["CreateAutoMLJob", "CreateAutoMLJobV2"];
const LABELING: &[&str] = &["CreateLabelingJob"];
const MODEL: &[&str] = &["CreateModel"];
const COMPONENT: &[&str] = &["CreateInferenceComponent"];
const CONFIG: &[&str] = &["CreateEndpointConfig"];
const NOTEBOOK: &[&str] = &["CreateNotebookInstance"];
const DOMAIN: &[&str] = &["CreateDomain"];
const DOMAIN_CHANGES: &[&str] = &["CreateDomain", "UpdateDomain"];
const PROFILE_CHANGES: &[&str] = &["CreateUserProfile", "UpdateUserProfile"];
const FEATURES: &[&str] = &["CreateFeatureGroup"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        sid: "DenyWithoutVpc",
        covers: &[
            ("TRN-NET-01", TRAINING),
            ("PRC-NET-01", PROCESSING),
            ("HPO-NET-01", TUNING),
            ("AML-NET-01", AUTOML),
            ("MDL-NET-01", MODEL),
            ("NBK-NET-02", NOTEBOOK),
            ("MSC-NET-01", DEFINITIONS),
        ],
        when: |_| absent("sagemaker:VpcSubnets"),
        differs: "",
    },
    Rule {
        sid: "DenyOtherSubnets",
        covers: &[
            ("TRN-NET-01", TRAINING),
            ("PRC-NET-01", PROCESSING),
            ("HPO-NET-01", TUNING),
            ("AML-NET-01", AUTOML),
            ("MDL-NET-01", MODEL),
            ("EPC-NET-01", CONFIG),
            ("NBK-NET-02", NOTEBOOK),
            ("DOM-NET-02", DOMAIN_CHANGES),
            ("MSC-NET-01", MONITORING),
        ],
        when: |settings| any_not_in("sagemaker:VpcSubnets", &settings.network.allowed_subnets),
        differs: "",
    },
    Rule {
        sid: "DenyOtherSecurityGroups",
        covers: &[
            ("TRN-NET-01", TRAINING),
            ("PRC-NET-01", PROCESSING),
            ("HPO-NET-01", TUNING),
            ("AML-NET-01", AUTOML),
            ("MDL-NET-01", MODEL),
            ("EPC-NET-01", CONFIG),
            ("DOM-NET-02", DOMAIN_CHANGES),
            ("USR-NET-01", PROFILE_CHANGES),
            ("MSC-NET-01", MONITORING),
        ],
        when: |settings| {
            any_not_in("sagemaker:VpcSecurityGroupIds", &settings.network.allowed_security_groups)
        },
        differs: "",
    },
    Rule {
        sid: "DenyWithoutIsolation",
        covers: &[
            ("TRN-NET-02", TRAINING),
            ("PRC-NET-02", PROCESSING),
            ("HPO-NET-02", TUNING),
            ("MDL-NET-02", MODEL),
            ("MSC-NET-02", DEFINITIONS),
        ],
        when: |_| one(&[("BoolIfExists", "sagemaker:NetworkIsolation", "false")]),
        differs: "",
    },
    Rule {
        sid: "DenyWithoutVolumeKeyUnlessNvme",
        covers: &[
            ("TRN-ENC-01", TRAINING),
            ("PRC-ENC-01", PROCESSING),
            ("TRF-ENC-01", TRANSFORM),
            ("HPO-ENC-01", TUNING),
            ("EPC-ENC-01", CONFIG),
            ("MSC-ENC-01", DEFINITIONS),
        ],
        when: |_| without_volume_key(),
        differs: "a request that mixes instance types with and without local NVMe storage is allowed",
    },
    Rule {
        sid: "DenyWithoutVolumeKey",
        covers: &[("AML-ENC-01", AUTOML), ("NBK-ENC-01", NOTEBOOK), ("DOM-ENC-01", DOMAIN)],
        when: |_| absent("sagemaker:VolumeKmsKey"),
        differs: "",
    },
    Rule {
        sid: "DenyOtherVolumeKeys",
        covers: &[
            ("TRN-ENC-01", TRAINING),
            ("PRC-ENC-01", PROCESSING),
            ("TRF-ENC-01", TRANSFORM),
            ("HPO-ENC-01", TUNING),
            ("AML-ENC-01", AUTOML),
            ("LBL-ENC-02", LABELING),
            ("EPC-ENC-01", CONFIG),
            ("NBK-ENC-01", NOTEBOOK),
            ("DOM-ENC-01", DOMAIN),
            ("MSC-ENC-01", MONITORING),
        ],
        when: |settings| other_key("sagemaker:VolumeKmsKey", settings),
        differs: "a key must be named by its ARN",
    },
    Rule {
        sid: "DenyWithoutOutputKey",
        covers: &[
            ("TRN-ENC-02", TRAINING),
            ("PRC-ENC-02", PROCESSING),
            ("TRF-ENC-02", TRANSFORM),
            ("HPO-ENC-02", TUNING),
            ("AML-ENC-02", AUTOML),
            ("LBL-ENC-01", LABELING),
            ("MSC-ENC-02", DEFINITIONS),
        ],
        when: |_| absent("sagemaker:OutputKmsKey"),
        differs: "",
    },
    Rule {
        sid: "DenyOtherOutputKeys",
        covers: &[
            ("TRN-ENC-02", TRAINING),
            ("PRC-ENC-02", PROCESSING),
            ("TRF-ENC-02", TRANSFORM),
            ("HPO-ENC-02", TUNING),
            ("AML-ENC-02", AUTOML),
            ("LBL-ENC-01", LABELING),
            ("MSC-ENC-02", MONITORING),
        ],
        when: |settings| other_key("sagemaker:OutputKmsKey", settings),
        differs: "a key must be named by its ARN",
    },
    Rule {
        sid: "DenyOtherSharingKeys",
        covers: &[("DOM-ENC-02", DOMAIN_CHANGES), ("USR-ENC-01", PROFILE_CHANGES)],
        when: |settings| other_key("sagemaker:DomainSharingOutputKmsKey", settings),
        differs: "a missing key goes unnoticed; a key must be named by its ARN",
    },
    Rule {
        sid: "DenyUnencryptedTraffic",
        covers: &[("AML-ENC-03", AUTOML)],
        when: |_| one(&[("BoolIfExists", "sagemaker:InterContainerTrafficEncryption", "false")]),
        differs: "",
    },
    Rule {
        sid: "DenyRemoteDebug",
        covers: &[("TRN-IAM-02", &["CreateTrainingJob", "UpdateTrainingJob"])],
        when: |_| one(&[("Bool", "sagemaker:EnableRemoteDebug", "true")]),
        differs: "",
    },
    Rule {
        sid: "DenyOtherTeams",
        covers: &[("LBL-IAM-02", LABELING)],
        when: |_| one(&[("StringNotEquals", "sagemaker:WorkteamType", "private-crowd")]),
        differs: "private teams of other accounts are allowed",
    },
    Rule {
        sid: "DenyNotebookInternet",
        covers: &[("NBK-NET-01", NOTEBOOK)],
        when: |_| one(&[("StringNotEquals", "sagemaker:DirectInternetAccess", "Disabled")]),
        differs: "",
    },
    Rule {
        sid: "DenyNotebookRoot",
        covers: &[("NBK-IAM-01", NOTEBOOK)],
        when: |_| one(&[("StringNotEquals", "sagemaker:RootAccess", "Disabled")]),
        differs: "",
    },
    // An update keeps fields that it does not name, so only a wrong value is denied.
    Rule {
        sid: "DenyNotebookRootByUpdate",
        covers: &[("NBK-IAM-01", &["UpdateNotebookInstance"])],
        when: |_| one(&[("StringEquals", "sagemaker:RootAccess", "Enabled")]),
        differs: "",
    },
    Rule {
        sid: "DenyNotebookMetadataV1",
        covers: &[("NBK-IAM-02", NOTEBOOK)],
        when: |_| one(&[("StringNotEquals", "sagemaker:MinimumInstanceMetadataServiceVersion", "2")]),
        differs: "",
    },
    Rule {
        sid: "DenyNotebookMetadataV1ByUpdate",
        covers: &[("NBK-IAM-02", &["UpdateNotebookInstance"])],
        when: |_| one(&[("StringEquals", "sagemaker:MinimumInstanceMetadataServiceVersion", "1")]),
        differs: "",
    },
    Rule {
        sid: "DenyPublicDomain",
        covers: &[("DOM-NET-01", DOMAIN)],
        when: |_| one(&[("StringNotEquals", "sagemaker:AppNetworkAccessType", "VpcOnly")]),
        differs: "",
    },
    Rule {
        sid: "DenyPublicDomainByUpdate",
        covers: &[("DOM-NET-01", &["UpdateDomain"])],
        when: |_| one(&[("StringEquals", "sagemaker:AppNetworkAccessType", "PublicInternetOnly")]),
        differs: "",
    },
    Rule {
        sid: "DenyRemoteAccessToSpaces",
        covers: &[("SPC-IAM-01", &["CreateSpace", "UpdateSpace"])],
        when: |_| one(&[("StringEquals", "sagemaker:RemoteAccess", "ENABLED")]),
        differs: "",
    },
    Rule {
        sid: "DenyOtherInstanceTypes",
        covers: &[
            ("TRN-IAM-03", TRAINING),
            ("PRC-IAM-03", PROCESSING),
            ("TRF-IAM-01", TRANSFORM),
            ("HPO-IAM-03", TUNING),
            ("EPC-IAM-02", CONFIG),
            ("NBK-IAM-07", &["CreateNotebookInstance", "UpdateNotebookInstance"]),
            ("MSC-IAM-02", MONITORING),
            ("DOM-IAM-04", DOMAIN_CHANGES),
            ("USR-IAM-02", PROFILE_CHANGES),
            ("SPC-IAM-02", &["CreateSpace", "UpdateSpace"]),
            ("APP-IAM-01", &["CreateApp"]),
        ],
        when: |settings| other_instance_types(&settings.compute.allowed_instance_types),
        differs: "only instance types are checked",
    },
    Rule {
        sid: "DenyWithoutTag",
        covers: &[
            ("TRN-TRC-02", TRAINING),
            ("PRC-TRC-02", PROCESSING),
            ("HPO-TRC-01", TUNING),
            ("AML-TRC-01", AUTOML),
            ("CMP-TRC-01", &["CreateCompilationJob"]),
            ("LBL-TRC-01", LABELING),
            ("OPT-TRC-01", &["CreateOptimizationJob"]),
            ("REC-TRC-01", &["CreateInferenceRecommendationsJob"]),
            ("MDL-TRC-01", MODEL),
            ("INC-TRC-01", COMPONENT),
            ("EXP-TRC-01", &["CreateInferenceExperiment"]),
            ("MLS-TRC-01", &["CreateMlflowTrackingServer"]),
            ("NLC-TRC-01", &["CreateNotebookInstanceLifecycleConfig"]),
            ("SLC-TRC-01", &["CreateStudioLifecycleConfig"]),
            ("EPC-TRC-01", CONFIG),
            ("END-TRC-01", &["CreateEndpoint"]),
            ("FGR-TRC-01", FEATURES),
            ("MSC-TRC-01", &["CreateMonitoringSchedule"]),
            ("DOM-TRC-03", DOMAIN),
            ("USR-TRC-01", &["CreateUserProfile"]),
        ],
        when: |settings| without_tag(&settings.traceability.required_tags),
        differs: "the later removal of a tag goes unnoticed",
    },
    Rule {
        sid: "DenyErasedEvidence",
        covers: &[("TRN-TRC-04", &["DeleteTrainingJob"]), ("PRC-TRC-04", &["DeleteProcessingJob"])],
        when: |_| vec![Condition::new()],
        differs: "",
    },
    Rule {
        sid: "DenyOfflineStoreWithoutKey",
        covers: &[("FGR-ENC-01", FEATURES)],
        when: |_| {
            one(&[
                ("Null", "sagemaker:FeatureGroupOfflineStoreConfig", "false"),
                ("Null", "sagemaker:FeatureGroupOfflineStoreKmsKey", "true"),
            ])
        },
        differs: "",
    },
    Rule {
        sid: "DenyOnlineStoreWithoutKey",
        covers: &[("FGR-ENC-02", FEATURES)],
        when: |_| {
            one(&[
                ("Bool", "sagemaker:FeatureGroupEnableOnlineStore", "true"),
                ("Null", "sagemaker:FeatureGroupOnlineStoreKmsKey", "true"),
            ])
        },
        differs: "",
    },
    Rule {
        sid: "DenyOfflineStoreElsewhere",
        covers: &[("FGR-ART-01", FEATURES)],
        when: |settings| other_bucket("sagemaker:FeatureGroupOfflineStoreS3Uri", settings),
        differs: "`*` in the pattern of a bucket also matches `/`",
    },
];

/// One statement, on all of these at once.
fn one(terms: &[(&'static str, &'static str, &str)]) -> Vec<Condition> {
    vec![all_of(terms)]
}

fn with(condition: &mut Condition, operator: &'static str, key: &str, values: Values) {
    condition.entry(operator).or_default().insert(key.to_owned(), values);
}

/// The request does not name it.
fn absent(key: &'static str) -> Vec<Condition> {
    one(&[("Null", key, "true")])
}

/// The request names one that is not listed; an empty list allows any.
fn any_not_in(key: &'static str, allowed: &[String]) -> Vec<Condition> {
    if allowed.is_empty() {
        return Vec::new();
    }
    let mut condition = Condition::new();
    with(&mut condition, "ForAnyValue:StringNotEquals", key, Values::Any(allowed.to_vec()));
    vec![condition]
}

/// The request names an instance type that fits no pattern; an empty list allows any. Studio Classic runs its own server on `system`.
fn other_instance_types(allowed: &[String]) -> Vec<Condition> {
    if allowed.is_empty() {
        return Vec::new();
    }
    let types = allowed.iter().cloned().chain(["system".to_owned()]);
    let mut condition = Condition::new();
    with(
        &mut condition,
        "ForAnyValue:StringNotLike",
        "sagemaker:InstanceTypes",
        Values::Any(types.collect()),
    );
    vec![condition]
}

/// The request lacks a tag: a statement for each, since all conditions of one must hold.
fn without_tag(keys: &[String]) -> Vec<Condition> {
    let of = |key: &String| {
        let mut condition = Condition::new();
        with(&mut condition, "Null", &format!("aws:RequestTag/{key}"), Values::One("true".to_owned()));
        condition
    };
    keys.iter().map(of).collect()
}

/// No key, and no instance type that would refuse one. Without instance types (serverless variants, training plans) there is no
/// volume to encrypt, hence the second `Null`; a request that mixes both sorts is let through and judged later.
fn without_volume_key() -> Vec<Condition> {
    let mut conditions =
        one(&[("Null", "sagemaker:VolumeKmsKey", "true"), ("Null", "sagemaker:InstanceTypes", "false")]);
    for condition in &mut conditions {
        let families = Values::Any(instance::nvme_patterns().collect());
        with(condition, "ForAllValues:StringNotLike", "sagemaker:InstanceTypes", families);
    }
    conditions
}

/// A key of an account that is not allowed. With no account listed, the caller's own counts: SageMaker creates no resource for another
/// account. A bare key id or alias is no ARN of any account and is denied as well.
fn other_key(key: &'static str, settings: &Settings) -> Vec<Condition> {
    let encryption = &settings.encryption;
    let own = ["${aws:PrincipalAccount}".to_owned()];
    let listed = &encryption.allowed_key_accounts;
    let accounts = if listed.is_empty() { own.as_slice() } else { listed };
    let keys = match encryption.allowed_keys.as_slice() {
        [] => accounts.iter().map(|account| format!("arn:*:kms:*:{account}:*")).collect(),
        keys => keys.to_vec(),
    };
    let mut condition = Condition::new();
    with(&mut condition, "ArnNotLike", key, Values::Any(keys));
    with(&mut condition, "Null", key, Values::One("false".to_owned()));
    vec![condition]
}

/// An S3 URI outside the allowed buckets; an empty list allows any.
fn other_bucket(key: &'static str, settings: &Settings) -> Vec<Condition> {
    let buckets = &settings.artifacts.allowed_buckets;
    if buckets.is_empty() {
        return Vec::new();
    }
    let places = buckets.iter().flat_map(|bucket| [format!("s3://{bucket}"), format!("s3://{bucket}/*")]);
    let mut condition = Condition::new();
    with(&mut condition, "StringNotLike", key, Values::Any(places.collect()));
    with(&mut condition, "Null", key, Values::One("false".to_owned()));
    vec![condition]
}

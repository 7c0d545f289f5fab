//! The limits of a preventive policy: the facts that IAM cannot see in a request.

use wildmatch::WildMatch;

use super::rules::{RULES, Rule};
use crate::control::Control;

/// How the statements of a whole kind differ from its controls. A difference of a single statement is noted at that statement.
const DIFFERENCES: &[(&str, &str)] = &[
    ("HPO-*", "IAM sees several training job definitions as one"),
    (
        "MSC-*",
        "a missing value is denied in job definitions only, not in a schedule that names a job definition",
    ),
    (
        "MDL-NET-*",
        "models in `serverless_models` are denied, too: leave the controls out, or exempt the people who create such models",
    ),
    ("LBL-ENC-02", "a missing key goes unnoticed"),
    (
        "EPC-NET-01",
        "only a network that the request names is checked: most configurations take theirs from the model",
    ),
];

const LOCATION: &str = "no condition key for S3 locations";
const IMAGE: &str = "no condition key for container images";
const ROLE: &str =
    "no condition key for roles: iam:PassRole in the users' permissions decides who may pass which role";
const APPROVAL: &str = "it depends on other resources, which a request does not show";
const BY_STUDIO: &str =
    "Studio creates it without tags: the domain passes its own tags on (`TagPropagation`)";
const FILE_SYSTEM: &str = "a job may mount several file systems, and the key for one of them (sagemaker:FileSystemId) exists for training and tuning only";
const BASE_MODEL: &str = "no condition key for base models";
const REPOSITORY: &str = "no condition key for repositories";
const POLICY: &str = "no condition key for what a policy says: where nobody may open such a resource, deny the call that puts a policy on it";
const SECRETS: &str = "no condition key for environments and hyperparameters";
const OWNER: &str = "which names are one person, IAM cannot tell: the role of data scientists (`--role data-scientist`) opens only what a tag gives them";
const EVENT: &str = "it depends on a state after creation, which no request shows";

/// Why a control has no statement; the first that fits counts.
const REASONS: &[(&str, &str)] = &[
    ("TRN-ART-03", IMAGE),
    ("PRC-ART-02", IMAGE),
    ("MDL-ART-02", IMAGE),
    ("OPT-ART-02", IMAGE),
    ("HPO-ART-03", IMAGE),
    ("MSC-ART-02", IMAGE),
    ("MPK-ART-03", IMAGE),
    ("END-ART-02", IMAGE),
    ("INC-ART-02", IMAGE),
    ("MDL-ART-03", APPROVAL),
    ("MDL-ART-04", "no condition key for the mode of a container"),
    ("TRF-ART-02", APPROVAL),
    ("END-ART-01", APPROVAL),
    ("INC-ART-03", APPROVAL),
    ("END-ART-03", APPROVAL),
    (
        "MPK-ART-04",
        "the keys show the new stage, not who created the package: the roles of the team keep authors from approving stages",
    ),
    (
        "MPK-ART-05",
        "the keys show the stage before and the stage after, and no history: the roles of the team may forbid a step from one to the other",
    ),
    ("MPK-ART-01", "the key shows the new status, not who created the package"),
    ("TRF-NET-01", APPROVAL),
    ("HBC-ART-01", BASE_MODEL),
    ("TSN-ART-02", BASE_MODEL),
    ("TRN-ART-04", BASE_MODEL),
    ("MDL-ART-05", BASE_MODEL),
    ("CRP-ART-01", REPOSITORY),
    ("NBK-ART-01", REPOSITORY),
    ("DOM-ART-02", REPOSITORY),
    ("USR-ART-02", REPOSITORY),
    ("SPC-ART-02", REPOSITORY),
    ("JOB-ART-02", BASE_MODEL),
    ("TRN-ART-05", FILE_SYSTEM),
    ("HPO-ART-04", FILE_SYSTEM),
    ("CLU-ART-02", FILE_SYSTEM),
    ("DOM-ART-03", FILE_SYSTEM),
    ("USR-ART-03", FILE_SYSTEM),
    ("SPC-ART-03", FILE_SYSTEM),
    ("*-ART-*", LOCATION),
    ("TRN-IAM-01", ROLE),
    ("PRC-IAM-01", ROLE),
    ("MDL-IAM-01", ROLE),
    ("PPL-IAM-01", ROLE),
    ("USR-IAM-01", ROLE),
    ("AML-IAM-02", ROLE),
    ("CMP-IAM-01", ROLE),
    ("LBL-IAM-01", ROLE),
    ("OPT-IAM-01", ROLE),
    ("REC-IAM-01", ROLE),
    ("NBK-IAM-06", ROLE),
    ("EPC-IAM-03", ROLE),
    ("EXP-IAM-01", ROLE),
    ("MLS-IAM-01", ROLE),
    ("MLA-IAM-01", ROLE),
    ("FGR-IAM-01", ROLE),
    ("MSC-IAM-01", ROLE),
    ("MPK-IAM-01", ROLE),
    ("DOM-IAM-03", ROLE),
    ("TRN-IAM-05", SECRETS),
    ("PRC-IAM-04", SECRETS),
    ("TRF-IAM-02", SECRETS),
    ("HPO-IAM-04", SECRETS),
    ("MDL-IAM-03", SECRETS),
    ("MPK-IAM-03", SECRETS),
    ("MSC-IAM-03", SECRETS),
    ("INC-IAM-01", SECRETS),
    ("CLU-IAM-01", ROLE),
    ("PAP-IAM-01", ROLE),
    ("JOB-IAM-01", ROLE),
    ("JOB-IAM-02", ROLE),
    ("TSN-IAM-01", ROLE),
    ("RTR-IAM-01", "no condition key for the destinations of a router"),
    ("RTR-IAM-02", "no condition key for the destinations of a router"),
    ("CLU-IAM-03", EVENT),
    ("PAP-IAM-03", OWNER),
    ("MLS-IAM-02", OWNER),
    ("MLA-IAM-02", OWNER),
    ("NBK-IAM-08", OWNER),
    ("USR-IAM-03", OWNER),
    ("SPC-IAM-03", OWNER),
    ("NLC-IAM-01", "no condition key for scripts"),
    ("SLC-IAM-01", "no condition key for scripts"),
    ("OPT-IAM-03", SECRETS),
    ("MPK-IAM-02", "no condition key for the instances that validate a package"),
    (
        "EPC-NET-02",
        "the condition keys of serverless variants show their size, not the model that they serve",
    ),
    ("EPC-ENC-03", "no condition key for the keys of asynchronous inference and core dumps"),
    ("TRF-ENC-03", "no condition key for the key of captured data"),
    ("*-ENC-03", "no condition key for the number of instances"),
    ("SPC-TRC-01", BY_STUDIO),
    ("APP-TRC-01", BY_STUDIO),
    ("*-TRC-03", "no condition key shows whether a commit exists"),
    ("END-IAM-01", POLICY),
    ("MPG-IAM-01", POLICY),
    ("END-*", EVENT),
    ("PPL-REP-01", "a start without a version runs the newest one, and the key cannot distinguish the two"),
];

/// How the statements of a control differ from it.
pub(super) fn difference(id: &str) -> Option<String> {
    let concerns = |rule: &&Rule| rule.covers.iter().any(|(control, _)| *control == id);
    let of_rules = RULES.iter().filter(concerns).map(|rule| rule.differs);
    let of_kind = DIFFERENCES.iter().filter(|(pattern, _)| WildMatch::new(pattern).matches(id));
    let notes: Vec<&str> =
        of_rules.chain(of_kind.map(|(_, note)| *note)).filter(|note| !note.is_empty()).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Why a control has no statement.
pub(super) fn reason(id: &str, control: Option<&Control>) -> String {
    let found = REASONS.iter().find(|(pattern, _)| WildMatch::new(pattern).matches(id));
    let fields = || control.map(|control| control.fields.join(", ")).unwrap_or_default();
    found.map_or_else(|| format!("no condition key for {}", fields()), |(_, reason)| (*reason).to_owned())
}

//! The requests of AWS's secure data-science workshop, as the SageMaker SDK sends them (`tests/python/workshop.py` records them): they pass
//! the lowest profile, except for points that the workshop itself leaves open.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sagewarden_events::Timestamp;
use sagewarden_policy::{Bundle, FindingStatus, Subject, intake, judge};
use sagewarden_settings::Profile;

/// Why the workshop passes no key for outputs.
const BY_THE_BUCKET: &str =
    "its buckets encrypt what is written with the project's key by default, which no request shows";

/// Points that the workshop leaves open: the request, the control, and why.
const LEFT_OPEN: [(&str, &str, &str); 8] = [
    ("endpoint-config-with-capture", "EPC-ENC-01", "it passes no key for the volumes of endpoints"),
    ("data-quality-job-definition", "MSC-ENC-02", BY_THE_BUCKET),
    ("pipeline", "PRC-ENC-02", BY_THE_BUCKET),
    ("pipeline", "TRF-ENC-02", BY_THE_BUCKET),
    ("pipeline", "TRN-ENC-02", BY_THE_BUCKET),
    ("processing-job", "PRC-ENC-02", BY_THE_BUCKET),
    ("spot-training-job", "TRN-ENC-02", BY_THE_BUCKET),
    ("transform-job", "TRF-ENC-02", BY_THE_BUCKET),
];

/// The failed or undecided controls of a profile, with their files, and the files in which something was judged.
fn broken(profile: Profile) -> (BTreeSet<(String, String)>, BTreeSet<String>) {
    let bundle = Bundle::embedded().unwrap().with_profile(profile);
    let (mut broken, mut judged) = (BTreeSet::new(), BTreeSet::new());
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workshop")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let intake = intake::read(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(intake.undecided.is_empty() && intake.passed_over.is_empty(), "{name}: {intake:?}");
        for candidate in &intake.candidates {
            let joined = candidate.joined();
            let (resource, document) = (&candidate.resource, &candidate.document);
            let as_of = Timestamp::from_millis(0);
            let verdict = judge(&bundle, &Subject { resource, document, as_of, joined: &joined });
            judged.extend((!verdict.checked.is_empty()).then(|| name.clone()));
            let failed = verdict.findings.iter().filter(|finding| finding.status != FindingStatus::Waived);
            broken.extend(failed.map(|finding| (name.clone(), finding.control.clone())));
        }
    }
    (broken, judged)
}

#[test]
fn the_workshops_own_requests_break_of_the_essential_only_what_it_leaves_open() {
    let (broken, judged) = broken(Profile::Essential);
    let open = LEFT_OPEN.iter().map(|(name, control, _)| ((*name).to_owned(), (*control).to_owned()));
    assert_eq!(broken, open.collect());
    let requests = [
        "data-quality-job-definition",
        "endpoint-config-with-capture",
        "model",
        "monitoring-schedule",
        "pipeline",
        "processing-job",
        "spot-training-job",
        "transform-job",
    ];
    assert_eq!(judged, requests.map(str::to_owned).into(), "an endpoint alone says nothing of itself");
}

#[test]
fn higher_profiles_ask_for_more_than_the_workshop_does() {
    let of = |profile| broken(profile).0;
    let (essential, recommended, strict) =
        (of(Profile::Essential), of(Profile::Recommended), of(Profile::Strict));
    assert!(essential.is_subset(&recommended) && recommended.is_subset(&strict));
    let has = |broken: &BTreeSet<(String, String)>, control: &str| broken.iter().any(|(_, id)| id == control);
    assert!(
        has(&recommended, "MDL-NET-02") && !has(&recommended, "EPC-RES-01") && has(&strict, "EPC-RES-01")
    );
}

//! Files of others are damaged at times: whatever stands in them, they are read or refused.

use std::hint::black_box;

use proptest::prelude::*;
use sagewarden_measure::MissingTexts;
use sagewarden_monitor::{Mode, Violations, WindowReport};
use sagewarden_outcomes::clarify::{Analysis, ExplainedModel, LIMIT, attribution_drift, bias_drift};
use sagewarden_outcomes::quality::{QualityConstraints, QualityStatistics, Truth, evaluate};

const FILES: [&str; 6] = [
    r#"{"version":0.0,"binary_classification_constraints":{"recall":{"threshold":0.8,"comparison_operator":"LessThanThreshold"}}}"#,
    r#"{"version":0.0,"dataset":{"item_count":4},"binary_classification_metrics":{"confusion_matrix":{"0":{"0":1,"1":2}},"recall":{"value":1.0,"standard_deviation":"NaN"}}}"#,
    r#"{"version":"1.0","post_training_bias_metrics":{"label":"T","facets":{"Sex":[{"value_or_threshold":"0","metrics":[{"name":"TE","value":Infinity}]}]}}}"#,
    r#"{"explanations":{"kernel_shap":{"label0":{"global_shap_values":{"Age":0.05,"x":-1},"expected_value":0.25}}}}"#,
    r#"{"groundTruthData":{"data":"1,\"a\"","encoding":"CSV"},"eventMetadata":{"eventId":"é"},"eventVersion":"0"}"#,
    r#"{"version":"1.0","violations":[{"facet":"Sex","facet_value":"0","description":"Metric value 0.3 doesn't meet the baseline constraint requirement 0.2"}]}"#,
];

/// Uses everything that can be read in it.
fn read(bytes: &[u8]) {
    if let Ok(violations) = Violations::parse(bytes) {
        black_box(violations.severity_by(None));
    }
    if let (Ok(statistics), Ok(constraints)) =
        (QualityStatistics::parse(FILES[1].as_bytes()), QualityConstraints::parse(bytes))
    {
        black_box(evaluate(&statistics, &constraints, Mode::Exact));
    }
    if let (Ok(statistics), Ok(constraints)) =
        (QualityStatistics::parse(bytes), QualityConstraints::parse(FILES[0].as_bytes()))
    {
        black_box(evaluate(&statistics, &constraints, Mode::Compat));
        black_box(QualityConstraints::suggest(&statistics));
    }
    if let Ok(analysis) = Analysis::parse(bytes) {
        if let Some(explained) = ExplainedModel::of(&analysis) {
            black_box((explained.importances(), explained.moved_since(&explained)));
        }
        for mode in [Mode::Compat, Mode::Exact] {
            black_box(bias_drift(&analysis, &analysis, mode).violations());
            black_box(attribution_drift(&analysis, &analysis, mode).violations(LIMIT));
        }
    }
    let text = String::from_utf8_lossy(bytes);
    for attribute in [None, Some("0"), Some("a.b"), Some("/a")] {
        let _ = black_box(Truth::parse(&text, attribute, &MissingTexts::default()));
    }
}

#[test]
fn whole_files_are_read() {
    assert!(QualityConstraints::parse(FILES[0].as_bytes()).is_ok());
    assert!(QualityStatistics::parse(FILES[1].as_bytes()).is_ok());
    assert!(Analysis::parse(FILES[2].as_bytes()).is_ok());
    assert!(Analysis::parse(FILES[3].as_bytes()).is_ok());
    assert!(Truth::parse(FILES[4], None, &MissingTexts::default()).is_ok());
    assert!(Violations::parse(FILES[5].as_bytes()).is_ok());
    FILES.iter().for_each(|file| read(file.as_bytes()));
}

/// An empty list would be a report in which nothing is wrong, or a baseline that nothing violates.
#[test]
fn a_list_is_no_document() {
    for list in ["[]", " [ ]", "[0.0,[]]", "\u{feff}[]"] {
        let bytes = list.as_bytes();
        assert!(Violations::parse(bytes).is_err(), "{list}");
        assert!(Analysis::parse(bytes).is_err(), "{list}");
        assert!(WindowReport::parse(bytes).is_err(), "{list}");
        assert!(sagewarden_monitor::Constraints::parse(bytes).is_err(), "{list}");
        assert!(sagewarden_monitor::Statistics::parse(bytes).is_err(), "{list}");
        assert!(
            QualityConstraints::parse(bytes).is_err() && QualityStatistics::parse(bytes).is_err(),
            "{list}"
        );
    }
}

/// The bytes that replace a few others.
const PUT: [&[u8]; 9] = [b"", b"null", b"NaN", b"-Infinity", b"\"", b"1e999", b"[]", b"\\", b"\xff"];

proptest! {
    #[test]
    fn damage_never_ends_the_program(
        file in 0..FILES.len(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, 0..PUT.len()), 1..4),
    ) {
        let mut bytes = FILES[file].as_bytes().to_vec();
        for (from, length, put) in cuts {
            let from = from.index(bytes.len() + 1);
            let to = (from + length).min(bytes.len());
            bytes.splice(from..to, PUT[put].iter().copied());
        }
        read(&bytes);
    }
}

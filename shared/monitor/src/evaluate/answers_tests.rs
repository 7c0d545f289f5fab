use sagewarden_measure::{Cell, Detail, FailedAnswer, Profile, RowSink};

use super::{Baseline, Check, Evaluation, evaluate};
use crate::constraints::Constraints;
use crate::mode::Mode;
use crate::statistics::Statistics;

fn baseline() -> Baseline {
    let mut profile = Profile::for_header(["p"]);
    (0..400_u32).for_each(|row| profile.positional(&[Cell::Text((row % 7).to_string().as_bytes())]));
    let statistics = Statistics::from_profile(&profile);
    Baseline::new(Some(&statistics), Constraints::suggest(&statistics))
}

/// A window of so many answers, and others that failed.
fn window(baseline: &Baseline, given: u32, failed: &[(FailedAnswer, u32)], mode: Mode) -> Evaluation {
    let mut profile = baseline.empty_profile(Detail::Verdict);
    for row in 0..400_u32 {
        profile.positional(&[Cell::Text((row % 7).to_string().as_bytes())]);
    }
    (0..given).for_each(|_| profile.answered(Ok(())));
    for (why, count) in failed {
        (0..*count).for_each(|_| profile.answered(Err(*why)));
    }
    evaluate(baseline, &profile, mode)
}

fn text(evaluation: &Evaluation) -> Option<&str> {
    let violations = &evaluation.violations;
    assert!(
        violations.iter().all(|each| each.constraint_check_type.as_deref() == Some(Check::ErrorRate.name()))
    );
    violations.first().and_then(|violation| violation.description.as_deref())
}

#[test]
fn more_failed_answers_than_one_in_a_hundred_are_a_finding_beyond_chance() {
    use FailedAnswer::{Absent, Empty, Error, Unreadable};
    let baseline = baseline();
    for (given, failed, is_found) in [
        (400, &[][..], false),
        (396, &[(Error, 4)], false),
        // Chance explains eight of four hundred at a rate of one in a hundred, and not twenty.
        (392, &[(Error, 8)], false),
        (380, &[(Error, 20)], true),
        (380, &[(Error, 5), (Empty, 5), (Absent, 5), (Unreadable, 5)], true),
        // Without any answer, the endpoint captures requests alone.
        (0, &[(Absent, 400)], false),
        (0, &[(Error, 400)], true),
    ] {
        let exact = window(&baseline, given, failed, Mode::Exact);
        assert_eq!(text(&exact).is_some(), is_found, "{given} {failed:?}");
        assert_eq!(text(&window(&baseline, given, failed, Mode::Compat)), None);
    }
    let exact = window(&baseline, 380, &[(Error, 15), (Empty, 5)], Mode::Exact);
    let expect = "Error rate requirement is not met. Expected match: 99.0%. Observed: Only 95.0% of requests were answered: 20 of 400 answers failed: 5 empty, 15 with the message of an error.";
    assert_eq!(text(&exact), Some(expect));
    let observed = exact.violations[0].observed().unwrap();
    assert_eq!((observed.value, observed.threshold), (95.0, Some(99.0)));
}

#[test]
fn the_rate_that_is_allowed_can_be_set() {
    let failed = [(FailedAnswer::Error, 20)];
    let (set, unknown) = baseline().with_thresholds([("Answers", 0.1)]);
    assert!(unknown.is_empty());
    assert_eq!(text(&window(&set, 380, &failed, Mode::Exact)), None);
    assert_eq!(window(&set, 380, &failed, Mode::Exact).answers.unwrap().allowed, 0.1);
    let ignored = ["Answers".to_owned()];
    let (without, unknown) = baseline().ignoring(&ignored);
    assert!(unknown.is_empty());
    assert_eq!(text(&window(&without, 0, &[(FailedAnswer::Error, 400)], Mode::Exact)), None);
}

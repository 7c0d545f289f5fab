//! Reports of all four monitors: what can be read has subjects and a severity, and nothing is lost when it is written.
#![no_main]

use sagewarden_monitor::Violations;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = Violations::parse(bytes) else { return };
    assert_eq!(report.severity().is_none(), report.violations.is_empty());
    for violation in &report.violations {
        assert!(!violation.subject().is_empty());
    }
    let written = serde_json::to_vec(&report).expect("a report can be written");
    assert_eq!(Violations::parse(&written).expect("what was written can be read"), report);
});

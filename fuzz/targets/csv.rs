//! Tables become baselines, whose files can be read again. The first byte says whether there is a header.
#![no_main]

use sagewarden_measure::csv::Header;
use sagewarden_monitor::{Constraints, Statistics, SuggestedBaseline};

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, table)) = bytes.split_first() else { return };
    let header = if first % 2 == 0 { Header::FirstRow } else { Header::None };
    let Ok(baseline) = SuggestedBaseline::of_csv(table, header) else { return };
    let statistics = baseline.statistics.to_java_json();
    let constraints = baseline.constraints.to_java_json();
    let read = Statistics::parse(statistics.as_bytes()).expect("what was written can be read");
    assert_eq!(read.to_java_json(), statistics);
    let read = Constraints::parse(constraints.as_bytes()).expect("what was written can be read");
    assert_eq!(read.to_java_json(), constraints);
});

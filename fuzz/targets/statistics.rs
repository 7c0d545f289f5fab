//! A `statistics.json` that can be read is written so that it reads the same.
#![no_main]

use sagewarden_monitor::Statistics;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(read) = Statistics::parse(bytes) else { return };
    let written = read.to_java_json();
    let again = Statistics::parse(written.as_bytes()).expect("what was written can be read");
    assert_eq!(again.to_java_json(), written);
});

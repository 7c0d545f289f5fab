//! Counts for CloudWatch in its embedded metric format: a line of JSON on standard output, no API call.
//! Format: "Specification: Embedded metric format" in the CloudWatch user guide.

use serde_json::{Value, json};

/// What became of the records of one invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that came to their end.
    pub done: u32,
    /// Records that will be delivered again.
    pub retried: u32,
    /// Records that were put into quarantine.
    pub rejected: u32,
}

impl Tally {
    /// The metric line.
    #[must_use]
    pub fn line(&self, function: &str, now_ms: i64) -> Value {
        let metrics = ["RecordsDone", "RecordsRetried", "RecordsRejected"]
            .map(|name| json!({ "Name": name, "Unit": "Count" }));
        json!({
            "_aws": {
                "Timestamp": now_ms,
                "CloudWatchMetrics": [{
                    "Namespace": "Sagewarden",
                    "Dimensions": [["Function"]],
                    "Metrics": metrics,
                }],
            },
            "Function": function,
            "RecordsDone": self.done,
            "RecordsRetried": self.retried,
            "RecordsRejected": self.rejected,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_that_is_announced_has_a_value() {
        let line = Tally { done: 2, retried: 1, rejected: 0 }.line("record-commit", 7);
        let announced = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().clone();
        assert_eq!(announced.len(), 3);
        for metric in announced {
            assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{metric}");
        }
        assert_eq!(line["RecordsDone"], 2);
    }
}

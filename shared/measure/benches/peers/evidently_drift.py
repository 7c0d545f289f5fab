"""Evidently's drift verdict: `python evidently_drift.py train.csv capture.jsonl`. Needs `pip install evidently`.

Its preset with its defaults: above 1,000 rows the normed Wasserstein distance of numbers and the Jensen-Shannon distance of texts, 0.1.
"""

import sys

import pandas
from captured import read
from evidently import Report
from evidently.presets import DataDriftPreset

baseline = pandas.read_csv(sys.argv[1])
result = Report([DataDriftPreset()]).run(read(sys.argv[2], list(baseline.columns)), baseline).dict()
drifted = []
for metric in result["metrics"]:
    config = metric["config"]
    if config["type"].endswith("ValueDrift"):
        value, threshold = float(metric["value"]), float(config["threshold"])
        if value < threshold if "p_value" in config["method"] else value > threshold:
            drifted.append(config["column"])
print(*sorted(drifted))

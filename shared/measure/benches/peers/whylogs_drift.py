"""whylogs' drift verdict: `python whylogs_drift.py train.csv capture.jsonl`. Needs `pip install whylogs scipy pandas`.

Two profiles; Kolmogorov and Smirnov's test of numbers, the chi-squared test of texts, with its own thresholds.
"""

import sys

import pandas
import whylogs
from captured import read
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

baseline = pandas.read_csv(sys.argv[1])
captured = read(sys.argv[2], list(baseline.columns))
now, before = whylogs.log(captured).view(), whylogs.log(baseline).view()
scores = calculate_drift_scores(target_view=now, reference_view=before, with_thresholds=True)
print(*sorted(name for name, score in scores.items() if score and score["drift_category"] == "DRIFT"))

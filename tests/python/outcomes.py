"""What AWS's own library of bias metrics, and NannyML, say of tables that this script makes.

Writes into FOLDER: bias-*.csv with bias-*.json (smclarify 0.5, the library that Clarify is made of), estimate.csv with estimate.json
(NannyML 0.13: confidence-based performance estimation). What stands in shared/outcomes/tests/oracle was written by
`python outcomes.py shared/outcomes/tests/oracle` in an environment with both.
"""

import json
import sys
from pathlib import Path

import numpy
import pandas
from nannyml.performance_estimation.confidence_based import metrics as estimated
from sklearn.isotonic import IsotonicRegression
from smclarify.bias import report

FOLDER = Path(sys.argv[1])
RANDOM = numpy.random.RandomState(11)


def people(rows, accept, label):
    sex = RANDOM.choice([0, 1], size=rows, p=[0.3, 0.7])
    age = RANDOM.randint(18, 80, size=rows)
    # Nobody is exactly as far from two others as from a third: which of equally near rows counts is not documented.
    income = numpy.round(RANDOM.gamma(3, 20, size=rows), 3)
    score = income / 60 + 0.4 * sex + RANDOM.normal(size=rows) * 0.3
    table = pandas.DataFrame({"Sex": sex, "Age": age, "Income": income, "Region": RANDOM.choice([1, 2, 3], size=rows)})
    table["Target"] = (score + RANDOM.normal(size=rows) * 0.5 > label).astype(int)
    table["Predicted"] = (score > accept).astype(int)
    return table


def bias(name, table, facet, values, group=True):
    answers = {}
    for stage, kind in (("pre", report.StageType.PRE_TRAINING), ("post", report.StageType.POST_TRAINING)):
        frame = table.drop(columns=["Predicted"]) if stage == "pre" else table
        found = report.bias_report(
            frame,
            report.FacetColumn(facet, list(values)),
            report.LabelColumn("Target", table["Target"].copy(), [1]),
            kind,
            report.LabelColumn("Predicted", table["Predicted"].copy()) if stage == "post" else None,
            group_variable=table["Region"] if group else None,
        )
        answers[stage] = [
            {"name": metric["name"], "description": metric["description"], "value": metric["value"]}
            for metric in found[0]["metrics"]
        ]
        answers["value_or_threshold"] = found[0]["value_or_threshold"]
    table.to_csv(FOLDER / f"bias-{name}.csv", index=False)
    (FOLDER / f"bias-{name}.json").write_text(json.dumps(answers, indent=1) + "\n")


def estimates():
    """A model whose scores are too sure of themselves, so that calibration has something to do."""
    rows = 400
    true = RANDOM.uniform(size=rows) ** 2
    score = numpy.round(true**2 / (true**2 + (1 - true) ** 2), 9)
    label = (RANDOM.uniform(size=rows) < true).astype(int)
    pandas.DataFrame({"label": label, "score": score}).to_csv(FOLDER / "estimate.csv", index=False)
    calibrated = IsotonicRegression(out_of_bounds="clip", increasing=True).fit(score, label).predict(score)
    answers = {}
    for name, probability in (("as_they_are", score), ("calibrated", calibrated)):
        said = (score > 0.5).astype(int)
        answers[name] = {
            "auc": estimated.estimate_roc_auc(probability, score),
            "f1": estimated.estimate_f1(said, probability),
            "precision": estimated.estimate_precision(said, probability),
            "recall": estimated.estimate_recall(said, probability),
            "true_negative_rate": estimated.estimate_specificity(said, probability),
            "accuracy": float(numpy.mean(numpy.where(said == 1, probability, 1 - probability))),
        }
    answers["calibrated_scores"] = [float(value) for value in calibrated[:50]]
    (FOLDER / "estimate.json").write_text(json.dumps(answers, indent=1) + "\n")


bias("sex", people(150, 1.2, 1.3), "Sex", [0])
bias("age", people(150, 1.2, 1.3), "Age", [40])
# Nobody inside is accepted wrongly: a ratio is infinite.
severe = people(120, 1.2, 1.3)
severe.loc[severe["Sex"] == 0, "Predicted"] = 0
bias("severe", severe, "Sex", [0])
few = people(60, 1.0, 1.0)
few["Sex"] = [1] * 6 + [0] * 54
bias("few", few, "Sex", [0], group=False)
estimates()

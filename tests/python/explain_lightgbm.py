"""LightGBM models of all sorts, and what LightGBM itself says that each feature added: `pred_contrib`.

Writes into FOLDER, for each case: CASE.csv, CASE.txt, CASE.contributions.json, as `explain.py` does for XGBoost. What stands in
shared/explain/tests/models/lightgbm-<version> was written by that version, such as by
`python explain_lightgbm.py shared/explain/tests/models/lightgbm-3.3.5 small`.
"""

import json
import pickle
import sys
from pathlib import Path

import lightgbm
import numpy

FOLDER = Path(sys.argv[1])
SMALL = sys.argv[2:] == ["small"]
VERSION = tuple(int(part) for part in lightgbm.__version__.split(".")[:2])
FEATURES = 6
TREES, LEAVES, SHOWN = (3, 6, 12) if SMALL else (30, 31, 200)
RANDOM = numpy.random.RandomState(7)
ROWS = 600


def rows(missing):
    """Values on a coarse grid: many are equal to each other, and many are zero."""
    values = numpy.round(RANDOM.normal(size=(ROWS, FEATURES)), 1)
    values[RANDOM.uniform(size=values.shape) < 0.1] = 0
    if missing:
        values[RANDOM.uniform(size=values.shape) < 0.2] = numpy.nan
    return values


def score(values):
    known = numpy.nan_to_num(values)
    return known[:, 0] * 2 + known[:, 1] * known[:, 2] - (known[:, 3] > 0.5) + numpy.isnan(values[:, 4])


def train(parameters, values, label, trees=TREES, **more):
    chosen = {"num_leaves": LEAVES, "learning_rate": 0.4, "min_data_in_leaf": 5, "seed": 1, "num_threads": 1, "verbose": -1,
              "deterministic": True, **parameters}
    data = lightgbm.Dataset(values, label=label, free_raw_data=False, params={"verbose": -1, **parameters}, **more)
    return lightgbm.train(chosen, data, trees)


def write(name, booster, values):
    shown = values[:SHOWN]
    with open(FOLDER / f"{name}.csv", "w") as file:
        for row in shown:
            file.write(",".join("" if numpy.isnan(value) else repr(float(value)) for value in row) + "\n")
    outputs = booster.num_model_per_iteration()
    contributions = booster.predict(shown, pred_contrib=True)
    margins = booster.predict(shown, raw_score=True)
    if outputs > 1:
        contributions = contributions.reshape(len(shown), outputs, FEATURES + 1)
    document = {"contributions": contributions.tolist(), "margins": margins.tolist()}
    with open(FOLDER / f"{name}.contributions.json", "w") as file:
        json.dump(document, file)
    booster.save_model(str(FOLDER / f"{name}.txt"))
    if name == "multiclass":
        for protocol in (0, 2, 4):
            (FOLDER / f"{name}.pickle{protocol}").write_bytes(pickle.dumps(booster, protocol=protocol))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    values = rows(missing=True)
    truth = score(values)
    yes = (RANDOM.uniform(size=len(truth)) < 1 / (1 + numpy.exp(-truth))).astype(int)
    positive = numpy.exp(truth / 3) + 0.1
    classes = numpy.digitize(truth, [-1, 1])

    for objective in ("regression", "regression_l1", "huber", "fair", "quantile", "mape"):
        write(objective, train({"objective": objective}, values, truth), values)
    write("sqrt", train({"objective": "regression", "reg_sqrt": True}, values, truth), values)
    for objective in ("poisson", "gamma", "tweedie"):
        write(objective, train({"objective": objective}, values, positive), values)
    write("binary", train({"objective": "binary", "scale_pos_weight": 2}, values, yes), values)
    write("cross_entropy", train({"objective": "cross_entropy"}, values, yes), values)
    write("multiclass", train({"objective": "multiclass", "num_class": 3}, values, classes), values)
    write("ova", train({"objective": "multiclassova", "num_class": 3}, values, classes), values)
    write("lambdarank", train({"objective": "lambdarank"}, values, classes, group=[20] * (ROWS // 20)), values)
    if VERSION >= (2, 3):
        write("xendcg", train({"objective": "rank_xendcg"}, values, classes, group=[20] * (ROWS // 20)), values)
    write("dart", train({"objective": "binary", "boosting": "dart", "drop_rate": 0.5}, values, yes, trees=max(TREES, 6)), values)
    forest = {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}
    write("forest", train(forest, values, yes), values)

    # Three ways to take missing values, and rows that training had none of.
    write("zeros", train({"objective": "binary", "zero_as_missing": True}, values, yes), values)
    write("unused", train({"objective": "regression", "use_missing": False}, values, truth), values)
    full = rows(missing=False)
    write("full", train({"objective": "regression"}, full, score(full)), values)
    # No split at all: each tree is one leaf.
    write("stump", train({"objective": "regression", "min_gain_to_split": 1e9}, values, truth), values)

    # Splits by one category, and by a set of them; a category that training never saw, and a negative one.
    listed = values.copy()
    for column, count in ((1, 4), (2, 70)):
        listed[:, column] = RANDOM.randint(0, count, size=len(values))
    listed[::9, 2] = numpy.nan
    effect = truth + (listed[:, 1] == 2) * 2 + numpy.sin(numpy.nan_to_num(listed[:, 2])) * 3
    categories = {"objective": "regression", "min_data_per_group": 5, "cat_smooth": 1}
    booster = train(categories, listed, effect, categorical_feature=[1, 2])
    shown = listed.copy()
    shown[3, 2], shown[4, 2], shown[5, 1], shown[6, 2] = 777, -1, 1.9, 1e12
    write("categories", booster, shown)
    onehot = train({**categories, "max_cat_to_onehot": 100}, listed, effect, categorical_feature=[1, 2])
    write("onehot", onehot, shown)

    # Numbers that 32 bits cannot tell apart.
    times = full.copy()
    times[:, 0] = 1.7e9 + RANDOM.randint(0, 300, size=len(full))
    write("times", train({"objective": "regression"}, times, (times[:, 0] > 1.7e9 + 150) * 3.0 + full[:, 1]), times)

    names = [f"column_{number}" for number in range(FEATURES)]
    write("named", train({"objective": "regression"}, full, score(full), feature_name=names), full)
    if VERSION >= (3, 2):
        linear = train({"objective": "regression", "linear_tree": True}, full, score(full))
        linear.save_model(str(FOLDER / "linear.txt"))
    print(json.dumps({"version": lightgbm.__version__}))


if __name__ == "__main__":
    main()

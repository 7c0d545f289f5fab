"""Models of all sorts, and what XGBoost itself says that each feature added: `pred_contribs`.

Writes into FOLDER, for each case, its models in each format that the version has, the rows, and the contributions:
CASE.csv, CASE.<format>, CASE.contributions.json. Runs with every version from 0.90 on: what stands in shared/explain/tests/models was
written by it, such as by `python explain.py shared/explain/tests/models/0.90 small` in an environment with that version.
"""

import json
import pickle
import sys
from pathlib import Path

import numpy
import xgboost

VERSION = tuple(int(part) for part in xgboost.__version__.split(".")[:2])
FOLDER = Path(sys.argv[1])
SMALL = sys.argv[2:] == ["small"]
FEATURES = 6
TREES, DEPTH, SHOWN = (3, 3, 12) if SMALL else (30, 6, 200)
RANDOM = numpy.random.RandomState(7)


def rows(count, missing):
    """Values on a coarse grid: many are equal to a threshold."""
    values = numpy.round(RANDOM.normal(size=(count, FEATURES)), 1)
    if missing:
        values[RANDOM.uniform(size=values.shape) < 0.2] = numpy.nan
    return values


def score(values):
    known = numpy.nan_to_num(values)
    return known[:, 0] * 2 + known[:, 1] * known[:, 2] - (known[:, 3] > 0.5) + numpy.isnan(values[:, 4])


def matrix(values, **more):
    return xgboost.DMatrix(values, missing=numpy.nan, **more)


def train(parameters, values, label, trees=TREES, group=None, **more):
    data = matrix(values, label=label, **more)
    if group is not None:
        data.set_group(group)
    chosen = {"max_depth": DEPTH, "eta": 0.4, "seed": 1, "nthread": 1, **parameters}
    if VERSION < (1, 3):
        chosen["silent"] = 1
    else:
        chosen["verbosity"] = 0
    return xgboost.train(chosen, data, trees)


def save(booster, name, formats):
    for form in formats:
        path = FOLDER / f"{name}.{form}"
        if form.startswith("pickle"):
            path.write_bytes(pickle.dumps(booster, protocol=int(form[len("pickle"):])))
        elif form == "raw":
            path.write_bytes(booster.save_raw() if VERSION < (1, 6) else booster.save_raw(raw_format="deprecated"))
        elif form == "binary":
            # A name without a known end has the default of its version: binary before 2.1.
            booster.save_model(str(path))
        else:
            booster.save_model(str(path))


def write(name, booster, values, formats, **more):
    shown = values[:SHOWN]
    with open(FOLDER / f"{name}.csv", "w") as file:
        for row in shown:
            file.write(",".join("" if numpy.isnan(value) else repr(float(value)) for value in row) + "\n")
    data = matrix(shown, **more)
    contributions = booster.predict(data, pred_contribs=True).tolist()
    if VERSION < (1, 0) and name == "dart":
        # This version forgets what each tree counts, so that its contributions are not its margin.
        contributions = None
    # Without a number of trees this version drops trees when it predicts.
    drops = {"ntree_limit": 1000} if VERSION < (1, 0) else {}
    margins = booster.predict(data, output_margin=True, **drops)
    document = {"contributions": contributions, "margins": margins.tolist()}
    with open(FOLDER / f"{name}.contributions.json", "w") as file:
        json.dump(document, file)
    save(booster, name, formats)


def formats():
    """All formats of this version; the first is that of all models."""
    if VERSION < (1, 0):
        return ["binary", "raw", "pickle0", "pickle2", "pickle4"]
    if VERSION < (1, 6):
        return ["binary", "json", "raw", "pickle0", "pickle2", "pickle4"]
    if VERSION < (2, 1):
        return ["ubj", "json", "binary", "raw", "pickle0", "pickle2", "pickle4"]
    return ["ubj", "json", "pickle0", "pickle2", "pickle5"]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    all_formats = formats()
    usual = all_formats[:1] if SMALL else [form for form in all_formats if not form.startswith("pickle")]
    values = rows(600, missing=True)
    truth = score(values)
    chance = 1 / (1 + numpy.exp(-truth))
    yes = (RANDOM.uniform(size=len(truth)) < chance).astype(int)
    positive = numpy.exp(truth / 3) + 0.1
    classes = numpy.digitize(truth, [-1, 1])

    squared = {"objective": "reg:squarederror", "base_score": 0.3}
    write("squarederror", train(squared, values, truth), values, all_formats)
    write("logistic", train({"objective": "reg:logistic", "base_score": 0.2}, values, chance), values, usual)
    binary = {"objective": "binary:logistic", "base_score": 0.7, "scale_pos_weight": 2}
    write("binary", train(binary, values, yes), values, all_formats)
    write("logitraw", train({"objective": "binary:logitraw", "base_score": 0.3}, values, yes), values, usual)
    write("poisson", train({"objective": "count:poisson"}, values, numpy.round(positive)), values, usual)
    write("gamma", train({"objective": "reg:gamma", "base_score": 1.5}, values, positive), values, usual)
    write("tweedie", train({"objective": "reg:tweedie"}, values, numpy.round(positive)), values, usual)
    several = {"objective": "multi:softmax", "num_class": 3}
    write("softmax", train(several, values, classes), values, usual)
    several = {"objective": "multi:softprob", "num_class": 3, "num_parallel_tree": 2, "subsample": 0.5}
    write("softprob", train(several, values, classes), values, all_formats)
    ranked = train({"objective": "rank:pairwise"}, values, classes, group=[20] * 30)
    write("pairwise", ranked, values, usual)
    dart = {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.4, "one_drop": 1}
    write("dart", train(dart, values, yes, trees=max(TREES, 6)), values, all_formats)
    # No split at all: each tree is one leaf.
    write("stump", train({"gamma": 1e9}, values, truth), values, usual)
    full = rows(600, missing=False)
    whole = train({"objective": "reg:squarederror", "tree_method": "hist", "max_depth": 0 if VERSION >= (1, 0) else 8,
                   "grow_policy": "lossguide", "max_leaves": 8 if SMALL else 60}, full, score(full))
    write("lossguide", whole, full, usual)
    if VERSION >= (1, 7):
        categorical(values, truth)
    if not SMALL:
        forests(values, truth)
    linear = train({"booster": "gblinear", "objective": "reg:squarederror"}, full, score(full))
    save(linear, "linear", all_formats[:1] if SMALL else usual)
    names = [f"column {number}" for number in range(FEATURES)]
    named = train(squared, full, score(full), feature_names=names)
    write("named", named, full, [form for form in all_formats if form in ("json", "ubj", "pickle2", "pickle4", "pickle5")],
          feature_names=names)
    print(json.dumps({"version": xgboost.__version__}))


def categorical(values, truth):
    """Splits by one category, and by a set of them."""
    types = ["q", "c", "c", "q", "q", "q"]
    values = values.copy()
    for column, count in ((1, 4), (2, 40)):
        values[:, column] = RANDOM.randint(0, count, size=len(values))
    values[::9, 2] = numpy.nan
    effect = truth + (values[:, 1] == 2) * 2 + numpy.sin(numpy.nan_to_num(values[:, 2])) * 3
    for name, most in (("onehot", 1000), ("partition", 1)):
        parameters = {"tree_method": "hist", "max_cat_to_onehot": most}
        booster = train(parameters, values, effect, feature_types=types, enable_categorical=True)
        shown = values.copy()
        # A category that training never saw.
        shown[3, 2] = 77
        write(name, booster, shown, ["json", "ubj"], feature_types=types, enable_categorical=True)


def forests(values, truth):
    """Several trees at once, and paths of many splits by few features."""
    forest = {"num_parallel_tree": 4, "subsample": 0.6, "colsample_bynode": 0.5}
    write("forest", train(forest, values, truth, trees=4), values, ["json"])
    deep = train({"max_depth": 14, "min_child_weight": 0}, values, truth, trees=5)
    write("deep", deep, values, ["json"])


if __name__ == "__main__":
    main()

"""Explains rows with XGBoost and with Sagewarden, in turns, on one core: python shared/explain/benches/explain.py FOLDER [ROWS]

Needs what tests/python/xgboost.txt lists. Writes the model and the rows to FOLDER.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy
import xgboost

FEATURES, TREES, DEPTH, ROUNDS = 23, 100, 6, 3


def data(rows):
    random = numpy.random.RandomState(1)
    values = random.normal(size=(rows, FEATURES)).astype(numpy.float32)
    values[random.uniform(size=values.shape) < 0.05] = numpy.nan
    known = numpy.nan_to_num(values)
    truth = known[:, 0] * known[:, 1] + numpy.sin(known[:, 2] * 2) + known[:, 3:].sum(axis=1) / 4
    return values, (truth + random.normal(size=rows) > 0).astype(int)


def main():
    folder, rows = Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 100_000
    folder.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    values, label = data(rows)
    matrix = xgboost.DMatrix(values, label=label, nthread=1)
    parameters = {"objective": "binary:logistic", "max_depth": DEPTH, "nthread": 1, "tree_method": "hist"}
    booster = xgboost.train(parameters, matrix, TREES)
    leaves = sum(dump.count("leaf=") for dump in booster.get_dump())
    booster.save_model(folder / "model.ubj")
    (folder / "rows.f32").write_bytes(values.astype("<f4").tobytes())
    print(f"XGBoost {xgboost.__version__}, {rows} rows, {FEATURES} features, {TREES} trees, {leaves / TREES:.0f} leaves each")
    command = ["cargo", "bench", "--quiet", "-p", "sagewarden-explain", "--bench", "explain", "--", str(folder.resolve())]
    for turn in range(ROUNDS):
        began = time.perf_counter()
        contributions = booster.predict(matrix, pred_contribs=True)
        theirs = time.perf_counter() - began
        own, read, counted = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        assert int(counted) == rows == len(contributions)
        print(f"turn {turn}: XGBoost {theirs:.3f} s, Sagewarden {own} s (and {read} s for the model): {float(own) / theirs:.3f}")


if __name__ == "__main__":
    main()

"""False alarms and power: `python alarms.py [--command SAGEWARDEN] [--seeds 19]`. Needs `pip install "pandas<3" scikit-learn statsmodels
vega_datasets palmerpenguins`; the tables are files in these packages, and nothing is downloaded.

False alarms: each of ten public tables is cut into random halves, one of which is the baseline and the other the window. Nothing has
changed, so that every violation is a false alarm. Power: made-up tables in which something has changed, for each window size the share of
runs in which it is found. `exact` and `compat` are the modes of `sagewarden drift`; the latter gives the answers of Model Monitor's container.
"""

import argparse
import collections
import json
import subprocess
import tempfile
from pathlib import Path

import numpy
import pandas


def tables():
    """Ten public tables, with holes, words and numbers as they are."""
    import palmerpenguins
    import sklearn.datasets as public
    import statsmodels.api as models
    from vega_datasets import local_data

    for name in ("iris", "wine", "breast_cancer", "diabetes", "digits"):
        yield name, getattr(public, f"load_{name}")(as_frame=True).frame
    for name in ("fair", "anes96", "randhie"):
        yield name, getattr(models.datasets, name).load_pandas().data
    yield "cars", local_data.cars()
    yield "penguins", palmerpenguins.load_penguins()


class Command:
    """The command, and a folder for its files."""

    def __init__(self, command, folder):
        self.command, self.folder = command, Path(folder)

    def judge(self, baseline, window):
        """The checks that fail in either mode."""
        train, now, out = (self.folder / name for name in ("train.csv", "now.csv", "baseline"))
        baseline.to_csv(train, index=False)
        window.to_csv(now, index=False)
        subprocess.run([self.command, "baseline", train, "--out", out, "--force"], check=True, capture_output=True)
        return {mode: self.failing(out, now, mode) for mode in ("exact", "compat")}

    def failing(self, baseline, now, mode):
        answer = subprocess.run(
            [self.command, "drift", "--baseline", baseline, "--mode", mode, "--format", "json", now], capture_output=True, text=True
        )
        if answer.returncode not in (0, 1):
            raise SystemExit(answer.stderr)
        violations = json.loads(answer.stdout)["violations"]
        return [(each["feature_name"], each["constraint_check_type"]) for each in violations]


def false_alarms(command, seeds):
    runs = collections.Counter()
    alarms = collections.Counter()
    print(f"\n## {seeds} random halves of each table: runs with a violation\n\n| table | rows of a half | columns | exact | compat |\n|---|---|---|---|---|")
    for name, table in tables():
        failed = collections.Counter()
        for seed in range(seeds):
            shuffled = table.sample(frac=1, random_state=seed)
            half = len(shuffled) // 2
            found = command.judge(shuffled[:half], shuffled[half:])
            for mode, violations in found.items():
                failed[mode] += bool(violations)
                for feature, check in violations:
                    alarms[mode, check] += 1
                    if mode == "exact":
                        alarms[f"{name} {feature} {check}"] += 1
        runs.update(failed)
        print(f"| {name} | {len(table) // 2} | {len(table.columns)} | {failed['exact']} | {failed['compat']} |", flush=True)
    print(f"| all, of {10 * seeds} | | | **{runs['exact']}** | **{runs['compat']}** |\n")
    for what, count in alarms.items():
        print(f"{count} x {what}")


def many(chance, rows, shift=0.0, spread=1.0):
    """Twenty features, of which every fourth is moved or spread."""
    columns = {}
    for place in range(20):
        column = chance.normal(size=rows)
        columns[f"f{place}"] = column * spread + shift if place % 4 == 0 else column
    return pandas.DataFrame(columns)


def shops(chance, rows, of):
    return pandas.DataFrame({"shop": [f"shop {chance.integers(of)}" for _ in range(rows)], "x": chance.normal(size=rows)})


def classes(chance, rows, share):
    return pandas.DataFrame({"fraud": (chance.random(rows) < share).astype(int), "x": chance.normal(size=rows)})


def ages(chance, rows, odd):
    age = chance.integers(18, 80, rows)
    return pandas.DataFrame({"age": numpy.where(chance.random(rows) < odd, 99999, age), "x": chance.normal(size=rows)})


def marked(chance, rows, share):
    x = pandas.Series(chance.normal(size=rows))
    return pandas.DataFrame({"x": x.mask(chance.random(rows) < share), "y": chance.normal(size=rows)})


CHANGES = [
    # What has changed, how many features have, and the table before and after.
    ("5 of 20 features moved by 0.5 standard deviations", 5, lambda c, n: many(c, n), lambda c, n: many(c, n, shift=0.5)),
    ("5 of 20 features moved by 0.25 standard deviations", 5, lambda c, n: many(c, n), lambda c, n: many(c, n, shift=0.25)),
    ("5 of 20 features spread 1.3 times", 5, lambda c, n: many(c, n), lambda c, n: many(c, n, spread=1.3)),
    ("half of 60 shops gone", 1, lambda c, n: shops(c, n, 60), lambda c, n: shops(c, n, 30)),
    ("a class of 1 % is one of 8 %", 1, lambda c, n: classes(c, n, 0.01), lambda c, n: classes(c, n, 0.08)),
    ("12.5 % of ages are 99999", 1, lambda c, n: ages(c, n, 0.0), lambda c, n: ages(c, n, 0.125)),
    ("5 % of values missing where 1 % was", 1, lambda c, n: marked(c, n, 0.01), lambda c, n: marked(c, n, 0.05)),
    ("nothing", 0, lambda c, n: many(c, n), lambda c, n: many(c, n)),
]


def power(command, runs, sizes, rows):
    print(f"\n## Of the features that have changed, how many are found (others: false alarms), {runs} runs, baseline of {rows} rows\n")
    print("| changed | rows of the window | exact | compat |\n|---|---|---|---|")
    for what, changed, before, after in CHANGES:
        for size in sizes:
            found, false = collections.Counter(), collections.Counter()
            for run in range(runs):
                chance = numpy.random.default_rng(1_000 * run + size)
                answers = command.judge(before(chance, rows), after(chance, size))
                for mode, violations in answers.items():
                    features = {feature for feature, _ in violations}
                    really = {f"f{place}" for place in range(0, 20, 4)} | {"shop", "fraud", "age", "x"}
                    right = features & really if changed else set()
                    found[mode] += len(right)
                    false[mode] += len(features - right)
            cells = []
            for mode in ("exact", "compat"):
                share = f"{100 * found[mode] / (changed * runs):.0f} %" if changed else "-"
                cells.append(share + (f" ({false[mode]} false)" if false[mode] else ""))
            print(f"| {what} | {size} | {cells[0]} | {cells[1]} |", flush=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--command", default="target/release/sagewarden")
    options.add_argument("--seeds", type=int, default=19)
    options.add_argument("--runs", type=int, default=20)
    options.add_argument("--sizes", type=int, nargs="*", default=[200, 1_000, 10_000])
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--only", choices=["alarms", "power"])
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = Command(chosen.command, folder)
        if chosen.only != "power":
            false_alarms(command, chosen.seeds)
        if chosen.only != "alarms":
            power(command, chosen.runs, chosen.sizes, chosen.rows)

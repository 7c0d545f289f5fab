"""What the notebooks of both SDKs share: names of the workshop's project, its data, git, and waiting."""

import json
import os
import random
import subprocess
import sys
import time
import warnings

import sagewarden

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SUBNETS, GROUPS = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"], ["sg-0f1e2d3c4b5a60001"]
DATA, MODELS, PREFIX = "ds-data-bucket-credit-dev-7f3a", "ds-model-bucket-credit-dev-7f3a", "secure-sagemaker-demo"
HYPERPARAMETERS = {
    "max_depth": 5,
    "eta": 0.2,
    "gamma": 4,
    "min_child_weight": 6,
    "subsample": 0.8,
    "verbosity": 0,
    "objective": "binary:logistic",
    "num_round": 100,
}
#: The columns of the UCI data set that the workshop uses, the label first.
COLUMNS = ["Label", "LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE"]
COLUMNS += ["PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6"]
COLUMNS += [f"BILL_AMT{month}" for month in range(1, 7)] + [f"PAY_AMT{month}" for month in range(1, 7)]


def clients(number):
    """Made-up clients with the columns of the data set."""
    chance = random.Random(20200608)
    for _ in range(number):
        late = [chance.choice([-1, -1, 0, 0, 0, 1, 2]) for _ in range(6)]
        limit = 10_000 * chance.randint(1, 50)
        bills = [chance.randint(0, limit) for _ in range(6)]
        paid = [chance.randint(0, bill // 10 + 1_000) for bill in bills]
        label = int(chance.random() < (0.65 if late[0] >= 2 else 0.15))
        yield [label, limit, chance.randint(1, 2), chance.randint(1, 4), chance.randint(1, 3), chance.randint(21, 60), *late, *bills, *paid]


def table(rows, head=None):
    return "".join(",".join(map(str, row)) + "\n" for row in ([head] if head else []) + list(rows))


def git(*arguments):
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def commit(message, **files):
    """Writes files, commits and pushes them, as a data scientist does in a terminal; returns the commit."""
    for name, text in files.items():
        with open(f"{name}.py", "w", encoding="utf-8") as file:
            file.write(text)
    git("add", "--all")
    git("commit", "--quiet", "--message", message)
    git("push", "--quiet", "origin", "HEAD:main")
    return git("rev-parse", "HEAD")


def until(answer, what, seconds=120):
    """Asks until there is an answer: the account hears of things a moment after they happened."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            found = answer()
            if found is not None and found != []:
                return found
        except Exception as error:
            last = error
        time.sleep(0.2)
    raise TimeoutError(f"{what}: {last}")


def said(call, *arguments, **options):
    """What a call answers, and the guard's warnings meanwhile."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = call(*arguments, **options)
    return answer, [str(each.message) for each in caught if issubclass(each.category, sagewarden.SagewardenWarning)]


def refused(call, *arguments, **options):
    """The words of the guard's refusal."""
    try:
        call(*arguments, **options)
    except sagewarden.Refused as refusal:
        return str(refusal)
    return None


def shown_in_ipython(cell, **names):
    """What a person sees below a cell of a notebook."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    shell.push(names)
    with capture_output() as shown:
        result = shell.run_cell(cell)
    result.raise_error()
    return shown.stdout + shown.stderr


class Patience:
    """The module `time` for an SDK that polls: its waits pass at once, and its clock believes them."""

    def __init__(self):
        self.skipped = 0.0

    def sleep(self, seconds):
        self.skipped += seconds
        time.sleep(0.05)

    def time(self):
        return time.time() + self.skipped

    def __getattr__(self, name):
        return getattr(time, name)


def answer(found):
    """Hands the result over to the test. SDKs print, too, and the last line is not always the script's."""
    with open(os.environ["SAGEWARDEN_FOUND"], "w", encoding="utf-8") as file:
        json.dump(found, file, default=str)


STORE = os.environ["SAGEWARDEN_STORE"]
__all__ = [name for name in dir() if not name.startswith("_") and name not in ("sys",)]

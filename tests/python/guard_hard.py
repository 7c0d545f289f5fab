"""What interrupts a question of the guard, or changes a request or the settings behind its back. Prints one JSON document.

Runs in an empty folder, outside of git, with nothing at the address of AWS. SAGEWARDEN_BINARY names the command.
"""

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings

import boto3
import pandas
import sagewarden
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from guard_documents import GOOD, JOB
from sagewarden import _git, _judge, _process
from sagewarden._answers import _typed

BAD = {**JOB, "TrainingJobName": "bad"}


def client():
    session = boto3.Session(region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")
    return session, session.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))


def attempt(call, **request):
    """What became of a call, and what the guard said."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            call(**request)
            got = "sent"
        except (sagewarden.Refused, sagewarden.JudgeError, BotoCoreError) as error:
            got = f"{type(error).__name__}: {error}"
    return got, [str(each.message) for each in said]


def names(document, **options):
    return [verdict.name for verdict in sagewarden.check(document, profile="essential", **options)]


found = {}

# A question that is interrupted leaves no answer behind for the next one.
names(GOOD)
judge = _judge.judge_of(None, "essential", None)
waits = judge._process._answers.get
judge._process._answers.get = lambda **_: (_ for _ in ()).throw(KeyboardInterrupt())
try:
    names({**GOOD, "TrainingJobName": "interrupted"})
except KeyboardInterrupt:
    found["interrupted"] = [names({**GOOD, "TrainingJobName": name}) for name in ("second", "third")]

# The child of a fork does not wait for a thread that only its parent has.
judge._lock.acquire()
child = os.fork()
if child == 0:
    signal.alarm(30)
    os._exit(0 if names(GOOD) == ["j"] else 1)
found["fork"] = os.waitpid(child, 0)[1]
judge._lock.release()

# A version of a package group takes no tags. Other requests get theirs, though this is no checkout: the waiver's.
session, sagemaker = client()
guard = sagewarden.guard(session, mode="raise", profile="essential")
bodies = []
session.events.register("before-send.sagemaker.*", lambda request, **_: bodies.append(json.loads(request.body)))
sagemaker = session.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))
of_group = {"ModelPackageGroupName": "credit", "InferenceSpecification": {"Containers": [{"Image": "1.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:" + "a" * 64}]}}
with sagewarden.allow("PKG-ART-01", reason="none"):
    found["package"] = attempt(sagemaker.create_model_package, **of_group)
found["package_tags"] = [body.get("Tags") for body in bodies]

# A handler that changes the request after it was judged.
sagemaker = session.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))


def strip(params, **_):
    body = json.loads(params["body"])
    body.pop("VpcConfig", None)
    params["body"] = json.dumps(body).encode()


sagemaker.meta.events.register_last("before-call.sagemaker.CreateTrainingJob", strip)
found["changed"] = attempt(sagemaker.create_training_job, **GOOD)
refused = None
try:
    sagemaker.create_training_job(**BAD)
except sagewarden.Refused as error:
    refused = pickle.loads(pickle.dumps(error))
found["pickled"] = [refused.operation, [finding.control for finding in refused.findings][:1], "was not sent" in str(refused)]
guard.remove()


# Waivers of tasks do not mix.
async def ask(control, first, last):
    with sagewarden.allow(control, reason="r"):
        await asyncio.sleep(first)
        mine = sorted(_asked())
        await asyncio.sleep(last)
    return mine


def _asked():
    from sagewarden import _guard

    return _guard._asked.get()


async def tasks():
    one, other = await asyncio.gather(ask("TRN-NET-01", 0.02, 0.0), ask("TRN-ENC-01", 0.04, 0.02))
    with sagewarden.allow("TRN-ENC-02", reason="r"):
        inside = await asyncio.to_thread(lambda: sorted(_asked())) if hasattr(asyncio, "to_thread") else ["TRN-ENC-02"]
    return [one, other, inside]


found["tasks"] = [*asyncio.run(tasks()), sorted(_asked())]
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    many = {f"TRN-NET-{number:02}": "r" for number in range(25)}
    tag = sagewarden.Guard(mode="warn", judge=judge)._waiver(many)
found["many_waivers"] = [len(tag) <= 256, tag.split(" / ")[-1], str(said[-1].message).split(", nor ")[1].startswith("TRN-NET-19")]

# The settings that count are those of the folder, as they are now.
os.makedirs("project/inner")
os.chdir("project/inner")
with open("../sagewarden.toml", "w", encoding="utf-8") as file:
    file.write('mode = "observe"\nprofile = "essential"\n')
controls = lambda: sorted({control for verdict in sagewarden.check(GOOD) for control in verdict.checked})
before = controls()
with open("../sagewarden.toml", "w", encoding="utf-8") as file:
    file.write('mode = "observe"\nprofile = "strict"\n')
after = controls()
with open("sagewarden.toml", "w", encoding="utf-8") as file:
    file.write('mode = "observe"\nprofile = "essential"\n')
found["settings"] = [len(before) < len(after), controls() == before]
os.chdir("../..")

# Without the name, Python would show one warning for three jobs.
session, _ = client()
sagewarden.guard(session, mode="warn", profile="essential", tag=False)
sagemaker = session.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("default")
    for number in range(3):
        try:
            sagemaker.create_training_job(**{**BAD, "TrainingJobName": f"bad-{number}"})
        except BotoCoreError:
            pass
found["each_warns"] = [len(said), os.path.basename(said[0].filename)]
# Warnings that are errors stop the request, and say nothing else.
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try:
        sagemaker.create_training_job(**BAD)
    except sagewarden.SagewardenWarning as warning:
        found["errors"] = str(warning).splitlines()[0]

# A program that is none of ours, or is stuck.
_process.SECONDS = 2.0
for case, script in {
    "garbage": "print('hello', flush=True); import time; time.sleep(60)",
    "other_json": "print('{}', flush=True); import time; time.sleep(60)",
    "stuck": "print('{\"bundle\": \"x\"}', flush=True); import time; time.sleep(60)",
    "talking": "import sys; sys.stderr.write('x' * 200000); print('{\"bundle\": \"x\"}', flush=True)\nfor line in sys.stdin: print('{\"subjects\": []}', flush=True)",
}.items():
    with open(case, "w", encoding="utf-8") as file:
        file.write(f"#!{sys.executable}\n{script}\n")
    os.chmod(case, 0o755)
    command, os.environ["SAGEWARDEN_BINARY"] = os.environ["SAGEWARDEN_BINARY"], os.path.abspath(case)
    session, _ = client()
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        sagewarden.guard(session, mode="raise", profile="strict", account="111122223333")
    sagemaker = session.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))
    large = {**GOOD, "HyperParameters": {f"k{number}": "v" * 2000 for number in range(100)}}
    found[case] = attempt(sagemaker.create_training_job, **large)[0]
    os.environ["SAGEWARDEN_BINARY"] = command
    _judge.judge_of(None, "strict", "111122223333").close()

# Addresses of repositories, and what git is told about files that it does not know.
found["names"] = [_git.name_of(url) for url in ("codecommit::eu-west-1://prod@credit", "codecommit://credit", "git@host:team/credit.git", "https://host/v1/repos/credit/")]
os.makedirs("checkout")
os.chdir("checkout")
run = lambda *words: subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=n@example.com", *words], check=True, capture_output=True)
run("init", "--quiet")
run("commit", "--quiet", "--allow-empty", "--message", "first")
run("remote", "add", "origin", "https://host/one")
first = _git.state().repository
run("remote", "set-url", "origin", "https://host/other")
run("config", "status.showUntrackedFiles", "no")
with open("new.py", "w", encoding="utf-8"):
    pass
found["git"] = [first, _git.state().repository, _git.uncommitted()]
os.makedirs("../gone")
os.chdir("../gone")
os.rmdir("../gone")
session, _ = client()
with warnings.catch_warnings(record=True):
    warnings.simplefilter("always")
    sagewarden.guard(session, mode="warn", profile="essential")
sagemaker = session.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))
found["gone"] = attempt(sagemaker.create_training_job, **GOOD)
os.chdir("/")

for operation in ("UpdateEndpoint", "UpdateNotebookInstance", "UpdateDomain", "UpdateModelPackage"):
    try:
        found[operation] = sagewarden.check(JOB, operation=operation).ok
    except sagewarden.JudgeError as error:
        found[operation] = str(error)
# Columns of an answer as a data frame: no digit is lost, and no identity becomes a number.
columns = {
    "large": ["9007199254740993", None],
    "too_large": ["99999999999999999999", "1"],
    "hash": ["12e34567", "12e34568"],
    "code": ["007", "12"],
    "share": ["0.5", None, "-1e-3"],
    "whole": ["3", None, "-4"],
}
frames = {name: _typed(pandas.Series(cells, dtype=object)) for name, cells in columns.items()}
found["frame"] = {name: [str(column.dtype), str(column[0])] for name, column in frames.items()}
found["threads"] = threading.active_count() < 40
print(json.dumps(found))

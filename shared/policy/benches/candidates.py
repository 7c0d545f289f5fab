"""What `sagewarden check` makes of requests that nobody here wrote: those of moto's own tests of SageMaker, by operation.

    pip install moto pytest && pip download --no-deps --no-binary :all: moto   # its tests are in the source package; unpack it
    python shared/policy/benches/candidates.py target/release/sagewarden moto-5.2.5/tests/test_sagemaker

The tests run against moto; each request that creates something is kept as it was sent, and judged in a file of its own. Packages of botocore,
Checkov and the SageMaker SDK hold no such requests."""

import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

RECORDER = """
import json, os, botocore.client
original = botocore.client.BaseClient._make_api_call
def recorded(self, operation, parameters):
    if self.meta.service_model.service_name == "sagemaker" and operation.startswith("Create"):
        text = json.dumps(parameters, sort_keys=True, default=str)
        with open(os.path.join(os.environ["RECORDED"], f"{operation}-{hash(text) & 0xffffffffffff:012x}.json"), "w") as file:
            file.write(text)
    return original(self, operation, parameters)
botocore.client.BaseClient._make_api_call = recorded
"""


def record(tests, folder, plugins):
    with open(os.path.join(plugins, "recorder.py"), "w", encoding="utf-8") as file:
        file.write(RECORDER)
    root = os.path.dirname(os.path.dirname(os.path.abspath(tests)))
    environment = os.environ | {"RECORDED": folder, "PYTHONPATH": f"{plugins}:{root}", "PYTHONHASHSEED": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--maxfail=1000", "-p", "recorder", "-p", "no:cacheprovider", os.path.abspath(tests)]
    print(subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False).stdout.strip().splitlines()[-1])


def outcome(program, path):
    """In a word: what was said, or why nothing was."""
    command = [program, "check", path, "--profile", "strict", "--format", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode not in (0, 1, 2):
        return "crashed"
    if ran.returncode == 2 and not ran.stdout:
        return "refused"
    file = json.loads(ran.stdout)["files"][0]
    subjects = file["subjects"]
    if file["unusable"] and not subjects:
        return "none of ours" if "no SageMaker resource with controls" in file["unusable"] else "refused"
    if not any(subject["checked"] for subject in subjects):
        return "nothing to judge"
    return "broken" if ran.returncode else "kept"


def main():
    program, tests = os.path.abspath(sys.argv[1]), sys.argv[2]
    words = ["broken", "kept", "nothing to judge", "none of ours", "refused", "crashed"]
    table = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as plugins:
        record(tests, folder, plugins)
        for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
            table[os.path.basename(path).split("-")[0]][outcome(program, path)] += 1
    print("| operation | requests | " + " | ".join(words) + " |\n|---|" + "---|" * (len(words) + 1))
    for operation, found in sorted(table.items()) + [("all", sum(table.values(), collections.Counter()))]:
        print(f"| {operation} | {sum(found.values())} | " + " | ".join(str(found[word] or "-") for word in words) + " |")


main()

"""How long a verdict takes, as a whole process: `python drift.py FOLDER [--peers PYTHON] [--whylogs PYTHON]`.

FOLDER has what `cargo bench -p sagewarden-measure --bench drift -- FOLDER` wrote. The command is `target/release/sagewarden`
(`cargo build --release -p sagewarden`), or `--command`. PYTHON is an interpreter that has the peer's packages (`peers/*.py` say which).
All run on all cores, ours also on one. Wall and processor time are what the kernel counted for the process (`wait4`). Everything
runs once before it is timed: then its peak memory (`VmHWM`) is read every millisecond, since what `wait4` says of memory counts the
parent's, too.
"""

import argparse
import os
import statistics
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent


CORES = os.sched_getaffinity(0)
REALTIME = 50


def look_on():
    """What is measured goes before whatever else the machine does, and this process before that, or it could not look on."""
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(REALTIME + 1))


def begin(command, core):
    """Starts a command on a core, or on all; this process looks on from another one."""
    os.sched_setaffinity(0, CORES - {core} or CORES)
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    os.sched_setaffinity(child.pid, CORES if core is None else {core})
    if os.sched_getscheduler(0) & os.SCHED_FIFO:
        os.sched_setscheduler(child.pid, os.SCHED_FIFO, os.sched_param(REALTIME))
    return child


def end(child, command):
    """Waits; returns seconds of processor. Exit 1 is a verdict, too."""
    told = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1) or (child.returncode == 1 and b"Traceback" in told):
        raise SystemExit(f"{command} ended with {child.returncode}: {told.decode()}")
    return usage.ru_utime + usage.ru_stime


def peak(command, core):
    """The most memory that a run took, in MB."""
    child = begin(command, core)
    most = 0
    while True:
        status = Path(f"/proc/{child.pid}/status").read_text()
        if "VmHWM" not in status:
            break
        most = int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6
        time.sleep(0.001)
    end(child, command)
    return most


def timed(command, core):
    begun = time.perf_counter()
    child = begin(command, core)
    processor = end(child, command)
    return time.perf_counter() - begun, processor


def measure(what, path, times, command, core=None):
    memory = peak(command, core)
    wall, processor = zip(*(timed(command, core) for _ in range(times)))
    events = int(path.stem.split("-")[1])
    megabytes = path.stat().st_size / 1e6
    print(
        f"| {what} | {events:,} | {min(wall):.4f} | {statistics.median(wall):.4f} | {min(processor):.4f} "
        f"| {events / min(wall):,.0f} | {megabytes / min(wall):,.1f} | {memory:.1f} |",
        flush=True,
    )


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--command", default="target/release/sagewarden")
    arguments.add_argument("--core", type=int, default=0)
    arguments.add_argument("--times", type=int, default=7)
    arguments.add_argument("--peer-times", type=int, default=3)
    arguments.add_argument("--peers", help="an interpreter with evidently and polars")
    arguments.add_argument("--whylogs", help="an interpreter with whylogs")
    arguments.add_argument("--realtime", action="store_true", help="go before all else on the machine; needs root")
    given = arguments.parse_args()
    if given.realtime:
        look_on()
    train, baseline = given.folder / "train.csv", given.folder / "baseline"
    make = [given.command, "baseline", str(train), "--out", str(baseline), "--force"]
    memory, (wall, processor) = peak(make, given.core), timed(make, given.core)
    print(f"baseline of {train.stat().st_size / 1e6:.0f} MB: {wall:.2f} s, {processor:.2f} s of processor, {memory:.1f} MB")
    print("| what | events | wall, best | median | processor | events/s | MB/s | peak MB |\n|---|---|---|---|---|---|---|---|")
    files = sorted(given.folder.glob("capture-*.jsonl"), key=lambda path: path.stat().st_size)
    for path in files:
        measure("wc -l", path, given.times, ["wc", "-l", str(path)], given.core)
        drift = [given.command, "drift", "--baseline", str(baseline), str(path)]
        measure("sagewarden drift", path, given.times, drift)
        measure("sagewarden drift, one core", path, given.times, drift, given.core)
        for name, python in [("polars", given.peers), ("evidently", given.peers), ("whylogs", given.whylogs)]:
            if python:
                peer = [python, str(HERE / "peers" / f"{name}_drift.py"), str(train), str(path)]
                measure(name, path, given.peer_times, peer)


main()

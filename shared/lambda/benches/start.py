"""Time from starting a packaged function to its first request for an event, and the memory that it has by then.

    python shared/lambda/benches/start.py <folder> [<another folder> ...]

A folder is laid out as infra/package.sh does: <function>/bootstrap with its bundle beside it. Several folders are measured in turns, in
the same run. A socket on 127.0.0.1 stands in for Lambda's runtime API; no event is ever given out, and no AWS service is asked.
"""

import os
import socket
import statistics
import subprocess
import sys
import time

ROUNDS = 31


def start(function):
    """Milliseconds to the first `GET .../next`, and the peak of resident memory in megabytes at that time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        environment = {
            "LAMBDA_TASK_ROOT": function,
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % server.getsockname()[1],
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": "g",
            "AWS_LAMBDA_LOG_STREAM_NAME": "s",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "s",
            "SAGEWARDEN_TABLE": "lineage",
            "SAGEWARDEN_BUS": "own",
            "SAGEWARDEN_QUARANTINE_BUCKET": "quarantine",
            "SAGEWARDEN_EVIDENCE_BUCKET": "evidence",
            "SAGEWARDEN_ACCOUNT": "111122223333",
        }
        quiet = subprocess.DEVNULL
        began = time.perf_counter()
        process = subprocess.Popen([os.path.join(function, "bootstrap")], env=environment, stdout=quiet, stderr=quiet)
        try:
            connection, _ = server.accept()
            with connection:
                asked = connection.recv(4096)
                took = time.perf_counter() - began
                assert asked.startswith(b"GET ") and b"/next" in asked.splitlines()[0], asked
                with open("/proc/%d/status" % process.pid) as status:
                    peak = next(line for line in status if line.startswith("VmHWM"))
                process.kill()
        finally:
            process.kill()
            process.wait()
    return took * 1000, int(peak.split()[1]) / 1024


def main(folders):
    functions = sorted(name for name in os.listdir(folders[0]) if os.path.isdir(os.path.join(folders[0], name)))
    print("%-16s %s" % ("", "   ".join("%-32s" % folder[-32:] for folder in folders)))
    print("%-16s %s" % ("function", "   ".join("%8s %7s %7s %7s" % ("bytes", "ms", "least", "MB") for _ in folders)))
    for name in functions:
        places = [os.path.abspath(os.path.join(folder, name)) for folder in folders]
        runs = [[] for _ in places]
        for _ in range(ROUNDS):
            for place, taken in zip(places, runs):
                taken.append(start(place))
        cells = []
        for place, taken in zip(places, runs):
            size = os.path.getsize(os.path.join(place, "bootstrap"))
            times = [ms for ms, _ in taken]
            cells.append("%8d %7.1f %7.1f %7.1f" % (size, statistics.median(times), min(times), statistics.median(mb for _, mb in taken)))
        print("%-16s %s" % (name, "   ".join(cells)))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])

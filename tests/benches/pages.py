"""Times the pages of the explorer over a large store: python tests/benches/pages.py BINARY DEMO_STORE COPIES [REQUESTS]

The store of `sagewarden demo --serve` is copied under other names into a file beside it, COPIES times: about 110 nodes each, with verdicts,
findings and results of monitoring. The file is deleted at the end. Then each page is asked for REQUESTS times (default 200), one after the
other, each time about another copy. The figures are milliseconds at the client.
"""

import http.client
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time

# Words that begin every name of the demo.
WORDS = ["credit", "fraud", "churn", "legacy", "ben-scratch"]
# Rows that no page reads: receipts, labels and captured files.
LEFT_OUT = ("E#", "G#", "W#", "K#quality", "K#windows")
IMAGE = "image/sha256:4f8c3bd2a6b1d7e09f5c12a7e8b3d4c5f60718293a4b5c6d7e8f901a2b3c4d5e"
PAGES = [
    "/", "/inventory", "/inventory?at=2026-03-10", "/findings", "/findings?state=all", "/endpoints", "/waivers", "/remedies",
    "/endpoint/credit-default-prod", "/endpoint/credit-default-prod?at=2026-03-10", "/training-job/credit-train-003",
    "/model/credit-default-model", "/commit/COMMIT", f"/{IMAGE}", "/graph/endpoint/credit-default-prod",
    "/graph/endpoint/credit-default-prod?depth=all", f"/graph/{IMAGE}", "/drift/credit-default-prod",
    "/diff/model/credit-default-model/model/credit-default-model-2", "/controls", "/search?q=credit-train-003", "/search?q=credit-t",
    "/search?q=jane.doe", "/search?q=4f8c3bd2", "/training-job/credit-trian-003",
]  # fmt: skip


def grown(demo, copies):
    """The store with its copies, how many nodes it has, and its commits."""
    path = demo.with_name("large.db")
    shutil.copy(demo, path)
    store = sqlite3.connect(path)
    store.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;")
    rows = [row for row in store.execute("SELECT pk, sk, item FROM lineage") if not row[0].startswith(LEFT_OUT)]
    hashes = sorted({pk.split("@")[-1] for pk, _, _ in rows if pk.startswith("commit#")})
    text = "\0".join("\0".join(row) for row in rows)
    for copy in range(1, copies):
        other = text
        for word in WORDS:
            other = other.replace(word, f"{word}{copy:04d}")
        for place, commit in enumerate(hashes):
            other = other.replace(commit[:7], f"{(copy * 8 + place) * 9973 % 0xFFFFFFF:07x}")
        parts = iter(other.split("\0"))
        store.executemany("INSERT OR IGNORE INTO lineage VALUES (?, ?, ?)", zip(parts, parts, parts))
    store.commit()
    nodes = "SELECT count(*) FROM lineage WHERE sk = '#' AND substr(pk, 1, 2) NOT IN ('K#', 'V#')"
    commits = store.execute("SELECT DISTINCT pk FROM lineage WHERE pk > 'commit#' AND pk < 'commit$' LIMIT 1000")
    return path, store.execute(nodes).fetchone()[0], [pk.split("@")[-1] for (pk,) in commits]


def timed(host, page, copies, commits, requests, chance):
    """The times of one page, its largest weight in bytes, and the requests to the table that it took last."""
    connection = http.client.HTTPConnection(host)
    times, weight, body = [], 0, b""
    for _ in range(requests):
        copy = chance.randrange(1, copies)
        target = page.replace("COMMIT", chance.choice(commits))
        target = re.sub(r"credit(?=-)", f"credit{copy:04d}", target)
        begun = time.perf_counter()
        connection.request("GET", target)
        body = connection.getresponse().read()
        times.append((time.perf_counter() - begun) * 1000)
        weight = max(weight, len(body))
    taken = re.search(rb'data-requests="(\d+)"', body)
    return times, weight, taken[1].decode() if taken else "-"


binary, demo, copies = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
requests = int(sys.argv[4]) if len(sys.argv) > 4 else 200
path, nodes, commits = grown(demo, copies)
print(f"{nodes} nodes, {path.stat().st_size / 1e9:.1f} GB")
server = subprocess.Popen([binary, "serve", "--no-open", "--port", "0", "--store", path], stdout=subprocess.PIPE, text=True)
try:
    host = re.search(r"127\.0\.0\.1:\d+", server.stdout.readline())[0]
    for page in PAGES:
        times, weight, taken = timed(host, page, copies, commits, requests, random.Random(7))
        first, times = times[0], sorted(times)
        p50, p99 = times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]
        print(f"{page[:50]:50} first {first:7.1f}  p50 {p50:7.1f}  p99 {p99:7.1f}  {weight / 1000:4.0f} KB  {taken} requests")
finally:
    server.terminate()
    path.unlink()

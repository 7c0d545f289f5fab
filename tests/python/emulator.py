"""Starts the AWS emulator so that a test can play AWS. Two things are changed, and nothing in the template is:

- Events with a source of `aws.*` are taken. PutEvents refuses them, here as on AWS, where only the services send them.
- An event keeps the time that its sender gives it, as on AWS; the emulator would stamp it anew.

Address and port come from BIND_HOST and GATEWAY_PORT.
"""

import contextvars
import os
import signal
import sys
import threading

from ministack import app
from ministack.services import eventbridge

TOLD = contextvars.ContextVar("told", default=None)
CLOCK = eventbridge._now_ts
PUT_EVENTS = eventbridge._put_events


def put_events(data):
    entries = data.get("Entries") or [{}]
    token = TOLD.set(entries[0].get("Time"))
    try:
        return PUT_EVENTS(data, allow_aws_source=True)
    finally:
        TOLD.reset(token)


def end_with_parent():
    """Whoever started this holds its standard input; when that ends, so does this."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    eventbridge._now_ts = lambda: TOLD.get() or CLOCK()
    eventbridge._put_events = put_events
    threading.Thread(target=end_with_parent, daemon=True).start()
    app.main()

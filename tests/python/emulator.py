"""Starts the AWS emulator so that a test can play AWS: events with a source of `aws.*` are taken from it.

PutEvents refuses such events, here as on AWS, where only the services themselves send them. Nothing else is changed, so the
event patterns of the template stay as they are. Address and port come from BIND_HOST and GATEWAY_PORT.
"""

import functools
import os
import signal
import sys
import threading

from ministack import app
from ministack.services import eventbridge

eventbridge._put_events = functools.partial(eventbridge._put_events, allow_aws_source=True)


def end_with_parent():
    """Whoever started this holds its standard input; when that ends, so does this."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    app.main()

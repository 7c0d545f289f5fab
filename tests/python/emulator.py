"""Starts the AWS emulator so that a test can play AWS: events with a source of `aws.*` are taken from it.

PutEvents refuses such events, here as on AWS, where only the services themselves send them. Nothing else is changed, so the
event patterns of the template stay as they are. Address and port come from BIND_HOST and GATEWAY_PORT.
"""

import functools

from ministack import app
from ministack.services import eventbridge

eventbridge._put_events = functools.partial(eventbridge._put_events, allow_aws_source=True)

if __name__ == "__main__":
    app.main()

"""Starts the AWS emulator so that a test can play AWS. Three things are changed, and nothing in the template is:

- Events with a source of `aws.*` are taken. PutEvents refuses them, here as on AWS, where only the services send them.
- An event keeps the time that its sender gives it, as on AWS; the emulator would stamp it anew.
- An object under a key of KMS asks for that key: reading it, or its checksum, needs `kms:Decrypt`, writing it `kms:GenerateDataKey`, by
  the caller's policies and the key's ("GetObject", "HeadObject" and "PutObject", S3 API reference). The emulator would ask S3 alone.

Address and port come from BIND_HOST and GATEWAY_PORT.
"""

import contextvars
import os
import signal
import sys
import threading

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, s3

TOLD = contextvars.ContextVar("told", default=None)
CLOCK = eventbridge._now_ts
PUT_EVENTS = eventbridge._put_events
CHECKS = iam_actions.s3_additional_checks
CONTEXT = iam_actions.s3_access_point_resources
ENFORCE = iam_evaluator.enforce
SSE_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


def put_events(data):
    entries = data.get("Entries") or [{}]
    token = TOLD.set(entries[0].get("Time"))
    try:
        return PUT_EVENTS(data, allow_aws_source=True)
    finally:
        TOLD.reset(token)


def key_checks(method, path, headers, query):
    """What a request for an object needs of the key that the object is encrypted with."""
    bucket, _, name = path.lstrip("/").partition("/")
    if not name:
        return []
    if method == "PUT":
        key = headers.get(SSE_KEY) or s3._bucket_default_sse_headers(bucket).get(SSE_KEY)
        return [("kms:GenerateDataKey", key)] if key else []
    reads = method == "GET" or (method == "HEAD" and headers.get("x-amz-checksum-mode", "").upper() == "ENABLED")
    stored = stored_object(bucket, name, query) if reads else {}
    key = stored.get("preserved_headers", {}).get(SSE_KEY)
    return [("kms:Decrypt", key)] if key else []


def stored_object(bucket, name, query):
    version = query.get("versionId")
    version = version[0] if isinstance(version, list) else version
    if version:
        versions = s3._object_versions.get((bucket, name), [])
        return next((each for each in versions if each["version_id"] == version), {})
    return s3._buckets.get(bucket, {}).get("objects", {}).get(name, {})


def s3_additional_checks(method, path, headers, body, query):
    return CHECKS(method, path, headers, body, query) + key_checks(method, path, headers, query)


def s3_access_point_resources(resource):
    """The condition keys that S3 hands to KMS when it uses a key for a caller."""
    if not resource.startswith("arn:aws:kms:"):
        return CONTEXT(resource)
    through = {"kms:ViaService": f"s3.{get_region()}.amazonaws.com", "kms:CallerAccount": get_account_id()}
    return [(resource, through)]


def enforce(access_key_id, iam_action, service, region, **more):
    """A key's own policy counts, too."""
    return ENFORCE(access_key_id, iam_action, "kms" if iam_action.startswith("kms:") else service, region, **more)


def end_with_parent():
    """Whoever started this holds its standard input; when that ends, so does this."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    eventbridge._now_ts = lambda: TOLD.get() or CLOCK()
    eventbridge._put_events = put_events
    iam_actions.s3_additional_checks = s3_additional_checks
    iam_actions.s3_access_point_resources = s3_access_point_resources
    iam_evaluator.enforce = enforce
    threading.Thread(target=end_with_parent, daemon=True).start()
    app.main()

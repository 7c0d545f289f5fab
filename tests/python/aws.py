"""boto3 over standard input and output, so that tests can speak to any service without its SDK.

One request a line: {"service", "operation", "parameters", "endpoint"?, "pages"?}; with "pages", boto3's paginator reads the whole list. One answer a line: {"ok": ...} or {"error": {"code",
"message"}}. Bytes are {"base64": "..."} both ways, or {"file": "path"} on the way in, times ISO 8601.
"""

import base64
import datetime
import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.response import StreamingBody

CLIENTS = {}


def client(service, endpoint):
    if (service, endpoint) not in CLIENTS:
        CLIENTS[service, endpoint] = boto3.client(
            service,
            endpoint_url=endpoint or os.environ["AWS_ENDPOINT_URL"],
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )
    return CLIENTS[service, endpoint]


def decode(value):
    if isinstance(value, dict):
        if list(value) == ["base64"]:
            return base64.b64decode(value["base64"])
        if list(value) == ["file"]:
            with open(value["file"], "rb") as file:
                return file.read()
        return {key: decode(each) for key, each in value.items()}
    if isinstance(value, list):
        return [decode(each) for each in value]
    return value


def encode(value):
    if isinstance(value, StreamingBody):
        value = value.read()
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, set):
        return sorted(value)
    raise TypeError(f"{type(value)} cannot be written as JSON")


def answer(request):
    caller = client(request["service"], request.get("endpoint"))
    method = getattr(caller, request["operation"])
    if request.get("pages"):
        paginator = caller.get_paginator(request["operation"])
        method = lambda **parameters: paginator.paginate(**parameters).build_full_result()
    try:
        result = method(**decode(request.get("parameters", {})))
    except ClientError as error:
        return {"error": {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}}
    except BotoCoreError as error:
        return {"error": {"code": type(error).__name__, "message": str(error)}}
    result.pop("ResponseMetadata", None)
    return {"ok": result}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=encode), flush=True)

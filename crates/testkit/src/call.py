"""Calls AWS operations by boto3 for whoever writes a line: {"region", "endpoint", "access_key", "calls": [[SERVICE, OPERATION, PARAMETERS], …]}.

Answers with a line: {"answers": […]}, or {"refused": what was said} at the first that is refused. Ends when nobody can ask any more.
"""

import base64
import functools
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


@functools.cache
def client(service: str, region: str, endpoint: str, access_key: str):
    """A service's client. A function may take its 15 minutes, and must not be invoked a second time meanwhile."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key="test",
        config=Config(read_timeout=1000, retries={"total_max_attempts": 1}, proxies={}),
    )


def call(asked: dict, service: str, operation: str, parameters: dict) -> dict:
    """One operation's answer; lists are followed to their end."""
    aws = client(service, asked["region"], asked["endpoint"], asked["access_key"])
    if aws.can_paginate(operation):
        return aws.get_paginator(operation).paginate(**parameters).build_full_result()
    answer = getattr(aws, operation)(**parameters)
    if "LogResult" in answer:
        answer["LogResult"] = base64.b64decode(answer["LogResult"]).decode()
    return answer


def plain(value: object) -> str:
    """Text for what JSON cannot hold: streams and times."""
    return value.read().decode() if hasattr(value, "read") else str(value)


for line in sys.stdin:
    asked = json.loads(line)
    try:
        # Streams are read here, so that a connection that breaks is told as well.
        answer = json.dumps({"answers": [call(asked, *one) for one in asked["calls"]]}, default=plain)
    except (BotoCoreError, ClientError) as error:
        answer = json.dumps({"refused": f"{type(error).__name__}: {error}"})
    print(answer, flush=True)

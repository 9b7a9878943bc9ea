"""Calls AWS operations by boto3, one after another: [[SERVICE, OPERATION, PARAMETERS], …]. Prints the list of answers."""

import base64
import functools
import json
import sys

import boto3
from botocore.config import Config


@functools.cache
def client(service: str):
    """A service's client. A function may take its 15 minutes, and must not be invoked a second time meanwhile."""
    return boto3.client(service, config=Config(read_timeout=1000, retries={"total_max_attempts": 1}, proxies={}))


def call(service: str, operation: str, parameters: dict) -> dict:
    """One operation's answer; lists are followed to their end."""
    if client(service).can_paginate(operation):
        return client(service).get_paginator(operation).paginate(**parameters).build_full_result()
    answer = getattr(client(service), operation)(**parameters)
    if "LogResult" in answer:
        answer["LogResult"] = base64.b64decode(answer["LogResult"]).decode()
    return answer


def plain(value: object) -> str:
    """Text for what JSON cannot hold: streams and times."""
    return value.read().decode() if hasattr(value, "read") else str(value)


print(json.dumps([call(*one) for one in json.loads(sys.argv[1])], default=plain))

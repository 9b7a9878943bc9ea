"""Calls one AWS operation by boto3: SERVICE OPERATION PARAMETERS, in the environment of local AWS. Prints the answer."""

import base64
import json
import sys

import boto3
from botocore.config import Config

service, operation, parameters = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
# A function may take its 15 minutes, and must not be invoked a second time meanwhile.
client = boto3.client(service, config=Config(read_timeout=1000, retries={"total_max_attempts": 1}, proxies={}))
if client.can_paginate(operation):
    answer = client.get_paginator(operation).paginate(**parameters).build_full_result()
else:
    answer = getattr(client, operation)(**parameters)


def plain(value: object) -> str:
    """Text for what JSON cannot hold: streams and times."""
    return value.read().decode() if hasattr(value, "read") else str(value)


if "LogResult" in answer:
    answer["LogResult"] = base64.b64decode(answer["LogResult"]).decode()
print(json.dumps(answer, default=plain))

"""Who may do what: one IAM policy per function, one for the state machine, one for the schedule.

Listing a bucket is what makes S3 answer "not found" for a key that is not there, and not "forbidden".
"""

from typing import Any

Policy = dict[str, Any]

_READ = ["s3:GetObject"]
_WRITE = ["s3:PutObject", "s3:AbortMultipartUpload"]


def trust(service: str) -> Policy:
    """Lets an AWS service act as the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def function_policy(function: str, buckets: dict[str, str], secrets: list[str], log_group: str) -> Policy:
    """What one function may do. `secrets` and `log_group` are ARNs."""
    zones = {"ingest": _ingest, "transform": _transform, "load": _load}[function](buckets)
    logging = _allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group}:*")
    reading = [_allow(["secretsmanager:GetSecretValue"], *secrets)] if secrets else []
    return _policy(*zones, *reading, logging)


def state_machine_policy(functions: list[str]) -> Policy:
    """What the state machine may do: invoke its functions and deliver its execution log."""
    delivery = [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ]
    return _policy(_allow(["lambda:InvokeFunction"], *functions), _allow(delivery, "*"))


def schedule_policy(state_machine: str) -> Policy:
    """What the schedule may do: start the state machine."""
    return _policy(_allow(["states:StartExecution"], state_machine))


def _ingest(buckets: dict[str, str]) -> list[Policy]:
    return [
        _list(buckets["ingest"], buckets["control"]),
        # Reading, because unchanged tables refer to objects of earlier runs, which are looked up.
        _objects(_READ + _WRITE, buckets["ingest"], "*"),
        _objects(_READ, buckets["control"], "catalog.json", "update_tracking.json", "runs/*"),
        _objects(_WRITE, buckets["control"], "runs/*/ingest.json"),
    ]


def _transform(buckets: dict[str, str]) -> list[Policy]:
    return [
        _list(*buckets.values()),
        _objects(_READ, buckets["ingest"], "*"),
        _objects(_READ + _WRITE, buckets["processed"], "*"),
        _objects(_READ, buckets["control"], "catalog.json", "runs/*"),
        _objects(_WRITE, buckets["control"], "runs/*/transform-*.json"),
    ]


def _load(buckets: dict[str, str]) -> list[Policy]:
    return [
        _list(*buckets.values()),
        # Of the raw zone only keys: which rows are gone is told by them.
        _objects(_READ, buckets["ingest"], "*-keys.csv"),
        _objects(_READ, buckets["processed"], "*"),
        _objects(_READ, buckets["control"], "*"),
        _objects(_WRITE, buckets["control"], "catalog.json", "update_tracking.json", "extracts/*", "publications/*"),
    ]


def _policy(*statements: Policy) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(actions: list[str], *resources: str) -> Policy:
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


def _list(*buckets: str) -> Policy:
    return _allow(["s3:ListBucket"], *(f"arn:aws:s3:::{bucket}" for bucket in buckets))


def _objects(actions: list[str], bucket: str, *keys: str) -> Policy:
    return _allow(actions, *(f"arn:aws:s3:::{bucket}/{key}" for key in keys))

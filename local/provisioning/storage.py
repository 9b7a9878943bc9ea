"""Buckets, secrets and log groups."""

import json
from typing import Any

from botocore.exceptions import ClientError

from provisioning.policies import Policy
from provisioning.session import Session, say


def ensure_bucket(session: Session, name: str) -> None:
    """Makes a private bucket unless it is there."""
    s3 = session.client("s3")
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": session.region})
        say("created", "bucket", name)
        return
    say("kept", "bucket", name)


def ensure_bucket_policy(session: Session, name: str, policy: Policy) -> None:
    """Makes a bucket have exactly this policy."""
    s3 = session.client("s3")
    try:
        current = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
        say("created", "bucket policy", name)
        return
    if current == policy:
        say("kept", "bucket policy", name)
    else:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
        say("updated", "bucket policy", name)


def ensure_secret(session: Session, name: str, value: dict[str, Any]) -> str:
    """Makes a secret hold `value` as JSON and returns its ARN. A value that is equal makes no new version."""
    secrets = session.client("secretsmanager")
    text = json.dumps(value, sort_keys=True)
    try:
        current = secrets.get_secret_value(SecretId=name)
    except secrets.exceptions.ResourceNotFoundException:
        arn = secrets.create_secret(Name=name, SecretString=text)["ARN"]
        say("created", "secret", name)
        return arn
    if current["SecretString"] == text:
        say("kept", "secret", name)
    else:
        secrets.put_secret_value(SecretId=name, SecretString=text)
        say("updated", "secret", name)
    return current["ARN"]


def ensure_log_group(session: Session, name: str) -> str:
    """Makes a log group unless it is there and returns its ARN."""
    logs = session.client("logs")
    try:
        logs.create_log_group(logGroupName=name)
        say("created", "log group", name)
    except logs.exceptions.ResourceAlreadyExistsException:
        say("kept", "log group", name)
    return session.arn("logs", f"log-group:{name}")

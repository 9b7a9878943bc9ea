"""The clients that provisioning uses, and how it says what it did.

Every client talks to one endpoint on 127.0.0.1 under made-up credentials: nothing here can reach a real account.
"""

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

LOOPBACK = "127.0.0.1"
_REGION = "eu-west-2"


class NotLocal(ValueError):
    """The endpoint is not on this machine."""


@dataclass(frozen=True)
class Session:
    """A local AWS account in one region. A 12-digit access key is an account of its own."""

    endpoint: str
    region: str
    access_key: str

    @classmethod
    def from_environment(cls) -> "Session":
        """Reads AWS_ENDPOINT_URL, AWS_REGION and AWS_ACCESS_KEY_ID. Raises NotLocal unless the endpoint is loopback."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        parts = urlsplit(endpoint)
        if parts.scheme != "http" or parts.hostname != LOOPBACK:
            raise NotLocal(f"AWS_ENDPOINT_URL must be http://{LOOPBACK}:PORT, but is {endpoint!r}")
        return cls(endpoint, os.environ.get("AWS_REGION", _REGION), os.environ.get("AWS_ACCESS_KEY_ID", "test"))

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def client(self, service: str) -> Any:
        """The one boto3 client for a service."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id=self.access_key,
                aws_secret_access_key="test",
                config=Config(read_timeout=300, retries={"total_max_attempts": 2}, proxies={}),
            )
        return self._clients[service]

    @cached_property
    def account(self) -> str:
        """The number of the account."""
        return self.client("sts").get_caller_identity()["Account"]

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in this account and region."""
        region = "" if service == "iam" else self.region
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"

    @property
    def no_key(self) -> str:
        """The ARN of a key that is not there: nothing is encrypted here, and policies name a key."""
        return self.arn("kms", "key/none")


def say(action: str, kind: str, name: str) -> None:
    """Reports one thing on stderr: it was created, updated, or kept as it is."""
    print(f"{action:8}{kind:15}{name}", file=sys.stderr, flush=True)

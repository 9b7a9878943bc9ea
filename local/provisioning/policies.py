"""Who may do what: the policies that are deployed on AWS, filled in for a local stack.

The templates are `terraform/policies/*.json`, one role or resource a file. They are JSON with Terraform's `${name}` in
their texts, so that what is proved here (`tests/pipeline/least_privilege.rs`) is what is deployed there.
"""

import json
from pathlib import Path
from typing import Any

from provisioning.placeholders import substitute

Policy = dict[str, Any]

_TEMPLATES = Path(__file__).resolve().parents[2] / "terraform" / "policies"


def policy(template: str, **values: str) -> Policy:
    """A template's policy. Raises KeyError for a placeholder without a value."""
    return json.loads(substitute((_TEMPLATES / f"{template}.json").read_text(), values))


def bucket_arns(buckets: dict[str, str]) -> dict[str, str]:
    """The values of the buckets' placeholders."""
    return {f"{zone}_bucket_arn": f"arn:aws:s3:::{bucket}" for zone, bucket in buckets.items()}

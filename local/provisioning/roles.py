"""A role that one AWS service may act as, with one inline policy."""

import json

from provisioning.policies import Policy
from provisioning.session import Session, say

_POLICY_NAME = "starlift"


def ensure_role(session: Session, name: str, trust: Policy, policy: Policy) -> str:
    """Makes a role that those trusted may take, with exactly this policy, and returns its ARN."""
    iam = session.client("iam")
    try:
        arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName=_POLICY_NAME, PolicyDocument=json.dumps(policy))
        say("created", "role", name)
        return arn
    if _current_policy(session, name) == policy:
        say("kept", "role", name)
    else:
        iam.put_role_policy(RoleName=name, PolicyName=_POLICY_NAME, PolicyDocument=json.dumps(policy))
        say("updated", "role", name)
    return arn


def _current_policy(session: Session, role: str) -> Policy | None:
    iam = session.client("iam")
    try:
        return iam.get_role_policy(RoleName=role, PolicyName=_POLICY_NAME)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return None

"""A function: its code, its settings, and what it may do."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from provisioning.document import Document
from provisioning.policies import bucket_arns, policy
from provisioning.roles import ensure_role
from provisioning.session import Session, say
from provisioning.storage import ensure_log_group
from stack import FILES


def ensure_function(session: Session, document: Document, function: str, secrets: dict[str, str]) -> str:
    """Makes one function run the given zip with the given settings and returns its ARN. `secrets` are ARNs by name."""
    name = document.function_name(function)
    log_group = f"/aws/lambda/{name}"
    log_group_arn = ensure_log_group(session, log_group)
    arns = {secret: secrets[name] for secret, name in document.secrets_of(function).items()}
    allowed = policy(
        function,
        **bucket_arns(document.buckets),
        **arns,
        function_arn=session.arn("lambda", f"function:{name}"),
        kms_key_arn=session.no_key,
        log_group_arn=log_group_arn,
        region=session.region,
    )
    settings = {
        "Role": ensure_role(session, name, policy("trust_lambda"), allowed),
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "MemorySize": document.memory,
        "Timeout": document.timeout,
        "Environment": {"Variables": document.function_environment()},
        "LoggingConfig": {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            "SystemLogLevel": "INFO",
            "LogGroup": log_group,
        },
    }
    return _ensure(session, name, Path(document.zips[function]).resolve(), settings)


def _ensure(session: Session, name: str, zipped: Path, settings: dict[str, Any]) -> str:
    functions = session.client("lambda")
    code = {"S3Bucket": FILES, "S3Key": str(zipped)}
    try:
        current = functions.get_function_configuration(FunctionName=name)
    except functions.exceptions.ResourceNotFoundException:
        arn = functions.create_function(
            FunctionName=name, Architectures=["x86_64"], PackageType="Zip", Code=code, **settings
        )["FunctionArn"]
        _settle(session, name, "function_active_v2")
        say("created", "function", name)
        return arn
    changes = []
    if current["CodeSha256"] != base64.b64encode(hashlib.sha256(zipped.read_bytes()).digest()).decode():
        functions.update_function_code(FunctionName=name, **code)
        _settle(session, name, "function_updated_v2")
        changes.append("code")
    if any(current.get(key) != value for key, value in settings.items()):
        functions.update_function_configuration(FunctionName=name, **settings)
        _settle(session, name, "function_updated_v2")
        changes.append("settings")
    say("updated" if changes else "kept", "function", f"{name} ({' and '.join(changes)})" if changes else name)
    return current["FunctionArn"]


def _settle(session: Session, name: str, state: str) -> None:
    """Waits until a change has reached the function: a second one before that would be refused."""
    waiter = session.client("lambda").get_waiter(state)
    waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})

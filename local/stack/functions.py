"""A function sees the environment that Lambda would give it, answers without delay, and belongs to its account.

ministack alone passes the server's whole environment on to functions, where it hides missing configuration, loses
40 ms per invocation to Nagle's algorithm on the connection between function and server, and ends the running functions
of every account when one account configures its function of the same name.
"""

import os
import socketserver
from typing import Any

from ministack.services import lambda_svc

_provided_worker_env = lambda_svc._provided_worker_env
_invalidate_worker = lambda_svc.invalidate_worker

# AWS_ENDPOINT_URL is what keeps a function's calls on this machine.
_GIVEN = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LANG",
    "PATH",
}


def worker_environment(config: dict[str, Any], code: str, port: int) -> dict[str, str]:
    """The environment of a function's process: Lambda's own variables and the function's, nothing of the server's."""
    own = lambda_svc._runtime_env_vars(config)
    environment = {
        name: value
        for name, value in _provided_worker_env(config, code, port).items()
        if value and (name in own or name in _GIVEN or os.environ.get(name) != value)
    }
    logging = config.get("LoggingConfig") or {}
    environment |= {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime')}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": logging.get("LogFormat", "Text"),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup", f"/aws/lambda/{config.get('FunctionName')}"),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        # The one variable of these that a function may set for itself.
        "TZ": own.get("TZ", ":UTC"),
    }
    if logging.get("LogFormat") == "JSON":
        environment["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    return environment


def end_workers(
    function: str, qualifier: str | None = None, account: str | None = None, region: str | None = None
) -> None:
    """Ends the processes of a function, by default of the account and region that the current request is of."""
    own_account, own_region = account or lambda_svc.get_account_id(), region or lambda_svc.get_region()
    _invalidate_worker(function, qualifier=qualifier, account=own_account, region=own_region)


def install() -> None:
    """Replaces a function's environment, which processes a change ends, and the socket options of the runtime API."""
    lambda_svc._provided_worker_env = worker_environment
    lambda_svc.invalidate_worker = end_workers
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True

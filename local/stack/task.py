"""A Task ends when the execution must, returns at most 256 KiB, and fails under the names that AWS uses.

ministack alone knows no deadline of the state machine, no limit, and reports a throttled function as Lambda.Unknown.
"""

import json
from typing import Any

from ministack.services import stepfunctions

from stack.run import position

PAYLOAD_LIMIT = 256 * 1024
"""Bytes that a state's input or output may have."""

_execute_task = stepfunctions._execute_task
_call_lambda = stepfunctions._call_lambda


def limited(value: Any, name: str) -> Any:
    """Returns `value`, or fails with States.DataLimitExceeded when its JSON is too large to pass between states."""
    if len(json.dumps(value).encode()) > PAYLOAD_LIMIT:
        cause = f"The state/task '{name}' returned a result with a size exceeding the maximum of {PAYLOAD_LIMIT} bytes."
        raise stepfunctions._ExecutionError("States.DataLimitExceeded", cause)
    return value


def execute_task(
    state: dict[str, Any], data: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    """Runs a Task with its own time-out or what is left until the execution's deadline, whichever is shorter."""
    run = position.get().run
    if run.seconds_left is not None:
        state = state | {"TimeoutSeconds": min(run.seconds_left, state.get("TimeoutSeconds", run.seconds_left))}
    return _execute_task(state, data, execution, ctx)


def call_lambda(function: str, event: Any) -> Any:
    """Invokes a function and returns its payload."""
    try:
        return limited(_call_lambda(function, event), function)
    except stepfunctions._ExecutionError as error:
        if error.error == "Lambda.Unknown" and "TooManyRequestsException" in (error.cause or ""):
            raise stepfunctions._ExecutionError("Lambda.TooManyRequestsException", error.cause) from None
        raise


def install() -> None:
    """Replaces how a Task runs and how it calls a function."""
    stepfunctions._execute_task = execute_task
    stepfunctions._call_lambda = call_lambda

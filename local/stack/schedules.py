"""A schedule starts an execution by Scheduler's universal target, the call StartExecution itself.

That is the way to start an alias of a state machine. ministack alone knows no universal target and starts nothing.
"""

import json
from typing import Any

from ministack.services import eventbridge, stepfunctions

START_EXECUTION = "arn:aws:scheduler:::aws-sdk:sfn:startExecution"
"""The target whose input is the call's parameters."""

_invoke_target = eventbridge._invoke_target


def invoke_target(target: dict[str, Any], event: dict[str, Any], *rest: Any, **more: Any) -> None:
    """Invokes the target of a rule or a schedule."""
    if target.get("Arn") != START_EXECUTION:
        _invoke_target(target, event, *rest, **more)
        return
    # The parameters of a universal target begin with capitals, those of the API do not.
    parameters = {name[0].lower() + name[1:]: value for name, value in json.loads(target["Input"]).items()}
    status, _, answer = stepfunctions._start_execution(parameters)
    if status != 200:
        eventbridge.logger.error("the schedule %s started nothing: %s", event.get("Resources"), answer)


def install() -> None:
    """Replaces how a target is invoked."""
    eventbridge._invoke_target = invoke_target

"""A state machine keeps its tracing configuration. Nothing is traced here.

ministack alone forgets it, so that every plan would set it again.
"""

import json
from typing import Any

from ministack.services import stepfunctions

_create = stepfunctions._create_state_machine
_update = stepfunctions._update_state_machine

_FIELD = "tracingConfiguration"


def create(request: dict[str, Any]) -> tuple:
    """Answers CreateStateMachine."""
    answer = _create(request)
    if answer[0] == 200:
        _keep(json.loads(answer[2])["stateMachineArn"], request.get(_FIELD, {"enabled": False}))
    return answer


def update(request: dict[str, Any]) -> tuple:
    """Answers UpdateStateMachine."""
    answer = _update(request)
    if answer[0] == 200 and _FIELD in request:
        _keep(request["stateMachineArn"], request[_FIELD])
    return answer


def _keep(machine: str, configuration: dict[str, Any]) -> None:
    stepfunctions._state_machines[machine][_FIELD] = configuration


def install() -> None:
    """Replaces how state machines are made and changed."""
    stepfunctions._create_state_machine = create
    stepfunctions._update_state_machine = update

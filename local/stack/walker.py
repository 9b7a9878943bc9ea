"""Goes from state to state and notes each state it enters, so that a redrive can start there.

ministack alone keeps no notes: its executions can only start over. Items of an inline Map are walks of their own with
their own notes; a redriven Map runs those that did not end and takes the results of those that did.
"""

import copy
import json
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions

from stack.run import Position, position
from stack.task import limited

States = dict[str, dict[str, Any]]


def walk(states: States, start_at: str, data: Any, execution: dict[str, Any], ctx: dict[str, Any]) -> Any:
    """Runs `states` from `start_at`, or from where a redriven run left off, and returns the last state's output."""
    here = position.get()
    run, path = here.run, here.path
    name, current = start_at, copy.deepcopy(data)
    checkpoint = run.resume(path)
    if checkpoint and "done" in checkpoint:
        return checkpoint["done"]
    if checkpoint:
        name, current = checkpoint["state"], copy.deepcopy(checkpoint["input"])
        ctx["variables"] = copy.deepcopy(checkpoint["variables"])
    entered = checkpoint is not None
    while name:
        state = states.get(name)
        if state is None:
            raise stepfunctions._ExecutionError("States.Runtime", f"State '{name}' not found")
        run.check()
        if not entered:
            run.forget(f"{path}/{name}[")
            run.checkpoints[path] = _checkpoint(name, current, ctx)
            _event(execution, state, "Entered", name, "input", current)
        entered = False
        position.set(Position(run, f"{path}/{name}"))
        ctx["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
        current, following = _execute(state, current, execution, ctx)
        # The work may have ended because the execution was stopped: then its result is not one.
        run.check()
        limited(current, name)
        _event(execution, state, "Exited", name, "output", current)
        name = following
    run.checkpoints[path] = {"done": current}
    return current


def _checkpoint(name: str, current: Any, ctx: dict[str, Any]) -> dict[str, Any]:
    return {"state": name, "input": copy.deepcopy(current), "variables": copy.deepcopy(ctx.get("variables", {}))}


def _event(execution: dict[str, Any], state: dict[str, Any], what: str, name: str, field: str, value: Any) -> None:
    details = {f"state{what}EventDetails": {"name": name, field: json.dumps(value)}}
    stepfunctions._add_event(execution, f"{state['Type']}State{what}", details)


def _execute(
    state: dict[str, Any], data: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    """Runs one state and returns its output and the name of the next one."""
    match state["Type"]:
        case "Pass":
            return stepfunctions._execute_pass(state, data, ctx)
        case "Choice":
            return stepfunctions._execute_choice(state, data, ctx)
        case "Wait":
            return stepfunctions._execute_wait(state, data, ctx)
        case "Task":
            return stepfunctions._execute_task(state, data, execution, ctx)
        case "Map" if _is_inline(state):
            return stepfunctions._execute_map(state, data, execution, ctx)
        case "Succeed":
            return stepfunctions._apply_jsonata_output(state, data, ctx, default=data), None
        case unsupported:
            raise stepfunctions._ExecutionError(
                "States.Runtime", f"local AWS runs no {unsupported} state like '{ctx['State']['Name']}'"
            )


def _is_inline(state: dict[str, Any]) -> bool:
    return state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode", "INLINE") == "INLINE"


def walk_item(states: States, start_at: str, data: Any, execution: dict[str, Any], ctx: dict[str, Any]) -> Any:
    """Walks one item of a Map, in the thread that ministack gave it."""
    here = position.get()
    position.set(Position(here.run, f"{here.path}[{ctx['Map']['Item']['Index']}]"))
    return walk(states, start_at, data, execution, ctx)


def install() -> None:
    """Replaces the walk through a Map's items. `stack.execution` walks the state machine itself."""
    stepfunctions._run_sub_machine = walk_item

"""Runs an execution to its end, and redrives one that did not succeed.

A redrive keeps the execution's ARN, name, input, definition and history. It goes on in the state that failed, with the
same input and variables, with fresh retry counters and a fresh deadline. ministack alone has neither redrives nor the
state machine's TimeoutSeconds.
"""

import contextvars
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions

from stack.history import log_event
from stack.run import Interrupted, Position, Run, position, redrives
from stack.walker import walk

Execution = dict[str, Any]

REDRIVABLE_FOR = timedelta(days=14)
"""How long after its end AWS redrives an execution."""


def run_execution(arn: str, redriven: bool = False) -> None:
    """Walks the execution's state machine in the calling thread. Whatever happens ends up in its status."""
    execution = stepfunctions._executions[arn]
    machine = stepfunctions._state_machines[execution["stateMachineArn"]]
    # A redrive uses the definition the execution started with, whatever became of the state machine since.
    definition = json.loads(execution.setdefault("_definition", machine["definition"]))
    timeout = definition.get("TimeoutSeconds")
    run = Run(execution, time.monotonic() + timeout if timeout else None, execution.setdefault("_checkpoints", {}))
    if redriven:
        run.resumable = set(run.checkpoints)
    else:
        log_event(execution, execution["events"][0])
    position.set(Position(run, ""))
    ctx = _context(execution, machine, definition)
    try:
        output = walk(definition["States"], definition["StartAt"], ctx["Execution"]["Input"], execution, ctx)
        _end(execution, "SUCCEEDED", "ExecutionSucceeded", {"output": json.dumps(output)})
    except (Interrupted, stepfunctions._ExecutionError) as error:
        _end_early(run, error)
    except Exception as error:
        # Without this the execution would stay RUNNING for ever, in a thread that is gone.
        stepfunctions.logger.exception("local AWS failed while it ran %s", arn)
        stepfunctions._fail_execution(execution, "States.Runtime", str(error))


def _context(execution: Execution, machine: dict[str, Any], definition: dict[str, Any]) -> dict[str, Any]:
    """The context object that the definition's expressions see as $states.context."""
    attempt = {
        "Id": execution["executionArn"],
        "Input": json.loads(execution["input"] or "{}"),
        "Name": execution["name"],
        "RoleArn": machine["roleArn"],
        "StartTime": execution["startDate"],
        "RedriveCount": redrives(execution),
    }
    if "redriveDate" in execution:
        attempt["RedriveTime"] = execution["redriveDate"]
    return {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "variables": {},
        "Execution": attempt,
        "StateMachine": {"Id": machine["stateMachineArn"], "Name": machine["name"]},
    }


def _end(execution: Execution, status: str, event: str, details: dict[str, Any]) -> None:
    execution.update(details, status=status, stopDate=now_iso())
    stepfunctions._add_event(execution, event, {f"{event[0].lower()}{event[1:]}EventDetails": details})
    stepfunctions._emit_execution_status_event(execution)


def _end_early(run: Run, error: BaseException) -> None:
    """Ends an execution that got no further. What fails after the deadline was cut off by it."""
    if not run.is_current:
        return
    if run.expired:
        _end(run.execution, "TIMED_OUT", "ExecutionTimedOut", {})
    else:
        stepfunctions._fail_execution(run.execution, error.error, error.cause)


def is_redrivable(execution: Execution) -> bool:
    """Whether the execution ended, did not succeed, and did so no longer ago than REDRIVABLE_FOR."""
    if execution["status"] in ("RUNNING", "SUCCEEDED"):
        return False
    ended = datetime.fromisoformat(execution["stopDate"])
    return datetime.now(UTC) - ended <= REDRIVABLE_FOR


def redrive(request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Answers RedriveExecution: lets the execution go on in a thread of its own."""
    arn = request.get("executionArn", "")
    execution = stepfunctions._executions.get(arn)
    if execution is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400)
    if not is_redrivable(execution):
        cause = f"Execution is {execution['status']} since {execution['stopDate']} and cannot be redriven"
        return error_response_json("ExecutionNotRedrivable", cause, 400)
    count, when = redrives(execution) + 1, now_iso()
    execution.update(status="RUNNING", stopDate=None, output=None, redriveCount=count, redriveDate=when)
    execution.pop("error", None)
    execution.pop("cause", None)
    stepfunctions._add_event(execution, "ExecutionRedriven", {"executionRedrivenEventDetails": {"redriveCount": count}})
    stepfunctions._emit_execution_status_event(execution)
    # Threads do not inherit context variables, and ministack keeps the caller's account and region in them.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run_execution, arn, True), daemon=True).start()
    return json_response({"redriveDate": when})


def install() -> None:
    """Replaces what ministack's StartExecution runs."""
    stepfunctions._run_execution = run_execution

"""An execution's events, linked and written to the log group that the state machine names.

ministack alone gives events no predecessor and writes no execution logs.
"""

import json
import time
from typing import Any

from ministack.services import cloudwatch_logs, stepfunctions

from stack.run import redrives

_add_event = stepfunctions._add_event
_WITHOUT_DATA = ("name", "resource")


def add_event(execution: dict[str, Any], kind: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """Appends an event to the execution's history and to its log."""
    event = _add_event(execution, kind, details)
    event["previousEventId"] = event["id"] - 1
    log_event(execution, event)
    return event


def log_event(execution: dict[str, Any], event: dict[str, Any]) -> None:
    """Writes one event to the state machine's log group, if its logging configuration asks for it."""
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"], {})
    logging = machine.get("loggingConfiguration", {})
    if not logging.get("destinations") or not _is_logged(event["type"], logging.get("level", "OFF")):
        return
    arn = logging["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"]
    group = cloudwatch_logs._log_groups.get(arn.split(":log-group:", 1)[1].removesuffix(":*"))
    if group is None:
        return
    now = int(time.time() * 1000)
    message = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": _details(event, logging.get("includeExecutionData", False)),
        "previous_event_id": str(event.get("previousEventId", 0)),
        "event_timestamp": str(now),
        "execution_arn": execution["executionArn"],
        "redrive_count": str(redrives(execution)),
    }
    stream = _stream(group, f"states/{machine['name']}/{time.strftime('%Y-%m-%d-%H-%M', time.gmtime())}", now)
    line = {"timestamp": now, "ingestionTime": now, "message": json.dumps(message)}
    cloudwatch_logs._append_log_events(stream, [line])


def _is_logged(kind: str, level: str) -> bool:
    is_failure = kind.endswith(("Failed", "TimedOut", "Aborted"))
    match level:
        case "ALL":
            return True
        case "ERROR":
            return is_failure
        case "FATAL":
            return is_failure and kind.startswith("Execution")
        case _:
            return False


def _details(event: dict[str, Any], with_data: bool) -> dict[str, Any]:
    """The event's own fields: all of them, or those that hold no execution data."""
    details = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    return details if with_data else {key: value for key, value in details.items() if key in _WITHOUT_DATA}


def _stream(group: dict[str, Any], name: str, now: int) -> dict[str, Any]:
    empty = {
        "events": [],
        "uploadSequenceToken": "1",
        "creationTime": now,
        "firstEventTimestamp": None,
        "lastEventTimestamp": None,
        "lastIngestionTime": None,
    }
    return group["streams"].setdefault(name, empty)


def install() -> None:
    """Replaces how ministack appends an event."""
    stepfunctions._add_event = add_event

"""The API calls that the AWS SDKs and the console make about redrives.

ministack alone does not know RedriveExecution, and its DescribeExecution and ListExecutions say nothing about redrives.
"""

import json

from ministack.core.responses import json_response
from ministack.services import stepfunctions

from stack.execution import is_redrivable, redrive
from stack.run import redrives

_handle_request = stepfunctions.handle_request


async def handle_request(method: str, path: str, headers: dict, body: bytes, query: dict) -> tuple:
    """Answers one request to Step Functions."""
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    if action == "RedriveExecution":
        return stepfunctions._finalize_response(redrive(json.loads(body or b"{}")))
    response = await _handle_request(method, path, headers, body, query)
    if action == "DescribeExecution" and response[0] == 200:
        return _with_redrive(response)
    if action == "ListExecutions" and response[0] == 200:
        return _with_redrive_counts(response)
    return response


def _with_redrive(response: tuple) -> tuple:
    """Adds the fields about redrives to an answer of DescribeExecution."""
    answer = json.loads(response[2])
    execution = stepfunctions._executions[answer["executionArn"]]
    answer["redriveCount"] = redrives(execution)
    answer["redriveStatus"] = "REDRIVABLE" if is_redrivable(execution) else "NOT_REDRIVABLE"
    if "redriveDate" in execution:
        answer["redriveDate"] = execution["redriveDate"]
    return stepfunctions._finalize_response(json_response(answer))


def _with_redrive_counts(response: tuple) -> tuple:
    """Adds to each execution of a list how often it was redriven."""
    answer = json.loads(response[2])
    for listed in answer["executions"]:
        listed["redriveCount"] = redrives(stepfunctions._executions[listed["executionArn"]])
    return stepfunctions._finalize_response(json_response(answer))


def install() -> None:
    """Replaces ministack's dispatcher of Step Functions."""
    stepfunctions.handle_request = handle_request

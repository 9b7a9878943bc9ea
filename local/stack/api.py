"""The API calls that the AWS SDKs and the console make about redrives.

ministack alone does not know RedriveExecution, and its DescribeExecution says nothing about redrives.
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


def install() -> None:
    """Replaces ministack's dispatcher of Step Functions."""
    stepfunctions.handle_request = handle_request

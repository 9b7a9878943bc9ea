"""The saved queries of CloudWatch Logs Insights: PutQueryDefinition, DescribeQueryDefinitions, DeleteQueryDefinition.

ministack alone knows none of these. As on AWS, a query that is put without an id is a new one, and its id stays.
"""

import json
import time
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response, new_uuid
from ministack.services import cloudwatch_logs

_handle_request = cloudwatch_logs.handle_request

_definitions = AccountRegionScopedDict()

_KEPT = ("name", "queryString", "logGroupNames", "queryLanguage")
_LARGEST_PAGE = 1000


async def handle_request(method: str, path: str, headers: dict, body: bytes, query: dict) -> tuple:
    """Answers one request to CloudWatch Logs."""
    operation = _OPERATIONS.get(headers.get("x-amz-target", "").rpartition(".")[2])
    if operation is None:
        return await _handle_request(method, path, headers, body, query)
    return operation(json.loads(body or b"{}"))


def put(request: dict[str, Any]) -> tuple:
    """Saves a query, or saves over the one that the request names by its id."""
    identifier = request.get("queryDefinitionId") or new_uuid()
    if "queryDefinitionId" in request and identifier not in _definitions:
        return _unknown(identifier)
    definition = {key: request[key] for key in _KEPT if request.get(key)}
    _definitions[identifier] = {
        "queryLanguage": "CWLI",
        **definition,
        "queryDefinitionId": identifier,
        "lastModified": int(time.time() * 1000),
    }
    return json_response({"queryDefinitionId": identifier})


def describe(request: dict[str, Any]) -> tuple:
    """Lists the queries whose names begin as the request says, by name."""
    prefix = request.get("queryDefinitionNamePrefix", "")
    found = [definition for definition in _definitions.values() if definition["name"].startswith(prefix)]
    found.sort(key=lambda definition: definition["name"])
    start, size = int(request.get("nextToken", 0)), int(request.get("maxResults", _LARGEST_PAGE))
    more = {"nextToken": str(start + size)} if len(found) > start + size else {}
    return json_response({"queryDefinitions": found[start : start + size]} | more)


def delete(request: dict[str, Any]) -> tuple:
    """Deletes a query."""
    if _definitions.pop(request.get("queryDefinitionId"), None) is None:
        return _unknown(request.get("queryDefinitionId"))
    return json_response({"success": True})


def _unknown(identifier: str | None) -> tuple:
    return error_response_json("ResourceNotFoundException", f"There is no query definition {identifier}", 400)


_OPERATIONS = {
    "PutQueryDefinition": put,
    "DescribeQueryDefinitions": describe,
    "DeleteQueryDefinition": delete,
}


def install() -> None:
    """Replaces ministack's dispatcher of CloudWatch Logs."""
    cloudwatch_logs.handle_request = handle_request

"""S3 says as little as AWS to who may not list a bucket, and knows the conditions of a conditional write.

ministack alone answers "not found" to everybody, where AWS answers "forbidden" unless the caller may list the bucket,
and it has no value for the keys s3:if-none-match and s3:ObjectCreationOperation, by which a bucket's policy can demand
that objects are only ever created.
"""

import re
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.router import extract_access_key_id, extract_region
from ministack.services import s3

_handle_request = s3.handle_request
_object_context = iam_actions._s3_object_context


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], *rest: Any, **more: Any
) -> tuple[int, dict[str, str], bytes]:
    """Answers a request; that an object is not there is told only to who may list its bucket."""
    answer = await _handle_request(method, path, headers, body, query, *rest, **more)
    bucket, _, key = path.lstrip("/").partition("/")
    if not key or method not in ("GET", "HEAD") or answer[0] != 404 or _may_list(bucket, headers, query):
        return answer
    status, answer_headers, text = s3._error("AccessDenied", "Access Denied", 403, path)
    return status, answer_headers, b"" if method == "HEAD" else text


def _may_list(bucket: str, headers: dict[str, str], query: dict[str, Any]) -> bool:
    from ministack.app import AUTH

    if not AUTH:
        return True
    key, region = extract_access_key_id(headers, query), extract_region(headers, query)
    return iam_evaluator.enforce(key, "s3:ListBucket", "s3", region, resource_arn=f"arn:aws:s3:::{bucket}") is None


def object_context(action: str, query: dict[str, Any], path: str, headers: dict[str, str]) -> dict[str, Any]:
    """The condition keys of a request for an object, with those of a conditional write."""
    context = _object_context(action, query, path, headers)
    if action != "s3:PutObject":
        return context
    # Beginning an upload and sending a part of it create nothing; completing it does.
    creates = not re.search("uploads|partNumber", " ".join(query))
    context["s3:ObjectCreationOperation"] = str(creates).lower()
    if headers.get("if-none-match"):
        context["s3:if-none-match"] = headers["if-none-match"]
    return context


def install() -> None:
    """Replaces how S3 answers and what its conditions see."""
    s3.handle_request = handle_request
    iam_actions._s3_object_context = object_context

"""A request to this machine's own address counts as one over TLS.

ministack speaks plain text, which the buckets of a deployment refuse: with its policies enforced nobody could read them.
"""

from ministack.core import iam_evaluator

_pin_request_origin = iam_evaluator.pin_request_origin


def pin_request_origin(source_ip: str, secure_transport: bool) -> None:
    """Notes from where a request comes, and how."""
    _pin_request_origin(source_ip, secure_transport or source_ip == "127.0.0.1")


def install() -> None:
    """Replaces what policies are told of a request's way."""
    iam_evaluator.pin_request_origin = pin_request_origin

"""The one JSON document that says what a local stack consists of.

    {
      "pipeline": "totesys",
      "buckets": {"ingest": "…", "processed": "…", "control": "…"},
      "zips": {"ingest": "path/to/ingest.zip", "transform": "…", "load": "…"},
      "secrets": {"Project": {"host": "…", …}, "warehouse-db-credentials": {…}},
      "state_machine": "statemachine/pipeline.asl.json",

      "secret_readers": {"ingest": ["Project"], "load": ["warehouse-db-credentials"]},
      "schedule": "rate(15 minutes)",
      "environment": {"STARLIFT_LOG": "info"},
      "memory": 1769,
      "timeout": 900
    }

The first five are required. Without `secret_readers`, ingest and load may both read every secret; transform never may.
"""

import json
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

FUNCTIONS = ("ingest", "transform", "load")
BUCKETS = ("ingest", "processed", "control")


class InvalidDocument(ValueError):
    """The document cannot be provisioned. The message names the key and the valid choices."""


@dataclass(frozen=True)
class Document:
    """A stack as asked for. `memory` is in MB, `timeout` in seconds, `environment` is added to every function's."""

    pipeline: str
    buckets: dict[str, str]
    zips: dict[str, str]
    secrets: dict[str, dict[str, Any]]
    state_machine: str
    secret_readers: dict[str, list[str]] = field(default_factory=dict)
    schedule: str = "rate(15 minutes)"
    environment: dict[str, str] = field(default_factory=dict)
    memory: int = 1769
    timeout: int = 900

    @property
    def name(self) -> str:
        """The name of the state machine, and the beginning of every other name."""
        return f"starlift-{self.pipeline}"

    def function_name(self, function: str) -> str:
        """The name of one of the three functions."""
        return f"{self.name}-{function}"

    def readable_secrets(self, function: str) -> list[str]:
        """The names of the secrets that a function may read."""
        everything = [] if function == "transform" else sorted(self.secrets)
        return self.secret_readers.get(function, [] if self.secret_readers else everything)

    def function_environment(self) -> dict[str, str]:
        """The environment variables that every function gets."""
        zones = {f"STARLIFT_{zone.upper()}_BUCKET": bucket for zone, bucket in self.buckets.items()}
        return zones | self.environment


def parse(text: str) -> Document:
    """Reads a document, or raises InvalidDocument."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidDocument(f"the document is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidDocument("the document is not a JSON object")
    known = {f.name: f.default is MISSING and f.default_factory is MISSING for f in fields(Document)}
    if unknown := sorted(value.keys() - known.keys()):
        raise InvalidDocument(f"unknown key {unknown[0]!r}; known are {', '.join(known)}")
    if missing := [name for name, required in known.items() if required and name not in value]:
        raise InvalidDocument(f"key {missing[0]!r} is missing")
    document = Document(**value)
    _check_keys("buckets", document.buckets, BUCKETS)
    _check_keys("zips", document.zips, FUNCTIONS)
    for path in (*document.zips.values(), document.state_machine):
        if not Path(path).is_file():
            raise InvalidDocument(f"{path} does not exist")
    for function, names in document.secret_readers.items():
        if strangers := sorted(set(names) - document.secrets.keys()):
            raise InvalidDocument(f"secret_readers.{function} names {strangers[0]!r}, which is not among the secrets")
    return document


def _check_keys(key: str, value: dict[str, str], expected: tuple[str, ...]) -> None:
    if set(value) != set(expected):
        raise InvalidDocument(f"{key!r} must have exactly the keys {', '.join(expected)}")

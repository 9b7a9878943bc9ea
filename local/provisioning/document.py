"""The one JSON document that says what a local stack consists of.

    {
      "pipeline": "totesys",
      "buckets": {"ingest": "…", "processed": "…", "control": "…"},
      "zips": {"ingest": "path/to/ingest.zip", "transform": "…", "load": "…"},
      "secrets": {"Project": {"host": "…", …}, "warehouse-db-credentials": {…}},
      "secret_readers": {"ingest": ["Project"], "load": ["warehouse-db-credentials", "warehouse-db-migrator"]},
      "state_machine": "statemachine/pipeline.asl.json",

      "schedule": "rate(15 minutes)",
      "environment": {"STARLIFT_LOG": "info"},
      "memory": 1769,
      "timeout": 900
    }

The first six are required. Ingest reads the source's secret; load reads the warehouse's, and the migrator's if there is
one.
"""

import json
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

FUNCTIONS = ("ingest", "transform", "load")
BUCKETS = ("ingest", "processed", "control")
# How many secrets a function reads at most; transform reads none.
SECRETS = {"ingest": 1, "load": 2}


class InvalidDocument(ValueError):
    """The document cannot be provisioned. The message names the key and the valid choices."""


@dataclass(frozen=True)
class Document:
    """A stack as asked for. `memory` is in MB, `timeout` in seconds, `environment` is added to every function's."""

    pipeline: str
    buckets: dict[str, str]
    zips: dict[str, str]
    secrets: dict[str, dict[str, Any]]
    secret_readers: dict[str, list[str]]
    state_machine: str
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

    def secrets_of(self, function: str) -> dict[str, str]:
        """The names of the secrets that a function may read, by their placeholders in its policy."""
        names = self.secret_readers.get(function, [])
        if function == "load":
            # Without a migrator the loader's secret is read for both.
            return {"warehouse_secret_arn": names[0], "migrator_secret_arn": names[-1]}
        return {"source_secret_arn": names[0]} if function == "ingest" else {}

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
    _check_keys("secret_readers", document.secret_readers, tuple(SECRETS))
    for path in (*document.zips.values(), document.state_machine):
        if not Path(path).is_file():
            raise InvalidDocument(f"{path} does not exist")
    for function, names in document.secret_readers.items():
        if not 1 <= len(names) <= SECRETS[function]:
            raise InvalidDocument(f"secret_readers.{function} must name one secret, or up to {SECRETS[function]}")
        if strangers := sorted(set(names) - document.secrets.keys()):
            raise InvalidDocument(f"secret_readers.{function} names {strangers[0]!r}, which is not among the secrets")
    return document


def _check_keys(key: str, value: dict[str, Any], expected: tuple[str, ...]) -> None:
    if set(value) != set(expected):
        raise InvalidDocument(f"{key!r} must have exactly the keys {', '.join(expected)}")

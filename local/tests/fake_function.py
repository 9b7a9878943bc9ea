#!/usr/bin/env python3
"""The `bootstrap` of a function that stands in for ingest, transform or load: it answers, but lifts nothing.

Behaves as `$FAKE_FOLDER/behaviour.json` says and appends every event it gets to `$FAKE_FOLDER/events.jsonl`.
"""

import http.client
import json
import os
import time
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["FAKE_FOLDER"])
USAGE = {
    "seconds": 1.0,
    "init_seconds": 0.5,
    "peak_memory_mib": 10,
    "memory_mib": 2048,
    "architecture": "arm64",
    "s3_writes": 2,
    "s3_reads": 3,
}


class Failure(Exception):
    """A failure with an errorType."""


def answer(event: dict[str, Any], behaviour: dict[str, Any]) -> dict[str, Any]:
    """What the real functions answer to this event, with made-up counts."""
    run = event["run"]
    more = int(run.rsplit("-", 1)[1]) < behaviour["rounds"]
    if event.get("replaying"):
        # Runs of a replay keep the names that they were given once.
        more = run != behaviour["replayed"][-1]
    if "part" in event:
        fail_if_told(behaviour, event["part"])
        return {"run": run, "part": event["part"], "rows": 10, "held": 1, "objects": 1, "usage": USAGE}
    action = event.get("action", "ingest")
    fail_if_told(behaviour, action)
    counts = {"rows": 10, "bytes": 100, "tables": 1}
    overtaken = int(run.rsplit("-", 1)[1]) <= behaviour.get("superseded", 0)
    outcome = {"outcome": "superseded", "number": None} if overtaken else {"outcome": "published", "number": 1}
    written = {"versions": 1, "dimension_rows": 1, "held": 0}
    answers = {
        "begin": {"base": None, "number": None, "replaying": event.get("replay", False) is not False},
        "ingest": counts | {"base": None, "parts": behaviour["parts"], "more": more},
        "load": counts | outcome | written | {"more": more and not overtaken, "filler": "x" * behaviour["filler"]},
        "export": counts,
    }
    if answers[action].get("replaying"):
        # The next one: as many as have been loaded are behind.
        run = behaviour["replayed"][len([event for event in events() if event.get("action") == "load"])]
    return {"run": run, "usage": USAGE} | answers[action]


def fail_if_told(behaviour: dict[str, Any], step: str) -> None:
    """Raises the failure planned for this step, as often as it is planned."""
    failure = behaviour["failures"].get(step)
    if failure is None:
        return
    told = len([event for event in events() if step in (event.get("part"), event.get("action"))])
    if told > failure["times"]:
        return
    if failure["error"] == "exit":
        os._exit(3)
    if failure["error"] == "hang":
        time.sleep(3)
        return
    raise Failure(failure["error"])


def events() -> list[dict[str, Any]]:
    """Every event that any of the functions got so far."""
    return [json.loads(line) for line in (FOLDER / "events.jsonl").read_text().splitlines()]


def main() -> None:
    """Serves the Lambda runtime API until the process is ended."""
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        api.request("GET", "/2018-06-01/runtime/invocation/next")
        response = api.getresponse()
        request, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(response.read())
        # A test may change the behaviour as soon as it sees the event.
        behaviour = json.loads((FOLDER / "behaviour.json").read_text())
        with (FOLDER / "events.jsonl").open("a") as journal:
            journal.write(json.dumps(event) + "\n")
        (FOLDER / "environment.json").write_text(json.dumps(dict(os.environ)))
        print(json.dumps({"level": "INFO", "message": "answering", "run": event["run"]}), flush=True)
        if "line" in behaviour:
            print(json.dumps(behaviour["line"]), flush=True)
        try:
            kind, body = "response", answer(event, behaviour)
        except Failure as failure:
            kind, body = "error", {"errorType": str(failure), "errorMessage": "as planned"}
        api.request("POST", f"/2018-06-01/runtime/invocation/{request}/{kind}", json.dumps(body))
        api.getresponse().read()


if __name__ == "__main__":
    main()

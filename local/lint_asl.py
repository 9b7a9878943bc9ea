"""The rules that make every failure of the state machine redrivable, which asl-validator knows nothing about.

    python local/lint_asl.py [definition]

Prints one line per finding and exits with 1 if there is any. A rule is a function from the definition to its findings.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asl
from asl import Machine, State

LAMBDA_TIMEOUT = 900
"""Seconds after which Lambda ends a function; a Task must outlive it, or it gives up on work that may still succeed."""

KINDS = ("Transient", "Contended", "InvalidDefinition", "InvalidData", "SourceChanged", "Denied", "Internal")
"""What a function's errorType may be, after `Starlift.`."""

RETRIED = ("Transient", "Contended")
"""The kinds that pass by themselves. Retrying another one only hides it for a while."""

PLACEHOLDERS = ("ingest_function_arn", "transform_function_arn", "load_function_arn")
"""What the definition leaves to be filled in, as ${name}."""

_EVERYTHING = ("States.ALL", "States.TaskFailed")


def speaks_jsonata(machine: Machine) -> Iterator[str]:
    """Expressions are JSONata throughout."""
    if machine.get("QueryLanguage") != "JSONata":
        yield 'the definition must have "QueryLanguage": "JSONata"'
    for name, state in asl.states(machine):
        if state.get("QueryLanguage", "JSONata") != "JSONata":
            yield f"{name}: QueryLanguage must be JSONata"


def ends_by_itself(machine: Machine) -> Iterator[str]:
    """Without a top-level time-out an execution that hangs does so for a year."""
    if not isinstance(machine.get("TimeoutSeconds"), int):
        yield "the definition must have TimeoutSeconds"


def fails_uncaught(machine: Machine) -> Iterator[str]:
    """An execution that ended in Fail would only enter Fail again when it is redriven."""
    for name, state in asl.states(machine):
        if "Catch" in state:
            yield f"{name}: a Catch keeps a redrive from going on where it failed"
        if state.get("Type") == "Fail":
            yield f"{name}: a redrive of an execution that ended in a Fail state only enters it again"


def retries_tasks_only(machine: Machine) -> Iterator[str]:
    """Retry on a Map repeats its items that succeeded."""
    for name, state in asl.states(machine):
        if "Retry" in state and state.get("Type") != "Task":
            yield f"{name}: Retry belongs on Tasks, not on a {state.get('Type')}"


def tasks_retry_and_end(machine: Machine) -> Iterator[str]:
    """Every Task retries what passes, and waits for its function to end."""
    for name, state in _tasks(machine):
        if not state.get("Retry"):
            yield f"{name}: a Task needs Retry"
        timeout = state.get("TimeoutSeconds", 0)
        if not isinstance(timeout, int) or timeout <= LAMBDA_TIMEOUT:
            yield f"{name}: a Task needs TimeoutSeconds above {LAMBDA_TIMEOUT}, the functions' own time-out"


def retries_exactly_what_passes(machine: Machine) -> Iterator[str]:
    """Retry names errors one by one: of Starlift's, those that pass by themselves and no other."""
    for name, state in _tasks(machine):
        errors = [error for retrier in state.get("Retry", []) for error in retrier.get("ErrorEquals", [])]
        for error in sorted(set(errors)):
            if error in _EVERYTHING:
                yield f"{name}: {error} also retries failures that are permanent"
            if errors.count(error) > 1:
                yield f"{name}: {error} is in more than one retrier, and only the first one counts"
        kinds = {error.removeprefix("Starlift.") for error in errors if error.startswith("Starlift.")}
        for kind in sorted(kinds - set(KINDS)):
            yield f"{name}: there is no Starlift.{kind}; there are {', '.join(KINDS)}"
        for kind in sorted(kinds & set(KINDS) - set(RETRIED)):
            yield f"{name}: Starlift.{kind} is permanent and must not be retried"
        for kind in sorted(set(RETRIED) - kinds):
            yield f"{name}: Starlift.{kind} must be retried"


def retries_alike(machine: Machine) -> Iterator[str]:
    """There is one policy, so every Task has the same Retry."""
    tasks = list(_tasks(machine))
    for name, state in tasks[1:]:
        if state.get("Retry") != tasks[0][1].get("Retry"):
            yield f"{name}: its Retry differs from that of {tasks[0][0]}"


def reaches_every_state(machine: Machine) -> Iterator[str]:
    """No state is left over, none leads nowhere."""
    for level in asl.machines(machine):
        known, reached, ahead = level.get("States", {}), set(), [level.get("StartAt")]
        while ahead:
            name = ahead.pop()
            if name in reached:
                continue
            reached.add(name)
            if name not in known:
                yield f"{name}: no such state"
                continue
            ahead.extend(asl.successors(known[name]))
        for name in sorted(known.keys() - reached):
            yield f"{name}: no way leads to this state"


def survives_terraform(machine: Machine) -> Iterator[str]:
    """Terraform's templatefile reads the definition: it has our placeholders and nothing else that it would expand."""
    for text in _strings(machine):
        for name in re.findall(r"\$\{([^}]*)\}?", text):
            if name not in PLACEHOLDERS:
                yield f"${{{name}}}: no such placeholder; there are {', '.join(PLACEHOLDERS)}"
        if "%{" in text:
            yield f"{text!r}: Terraform would take %{{ for a directive"


def _tasks(machine: Machine) -> Iterator[tuple[str, State]]:
    return ((name, state) for name, state in asl.states(machine) if state.get("Type") == "Task")


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


RULES: tuple[Callable[[Machine], Iterator[str]], ...] = (
    speaks_jsonata,
    ends_by_itself,
    fails_uncaught,
    retries_tasks_only,
    tasks_retry_and_end,
    retries_exactly_what_passes,
    retries_alike,
    reaches_every_state,
    survives_terraform,
)
"""Every rule."""


def findings(machine: Machine) -> list[str]:
    """What is wrong with a definition, in the order of the rules."""
    return [finding for rule in RULES for finding in rule(machine)]


def main() -> None:
    """Lints the file that the command line names, or the pipeline's definition."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else asl.DEFINITION
    found = findings(asl.read(path))
    for finding in found:
        print(f"{path.name}: {finding}", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

"""The state machine's definition as the tools here see it: where it is, and its states with their successors."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DEFINITION = Path(__file__).resolve().parent.parent / "statemachine" / "pipeline.asl.json"
"""The one definition that AWS, the local stack and every test run."""

Machine = dict[str, Any]
State = dict[str, Any]


def read(path: Path = DEFINITION) -> Machine:
    """Reads a definition."""
    return json.loads(path.read_text())


def machines(machine: Machine) -> Iterator[Machine]:
    """The state machine itself and the one inside each Map or Parallel state."""
    yield machine
    for state in machine.get("States", {}).values():
        inner = [state["ItemProcessor"]] if "ItemProcessor" in state else state.get("Branches", [])
        for nested in inner:
            yield from machines(nested)


def states(machine: Machine) -> Iterator[tuple[str, State]]:
    """Every state with its name, those inside Map and Parallel states included."""
    for level in machines(machine):
        yield from level.get("States", {}).items()


def successors(state: State) -> list[str]:
    """The names of the states that may follow, in the order of the definition."""
    choices = [choice["Next"] for choice in state.get("Choices", []) if "Next" in choice]
    catches = [catch["Next"] for catch in state.get("Catch", []) if "Next" in catch]
    return choices + catches + [state[key] for key in ("Default", "Next") if key in state]

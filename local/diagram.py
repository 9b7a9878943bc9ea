"""Draws the state machine as a Mermaid diagram, generated from its definition.

    python local/diagram.py                     prints the diagram
    python local/diagram.py --write README.md   puts it between the markers in a file
    python local/diagram.py --check README.md   exits with 1 when the file holds another one
"""

from collections.abc import Iterator

import asl
import generated
from asl import Machine, State

PLACE = generated.Place("<!-- state machine: generated -->", "<!-- /state machine -->")


def diagram(machine: Machine) -> str:
    """The whole diagram as a Markdown code block."""
    lines = ["```mermaid", "stateDiagram-v2", *_level(machine, "    "), "```"]
    return "\n".join(lines)


def _level(machine: Machine, indent: str) -> Iterator[str]:
    # Mermaid draws a choice as a diamond only where it hears of it before it is used.
    for name, state in machine["States"].items():
        if state["Type"] == "Choice":
            yield f"{indent}state {name} <<choice>>"
    yield f"{indent}[*] --> {machine['StartAt']}"
    for name, state in machine["States"].items():
        yield from _state(name, state, indent)


def _state(name: str, state: State, indent: str) -> Iterator[str]:
    if "ItemProcessor" in state:
        yield f"{indent}state {name} {{"
        yield from _level(state["ItemProcessor"], indent + "    ")
        yield f"{indent}}}"
    for choice in state.get("Choices", []):
        yield f"{indent}{name} --> {choice['Next']}: {_condition(choice['Condition'])}"
    for key in ("Default", "Next"):
        if key in state:
            label = ": otherwise" if key == "Default" else ""
            yield f"{indent}{name} --> {state[key]}{label}"
    if state.get("End") or state["Type"] == "Succeed":
        yield f"{indent}{name} --> [*]"


def _condition(expression: str) -> str:
    """A JSONata condition in plain words, without the characters that mean something in a Mermaid label."""
    words = expression.removeprefix("{%").removesuffix("%}").strip()
    return words.replace("$states.input.", "").replace("$", "").replace(" = true", "").replace("<", "below")


if __name__ == "__main__":
    generated.run("local/diagram.py", "Draws the state machine as a Mermaid diagram.", PLACE, diagram(asl.read()))

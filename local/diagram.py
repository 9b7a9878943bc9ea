"""Draws the state machine as a Mermaid diagram, generated from its definition.

    python local/diagram.py                     prints the diagram
    python local/diagram.py --write README.md   puts it between the markers in a file
    python local/diagram.py --check README.md   exits with 1 when the file holds another one

The file needs the two markers below, each in a line of its own.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import asl
from asl import Machine, State

BEGIN = "<!-- state machine: generated -->"
END = "<!-- /state machine -->"


class NoMarkers(ValueError):
    """The file has no place for the diagram."""


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


def replaced(text: str, drawing: str) -> str:
    """The text with the diagram between its markers. Raises NoMarkers unless it has both."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarkers(f"found no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{drawing}\n{END}{after}"


def main() -> None:
    """Prints, writes or checks the diagram."""
    parser = argparse.ArgumentParser(description="Draws the state machine as a Mermaid diagram.")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--write", type=Path, metavar="FILE")
    action.add_argument("--check", type=Path, metavar="FILE")
    options = parser.parse_args()
    drawing = diagram(asl.read())
    target = options.write or options.check
    if target is None:
        print(drawing)
        return
    current = target.read_text()
    try:
        wanted = replaced(current, drawing)
    except NoMarkers as error:
        sys.exit(f"{target}: {error}")
    if options.write:
        target.write_text(wanted)
    elif current != wanted:
        sys.exit(f"{target}: the diagram is out of date; run python local/diagram.py --write {target}")


if __name__ == "__main__":
    main()

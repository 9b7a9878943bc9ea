"""Lists the inputs and outputs of the Terraform module, generated from its files.

    python local/module_docs.py                              prints the lists
    python local/module_docs.py --write terraform/README.md  puts them between the markers in a file
    python local/module_docs.py --check terraform/README.md  exits with 1 when the file holds others
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import generated
import hcl2

MODULE = Path(__file__).resolve().parent.parent / "terraform"
PLACE = generated.Place("<!-- inputs and outputs: generated -->", "<!-- /inputs and outputs -->")

Blocks = dict[str, dict[str, Any]]


def lists(module: Path) -> str:
    """The Markdown tables of a module's inputs and outputs, with the fields of the inputs that are objects."""
    inputs = {name: block for file in variable_files(module) for name, block in _blocks(file, "variable").items()}
    outputs = _blocks(module / "outputs.tf", "output")
    return "\n".join([*_inputs(inputs), "", *_objects(inputs), *_outputs(outputs)])


def variable_files(module: Path) -> list[Path]:
    """The files with a module's inputs, in the order in which they are listed."""
    return sorted(module.glob("variables*.tf"))


def _blocks(file: Path, kind: str) -> Blocks:
    with file.open() as text:
        parsed = hcl2.load(text)
    return {json.loads(name): block for labelled in parsed[kind] for name, block in labelled.items()}


def _inputs(inputs: Blocks) -> Iterator[str]:
    yield from ("| input | type | default | |", "|---|---|---|---|")
    for name, block in inputs.items():
        kind = "object" if _fields(block) else _type(block)
        default = f"`{_default(block['default'])}`" if "default" in block else "must be given"
        yield f"| `{name}` | `{kind}` | {default} | {_text(block['description'])} |"


def _objects(inputs: Blocks) -> Iterator[str]:
    yield "Inputs with fields, `optional` ones with their defaults:"
    yield from ("", "```hcl")
    for name, block in inputs.items():
        if fields := _fields(block):
            yield f"{name} = {{"
            yield from (f"  {field}" for field in fields)
            yield "}"
    yield from ("```", "")


def _outputs(outputs: Blocks) -> Iterator[str]:
    yield from ("| output | |", "|---|---|")
    for name, block in outputs.items():
        yield f"| `{name}` | {_text(block['description'])} |"


def _text(quoted: str) -> str:
    """A string literal of HCL without its quotation marks, fit for a cell of a table in Markdown."""
    return json.loads(quoted).replace("|", "\\|").replace("<", "\\<")


def _type(block: dict[str, Any]) -> str:
    return block["type"].removeprefix("${").removesuffix("}")


def _default(value: Any) -> str:
    """A default as one writes it in HCL: a string that was parsed has its quotation marks still."""
    return value if isinstance(value, str) else json.dumps(value)


def _fields(block: dict[str, Any]) -> list[str]:
    """The fields of an input that is an object, in its order."""
    written = _type(block)
    if not written.startswith("object({"):
        return []
    fields, depth = [""], 0
    for character in written.removeprefix("object({").removesuffix("})"):
        depth += (character in "({[") - (character in ")}]")
        if character == "," and depth == 0:
            fields.append("")
        else:
            fields[-1] += character
    return [field.strip() for field in fields]


if __name__ == "__main__":
    generated.run("local/module_docs.py", "Lists the inputs and outputs of the Terraform module.", PLACE, lists(MODULE))

"""A part of a file that is generated: between two markers, each in a line of its own.

A generator's command line is that of `run`: without options it prints, `--write FILE` puts the text between the
markers, `--check FILE` fails when the file holds another one.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path


class NoMarkers(ValueError):
    """The file has no place for what is generated."""


@dataclass(frozen=True)
class Place:
    """Where a generated text stands, by the markers around it."""

    begin: str
    end: str

    def replaced(self, text: str, generated: str) -> str:
        """The text with what is generated between its markers. Raises NoMarkers unless it has both."""
        before, begin, rest = text.partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not begin or not end:
            raise NoMarkers(f"found no {self.begin} … {self.end}")
        return f"{before}{begin}\n{generated}\n{end}{after}"


def run(script: str, description: str, place: Place, generated: str) -> None:
    """Prints, writes or checks, as the command line says. `script` is the generator's path, to be told."""
    parser = argparse.ArgumentParser(description=description)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--write", type=Path, metavar="FILE")
    action.add_argument("--check", type=Path, metavar="FILE")
    options = parser.parse_args()
    target = options.write or options.check
    if target is None:
        print(generated)
        return
    current = target.read_text()
    try:
        wanted = place.replaced(current, generated)
    except NoMarkers as error:
        sys.exit(f"{target}: {error}")
    if options.write:
        target.write_text(wanted)
    elif current != wanted:
        sys.exit(f"{target} is out of date; run python {script} --write {target}")

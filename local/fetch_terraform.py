"""Fetches a release of Terraform for this machine into a folder.

    python local/fetch_terraform.py 1.11.4 target/tools/terraform-1.11.4

What was fetched is used only when its SHA-256 is the one that is published with the release.
"""

import hashlib
import io
import os
import platform
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

RELEASES = "https://releases.hashicorp.com/terraform"
PROGRAM = "terraform"
# Terraform's names for what Python calls a machine.
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class Unusable(RuntimeError):
    """There is no such release, or it is not what was published."""


def archive_name(version: str, system: str, machine: str) -> str:
    """The name of a release's archive for a machine. Raises Unusable where there is none."""
    architecture = _ARCHITECTURES.get(machine.lower())
    if architecture is None:
        raise Unusable(f"there is no Terraform for a machine of type {machine}")
    return f"terraform_{version}_{system.lower()}_{architecture}.zip"


def check(name: str, archive: bytes, sums: str) -> None:
    """Raises Unusable unless the list of published sums has this archive with the sum that it has."""
    published = {file: digest for digest, file in (line.split() for line in sums.splitlines() if line.strip())}
    if published.get(name) != hashlib.sha256(archive).hexdigest():
        raise Unusable(f"{name} does not have the SHA-256 that is published with it: do not use it")


def unpack(archive: bytes, folder: Path) -> None:
    """Puts the program into a folder, at once, so that nobody finds half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{PROGRAM}.{os.getpid()}"
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        unfinished.write_bytes(zipped.read(PROGRAM))
    unfinished.chmod(0o755)
    unfinished.replace(folder / PROGRAM)


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.read()
    except (urllib.error.URLError, TimeoutError) as error:
        raise Unusable(f"{url} could not be fetched: {error}") from None


def main() -> None:
    """Fetches the release that the command line names."""
    version, folder = sys.argv[1], Path(sys.argv[2])
    try:
        name = archive_name(version, platform.system(), platform.machine())
        archive = _fetch(f"{RELEASES}/{version}/{name}")
        check(name, archive, _fetch(f"{RELEASES}/{version}/terraform_{version}_SHA256SUMS").decode())
    except Unusable as error:
        sys.exit(str(error))
    unpack(archive, folder)


if __name__ == "__main__":
    main()

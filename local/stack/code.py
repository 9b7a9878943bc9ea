"""A function's code lies in a file of this machine, is read once, and its processes end when nobody needs them.

ministack alone takes a zip only over the wire or from the account's own bucket, and keeps a copy for every function
(unoptimised zips have a hundred megabytes for one pipeline, and every test has one of its own). It hashes that copy for
every process that it starts. And it never ends a function's first process, each of which costs it a thread that wakes
up ten times a second.
"""

import os
import threading
import time
from pathlib import Path

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from stack import FILES

_fetch_code_from_s3 = lambda_svc._fetch_code_from_s3
_provided_runtime_code_dir = lambda_svc._provided_runtime_code_dir

_lock = threading.Lock()
_read: dict[tuple[str, int, int], bytes] = {}
# By identity: what was read from a file is never let go, so its identity stays its own.
_extracted: dict[int, str] = {}


def fetch_code(bucket: str, key: str, version_id: str | None = None) -> bytes | None:
    """The code that a function is made of, or None when there is none. Files with equal content need not be equal."""
    if bucket != FILES:
        return _fetch_code_from_s3(bucket, key, version_id=version_id)
    try:
        status = os.stat(key)
        with _lock:
            version = (key, status.st_mtime_ns, status.st_size)
            if version not in _read:
                _read[version] = Path(key).read_bytes()
            return _read[version]
    except OSError:
        return None


def code_folder(code: bytes) -> str:
    """The folder in which a function's code lies unpacked."""
    known = _extracted.get(id(code))
    if known and os.path.isdir(known):
        return known
    folder = _provided_runtime_code_dir(code)
    with _lock:
        if any(code is kept for kept in _read.values()):
            _extracted[id(code)] = folder
    return folder


def end_idle_workers(seconds: float | None = None) -> int:
    """Ends every process that nobody has invoked for so long, 300 seconds or LAMBDA_WARM_TTL_SECONDS unless given."""
    limit = lambda_runtime._LOCAL_WORKER_TTL if seconds is None else seconds
    idle = []
    with lambda_runtime._lock:
        now = time.time()
        for key, workers in list(lambda_runtime._workers.items()):
            kept = [worker for worker in workers if worker.in_use or now - worker.last_used < limit]
            idle += [worker for worker in workers if worker not in kept]
            lambda_runtime._workers[key] = kept
            if not kept:
                del lambda_runtime._workers[key]
    lambda_runtime.kill_workers(idle)
    return len(idle)


def install() -> None:
    """Replaces where code comes from and where it lies, and when processes end."""
    lambda_svc._fetch_code_from_s3 = fetch_code
    lambda_svc._provided_runtime_code_dir = code_folder
    lambda_svc.reap_idle_workers = end_idle_workers

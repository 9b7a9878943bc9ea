"""Waits between attempts as a Retry says: MaxDelaySeconds, JitterStrategy, and an end when the execution ends.

ministack alone ignores the first two, cuts every delay to a minute and sleeps through a stop. SFN_WAIT_SCALE (0: none)
shortens the waits, for tests.
"""

import random
import time
from typing import Any

from ministack.services import stepfunctions

from stack.run import position

_find_matching_retrier = stepfunctions._find_matching_retrier
_LONGEST_NAP = 0.1


def delay(retrier: dict[str, Any], attempts: int) -> float:
    """Seconds to wait after `attempts` earlier retries by this retrier."""
    seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** attempts
    seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    return random.uniform(0, seconds) if retrier.get("JitterStrategy") == "FULL" else seconds


def sleep(seconds: float) -> None:
    """Waits in short naps, so that a stopped or overdue execution does not wait to the end."""
    run = position.get().run
    end = time.monotonic() + seconds * stepfunctions._SFN_WAIT_SCALE
    run.check()
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, _LONGEST_NAP))
        run.check()


def find_matching_retrier(
    retriers: list[dict[str, Any]], error: str, attempts: dict[int, int]
) -> tuple[dict[str, Any] | None, int]:
    """Finds the retrier for an error and waits for it here, because ministack's own wait ends after a minute."""
    retrier, index = _find_matching_retrier(retriers, error, attempts)
    if retrier is None:
        return None, index
    sleep(delay(retrier, attempts.get(index, 0)))
    return retrier | {"IntervalSeconds": 0}, index


def install() -> None:
    """Replaces the search for a retrier and the sleep of Wait states."""
    stepfunctions._find_matching_retrier = find_matching_retrier
    stepfunctions._scaled_sleep = sleep

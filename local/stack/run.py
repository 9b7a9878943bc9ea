"""One execution on its way: where it is, when it must end, and what a redrive would start from.

ministack walks an execution in one thread and each item of a Map in a thread of its own, all of which inherit the
context variable `position`. A path names a walk: "" is the state machine, "/Transform[3]" the fourth item of the Map
Transform.
"""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


class Interrupted(BaseException):
    """The execution was stopped or is past its deadline. Not an Exception, so that nothing retries it."""


def redrives(execution: dict[str, Any]) -> int:
    """How often an execution was redriven."""
    return execution.get("redriveCount", 0)


@dataclass
class Run:
    """One attempt at an execution: the first one, or a redrive. `attempt` is the number of redrives before it.

    `checkpoints` outlives the attempt, because it is stored with the execution. By path it holds the state that was
    entered last with its input and variables, or the result of a walk that ended.
    """

    execution: dict[str, Any]
    deadline: float | None
    checkpoints: dict[str, dict[str, Any]]
    resumable: set[str] = field(default_factory=set)
    attempt: int = field(init=False)

    def __post_init__(self) -> None:
        self.attempt = redrives(self.execution)

    @property
    def is_current(self) -> bool:
        """Whether this attempt still decides about the execution.

        An attempt that was stopped in the middle of a Task only notices at the end of it. By then a redrive may be on
        its way, and the execution RUNNING again.
        """
        return self.execution["status"] == "RUNNING" and redrives(self.execution) == self.attempt

    @property
    def expired(self) -> bool:
        """Whether the state machine's TimeoutSeconds have passed."""
        return self.deadline is not None and time.monotonic() > self.deadline

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the deadline, or None without one."""
        return None if self.deadline is None else max(0.001, self.deadline - time.monotonic())

    def check(self) -> None:
        """Raises Interrupted when this attempt must not go on."""
        if not self.is_current or self.expired:
            raise Interrupted

    def resume(self, path: str) -> dict[str, Any] | None:
        """Hands out the checkpoint a redrive left for this walk, once."""
        if path not in self.resumable:
            return None
        self.resumable.discard(path)
        return self.checkpoints.get(path)

    def forget(self, prefix: str) -> None:
        """Drops the checkpoints of walks below `prefix`: a Map entered anew owes nothing to an earlier round."""
        for path in [known for known in self.checkpoints if known.startswith(prefix)]:
            self.checkpoints.pop(path, None)
            self.resumable.discard(path)


@dataclass(frozen=True)
class Position:
    """The run a thread works for and the path of the state it is in."""

    run: Run
    path: str


position: ContextVar[Position] = ContextVar("position")

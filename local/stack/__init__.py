"""What ministack needs to behave like the AWS that Starlift's state machine and its deployment rely on.

ministack runs the services of AWS in one process. These modules replace parts of some of them in memory; each module is
one behaviour and says what differs without it. What a run of the pipeline needs:

    walker      goes from state to state, with checkpoints
    execution   runs an execution against its deadline, and redrives it
    retry       delays with MaxDelaySeconds and JitterStrategy
    task        time-outs, the 256 KiB limit, the names of Lambda's errors
    api         RedriveExecution, and what DescribeExecution says about it
    history     execution logs
    functions   a function's environment, and its speed
    code        a function's code by its path, and an end for idle processes
    objects     what S3 tells whom, and the conditions of conditional writes
    transport   loopback in place of TLS
    metrics     metrics that functions write into their logs, and the alarms on them
    schedules   the call StartExecution as a schedule's target
    events      what becomes of a path that leads nowhere in an event

What Terraform's provider reads back, so that a second plan is empty:

    alarms      all that an alarm was made with
    databases   a database's exported logs and the key of its figures
    endpoints   an endpoint's security groups, policy and private name
    queries     the saved queries of Logs Insights
    rules       the prefix list of a rule of a security group, and rules without ports
    tracing     a state machine's tracing configuration

They reach into ministack's private names, so they fit exactly one version of it.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

MINISTACK = "1.5.33"
"""The one version of ministack that these modules fit."""

FILES = "files-of-this-machine"
"""The bucket whose keys are paths of this machine: a function's code may be `{"S3Bucket": FILES, "S3Key": "/a/path.zip"}`."""

_BEHAVIOURS = (
    "walker",
    "execution",
    "retry",
    "task",
    "api",
    "history",
    "functions",
    "code",
    "objects",
    "transport",
    "metrics",
    "schedules",
    "events",
    "alarms",
    "databases",
    "endpoints",
    "queries",
    "rules",
    "tracing",
)


class WrongVersion(RuntimeError):
    """ministack is missing or of a version that the overlay does not fit."""


def check_version() -> None:
    """Raises WrongVersion, with what to do, unless ministack has the pinned version."""
    try:
        installed = version("ministack")
    except PackageNotFoundError:
        installed = "none"
    if installed != MINISTACK:
        raise WrongVersion(
            f"local AWS needs ministack {MINISTACK}, found {installed}: "
            "install local/requirements.txt into the environment this Python belongs to"
        )


def install() -> None:
    """Puts every behaviour in place. Call once, before ministack serves its first request."""
    check_version()
    for name in _BEHAVIOURS:
        import_module(f"stack.{name}").install()

"""The state machine that chains the functions, and the schedule that starts it."""

from pathlib import Path

from provisioning.document import Document
from provisioning.placeholders import substitute
from provisioning.policies import policy
from provisioning.roles import ensure_role
from provisioning.session import Session, say
from provisioning.storage import ensure_log_group


def ensure_state_machine(session: Session, document: Document, functions: dict[str, str]) -> tuple[str, str]:
    """Makes the state machine run the given functions (ARNs by name). Returns its ARN and its log group."""
    # AWS delivers execution logs only to groups below this name without running into a limit of their policies.
    log_group = f"/aws/vendedlogs/states/{document.name}"
    log_group_arn = ensure_log_group(session, log_group)
    arns = {f"{function}_function_arn": arn for function, arn in functions.items()}
    arn = session.arn("states", f"stateMachine:{document.name}")
    trust = policy("trust", service="states.amazonaws.com", account=session.account, source_arn=arn)
    wanted = {
        "definition": substitute(Path(document.state_machine).read_text(), arns),
        "roleArn": ensure_role(session, f"{document.name}-states", trust, policy("state_machine", **arns)),
        "loggingConfiguration": {
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": f"{log_group_arn}:*"}}],
        },
    }
    states = session.client("stepfunctions")
    try:
        current = states.describe_state_machine(stateMachineArn=arn)
    except states.exceptions.StateMachineDoesNotExist:
        arn = states.create_state_machine(name=document.name, type="STANDARD", **wanted)["stateMachineArn"]
        say("created", "state machine", document.name)
        return arn, log_group
    if all(current.get(key) == value for key, value in wanted.items()):
        say("kept", "state machine", document.name)
    else:
        states.update_state_machine(stateMachineArn=arn, **wanted)
        say("updated", "state machine", document.name)
    return arn, log_group


def ensure_schedule(session: Session, document: Document, state_machine: str) -> str:
    """Makes a schedule that would start the state machine, but is disabled, and returns its ARN."""
    group = session.arn("scheduler", "schedule-group/default")
    trust = policy("trust", service="scheduler.amazonaws.com", account=session.account, source_arn=group)
    # There is no such queue here: a schedule that is disabled leaves nothing behind.
    queue = session.arn("sqs", f"{document.name}-dead-letters")
    values = {
        "state_machine_arn": state_machine,
        "dead_letter_queue_arn": queue,
        "kms_key_arn": session.no_key,
        "schedule_arn": session.arn("scheduler", f"schedule/default/{document.name}"),
    }
    allowed = policy("scheduler", **values)
    wanted = {
        "ScheduleExpression": document.schedule,
        "State": "DISABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": state_machine,
            "RoleArn": ensure_role(session, f"{document.name}-schedule", trust, allowed),
            "Input": "{}",
            "RetryPolicy": {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 2},
        },
    }
    scheduler = session.client("scheduler")
    try:
        current = scheduler.get_schedule(Name=document.name)
    except scheduler.exceptions.ResourceNotFoundException:
        arn = scheduler.create_schedule(Name=document.name, **wanted)["ScheduleArn"]
        say("created", "schedule", f"{document.name} (disabled)")
        return arn
    if all(current.get(key) == value for key, value in wanted.items()):
        say("kept", "schedule", document.name)
    else:
        scheduler.update_schedule(Name=document.name, **wanted)
        say("updated", "schedule", document.name)
    return current["Arn"]

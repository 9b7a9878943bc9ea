"""The state machine that chains the functions, and the schedule that starts it."""

from pathlib import Path
from string import Template

from provisioning.document import Document
from provisioning.policies import schedule_policy, state_machine_policy
from provisioning.roles import ensure_role
from provisioning.session import Session, say
from provisioning.storage import ensure_log_group


def ensure_state_machine(session: Session, document: Document, functions: dict[str, str]) -> tuple[str, str]:
    """Makes the state machine run the given functions (ARNs by name). Returns its ARN and its log group."""
    # AWS delivers execution logs only to groups below this name without running into a limit of their policies.
    log_group = f"/aws/vendedlogs/states/{document.name}"
    log_group_arn = ensure_log_group(session, log_group)
    policy = state_machine_policy(list(functions.values()))
    arns = {f"{function}_function_arn": arn for function, arn in functions.items()}
    wanted = {
        "definition": substitute(Path(document.state_machine).read_text(), arns),
        "roleArn": ensure_role(session, f"{document.name}-states", "states.amazonaws.com", policy),
        "loggingConfiguration": {
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": f"{log_group_arn}:*"}}],
        },
    }
    states = session.client("stepfunctions")
    arn = session.arn("states", f"stateMachine:{document.name}")
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


class _Placeholders(Template):
    """Terraform's ${name} only: a JSONata expression's $name is not one."""

    pattern = r"\$\{(?P<braced>[a-z_]+)\}|(?P<named>(?!))|(?P<escaped>(?!))|(?P<invalid>(?!))"


def substitute(definition: str, values: dict[str, str]) -> str:
    """Puts values in the place of ${names}, as Terraform does."""
    return _Placeholders(definition).substitute(values)


def ensure_schedule(session: Session, document: Document, state_machine: str) -> str:
    """Makes a schedule that would start the state machine, but is disabled, and returns its ARN."""
    role = f"{document.name}-schedule"
    wanted = {
        "ScheduleExpression": document.schedule,
        "State": "DISABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": state_machine,
            "RoleArn": ensure_role(session, role, "scheduler.amazonaws.com", schedule_policy(state_machine)),
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

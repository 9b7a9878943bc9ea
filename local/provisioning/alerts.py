"""Who is told when an execution ends without success: a topic, fed by rules on the state machine's status changes."""

import json
import re
from pathlib import Path
from typing import Any

from provisioning.document import Document
from provisioning.placeholders import substitute
from provisioning.session import Session, say

# The same file that a deployment reads.
_ALERTS = Path(__file__).parents[2] / "statemachine" / "alert.json"


def ensure_alerts(session: Session, document: Document, state_machine: str) -> str:
    """Makes every execution that ends without success send one message to a topic, whose ARN it returns."""
    alerts = json.loads(substitute(_ALERTS.read_text(), {"state_machine_arn": state_machine}))
    topic = session.client("sns").create_topic(Name=f"{document.name}-alerts")["TopicArn"]
    for kind in ("failed", "unexplained"):
        _ensure_rule(session, f"{document.name}-{kind}", alerts[kind], topic)
    return topic


def _ensure_rule(session: Session, name: str, alert: dict[str, Any], topic: str) -> None:
    """Makes every event of a pattern send one message to a topic."""
    events = session.client("events")
    pattern = json.dumps(alert["pattern"])
    transformer = {"InputPathsMap": alert["paths"], "InputTemplate": _template(alert["template"])}
    targets = [{"Id": "topic", "Arn": topic, "InputTransformer": transformer}]
    try:
        rule, current = events.describe_rule(Name=name), events.list_targets_by_rule(Rule=name)["Targets"]
    except events.exceptions.ResourceNotFoundException:
        done = "created"
    else:
        if (rule["EventPattern"], current) == (pattern, targets):
            say("kept", "alerts", name)
            return
        done = "updated"
    events.put_rule(Name=name, EventPattern=pattern, State="ENABLED")
    events.put_targets(Rule=name, Targets=targets)
    say(done, "alerts", name)


def _template(message: dict[str, str]) -> str:
    """A value that is one placeholder stands without quotes, so that what it stands for is quoted as it has to be."""
    return re.sub(r'"(<[a-z]+>)"', r"\1", json.dumps(message))

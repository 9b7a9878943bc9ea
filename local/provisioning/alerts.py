"""Who is told when an execution ends without success: a topic, fed by a rule on the state machine's status changes."""

import json
import re
from pathlib import Path

from provisioning.document import Document
from provisioning.placeholders import substitute
from provisioning.session import Session, say

# The same file that a deployment reads.
_ALERT = Path(__file__).parents[2] / "statemachine" / "alert.json"


def ensure_alerts(session: Session, document: Document, state_machine: str) -> str:
    """Makes every execution that ends without success send one message to a topic, whose ARN it returns."""
    alert = json.loads(substitute(_ALERT.read_text(), {"state_machine_arn": state_machine}))
    name = f"{document.name}-alerts"
    topic = session.arn("sns", name)
    sns, events = session.client("sns"), session.client("events")
    pattern = json.dumps(alert["pattern"])
    transformer = {"InputPathsMap": alert["paths"], "InputTemplate": _template(alert["template"])}
    wanted = (pattern, [{"Id": "topic", "Arn": topic, "InputTransformer": transformer}])
    try:
        rule, targets = events.describe_rule(Name=name), events.list_targets_by_rule(Rule=name)["Targets"]
    except events.exceptions.ResourceNotFoundException:
        sns.create_topic(Name=name)
        done = "created"
    else:
        if (rule["EventPattern"], targets) == wanted:
            say("kept", "alerts", name)
            return topic
        done = "updated"
    events.put_rule(Name=name, EventPattern=pattern, State="ENABLED")
    events.put_targets(Rule=name, Targets=wanted[1])
    say(done, "alerts", name)
    return topic


def _template(message: dict[str, str]) -> str:
    """A value that is one placeholder stands without quotes, so that what it stands for is quoted as it has to be."""
    return re.sub(r'"(<[a-z]+>)"', r"\1", json.dumps(message))

"""Makes the local stack that a JSON document asks for, and prints its ARNs as JSON.

    AWS_ENDPOINT_URL=http://127.0.0.1:4599 python local/provision.py stack.json

Without a file the document is read from stdin; `provisioning/document.py` describes it. A second call changes only what
differs. Everything it does is reported on stderr, one line per thing.
"""

import json
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from provisioning.alerts import ensure_alerts
from provisioning.document import FUNCTIONS, Document, InvalidDocument, parse
from provisioning.functions import ensure_function
from provisioning.policies import policy
from provisioning.session import NotLocal, Session
from provisioning.storage import ensure_bucket, ensure_bucket_policy, ensure_secret
from provisioning.workflow import ensure_schedule, ensure_state_machine


def provision(session: Session, document: Document) -> dict[str, object]:
    """Makes everything in the order in which one thing needs another, and returns what callers need to know."""
    for bucket in document.buckets.values():
        ensure_bucket(session, bucket)
    control = document.buckets["control"]
    ensure_bucket_policy(session, control, policy("control_bucket", bucket_arn=f"arn:aws:s3:::{control}"))
    secrets = {name: ensure_secret(session, name, value) for name, value in document.secrets.items()}
    functions = {function: ensure_function(session, document, function, secrets) for function in FUNCTIONS}
    state_machine, log_group = ensure_state_machine(session, document, functions)
    return {
        "endpoint": session.endpoint,
        "region": session.region,
        "account": session.account,
        "buckets": document.buckets,
        "secrets": secrets,
        "functions": functions,
        "state_machine": state_machine,
        "schedule": ensure_schedule(session, document, state_machine),
        "alerts": ensure_alerts(session, document, state_machine),
        "log_groups": {function: f"/aws/lambda/{document.function_name(function)}" for function in FUNCTIONS}
        | {"state_machine": log_group},
    }


def main() -> None:
    """Reads the document, makes the stack and prints it."""
    text = Path(sys.argv[1]).read_text() if len(sys.argv) > 1 else sys.stdin.read()
    try:
        stack = provision(Session.from_environment(), parse(text))
    except (InvalidDocument, NotLocal) as error:
        sys.exit(f"cannot provision: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"local AWS did not do it: {error}")
    print(json.dumps(stack, indent=2))


if __name__ == "__main__":
    main()

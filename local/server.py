"""Runs AWS on this machine: S3, Secrets Manager, IAM, Lambda, Step Functions, EventBridge Scheduler and logs.

    python local/server.py --port 4599

Serves on 127.0.0.1 only and knows no real credentials. Ready when GET /_ministack/health answers; ends on SIGTERM.
The environment may hold ministack's own settings, among them SFN_WAIT_SCALE=0 (no waits between attempts), AUTH=true
(the functions' IAM policies are enforced) and PERSIST_STATE, STATE_DIR, S3_PERSIST, S3_DATA_DIR (survive a restart).
"""

import argparse
import os
import sys

HOST = "127.0.0.1"
REGION = "eu-west-2"


def environment(port: int, region: str) -> dict[str, str]:
    """What ministack reads at import: the address it serves, and the one its functions call instead of AWS."""
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "AWS_REGION": region,
        "AWS_SECRET_ACCESS_KEY": "test",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        # Opens a fixed port of its own otherwise, on which two stacks would collide.
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_REGION": region,
    }


def main() -> None:
    """Serves until it is told to stop."""
    parser = argparse.ArgumentParser(description="Runs AWS on this machine, on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=int(os.environ.get("GATEWAY_PORT", "4599")))
    parser.add_argument("--region", default=os.environ.get("AWS_REGION", REGION))
    options = parser.parse_args()
    for name in ("AWS_CA_BUNDLE", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ.update(environment(options.port, options.region))

    # ministack reads its environment when it is imported, so the imports come after it.
    import stack

    try:
        stack.install()
    except stack.WrongVersion as error:
        sys.exit(str(error))

    from ministack import app

    # ministack parses the command line too, and knows none of the options above.
    sys.argv = sys.argv[:1]
    app.main()


if __name__ == "__main__":
    main()

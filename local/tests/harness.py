"""A server of its own for a test class, with the pipeline provisioned over fake functions."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

from provisioning.document import BUCKETS, FUNCTIONS
from provisioning.session import LOOPBACK, Session

LOCAL = Path(__file__).resolve().parent.parent
STATE_MACHINE = LOCAL.parent / "statemachine" / "pipeline.asl.json"


class StackTest(unittest.TestCase):
    """Starts a server before the first test of a class and ends it after the last."""

    server_environment: dict[str, str] = {}

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="starlift-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        with socket.socket() as free:
            free.bind((LOOPBACK, 0))
            port = free.getsockname()[1]
        endpoint = f"http://{LOOPBACK}:{port}"
        cls.environment = os.environ | {
            "AWS_ENDPOINT_URL": endpoint,
            "SFN_WAIT_SCALE": "0",
            "SECRET_OF_THE_SERVER": "not for functions",
            "TMPDIR": folder.name,
        } | cls.server_environment
        log = cls.enterClassContext((cls.folder / "server.log").open("w"))
        command = [sys.executable, str(LOCAL / "server.py"), "--port", str(port)]
        server = subprocess.Popen(command, env=cls.environment, stdout=log, stderr=subprocess.STDOUT)
        cls.addClassCleanup(server.wait, 30)
        cls.addClassCleanup(server.terminate)
        cls._await_health(f"{endpoint}/_ministack/health", server)
        cls.session = Session(endpoint, "eu-west-2", "test")
        cls.states = cls.session.client("stepfunctions")
        cls.stack, cls.first_report = cls.provision(cls.document())

    @classmethod
    def _await_health(cls, url: str, server: subprocess.Popen) -> None:
        for _ in range(300):
            try:
                urllib.request.urlopen(url, timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                if server.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError(f"the server did not start:\n{(cls.folder / 'server.log').read_text()}")

    @classmethod
    def document(cls) -> dict[str, Any]:
        """The stack these tests provision."""
        archive = cls.folder / "fake.zip"
        with zipfile.ZipFile(archive, "w") as zipped:
            bootstrap = zipfile.ZipInfo("bootstrap", (2020, 1, 1, 0, 0, 0))
            bootstrap.external_attr = 0o755 << 16
            zipped.writestr(bootstrap, (LOCAL / "tests" / "fake_function.py").read_text())
            zipped.writestr(zipfile.ZipInfo("definition/pipeline.toml", (2020, 1, 1, 0, 0, 0)), "format = 1\n")
        return {
            "pipeline": "fake",
            "buckets": {bucket: f"starlift-fake-{bucket}" for bucket in BUCKETS},
            "zips": {function: str(archive) for function in FUNCTIONS},
            "secrets": {"Project": {"host": LOOPBACK, "port": 5432}},
            "secret_readers": {"ingest": ["Project"], "load": ["Project"]},
            "state_machine": str(STATE_MACHINE),
            "environment": {"FAKE_FOLDER": str(cls.folder)},
        }

    @classmethod
    def provision(cls, document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Provisions and returns the printed stack and the lines of the report."""
        done = subprocess.run(
            [sys.executable, str(LOCAL / "provision.py")],
            input=json.dumps(document),
            env=cls.environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return json.loads(done.stdout), done.stderr.splitlines()

    def setUp(self) -> None:
        self.behave()

    def behave(self, **changes: Any) -> None:
        """Sets what the fake functions do from now on, and forgets what they were asked before."""
        behaviour = {"rounds": 1, "parts": ["dim_staff", "sales_order-1"], "failures": {}, "filler": 0, "superseded": 0} | changes
        (self.folder / "behaviour.json").write_text(json.dumps(behaviour))
        (self.folder / "events.jsonl").write_text("")

    def events(self) -> list[dict[str, Any]]:
        """What the functions were asked since `behave`."""
        return [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]

    def start(self, payload: str = "{}", machine: str | None = None) -> str:
        """Starts an execution and returns its ARN."""
        return self.states.start_execution(stateMachineArn=machine or self.stack["state_machine"], input=payload)[
            "executionArn"
        ]

    def wait(self, execution: str) -> dict[str, Any]:
        """Waits until an execution ended and returns its description."""
        while (found := self.states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            time.sleep(0.02)
        return found

    def history(self, execution: str, kind: str) -> list[dict[str, Any]]:
        """The events of one type in an execution's history."""
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"] if event["type"] == kind]

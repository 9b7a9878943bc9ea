"""What the overlay adds to ministack: deadlines, limits, delays, logs, and the environment of functions."""

import json
import time
import unittest
from pathlib import Path
from unittest import mock

from provisioning.session import Session
from stack import MINISTACK, WrongVersion, check_version
from tests.harness import STATE_MACHINE, StackTest


class Server(StackTest):
    """Executions on a server with the overlay."""

    def machine(self, name: str, **changes: object) -> str:
        """Makes a state machine like the provisioned one, with changes, and returns its ARN."""
        provisioned = self.states.describe_state_machine(stateMachineArn=self.stack["state_machine"])
        definition = json.loads(provisioned["definition"]) | changes
        return self.states.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=provisioned["roleArn"]
        )["stateMachineArn"]

    def test_an_execution_ends_at_its_deadline_and_can_be_redriven(self) -> None:
        machine = self.machine("hurried", TimeoutSeconds=1)
        self.behave(failures={"dim_staff": {"error": "hang", "times": 1}})
        execution = self.start(machine=machine)
        self.assertEqual(self.wait(execution)["status"], "TIMED_OUT")
        self.assertEqual(len(self.history(execution, "ExecutionTimedOut")), 1)
        self.behave()
        self.states.redrive_execution(executionArn=execution)
        self.assertEqual(self.wait(execution)["status"], "SUCCEEDED")
        self.assertEqual([event["part"] for event in self.events() if "part" in event], ["dim_staff"])

    def test_more_than_256_kib_between_states_fails(self) -> None:
        self.behave(filler=256 * 1024)
        self.assertEqual(self.wait(self.start())["error"], "States.DataLimitExceeded")

    def test_a_changed_definition_does_not_change_what_a_redrive_runs(self) -> None:
        machine = self.machine("changing")
        self.behave(failures={"load": {"error": "Starlift.Denied", "times": 1}})
        execution = self.start(machine=machine)
        self.wait(execution)
        states = {"Other": {"Type": "Succeed"}}
        changed = {"QueryLanguage": "JSONata", "StartAt": "Other", "States": states}
        self.states.update_state_machine(stateMachineArn=machine, definition=json.dumps(changed))
        self.states.redrive_execution(executionArn=execution)
        self.assertEqual(self.wait(execution)["status"], "SUCCEEDED")
        self.assertEqual(len(self.history(execution, "SucceedStateExited")), 1)

    def test_a_state_that_nothing_here_needs_is_refused_by_name(self) -> None:
        states = {"Both": {"Type": "Parallel", "Branches": [], "End": True}}
        execution = self.start(machine=self.machine("parallel", StartAt="Both", States=states))
        self.assertIn("local AWS runs no Parallel state like 'Both'", self.wait(execution)["cause"])

    def test_the_execution_log_holds_every_event(self) -> None:
        execution = self.start()
        self.wait(execution)
        messages = self.log_messages(self.stack["log_groups"]["state_machine"])
        logged = [event["type"] for event in map(json.loads, messages) if event["execution_arn"] == execution]
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=execution)
        self.assertEqual(logged, [event["type"] for page in pages for event in page["events"]])

    def test_what_a_function_prints_is_in_its_log_group(self) -> None:
        self.wait(self.start())
        run = self.events()[0]["run"]
        for function in ("ingest", "transform", "load"):
            messages = self.log_messages(self.stack["log_groups"][function])
            self.assertIn(json.dumps({"level": "INFO", "message": "answering", "run": run}), messages)

    def log_messages(self, group: str) -> list[str]:
        """Every message of a log group."""
        pages = self.session.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]

    def test_a_function_sees_its_own_environment_and_not_the_servers(self) -> None:
        self.wait(self.start())
        environment = json.loads((self.folder / "environment.json").read_text())
        self.assertNotIn("SECRET_OF_THE_SERVER", environment)
        self.assertEqual(environment["STARLIFT_CONTROL_BUCKET"], "starlift-fake-control")
        self.assertEqual(environment["AWS_ENDPOINT_URL"], self.stack["endpoint"])
        self.assertEqual(environment["AWS_LAMBDA_LOG_FORMAT"], "JSON")
        self.assertEqual(environment["TZ"], ":UTC")
        self.assertTrue((Path(environment["LAMBDA_TASK_ROOT"]) / "definition" / "pipeline.toml").is_file())

    def test_a_function_may_set_its_own_time_zone(self) -> None:
        from stack.functions import worker_environment

        arn = "arn:aws:lambda:eu-west-2:000000000000:function:f"
        config = {"FunctionName": "f", "FunctionArn": arn, "Environment": {"Variables": {"TZ": "Pacific/Auckland"}}}
        self.assertEqual(worker_environment(config, "/code", 1)["TZ"], "Pacific/Auckland")

    def test_a_change_in_one_account_lets_the_functions_of_another_go_on(self) -> None:
        self.behave(failures={"dim_staff": {"error": "hang", "times": 1}})
        execution = self.start()
        while "dim_staff" not in [event.get("part") for event in self.events()]:
            time.sleep(0.02)
        name = self.stack["functions"]["transform"].rsplit(":", 1)[1]
        theirs = Session(self.stack["endpoint"], "eu-west-2", "111122223333").client("lambda")
        code = {"ZipFile": (self.folder / "fake.zip").read_bytes()}
        role = "arn:aws:iam::111122223333:role/any"
        theirs.create_function(FunctionName=name, Code=code, Role=role, Runtime="provided.al2023", Handler="bootstrap")
        theirs.update_function_configuration(FunctionName=name, MemorySize=256)
        self.assertEqual(self.wait(execution)["status"], "SUCCEEDED")
        self.assertEqual([event["part"] for event in self.events() if "part" in event].count("dim_staff"), 1)


class Retry(unittest.TestCase):
    """How long a Retry waits."""

    def delays(self, attempts: int, **retrier: object) -> list[float]:
        from stack.retry import delay

        return [delay(retrier, attempt) for attempt in range(attempts)]

    def test_delays_grow_by_the_rate_up_to_the_maximum(self) -> None:
        delays = self.delays(5, IntervalSeconds=30, BackoffRate=2, MaxDelaySeconds=300)
        self.assertEqual(delays, [30, 60, 120, 240, 300])

    def test_full_jitter_draws_below_the_delay(self) -> None:
        with mock.patch("random.uniform", side_effect=lambda low, high: (low, high)):
            drawn = self.delays(3, IntervalSeconds=2, BackoffRate=2, MaxDelaySeconds=6, JitterStrategy="FULL")
        self.assertEqual(drawn, [(0, 2), (0, 4), (0, 6)])

    def test_a_stopped_execution_does_not_wait_for_its_retry(self) -> None:
        from stack import retry
        from stack.run import Interrupted, Position, Run, position

        execution = {"status": "RUNNING"}
        position.set(Position(Run(execution, None, {}), ""))

        def stop(_: float) -> None:
            execution["status"] = "ABORTED"

        unscaled = mock.patch.object(retry.stepfunctions, "_SFN_WAIT_SCALE", 1)
        with mock.patch.object(time, "sleep", stop), unscaled, self.assertRaises(Interrupted):
            retry.sleep(3600)


class Version(unittest.TestCase):
    """The overlay fits one version of ministack."""

    def test_another_version_is_refused_with_what_to_do(self) -> None:
        message = f"needs ministack {MINISTACK}, found 1.6.0: install local/requirements.txt"
        with mock.patch("stack.version", return_value="1.6.0"), self.assertRaisesRegex(WrongVersion, message):
            check_version()

    def test_the_pinned_version_is_the_one_in_the_requirements(self) -> None:
        requirements = (STATE_MACHINE.parent.parent / "local" / "requirements.txt").read_text().splitlines()
        self.assertIn(f"ministack=={MINISTACK}", requirements)

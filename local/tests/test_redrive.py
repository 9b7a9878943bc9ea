"""RedriveExecution: an execution goes on where it failed, and repeats nothing that succeeded."""

import time
from typing import Any

from botocore.exceptions import ClientError

from tests.harness import StackTest


class Redrive(StackTest):
    """Executions that failed, redriven."""

    def redrive(self, execution: str) -> dict[str, Any]:
        self.states.redrive_execution(executionArn=execution)
        return self.wait(execution)

    def test_only_the_failed_part_runs_again(self) -> None:
        self.behave(failures={"sales_order-1": {"error": "Starlift.InvalidData", "times": 1}})
        execution = self.start()
        run = self.events()[0]["run"] if self.wait(execution)["status"] == "FAILED" else None
        self.behave()
        done = self.redrive(execution)
        self.assertEqual((done["status"], done["redriveCount"]), ("SUCCEEDED", 1))
        expected = [
            {"run": run, "part": "sales_order-1"},
            {"run": run, "action": "load", "accept_deletes": False, "replaying": False},
            {"run": run, "action": "export"},
        ]
        self.assertEqual(self.events(), expected)

    def test_the_results_of_finished_parts_are_kept(self) -> None:
        self.behave(failures={"sales_order-1": {"error": "Starlift.InvalidData", "times": 1}})
        execution = self.start()
        self.wait(execution)
        self.behave()
        self.redrive(execution)
        exits = [event["stateExitedEventDetails"] for event in self.history(execution, "MapStateExited")]
        self.assertEqual([exit["output"] for exit in exits], ['{"parts": 2, "rows": 20, "held": 2}'])

    def test_a_round_after_a_redrive_runs_all_of_its_parts(self) -> None:
        self.behave(rounds=2, failures={"load": {"error": "Starlift.Denied", "times": 1}})
        execution = self.start()
        self.assertEqual(self.wait(execution)["status"], "FAILED")
        self.behave(rounds=2)
        self.assertEqual(self.redrive(execution)["status"], "SUCCEEDED")
        parts = [(event["run"][-3:], event["part"]) for event in self.events() if "part" in event]
        self.assertEqual(sorted(parts), [("002", "dim_staff"), ("002", "sales_order-1")])

    def test_the_history_and_the_arn_are_kept(self) -> None:
        self.behave(failures={"load": {"error": "Starlift.Denied", "times": 1}})
        execution = self.start()
        self.wait(execution)
        self.redrive(execution)
        self.assertEqual(len(self.history(execution, "ExecutionStarted")), 1)
        self.assertEqual(len(self.history(execution, "ExecutionRedriven")), 1)
        self.assertEqual(len(self.history(execution, "ExecutionSucceeded")), 1)

    def test_a_stopped_execution_can_be_redriven(self) -> None:
        self.behave(rounds=1000)
        execution = self.start()
        self.states.stop_execution(executionArn=execution)
        self.assertEqual(self.wait(execution)["status"], "ABORTED")
        self.behave()
        self.assertEqual(self.redrive(execution)["status"], "SUCCEEDED")

    def test_an_attempt_that_was_stopped_does_not_go_on_beside_the_redrive(self) -> None:
        self.behave(rounds=2, failures={"begin": {"error": "hang", "times": 1}})
        execution = self.start()
        while not self.events():
            time.sleep(0.02)
        self.states.stop_execution(executionArn=execution)
        self.behave(rounds=2, failures={"export": {"error": "hang", "times": 1}})
        self.assertEqual(self.redrive(execution)["status"], "SUCCEEDED")
        begun = [event["run"][-3:] for event in self.events() if event.get("action") == "begin"]
        self.assertEqual(begun, ["001", "002"])
        self.assertEqual(len(self.history(execution, "ExecutionSucceeded")), 1)

    def test_an_execution_that_succeeded_cannot_be_redriven(self) -> None:
        execution = self.start()
        self.wait(execution)
        with self.assertRaisesRegex(ClientError, "ExecutionNotRedrivable"):
            self.states.redrive_execution(executionArn=execution)

    def test_retries_are_counted_anew(self) -> None:
        self.behave(failures={"begin": {"error": "Starlift.Transient", "times": 99}})
        execution = self.start()
        self.assertEqual(self.wait(execution)["error"], "Starlift.Transient")
        self.behave(failures={"begin": {"error": "Starlift.Transient", "times": 6}})
        self.assertEqual(self.redrive(execution)["status"], "SUCCEEDED")

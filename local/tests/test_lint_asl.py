"""Every rule of the lint catches a definition that breaks it, and the pipeline's own breaks none."""

import copy
import unittest
from typing import Any

import asl
from lint_asl import findings


class Lint(unittest.TestCase):
    """The pipeline's definition, broken in one place at a time."""

    def setUp(self) -> None:
        self.machine = copy.deepcopy(asl.read())
        self.states: dict[str, Any] = self.machine["States"]
        self.part = self.states["Transform"]["ItemProcessor"]["States"]["TransformPart"]

    def assert_found(self, *expected: str) -> None:
        """The findings are exactly those that contain the expected texts, in this order."""
        found = findings(self.machine)
        self.assertEqual(len(found), len(expected), found)
        for text, finding in zip(expected, found, strict=True):
            self.assertIn(text, finding)

    def retry_everywhere(self, errors: list[str]) -> None:
        """Adds a retrier to every Task alike."""
        for _, state in asl.states(self.machine):
            if state["Type"] == "Task":
                state["Retry"] = [*state["Retry"], {"ErrorEquals": errors}]

    def test_the_pipeline_has_no_findings(self) -> None:
        self.assert_found()

    def test_another_query_language_is_found(self) -> None:
        self.machine["QueryLanguage"] = "JSONPath"
        self.assert_found('"QueryLanguage": "JSONata"')

    def test_a_state_with_another_query_language_is_found(self) -> None:
        self.states["Start"]["QueryLanguage"] = "JSONPath"
        self.assert_found("Start: QueryLanguage must be JSONata")

    def test_a_missing_time_out_of_the_machine_is_found(self) -> None:
        del self.machine["TimeoutSeconds"]
        self.assert_found("the definition must have TimeoutSeconds")

    def test_a_catch_is_found(self) -> None:
        self.states["Load"]["Catch"] = [{"ErrorEquals": ["Starlift.Internal"], "Next": "Export"}]
        self.assert_found("Load: a Catch")

    def test_a_catch_inside_a_map_is_found(self) -> None:
        self.part["Catch"] = []
        self.assert_found("TransformPart: a Catch")

    def test_a_fail_state_is_found(self) -> None:
        self.states["More"]["Default"] = "GiveUp"
        self.states["GiveUp"] = {"Type": "Fail"}
        del self.states["Export"], self.states["Done"]
        self.assert_found("GiveUp: a redrive")

    def test_retry_on_a_map_is_found(self) -> None:
        self.states["Transform"]["Retry"] = self.part["Retry"]
        self.assert_found("Transform: Retry belongs on Tasks, not on a Map")

    def test_a_task_without_retry_is_found(self) -> None:
        del self.states["Export"]["Retry"]
        self.assert_found("Export: a Task needs Retry", "Contended must", "Transient must", "Export: its Retry differs")

    def test_a_task_that_gives_up_before_its_function_is_found(self) -> None:
        self.part["TimeoutSeconds"] = 900
        self.assert_found("TransformPart: a Task needs TimeoutSeconds above 900")

    def test_a_task_without_time_out_is_found(self) -> None:
        del self.states["Begin"]["TimeoutSeconds"]
        self.assert_found("Begin: a Task needs TimeoutSeconds above 900")

    def test_retrying_everything_is_found(self) -> None:
        for error in ("States.ALL", "States.TaskFailed"):
            self.setUp()
            self.retry_everywhere([error])
            self.assert_found(*[f"{error} also retries failures that are permanent"] * 5)

    def test_an_unknown_kind_of_failure_is_found(self) -> None:
        self.retry_everywhere(["Starlift.Transiemt"])
        self.assert_found(*["there is no Starlift.Transiemt; there are Transient, Contended"] * 5)

    def test_retrying_a_permanent_failure_is_found(self) -> None:
        self.retry_everywhere(["Starlift.InvalidData"])
        self.assert_found(*["Starlift.InvalidData is permanent"] * 5)

    def test_not_retrying_what_passes_is_found(self) -> None:
        for _, state in asl.states(self.machine):
            if state["Type"] == "Task":
                state["Retry"] = [r for r in state["Retry"] if "Starlift.Contended" not in r["ErrorEquals"]]
        self.assert_found(*["Starlift.Contended must be retried"] * 5)

    def test_an_error_in_two_retriers_is_found(self) -> None:
        self.retry_everywhere(["Lambda.Unknown"])
        self.assert_found(*["Lambda.Unknown is in more than one retrier"] * 5)

    def test_a_policy_of_its_own_is_found(self) -> None:
        self.states["Load"]["Retry"] = self.states["Load"]["Retry"][::-1]
        self.assert_found("Load: its Retry differs from that of Begin")

    def test_a_state_that_nothing_leads_to_is_found(self) -> None:
        self.states["Forgotten"] = {"Type": "Succeed"}
        self.assert_found("Forgotten: no way leads to this state")

    def test_a_way_to_a_state_that_is_not_there_is_found(self) -> None:
        self.states["Export"]["Next"] = "Dnoe"
        self.assert_found("Dnoe: no such state", "Done: no way leads")

    def test_a_placeholder_that_nobody_fills_in_is_found(self) -> None:
        self.states["Load"]["Arguments"]["FunctionName"] = "${laod_function_arn}"
        self.assert_found("${laod_function_arn}: no such placeholder")

    def test_a_terraform_directive_is_found(self) -> None:
        self.states["Load"]["Comment"] = "%{ if true }"
        self.assert_found("Terraform would take %{ for a directive")

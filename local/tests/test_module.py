"""What the Terraform module's own tests cannot see: that no validation goes untried, and what waits for what."""

import unittest
from collections import Counter
from pathlib import Path
from typing import Any

import hcl2
from module_docs import MODULE, variable_files


class Module(unittest.TestCase):
    """The files of the module."""

    def test_every_validation_is_tried_by_a_refusal_of_its_own(self) -> None:
        tried = Counter(
            variable
            for file in MODULE.glob("tests/refusals*.tftest.hcl")
            for _, run in labelled(file, "run")
            for variable in references(run.get("expect_failures", []))
        )
        for file in variable_files(MODULE):
            for name, block in labelled(file, "variable"):
                # Terraform does not say which validation of a variable has failed, so there are as many refusals.
                self.assertGreaterEqual(tried[f"var.{name}"], len(block.get("validation", [])), name)

    def test_the_right_to_remove_network_interfaces_outlives_the_groups_that_they_are_in(self) -> None:
        groups = resources("network.tf", "aws_security_group")
        for function in ("ingest", "load"):
            self.assertIn("aws_iam_role_policy.function", groups[function], function)

    def test_no_alias_moves_before_the_warehouse_is_migrated(self) -> None:
        self.assertIn("aws_lambda_invocation.migrate", resources("lambdas.tf", "aws_lambda_alias")["live"])

    def test_nothing_fires_before_the_warehouse_is_migrated(self) -> None:
        self.assertIn("aws_lambda_invocation.migrate", resources("schedule.tf", "aws_scheduler_schedule")["this"])


def resources(file: str, kind: str) -> dict[str, list[str]]:
    """What each resource of a kind waits for without referring to it, by its name."""
    found = parsed(MODULE / file)["resource"]
    of_kind = [named for labels in found for label, named in labels.items() if bare(label) == kind]
    return {bare(name): references(block.get("depends_on", [])) for named in of_kind for name, block in named.items()}


def labelled(file: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """The blocks of a kind with one label, by that label."""
    return [(bare(label), block) for labels in parsed(file)[kind] for label, block in labels.items()]


def parsed(file: Path) -> dict[str, Any]:
    with file.open() as text:
        return hcl2.load(text)


def references(values: list[str]) -> list[str]:
    """What a list refers to: the parser writes a reference as an interpolation."""
    return [value.removeprefix("${").removesuffix("}") for value in values]


def bare(label: str) -> str:
    """A label without its quotation marks, which the parser keeps."""
    return label.strip('"')

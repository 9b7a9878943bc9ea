"""The workflow that deploys: what runs in it is pinned, a job has the rights that it needs, and two jobs reach AWS."""

import re
import unittest
from typing import Any

import yaml

from tests.harness import LOCAL

WORKFLOW = LOCAL.parent / ".github/workflows/ci.yml"
# An action of a repository, by commit; the comment says which release that is.
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
ONE_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"
# The jobs that reach AWS.
BY_TOKEN = {"plan", "apply"}

Job = dict[str, Any]


class Workflow(unittest.TestCase):
    """The file, and each of its jobs."""

    def setUp(self) -> None:
        self.text = WORKFLOW.read_text()
        # YAML 1.1 reads `on` as true.
        self.workflow = yaml.safe_load(self.text)
        self.jobs: dict[str, Job] = self.workflow["jobs"]

    def steps(self, action: str) -> list[tuple[str, Job]]:
        """The steps with an action, each with its job's name."""
        return [
            (name, step)
            for name, job in self.jobs.items()
            for step in job["steps"]
            if step.get("uses", "").startswith(f"{action}@")
        ]

    def test_every_action_is_pinned_by_commit_and_no_image_is_fetched(self) -> None:
        used = re.findall(r"uses: (.*)", self.text)
        self.assertEqual(len(used), sum("uses" in step for job in self.jobs.values() for step in job["steps"]))
        self.assertEqual([action for action in used if not PINNED.fullmatch(action)], [])
        self.assertNotIn("docker", self.text)
        self.assertFalse([name for name, job in self.jobs.items() if "container" in job or "services" in job])

    def test_a_job_reads_the_repository_and_those_that_reach_aws_get_a_token(self) -> None:
        self.assertEqual(self.workflow["permissions"], {})
        for name, job in self.jobs.items():
            token = {"id-token": "write"} if name in BY_TOKEN else {}
            self.assertEqual(job["permissions"], {"contents": "read", **token}, name)
        self.assertNotIn("secrets.", self.text)

    def test_a_checkout_leaves_no_credentials_behind(self) -> None:
        checkouts = self.steps("actions/checkout")
        self.assertEqual({name for name, _ in checkouts}, set(self.jobs))
        for name, step in checkouts:
            self.assertIs(step["with"]["persist-credentials"], False, name)

    def test_the_plan_has_the_role_that_reads_and_only_the_apply_the_one_that_deploys(self) -> None:
        taken = self.steps("aws-actions/configure-aws-credentials")
        roles = {name: step["with"]["role-to-assume"] for name, step in taken}
        reads, deploys = "${{ vars.STARLIFT_PLAN_ROLE }}", "${{ vars.STARLIFT_DEPLOY_ROLE }}"
        self.assertEqual(roles, {"plan": reads, "apply": deploys})

    def test_main_is_applied_after_everything_else_has_passed_and_a_person_has_agreed(self) -> None:
        apply = self.jobs["apply"]
        self.assertEqual(apply["if"], "github.event_name == 'push' && github.ref == 'refs/heads/main'")
        self.assertEqual(apply["environment"], "production")
        self.assertEqual(set(apply["needs"]), set(self.jobs) - {"apply"})
        self.assertEqual([name for name, job in self.jobs.items() if "environment" in job], ["apply"])

    def test_code_of_strangers_gets_no_token(self) -> None:
        self.assertEqual(self.workflow[True], {"pull_request": None, "push": {"branches": ["main"]}})
        self.assertIn(ONE_REPOSITORY, self.jobs["plan"]["if"])

    def test_no_text_of_an_event_becomes_a_command(self) -> None:
        commands = [step["run"] for job in self.jobs.values() for step in job["steps"] if "run" in step]
        self.assertTrue(commands)
        self.assertEqual([command for command in commands if "${{" in command], [])

    def test_no_job_runs_for_ever(self) -> None:
        self.assertEqual([name for name, job in self.jobs.items() if not job.get("timeout-minutes")], [])

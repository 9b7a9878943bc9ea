"""The boundary of a pipeline's roles leaves to each what the module gives to it; on AWS only a step would be denied."""

import json
import unittest
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from provisioning.placeholders import substitute
from tests.harness import LOCAL

TERRAFORM = LOCAL.parent / "terraform"
BOUNDARY = TERRAFORM / "examples/github-oidc/policies/boundary.json"

HERE = "eu-west-2:111122223333"
STEPS = ("ingest", "transform", "load")
BUCKETS = {zone: f"arn:aws:s3:::starlift-totesys-{zone}" for zone in ("ingest", "processed", "control")}
FUNCTIONS = {step: f"arn:aws:lambda:{HERE}:function:starlift-totesys-{step}" for step in STEPS}
USER = f"arn:aws:rds-db:{HERE}:dbuser:db-ABC/starlift_load"
KEY = f"arn:aws:kms:{HERE}:key/1"
SECRETS = {name: f"arn:aws:secretsmanager:{HERE}:secret:{name}-AbCdEf" for name in ("source", "warehouse", "migrator")}

# As terraform/examples/github-oidc/main.tf fills in the boundary for this pipeline.
BOUNDARY_VALUES = {
    "partition": "aws",
    "region": "eu-west-2",
    "account": "111122223333",
    "pipeline": "totesys",
    "kms_key_arn": KEY,
    "bucket_arns": json.dumps(list(BUCKETS.values())),
    "object_arns": json.dumps([f"{bucket}/*" for bucket in BUCKETS.values()]),
    "secret_arns": json.dumps(list(SECRETS.values())),
    "database_user_arns": json.dumps([USER]),
}
# As the module fills in the policies of its roles.
ROLE_VALUES = {
    **{f"{zone}_bucket_arn": arn for zone, arn in BUCKETS.items()},
    **{f"{use}_secret_arn": arn for use, arn in SECRETS.items()},
    **{f"{function}_function_arn": f"{arn}:live" for function, arn in FUNCTIONS.items()},
    "administrator_secret_arn": f"arn:aws:secretsmanager:{HERE}:secret:rds!db-1-AbCdEf",
    "database_user_arn": USER,
    "dead_letter_queue_arn": f"arn:aws:sqs:{HERE}:starlift-totesys-dead-letters",
    "function_arn": FUNCTIONS["load"],
    "kms_key_arn": KEY,
    "log_group_arn": f"arn:aws:logs:{HERE}:log-group:/aws/lambda/starlift-totesys-load",
    "region": "eu-west-2",
    "schedule_arn": f"arn:aws:scheduler:{HERE}:schedule/starlift-totesys/starlift-totesys",
    "state_machine_arn": f"arn:aws:states:{HERE}:stateMachine:starlift-totesys",
}
# Those that the module gives to a role of its own.
ROLES = (*FUNCTIONS, "connect_by_token", "read_administrator", "scheduler", "state_machine")


def allowed(policy: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each action with each resource that the statements of a policy allow."""
    for statement in policy["Statement"]:
        if statement["Effect"] != "Allow":
            continue
        for action in as_list(statement["Action"]):
            yield from ((action, resource) for resource in as_list(statement["Resource"]))


def as_list(value: str | list[str]) -> list[str]:
    """IAM writes a list of one as the one."""
    return [value] if isinstance(value, str) else value


class Boundary(unittest.TestCase):
    """The boundary that examples/github-oidc makes."""

    def setUp(self) -> None:
        self.bounds = list(allowed(json.loads(substitute(BOUNDARY.read_text(), BOUNDARY_VALUES))))

    def is_inside(self, action: str, resource: str) -> bool:
        return any(action == bound and fnmatchcase(resource, pattern) for bound, pattern in self.bounds)

    def test_it_leaves_to_each_role_what_the_module_gives_to_it(self) -> None:
        for role in ROLES:
            text = (TERRAFORM / f"policies/{role}.json").read_text()
            for action, resource in allowed(json.loads(substitute(text, ROLE_VALUES))):
                self.assertTrue(self.is_inside(action, resource), f"{role}: {action} on {resource}")

    def test_it_gives_no_action_that_no_role_has(self) -> None:
        texts = [(TERRAFORM / f"policies/{role}.json").read_text() for role in ROLES]
        had = {action for text in texts for action, _ in allowed(json.loads(text))}
        # What AmazonRDSEnhancedMonitoringRole has besides.
        measuring = {"CreateLogGroup", "DescribeLogStreams", "GetLogEvents", "PutRetentionPolicy"}
        self.assertEqual({action for action, _ in self.bounds} - had, {f"logs:{action}" for action in measuring})

    def test_it_leaves_out_what_is_not_the_pipelines(self) -> None:
        for action, resource in (
            ("s3:GetObject", "arn:aws:s3:::payroll/salaries.csv"),
            ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:payroll-AbCdEf"),
            ("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:starlift-totesysx-load"),
            ("rds-db:connect", f"arn:aws:rds-db:{HERE}:dbuser:db-ABC/postgres"),
            ("kms:Decrypt", "arn:aws:kms:eu-west-2:444455556666:key/1"),
        ):
            self.assertFalse(self.is_inside(action, resource), f"{action} on {resource}")

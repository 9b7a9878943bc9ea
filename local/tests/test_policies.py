"""The policies of the deployment, enforced: records are only ever created, and nobody may act on more than is named."""

import json

import boto3
from botocore.exceptions import ClientError

from provisioning.policies import Policy, policy
from provisioning.roles import ensure_role
from tests.harness import LOCAL, StackTest

TEMPLATES = LOCAL.parent / "terraform" / "policies"
IN_VPC = ("ingest", "load")
INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
TRACES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
DELIVERIES = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}
# Actions that have no resource to name, in the words of AWS's own documentation, by template and statement.
WITHOUT_RESOURCE = {
    **{(function, "JoinNetwork"): INTERFACES for function in IN_VPC},
    **{(function, "KeepNetworkFromCode"): INTERFACES | {"ec2:DetachNetworkInterface"} for function in IN_VPC},
    **{(function, "Trace"): TRACES for function in (*IN_VPC, "transform")},
    ("state_machine", "Trace"): TRACES | {"xray:GetSamplingRules", "xray:GetSamplingTargets"},
    ("state_machine", "DeliverLogs"): DELIVERIES,
    ("operator", "FindStateMachines"): {"states:ListStateMachines"},
}


class Policies(StackTest):
    """A stack whose server asks what its roles may do."""

    server_environment = {"AUTH": "true"}

    def bucket(self) -> str:
        return self.document()["buckets"]["control"]

    def as_role(self, role: str, service: str = "s3"):
        """A client of who may what a role of the stack may. Only its service may take the role itself."""
        named = {"RoleName": f"starlift-fake-{role}", "PolicyName": "starlift"}
        return self.as_person(self.session.client("iam").get_role_policy(**named)["PolicyDocument"], service)

    def as_person(self, allowed: Policy, service: str = "s3"):
        """A client of somebody with this policy and no other."""
        anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        role = ensure_role(self.session, "person", {"Version": "2012-10-17", "Statement": [anybody]}, allowed)
        taken = self.session.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return boto3.client(
            service,
            endpoint_url=self.session.endpoint,
            region_name=self.session.region,
            aws_access_key_id=taken["AccessKeyId"],
            aws_secret_access_key=taken["SecretAccessKey"],
            aws_session_token=taken["SessionToken"],
        )

    def refusal(self, call, **parameters: str) -> str:
        """The code by which S3 refuses a call."""
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        return caught.exception.response["Error"]["Code"]

    def test_records_are_created_and_never_written_over(self) -> None:
        records = {
            "ingest": "runs/a/ingest.json",
            "transform": "runs/a/transform-b.json",
            "load": "publications/a/b.json",
        }
        for function, key in records.items():
            s3, there = self.as_role(function), {"Bucket": self.bucket(), "Key": key}
            self.assertEqual(self.refusal(s3.put_object, **there), "AccessDenied")
            s3.put_object(**there, IfNoneMatch="*")
            self.assertEqual(self.refusal(s3.put_object, **there, IfNoneMatch="*"), "PreconditionFailed")
            self.assertEqual(self.refusal(s3.delete_object, **there), "AccessDenied")

    def test_what_is_replaced_is_no_record(self) -> None:
        self.as_role("load").put_object(Bucket=self.bucket(), Key="extracts/dim_staff.csv", Body=b"a")

    def test_who_may_not_list_is_not_told_what_is_there(self) -> None:
        ingest, lost = self.as_role("ingest"), {"Key": "lost/object.csv"}
        buckets = self.document()["buckets"]
        self.assertEqual(self.refusal(ingest.get_object, Bucket=buckets["ingest"], **lost), "NoSuchKey")
        self.assertEqual(self.refusal(ingest.get_object, Bucket=buckets["processed"], **lost), "AccessDenied")

    def test_the_state_machine_invokes_its_functions_and_no_other(self) -> None:
        functions = self.as_role("states", "lambda")
        known = list(self.stack["functions"].values())
        for arn in known:
            functions.invoke(FunctionName=arn, Payload=json.dumps({"run": "20261120T123456Z-1a2b3c4d-001"}))
        self.assertEqual(self.refusal(functions.invoke, FunctionName=f"{known[0]}-other"), "AccessDeniedException")
        self.assertEqual(self.refusal(functions.get_function, FunctionName=known[0]), "AccessDeniedException")

    def test_the_schedule_starts_its_state_machine_and_no_other(self) -> None:
        states, machine = self.as_role("schedule", "stepfunctions"), self.stack["state_machine"]
        started = states.start_execution(stateMachineArn=machine)["executionArn"]
        self.wait(started)
        self.assertEqual(
            self.refusal(states.start_execution, stateMachineArn=f"{machine}-other"), "AccessDeniedException"
        )
        self.assertEqual(self.refusal(states.stop_execution, executionArn=started), "AccessDeniedException")

    def test_who_operates_starts_stops_follows_and_redrives_and_no_more(self) -> None:
        machine = self.stack["state_machine"]
        values = {"state_machine_arn": machine, "execution_arn": machine.replace(":stateMachine:", ":execution:")}
        states = self.as_person(policy("operator", **values), "stepfunctions")
        self.behave(failures={"ingest": {"error": "Starlift.Denied", "times": 1}})
        execution = {"executionArn": states.start_execution(stateMachineArn=machine)["executionArn"]}
        self.assertEqual(self.wait(execution["executionArn"])["status"], "FAILED")
        states.redrive_execution(**execution)
        self.wait(execution["executionArn"])
        for call in (states.describe_execution, states.get_execution_history):
            call(**execution)
        # Allowed, and too late.
        self.assertEqual(self.refusal(states.stop_execution, **execution), "ValidationException")
        states.list_state_machines()
        states.list_executions(stateMachineArn=machine)
        states.describe_state_machine(stateMachineArn=machine)
        refused = self.refusal(states.delete_state_machine, stateMachineArn=machine)
        self.assertEqual(refused, "AccessDeniedException")

    def test_nobody_but_its_service_takes_a_role(self) -> None:
        for role in ("states", "schedule"):
            arn = self.session.arn("iam", f"role/starlift-fake-{role}")
            taking = {"RoleArn": arn, "RoleSessionName": "test"}
            self.assertEqual(self.refusal(self.session.client("sts").assume_role, **taking), "AccessDenied")

    def test_a_statement_allows_named_actions_on_named_resources(self) -> None:
        on_everything = {}
        for path in TEMPLATES.glob("*.json"):
            for statement in json.loads(path.read_text())["Statement"]:
                place = (path.stem, statement["Sid"])
                actions = as_list(statement["Action"])
                if statement["Effect"] == "Allow":
                    self.assertFalse([action for action in actions if "*" in action], place)
                if "*" in as_list(statement.get("Resource", [])):
                    on_everything[place] = set(actions)
        self.assertEqual(on_everything, WITHOUT_RESOURCE)


def as_list(value: str | list[str]) -> list[str]:
    """IAM writes a list of one as the one."""
    return [value] if isinstance(value, str) else value

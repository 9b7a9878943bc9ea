"""The policies of the deployment, enforced: records are only ever created, and nobody may act on more than is named."""

import json

import boto3
from botocore.exceptions import ClientError

from tests.harness import LOCAL, StackTest

TEMPLATES = LOCAL.parent / "terraform" / "policies"
# What has no resource to name, in the words of AWS's own documentation.
WITHOUT_RESOURCE = {"JoinNetwork", "KeepNetworkFromCode", "Trace", "DeliverLogs", "FindStateMachines"}


class Policies(StackTest):
    """A stack whose server asks what its roles may do."""

    server_environment = {"AUTH": "true"}

    def bucket(self) -> str:
        return self.document()["buckets"]["control"]

    def as_role(self, function: str):
        """S3 for who has taken a function's role."""
        role = self.session.arn("iam", f"role/starlift-fake-{function}")
        taken = self.session.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return boto3.client(
            "s3",
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
        records = {"ingest": "runs/a/ingest.json", "transform": "runs/a/transform-b.json", "load": "publications/a/b.json"}
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

    def test_a_statement_allows_named_actions_on_named_resources(self) -> None:
        for path in TEMPLATES.glob("*.json"):
            for statement in json.loads(path.read_text())["Statement"]:
                named = statement["Sid"]
                actions, resources = as_list(statement["Action"]), as_list(statement.get("Resource", []))
                if statement["Effect"] == "Allow":
                    self.assertFalse([action for action in actions if "*" in action], f"{path.name}: {named}")
                self.assertEqual("*" in resources, named in WITHOUT_RESOURCE, f"{path.name}: {named}")


def as_list(value: str | list[str]) -> list[str]:
    """IAM writes a list of one as the one."""
    return [value] if isinstance(value, str) else value

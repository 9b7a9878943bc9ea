"""What Terraform's provider reads back is what it has made, and a schedule starts what it names."""

import json
import time
import unittest
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from unittest import mock

from botocore.exceptions import ClientError

from tests.harness import StackTest

CLOUDWATCH = "{http://monitoring.amazonaws.com/doc/2010-08-01/}"


class ReadBack(StackTest):
    """Things that are made and read again."""

    def described_alarm(self, name: str) -> ElementTree.Element:
        """An alarm in the XML that Terraform's provider reads; boto3 speaks another protocol."""
        scope = "AKID/20260101/eu-west-2/monitoring/aws4_request"
        request = urllib.request.Request(
            self.session.endpoint,
            urllib.parse.urlencode(
                {"Action": "DescribeAlarms", "Version": "2010-08-01", "AlarmNames.member.1": name}
            ).encode(),
            {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"},
        )
        with urllib.request.urlopen(request) as answer:
            members = ElementTree.parse(answer).iter(f"{CLOUDWATCH}MetricAlarms")
        return next(iter(next(members)))

    def test_an_alarm_tells_all_that_it_was_made_with(self) -> None:
        topic = "arn:aws:sns:eu-west-2:000000000000:alerts"
        self.session.client("cloudwatch").put_metric_alarm(
            AlarmName="freshness",
            AlarmDescription="Nothing new & < an hour old",
            Namespace="Starlift",
            MetricName="Seconds",
            Dimensions=[{"Name": "step", "Value": "load"}],
            Statistic="SampleCount",
            Period=300,
            EvaluationPeriods=9,
            Threshold=1,
            ComparisonOperator="LessThanThreshold",
            TreatMissingData="breaching",
            ActionsEnabled=False,
            AlarmActions=[topic],
            OKActions=[topic],
        )
        alarm = self.described_alarm("freshness")
        for field, value in {
            "AlarmDescription": "Nothing new & < an hour old",
            "Statistic": "SampleCount",
            "Period": "300",
            "TreatMissingData": "breaching",
            "ActionsEnabled": "false",
            "AlarmActions": topic,
            "OKActions": topic,
            "Dimensions": "stepload",
        }.items():
            element = alarm.find(f"{CLOUDWATCH}{field}")
            self.assertEqual("".join(element.itertext()), value, field)

    def test_a_database_tells_its_exported_logs_and_the_key_of_its_figures(self) -> None:
        rds, key = self.session.client("rds"), "arn:aws:kms:eu-west-2:000000000000:key/k"
        rds.create_db_instance(
            DBInstanceIdentifier="warehouse",
            DBInstanceClass="db.t4g.medium",
            Engine="postgres",
            EnableCloudwatchLogsExports=["postgresql", "upgrade"],
            EnablePerformanceInsights=True,
            PerformanceInsightsKMSKeyId=key,
        )
        [instance] = rds.describe_db_instances(DBInstanceIdentifier="warehouse")["DBInstances"]
        self.assertEqual(instance["EnabledCloudwatchLogsExports"], ["postgresql", "upgrade"])
        self.assertEqual(instance["PerformanceInsightsKMSKeyId"], key)

    def test_an_endpoint_tells_its_groups_its_policy_and_its_private_name(self) -> None:
        ec2 = self.session.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        first, second = (
            ec2.create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"] for name in "ab"
        )
        policy = json.dumps({"Statement": [{"Sid": "A & B"}]})
        endpoint = ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName="com.amazonaws.eu-west-2.secretsmanager",
            VpcEndpointType="Interface",
            SecurityGroupIds=[first],
            PrivateDnsEnabled=True,
            PolicyDocument=policy,
        )["VpcEndpoint"]["VpcEndpointId"]

        def described() -> dict:
            return ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]

        self.assertEqual([group["GroupId"] for group in described()["Groups"]], [first])
        self.assertEqual((described()["PrivateDnsEnabled"], described()["PolicyDocument"]), (True, policy))
        ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSecurityGroupIds=[second], RemoveSecurityGroupIds=[first])
        self.assertEqual([group["GroupId"] for group in described()["Groups"]], [second])
        self.assertTrue(described()["PrivateDnsEnabled"])

    def test_a_rule_tells_the_prefix_list_that_it_lets_out_to(self) -> None:
        ec2 = self.session.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        group = ec2.create_security_group(VpcId=vpc, GroupName="g", Description="g")["GroupId"]
        names = [{"Name": "prefix-list-name", "Values": ["com.amazonaws.eu-west-2.s3"]}]
        [found] = ec2.describe_managed_prefix_lists(Filters=names)["PrefixLists"]
        s3 = {"PrefixListId": found["PrefixListId"], "Description": "To S3"}
        asked = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [s3]}
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[asked])
        rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
        [rule] = [rule for rule in rules["SecurityGroupRules"] if rule.get("FromPort") == 443]
        self.assertEqual((rule["PrefixListId"], rule["Description"]), (found["PrefixListId"], "To S3"))
        self.assertNotIn("CidrIpv4", rule)

    def test_a_group_lets_nothing_out_when_the_rule_that_it_is_made_with_is_revoked_as_the_provider_does(self) -> None:
        ec2 = self.session.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        group = ec2.create_security_group(VpcId=vpc, GroupName="closed", Description="closed")["GroupId"]
        everything = {"IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
        rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
        self.assertEqual(rules["SecurityGroupRules"], [])

    def test_a_saved_query_is_changed_found_by_its_name_and_deleted(self) -> None:
        logs = self.session.client("logs")
        query = {"name": "starlift/failed", "queryString": "fields @message", "logGroupNames": ["/aws/lambda/load"]}
        identifier = logs.put_query_definition(**query)["queryDefinitionId"]
        logs.put_query_definition(name="other/failed", queryString="fields @message")
        logs.put_query_definition(**query | {"queryString": "limit 1"}, queryDefinitionId=identifier)
        [found] = logs.describe_query_definitions(queryDefinitionNamePrefix="starlift/")["queryDefinitions"]
        kept = query | {"queryString": "limit 1", "queryDefinitionId": identifier}
        self.assertEqual({key: found[key] for key in kept}, kept)
        self.assertEqual(len(logs.describe_query_definitions()["queryDefinitions"]), 2)
        logs.delete_query_definition(queryDefinitionId=identifier)
        self.assertEqual(logs.describe_query_definitions(queryDefinitionNamePrefix="starlift/")["queryDefinitions"], [])
        for call in (logs.delete_query_definition, lambda **named: logs.put_query_definition(**query, **named)):
            with self.assertRaises(ClientError) as refused:
                call(queryDefinitionId=identifier)
            self.assertEqual(refused.exception.response["Error"]["Code"], "ResourceNotFoundException")

    def test_a_state_machine_tells_whether_it_is_traced(self) -> None:
        made = self.states.describe_state_machine(stateMachineArn=self.stack["state_machine"])
        self.assertEqual(made["tracingConfiguration"], {"enabled": False})
        traced = self.states.create_state_machine(
            name="traced",
            definition=made["definition"],
            roleArn=made["roleArn"],
            tracingConfiguration={"enabled": True},
        )["stateMachineArn"]
        self.states.update_state_machine(stateMachineArn=traced, roleArn=made["roleArn"])
        self.assertTrue(self.states.describe_state_machine(stateMachineArn=traced)["tracingConfiguration"]["enabled"])

    def test_a_schedule_starts_the_alias_that_its_call_names(self) -> None:
        machine = self.stack["state_machine"]
        version = self.states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
        alias = self.states.create_state_machine_alias(
            name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
        )["stateMachineAliasArn"]
        scheduler = self.session.client("scheduler")
        role = scheduler.get_schedule(Name="starlift-fake")["Target"]["RoleArn"]
        scheduler.create_schedule(
            Name="once",
            ScheduleExpression="at(2020-01-01T00:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": "arn:aws:scheduler:::aws-sdk:sfn:startExecution",
                "RoleArn": role,
                "Input": json.dumps({"StateMachineArn": alias, "Input": '{"full": true}'}),
            },
        )
        while not (started := self.states.list_executions(stateMachineArn=machine)["executions"]):
            time.sleep(0.1)
        execution = self.states.describe_execution(executionArn=started[0]["executionArn"])
        self.assertEqual(execution["input"], '{"full": true}')


class OtherTargets(unittest.TestCase):
    """What is no universal target is ministack's own."""

    def test_another_target_is_invoked_as_ever(self) -> None:
        from stack import schedules

        with mock.patch.object(schedules, "_invoke_target") as invoked:
            schedules.invoke_target({"Arn": "arn:aws:sns:eu-west-2:1:topic"}, {}, None)
        invoked.assert_called_once_with({"Arn": "arn:aws:sns:eu-west-2:1:topic"}, {}, None)

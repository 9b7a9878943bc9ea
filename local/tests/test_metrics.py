"""Metrics in the logs of functions, and the alarms on them."""

import time
import unittest
from unittest import mock

from tests.harness import StackTest


class Alarms(StackTest):
    """Alarms on a server with the overlay."""

    def alarm(self, name: str, **changes: object) -> str:
        """Makes an alarm on more than ten rows of step load and returns its name."""
        settings = {
            "AlarmName": name,
            "Namespace": "Starlift",
            "MetricName": name,
            "Dimensions": [{"Name": "step", "Value": "load"}],
            "Statistic": "Maximum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 10,
        }
        self.session.client("cloudwatch").put_metric_alarm(**settings | changes)
        return name

    def put(self, name: str, value: float, step: str = "load", age: float = 0) -> None:
        """Records a value of the metric of that name, some seconds old."""
        datum = {"MetricName": name, "Value": value, "Timestamp": time.time() - age}
        datum["Dimensions"] = [{"Name": "step", "Value": step}]
        self.session.client("cloudwatch").put_metric_data(Namespace="Starlift", MetricData=[datum])

    def state(self, name: str) -> str:
        """The state of an alarm."""
        found = self.session.client("cloudwatch").describe_alarms(AlarmNames=[name])
        return found["MetricAlarms"][0]["StateValue"]

    def test_an_alarm_watches_the_dimensions_that_it_names(self) -> None:
        alarm = self.alarm("Dimensions")
        self.put(alarm, 11, step="ingest")
        self.assertEqual(self.state(alarm), "INSUFFICIENT_DATA")
        self.put(alarm, 10)
        self.assertEqual(self.state(alarm), "OK")
        self.put(alarm, 11)
        self.assertEqual(self.state(alarm), "ALARM")

    def test_a_value_counts_in_its_own_period_only(self) -> None:
        alarm = self.alarm("Periods", EvaluationPeriods=2)
        self.put(alarm, 11, age=400)
        self.put(alarm, 1)
        self.assertEqual(self.state(alarm), "OK")

    def test_what_a_function_writes_in_the_embedded_format_is_a_metric(self) -> None:
        metrics = [{"Name": "Written", "Unit": "Count"}]
        directive = {"Namespace": "Starlift", "Dimensions": [["step"]], "Metrics": metrics}
        line = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}}
        alarm = self.alarm("Written")
        self.behave(line=line | {"step": "load", "Written": 11})
        self.wait(self.start())
        self.assertEqual(self.state(alarm), "ALARM")


class Silence(unittest.TestCase):
    """What an alarm makes of periods of which nothing is known."""

    def state(self, treatment: str, made: float, before: str = "OK") -> str:
        from stack import metrics

        alarm = {
            "Namespace": "Starlift",
            "MetricName": "Silent",
            "Period": 300,
            "EvaluationPeriods": 3,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": treatment,
            "StateValue": before,
            "AlarmConfigurationUpdatedTimestamp": made,
        }
        with mock.patch.object(time, "time", return_value=10_000.0):
            return metrics._state(alarm)

    def test_silence_is_what_the_alarm_takes_it_for(self) -> None:
        self.assertEqual(self.state("breaching", made=0), "ALARM")
        self.assertEqual(self.state("notBreaching", made=0, before="ALARM"), "OK")
        self.assertEqual(self.state("ignore", made=0, before="ALARM"), "ALARM")
        self.assertEqual(self.state("missing", made=0), "INSUFFICIENT_DATA")

    def test_silence_before_an_alarm_was_made_is_none(self) -> None:
        self.assertEqual(self.state("breaching", made=9_500), "OK")

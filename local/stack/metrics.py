"""Metrics that a function writes into its log become metrics, and an alarm watches its own, period by period.

ministack alone takes a line of the embedded metric format for text. Its alarms look at all metrics of a name, whatever
their dimensions, take all periods for one, and do not notice that nothing comes. Here alarms are looked at when a
function has ended, and when somebody asks for them; silence counts from when the alarm was made.
"""

import json
import threading
import time
from typing import Any

from ministack.services import cloudwatch, lambda_svc

_describe_alarms = cloudwatch._describe_alarms
_emit_lambda_logs = lambda_svc._emit_lambda_logs
_evaluate_alarm = cloudwatch._evaluate_alarm

Alarm = dict[str, Any]

_BREACHES = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
}

# Parts of a run end at the same time, and each change of a state is told once.
_one_at_a_time = threading.RLock()


def emit_lambda_logs(func: dict[str, Any], request_id: str, log_text: str, *rest: Any, **more: Any) -> None:
    """Writes the log of one invocation, and the metrics in it."""
    _emit_lambda_logs(func, request_id, log_text, *rest, **more)
    lines = [line for line in (log_text or "").splitlines() if '"CloudWatchMetrics"' in line]
    for line in lines:
        record(json.loads(line))
    if lines:
        cloudwatch._evaluate_all_alarms()


def record(line: dict[str, Any]) -> None:
    """Records the metrics of one line in the embedded metric format."""
    written_at = line["_aws"]["Timestamp"] / 1000
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: line[name] for name in names}
            for metric in directive["Metrics"]:
                key = (directive["Namespace"], metric["Name"], cloudwatch._dims_key(dimensions))
                cloudwatch._metric_bucket(key).append(
                    {
                        "Timestamp": written_at,
                        "Value": float(line[metric["Name"]]),
                        "Unit": metric.get("Unit", "None"),
                        "Dimensions": dimensions,
                    }
                )


def evaluate_alarm(alarm: Alarm) -> None:
    """Lets an alarm on one metric take the state that its last periods say, and tells of the change."""
    if not alarm.get("MetricName") or alarm.get("ComparisonOperator") not in _BREACHES:
        _evaluate_alarm(alarm)
        return
    with _one_at_a_time:
        before, state = alarm["StateValue"], _state(alarm)
        if state == before:
            return
        reason = f"{alarm['MetricName']} in the last {alarm['EvaluationPeriods']} periods of {alarm['Period']} s"
        alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
        cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
        cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
        cloudwatch._evaluate_parent_alarms(alarm)


def _state(alarm: Alarm) -> str:
    """What the last periods say: enough of them breach, too few can, or nothing is known and the state stays."""
    periods = alarm.get("EvaluationPeriods", 1)
    verdicts = [_breaches(alarm, number) for number in range(periods)]
    needed = alarm.get("DatapointsToAlarm") or periods
    if verdicts.count(True) >= needed:
        return "ALARM"
    if verdicts.count(False) > periods - needed:
        return "OK"
    if alarm.get("TreatMissingData") == "missing" and verdicts.count(None) == periods:
        return "INSUFFICIENT_DATA"
    return alarm["StateValue"]


def _breaches(alarm: Alarm, number: int) -> bool | None:
    """Whether a period breaches, the last one being number 0; None when that is not known."""
    end = time.time() - number * alarm["Period"]
    start = end - alarm["Period"]
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    points = cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions)) or []
    points = [point for point in points if start < point["Timestamp"] <= end]
    if points:
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
        value = cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points)
        return _BREACHES[alarm["ComparisonOperator"]](value, alarm.get("Threshold", 0))
    if start < alarm["AlarmConfigurationUpdatedTimestamp"]:
        return None
    return {"breaching": True, "notBreaching": False}.get(alarm.get("TreatMissingData"))


def describe_alarms(*request: Any, **more: Any) -> tuple:
    """Answers DescribeAlarms with what is so now."""
    cloudwatch._evaluate_all_alarms()
    return _describe_alarms(*request, **more)


def install() -> None:
    """Replaces what becomes of a function's log, and how alarms are looked at."""
    lambda_svc._emit_lambda_logs = emit_lambda_logs
    cloudwatch._evaluate_alarm = evaluate_alarm
    cloudwatch._describe_alarms = describe_alarms

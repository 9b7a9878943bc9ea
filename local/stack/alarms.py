"""DescribeAlarms tells all that an alarm was made with, in the XML that Terraform's provider asks for.

ministack alone keeps an alarm's actions, dimensions, period, statistic and treatment of missing data, and leaves them
out there: every plan would set them again.
"""

import re
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

_describe_alarms = cloudwatch._describe_alarms

# Composite alarms have their rule at this place.
_METRIC_ALARM = re.compile(r"<member><AlarmName>([^<]*)</AlarmName>(?=<AlarmArn>[^<]*</AlarmArn><StateValue>)")
_LISTS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_VALUES = ("AlarmDescription", "ExtendedStatistic", "Period", "Statistic", "TreatMissingData", "Unit")


def describe_alarms(params: Any, cbor_data: Any, is_cbor: bool, is_json: bool = False) -> tuple:
    """Answers DescribeAlarms."""
    status, headers, body = _describe_alarms(params, cbor_data, is_cbor, is_json)
    if is_cbor or is_json or status != 200:
        return status, headers, body
    text = body.decode() if isinstance(body, bytes) else body
    return status, headers, _METRIC_ALARM.sub(_with_the_rest, text).encode()


def _with_the_rest(found: re.Match[str]) -> str:
    return found.group(0) + the_rest(cloudwatch._alarms[found.group(1)])


def the_rest(alarm: dict[str, Any]) -> str:
    """The elements of an alarm that ministack leaves out."""
    lists = [f"<{name}>{''.join(_member(item) for item in alarm.get(name) or [])}</{name}>" for name in _LISTS]
    dimensions = "".join(
        f"<member><Name>{escape(dimension['Name'])}</Name><Value>{escape(dimension['Value'])}</Value></member>"
        for dimension in alarm.get("Dimensions") or []
    )
    values = [f"<{name}>{escape(str(alarm[name]))}</{name}>" for name in _VALUES if alarm.get(name) not in (None, "")]
    enabled = str(bool(alarm.get("ActionsEnabled", True))).lower()
    return "".join(
        [f"<ActionsEnabled>{enabled}</ActionsEnabled>", *lists, f"<Dimensions>{dimensions}</Dimensions>", *values]
    )


def _member(text: str) -> str:
    return f"<member>{escape(text)}</member>"


def install() -> None:
    """Replaces the answer to DescribeAlarms."""
    cloudwatch._describe_alarms = describe_alarms

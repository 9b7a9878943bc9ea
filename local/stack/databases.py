"""A database instance keeps which of its logs are exported and by which key its figures are encrypted, and tells them.

ministack alone forgets both, so that every plan would set them again.
"""

from typing import Any
from xml.sax.saxutils import escape

from ministack.services import rds

_create = rds._create_db_instance
_instance_xml = rds._instance_xml

_NO_EXPORTS = "<EnabledCloudwatchLogsExports/>"


def create(params: dict[str, Any]) -> tuple:
    """Answers CreateDBInstance."""
    answer = _create(params)
    instance = rds._instances.get(rds._p(params, "DBInstanceIdentifier"))
    if answer[0] != 200 or instance is None:
        return answer
    instance["EnabledCloudwatchLogsExports"] = _exports(params)
    instance["PerformanceInsightsKMSKeyId"] = rds._p(params, "PerformanceInsightsKMSKeyId")
    return answer


def _exports(params: dict[str, Any]) -> list[str]:
    found: list[str] = []
    while log := rds._p(params, f"EnableCloudwatchLogsExports.member.{len(found) + 1}"):
        found.append(log)
    return found


def instance_xml(instance: dict[str, Any]) -> str:
    """The elements of an instance."""
    logs = "".join(f"<member>{escape(log)}</member>" for log in instance.get("EnabledCloudwatchLogsExports") or [])
    more = f"<EnabledCloudwatchLogsExports>{logs}</EnabledCloudwatchLogsExports>"
    if key := instance.get("PerformanceInsightsKMSKeyId"):
        more += f"<PerformanceInsightsKMSKeyId>{escape(key)}</PerformanceInsightsKMSKeyId>"
    return _instance_xml(instance).replace(_NO_EXPORTS, more)


def install() -> None:
    """Replaces how instances are made and described."""
    rds._instance_xml = instance_xml
    rds._ACTION_MAP["CreateDBInstance"] = create

"""A rule of a security group keeps the prefix list that it names, and tells it; a rule for all protocols has no ports.

ministack alone forgets the list when a rule is made, and leaves it out when rules are described: the rule would lead
nowhere. And it does not know the rule by which a new group lets everything out when Terraform's provider, which names
the ports 0 to 0, takes it away: every group would let everything out.
"""

from typing import Any

from ministack.services import ec2

_parse_ip_permissions = ec2._parse_ip_permissions
_sg_rule_xml = ec2._sg_rule_xml


def parse_ip_permissions(params: dict[str, Any], prefix: str) -> list[dict[str, Any]]:
    """The rules that a request asks for."""
    rules = _parse_ip_permissions(params, prefix)
    for number, rule in enumerate(rules, start=1):
        rule["PrefixListIds"] = _lists(params, f"{prefix}.{number}.PrefixListIds")
        if rule["IpProtocol"] == "-1":
            rule.pop("FromPort", None)
            rule.pop("ToPort", None)
    return rules


def _lists(params: dict[str, Any], prefix: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    while identifier := ec2._p(params, f"{prefix}.{len(found) + 1}.PrefixListId"):
        description = ec2._p(params, f"{prefix}.{len(found) + 1}.Description")
        found.append({"PrefixListId": identifier} | ({"Description": description} if description else {}))
    return found


def sg_rule_xml(group: str, rule: dict[str, Any], is_egress: bool = False) -> str:
    """The elements of a rule. A rule names one prefix list at most, and then no addresses."""
    text = _sg_rule_xml(group, rule, is_egress)
    lists = rule.get("PrefixListIds") or []
    if not lists:
        return text
    return text.replace("</toPort>", f"</toPort><prefixListId>{lists[0]['PrefixListId']}</prefixListId>")


def install() -> None:
    """Replaces how rules are read from requests and described."""
    ec2._parse_ip_permissions = parse_ip_permissions
    ec2._sg_rule_xml = sg_rule_xml

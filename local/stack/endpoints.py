"""An endpoint of a VPC keeps its security groups, its policy and whether it has a private name, and tells them.

ministack alone forgets them, so that every plan would set them again.
"""

from typing import Any
from xml.sax.saxutils import escape

from ministack.services import ec2

_create = ec2._create_vpc_endpoint
_modify = ec2._modify_vpc_endpoint
_fields = ec2._vpce_fields_xml


def create(params: dict[str, Any]) -> tuple:
    """Answers CreateVpcEndpoint."""
    before = set(ec2._vpc_endpoints.keys())
    answer = _create(params)
    for identifier in set(ec2._vpc_endpoints.keys()) - before:
        _keep(ec2._vpc_endpoints[identifier], params, ec2._parse_member_list(params, "SecurityGroupId"))
        return ec2._xml(200, "CreateVpcEndpointResponse", fields(ec2._vpc_endpoints[identifier], tag="vpcEndpoint"))
    return answer


def modify(params: dict[str, Any]) -> tuple:
    """Answers ModifyVpcEndpoint."""
    endpoint = ec2._vpc_endpoints.get(ec2._p(params, "VpcEndpointId"))
    if endpoint is not None:
        removed = ec2._parse_member_list(params, "RemoveSecurityGroupId")
        groups = [group for group in endpoint.get("Groups", []) if group not in removed]
        _keep(endpoint, params, groups + ec2._parse_member_list(params, "AddSecurityGroupId"))
    return _modify(params)


def _keep(endpoint: dict[str, Any], params: dict[str, Any], groups: list[str]) -> None:
    endpoint["Groups"] = list(dict.fromkeys(groups))
    for name in ("PolicyDocument", "PrivateDnsEnabled"):
        if value := ec2._p(params, name):
            endpoint[name] = value


def fields(endpoint: dict[str, Any], tag: str = "item") -> str:
    """The elements of an endpoint."""
    groups = "".join(
        f"<item><groupId>{group}</groupId><groupName>{group}</groupName></item>" for group in endpoint.get("Groups", [])
    )
    more = f"<privateDnsEnabled>{endpoint.get('PrivateDnsEnabled', 'false')}</privateDnsEnabled>"
    more += f"<groupSet>{groups}</groupSet>"
    if policy := endpoint.get("PolicyDocument"):
        more += f"<policyDocument>{escape(policy)}</policyDocument>"
    return _fields(endpoint, tag).replace("<ownerId>", f"{more}<ownerId>", 1)


def install() -> None:
    """Replaces how endpoints are made, changed and described."""
    ec2._vpce_fields_xml = fields
    ec2._ACTION_MAP.update(CreateVpcEndpoint=create, ModifyVpcEndpoint=modify)

"""Security groups and their rules, and launch templates."""

from __future__ import annotations

import copy
from typing import Any, Final

from botocore.exceptions import ClientError

from rehearsal.aws.handler import (
    Handler,
    Listing,
    Made,
    Properties,
    ResourceContext,
    ResourceError,
    specification,
    tag_list,
)
from rehearsal.aws.types.ec2_network import Tagged, camel


def permission(rule: Properties) -> dict[str, Any]:
    """A rule in the form of the IpPermissions argument."""
    result: dict[str, Any] = {"IpProtocol": str(rule["IpProtocol"])}
    for name in ("FromPort", "ToPort"):
        if name in rule:
            result[name] = int(rule[name])
    description = {"Description": rule["Description"]} if rule.get("Description") else {}
    if "CidrIp" in rule:
        result["IpRanges"] = [{"CidrIp": rule["CidrIp"], **description}]
    if "CidrIpv6" in rule:
        result["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **description}]
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    if group:
        result["UserIdGroupPairs"] = [{"GroupId": group, **description}]
    if prefix_list := rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId"):
        result["PrefixListIds"] = [{"PrefixListId": prefix_list, **description}]
    return result


def delete_group(context: ResourceContext, group_id: str) -> None:
    """Deletes a security group, unless an interface or another group's rule uses it."""
    ec2 = context.client("ec2")
    users = [i["NetworkInterfaceId"] for i in context.account.interfaces(group_id=group_id)]
    for group in ec2.describe_security_groups()["SecurityGroups"]:
        rules = group["IpPermissions"] + group["IpPermissionsEgress"]
        pairs = [pair.get("GroupId") for rule in rules for pair in rule.get("UserIdGroupPairs", [])]
        if group_id in pairs and group["GroupId"] != group_id:
            users.append(f"rules of {group['GroupId']}")
    # belief: EC2-interface-holds-subnet
    if users:
        raise ResourceError(
            f"DependencyViolation: resource {group_id} has a dependent object: {', '.join(users)}"
        )
    ec2.delete_security_group(GroupId=group_id)


# What a group lets out whose template does not name a rule.
_EVERYTHING: Final = ({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"},)


# belief: EC2-new-group-lets-out
class SecurityGroup(Tagged):
    """A security group with its inline rules."""

    types = ("AWS::EC2::SecurityGroup",)
    updatable = Tagged.updatable | {"SecurityGroupIngress", "SecurityGroupEgress"}
    listing = Listing(
        "security group {} ({})",
        "ec2.describe_security_groups",
        "SecurityGroups[?GroupName != 'default'].[GroupId, GroupName]",
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        ec2 = context.client("ec2")
        group = ec2.create_security_group(
            GroupName=properties.get("GroupName") or context.generated_name(255),
            Description=properties["GroupDescription"],
            **camel(properties, "VpcId"),
            **specification("security-group", properties),
        )["GroupId"]
        try:
            self._authorize(ec2, group, properties)
        except ClientError as error:
            # belief: CFN-rollback-of-create
            raise ResourceError(str(error), group) from None
        return Made(group, {"GroupId": group, "Id": group, "VpcId": properties.get("VpcId", "")})

    @staticmethod
    def _authorize(ec2: Any, group: str, properties: Properties) -> None:
        if ingress := properties.get("SecurityGroupIngress"):
            ec2.authorize_security_group_ingress(
                GroupId=group, IpPermissions=[permission(r) for r in ingress]
            )
        if egress := properties.get("SecurityGroupEgress"):
            # A new group allows all traffic out; rules in the template replace that rule.
            everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
            ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
            ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission(r) for r in egress])

    # belief: EC2-group-rules-in-place
    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        super().update(context, existing, old, new)
        ec2, group = context.client("ec2"), existing.physical_id
        for direction in ("Ingress", "Egress"):
            key, name = f"SecurityGroup{direction}", direction.lower()
            before = list(old.get(key) or (_EVERYTHING if direction == "Egress" else []))
            after = list(new.get(key) or (_EVERYTHING if direction == "Egress" else []))
            for verb, rules in (
                ("authorize", [rule for rule in after if rule not in before]),
                ("revoke", [rule for rule in before if rule not in after]),
            ):
                if rules:
                    call = getattr(ec2, f"{verb}_security_group_{name}")
                    call(GroupId=group, IpPermissions=[permission(rule) for rule in rules])
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        delete_group(context, existing.physical_id)


# belief: CFN-handlers-call-the-api
class SecurityGroupRule(Handler):
    """One rule as its own resource."""

    types = ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        self._call(context, "authorize", properties)
        name = f"sgr-{context.random_id(17).lower()}"
        return Made(name, {"Id": name})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        self._call(context, "revoke", properties)

    @staticmethod
    def _call(context: ResourceContext, verb: str, properties: Properties) -> None:
        direction = "ingress" if context.type.endswith("Ingress") else "egress"
        call = getattr(context.client("ec2"), f"{verb}_security_group_{direction}")
        call(GroupId=properties["GroupId"], IpPermissions=[permission(properties)])


# belief: EC2-launch-template-versions
class LaunchTemplate(Handler):
    """A launch template; a change of its data is a new version."""

    types = ("AWS::EC2::LaunchTemplate",)
    listing = Listing(
        "launch template {}", "ec2.describe_launch_templates", "LaunchTemplates[].[LaunchTemplateName]"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        template = context.client("ec2").create_launch_template(
            LaunchTemplateName=properties.get("LaunchTemplateName") or context.generated_name(128),
            LaunchTemplateData=launch_data(properties),
        )["LaunchTemplate"]
        return _launch_template(template["LaunchTemplateId"], 1)

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        version = context.client("ec2").create_launch_template_version(
            LaunchTemplateId=existing.physical_id, LaunchTemplateData=launch_data(new)
        )["LaunchTemplateVersion"]["VersionNumber"]
        return _launch_template(existing.physical_id, version)

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ec2").delete_launch_template(LaunchTemplateId=existing.physical_id)


def launch_data(properties: Properties) -> Properties:
    """LaunchTemplateData in the API's spelling, with numbers where the template may have text."""
    data: Properties = copy.deepcopy(properties["LaunchTemplateData"])
    options = data.get("MetadataOptions", {})
    if "HttpPutResponseHopLimit" in options:
        options["HttpPutResponseHopLimit"] = int(options["HttpPutResponseHopLimit"])
    for specification_ in data.get("TagSpecifications", []):
        specification_["Tags"] = tag_list(specification_)
    return data


def _launch_template(identifier: str, version: int) -> Made:
    return Made(
        identifier,
        {"LaunchTemplateId": identifier, "LatestVersionNumber": str(version), "DefaultVersionNumber": "1"},
    )

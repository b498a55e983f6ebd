"""Whether what the stacks made is still there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine import aws_kinds as kinds
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.readings import Aws
from cdk_eks_cilium.doctor.engine.seen import Seen

_KNOWN_BY: Final[Mapping[str, tuple[Aws, str]]] = {
    "AWS::EC2::VPC": (kinds.VPCS, "VpcId"),
    "AWS::EC2::Subnet": (kinds.SUBNETS, "SubnetId"),
    "AWS::EC2::RouteTable": (kinds.ROUTE_TABLES, "RouteTableId"),
    "AWS::EC2::NatGateway": (kinds.NAT_GATEWAYS, "NatGatewayId"),
    "AWS::EC2::InternetGateway": (kinds.INTERNET_GATEWAYS, "InternetGatewayId"),
    "AWS::EC2::SecurityGroup": (kinds.SECURITY_GROUPS, "GroupId"),
    "AWS::EKS::Cluster": (kinds.CLUSTER, "name"),
    "AWS::EKS::Nodegroup": (kinds.NODE_GROUPS, "nodegroupName"),
    "AWS::EKS::Addon": (kinds.ADD_ONS, "addonName"),
}
"""The types that the readings of a cluster know, with the field of the physical id.

The ids of groups and add-ons begin with the cluster's name: ``CLUSTER/GROUP`` and ``CLUSTER|ADDON``, as the
return value Ref of each type says:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EKS.html.
"""
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceSummary.html
_GONE: Final = ("DELETE_COMPLETE", "DELETE_SKIPPED", "CREATE_FAILED")


@check(
    "stack-resources-exist",
    "what the stacks made in EC2 and EKS is still there",
    reads=(kinds.STACK_RESOURCES, *(reading for reading, _ in _KNOWN_BY.values())),
    symptom="the next deploy fails, because something that it updates does not exist",
    links=(
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html",
    ),
)
def stack_resources_exist(seen: Seen) -> Iterator[Outcome]:
    """CloudFormation does not look whether what it made is there. What somebody deleted by hand, it finds out
    at the next update of it.

    Drift detection also sees changed properties. It takes minutes, and is not started here.
    """
    resources = [
        each
        for each in seen.list(kinds.STACK_RESOURCES)
        if each.get("ResourceType") in _KNOWN_BY and each.get("ResourceStatus") not in _GONE
    ]
    if not resources:
        yield Skip("the stacks have nothing in EC2 or EKS")
        return
    missing: list[tuple[str, str, str]] = []
    unknown: dict[str, None] = {}
    for each in resources:
        reading, field = _KNOWN_BY[str(each["ResourceType"])]
        name = str(each.get("PhysicalResourceId") or "").replace("|", "/").rpartition("/")[2]
        try:
            if name not in {str(found.get(field)) for found in seen.list(reading)}:
                missing.append((str(each.get("LogicalResourceId")), str(each["ResourceType"]), name))
        except UnreadError as error:
            unknown[str(error)] = None
    if missing:
        evidence = tuple(
            Evidence(f"{type_} {name}", f"resource {logical}", "", "what the stack made")
            for logical, type_, name in missing
        )
        fix = (
            "# Let CloudFormation see what differs, then deploy a change that makes it anew, such as "
            "another name.\n"
            "aws cloudformation detect-stack-drift --stack-name STACK"
        )
        yield Finding(
            Severity.ERROR,
            f"deleted beside CloudFormation: {named(name for *_, name in missing)}",
            evidence,
            fix,
        )
    for reason in unknown:
        yield Unknown(reason)
    if not missing and not unknown:
        yield Fine(counted(len(resources), "resource"))

"""Whether the zones offer the instance types of node groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.account_kinds import OFFERINGS, TYPES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.deployment import NodeNeeds
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "types-offered-in-zones",
    "each zone offers the instance types of its node groups, with the architecture of their image",
    reads=(OFFERINGS, TYPES),
    symptom="AsgInstanceLaunchFailures: the instance type is not supported in the zone",
    links=(
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html",
    ),
)
def types_offered_in_zones(seen: Seen) -> Iterator[Outcome]:
    """Not every zone of a region has every type, and a group with a single type starts no node in a zone
    without it.

    Where a group has several types and a zone offers some of them, AWS takes these there.
    """
    offered: dict[str, set[str]] = defaultdict(set)
    for each in seen.list(OFFERINGS):
        offered[str(each.get("Location"))].add(str(each.get("InstanceType")))
    groups = seen.planned("deployment").nodes
    fine = True
    for group in groups:
        for outcome in _of_group(group, offered, str(seen.plan.region)):
            fine = False
            yield outcome
    try:
        wrong = tuple(_architectures(seen, groups))
    except UnreadError as error:
        yield Unknown(str(error))
        return
    if wrong:
        fix = (
            "# Choose types of one architecture in node_groups[].instance_types, or write their facts anew:\n"
        )
        fix += f"cdk-eks-cilium instances --region {seen.plan.region} --output instances.csv"
        yield Finding(Severity.ERROR, "types have another architecture than their image", wrong, fix)
    elif fine:
        yield Fine(named(name for group in groups for name in group.instance_types))


def _of_group(group: NodeNeeds, offered: dict[str, set[str]], region: str) -> Iterator[Finding]:
    wanted = set(group.instance_types)
    without = [zone for zone in group.zones if not wanted & offered[zone]]
    partly = [zone for zone in group.zones if zone not in without and wanted - offered[zone]]
    command = (
        f"aws ec2 describe-instance-type-offerings --region {region} --location-type availability-zone "
        f"--filters Name=instance-type,Values={','.join(group.instance_types)} "
        "--query 'InstanceTypeOfferings[].[Location,InstanceType]' --output text"
    )
    if without:
        yield Finding(
            Severity.ERROR,
            f"group {group.name}: no type is offered in {named(without)}",
            tuple(
                Evidence(f"ec2 zone {zone}", "InstanceTypeOfferings", "", named(group.instance_types))
                for zone in without
            ),
            "# Add a type in node_groups[].instance_types, or leave the zone out in its zones. "
            f"Offered are:\n{command}",
        )
    if partly:
        yield Finding(
            Severity.WARNING,
            f"group {group.name}: not all types are offered in {named(partly)}",
            tuple(
                Evidence(
                    f"ec2 zone {zone}",
                    "InstanceTypeOfferings",
                    named(sorted(wanted & offered[zone])),
                    named(group.instance_types),
                )
                for zone in partly
            ),
            f"# Nodes of that zone are of the other types alone. Offered are:\n{command}",
        )


def _architectures(seen: Seen, groups: tuple[NodeNeeds, ...]) -> Iterator[Evidence]:
    supported = {
        str(each.get("InstanceType")): at(each, "ProcessorInfo.SupportedArchitectures", [])
        for each in seen.list(TYPES)
    }
    for group in groups:
        for name in group.instance_types:
            if supported.get(name) and group.architecture not in supported[name]:
                field = "ProcessorInfo.SupportedArchitectures"
                yield Evidence(f"ec2 type {name}", field, ", ".join(supported[name]), group.architecture)

"""Whether the zones of the settings exist, and EKS takes subnets in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.account_kinds import ZONES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.seen import Seen

REFUSED: Final = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})
"""Ids of the zones in which EKS takes no subnet of a control plane.

https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html, section "Subnet requirements for
clusters". The name of a zone, such as ``us-east-1e``, belongs to different zones in different accounts.
"""


@check(
    "zones-take-the-cluster",
    "the zones of the settings exist, and EKS takes subnets in them",
    reads=(ZONES,),
    symptom="UnsupportedAvailabilityZoneException, or subnets that cannot be made",
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html",
    ),
)
def zones_take_the_cluster(seen: Seen) -> Iterator[Outcome]:
    """Settings name zones, and nothing is looked up at synth. Which zones there are depends on the account.

    EKS has no control plane in some zones, which AWS lists by their ids: the same name is another zone in
    another account.
    """
    zones = seen.planned("deployment").zones
    known = {str(each.get("ZoneName")): each for each in seen.list(ZONES)}
    usable = sorted(
        name
        for name, each in known.items()
        if each.get("ZoneType", "availability-zone") == "availability-zone"
        and each.get("ZoneId") not in REFUSED
        and each.get("State") == "available"
    )
    fix = f"# Name others in network.availability_zones. EKS takes these: {', '.join(usable) or 'none'}"
    wrong = [(name, _wrong(known.get(name))) for name in zones]
    evidence = tuple(Evidence(f"ec2 zone {name}", *each) for name, each in wrong if each is not None)
    if evidence:
        bad = [name for name, each in wrong if each is not None]
        yield Finding(
            Severity.ERROR,
            f"{'this zone' if len(bad) == 1 else 'these zones'} cannot take the cluster: {named(bad)}",
            evidence,
            f"{fix}\naws ec2 describe-availability-zones --region {seen.plan.region} "
            "--query 'AvailabilityZones[].[ZoneName,ZoneId,State]' --output text",
        )
        return
    yield Fine(", ".join(f"{name} ({known[name].get('ZoneId')})" for name in zones))


def _wrong(zone: object) -> tuple[str, str, str] | None:
    """The field that is wrong, what it is, and what it must be."""
    if not isinstance(zone, dict):
        return "ZoneName", "", "a zone of the region, enabled for the account"
    if zone.get("ZoneType", "availability-zone") != "availability-zone":
        return "ZoneType", str(zone.get("ZoneType")), "availability-zone"
    if zone.get("State") != "available":
        return "State", str(zone.get("State")), "available"
    if zone.get("ZoneId") in REFUSED:
        return "ZoneId", str(zone.get("ZoneId")), f"none of {', '.join(sorted(REFUSED))}"
    return None

"""The subnets of pods: which they are, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.doctor.engine.aws_kinds import SUBNETS
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Reading
from cdk_eks_cilium.doctor.engine.seen import Seen

from .addresses import Ranges
from .cilium_config import config
from .eni_nodes import eni_nodes

NO_SUBNETS: Final = "nothing tells the subnets of pods: neither CiliumNodes nor cilium-config nor settings"


@dataclass(frozen=True)
class PodSubnetRanges:
    """The subnets that pods must live in.

    Attributes:
        ids: Their ids.
        ranges: Their ranges, as far as anything tells them.
        zones: The zones that have one; None where nothing tells the zones of subnets.
    """

    ids: frozenset[str]
    ranges: Ranges
    zones: frozenset[str] | None


def pod_subnets(seen: Seen) -> PodSubnetRanges | None:
    """The subnets that the operator is told to use, else the planned ones; None where nothing tells.

    Ask with ``seen.derived``; a check that asks reads `CILIUM_NODES`, `KUBE_SYSTEM_CONFIG_MAPS` and
    `SUBNETS`, of which the last may fail.

    Raises:
        UnreadError: One of the others cannot be read.
    """
    nodes = seen.derived(eni_nodes)
    known = {str(each.get("SubnetId")): each for each in optional(seen, SUBNETS) or ()}
    ids = {each for node in nodes for each in node.subnet_ids}
    ids |= set(config(seen).get("eni-subnet-ids", "").replace(",", " ").split())
    if not ids:
        tags = [wanted for node in nodes if (wanted := at(node.object, "spec.eni.subnet-tags"))]
        ids = {
            name for name, each in known.items() for wanted in tags if wanted.items() <= tags_of(each).items()
        }
    if not ids:
        ids = {each for each in seen.plan.pod_subnets or () if each.startswith("subnet-")}
    if not ids:
        return None
    used = {
        interface.subnet: (interface.subnet_range, node.zone)
        for node in nodes
        for interface in node.pod_interfaces
        if interface.subnet in ids
    }
    ranges = [block for name, (block, _) in used.items() if block]
    ranges += [str(known[name].get("CidrBlock")) for name in ids if name in known]
    zones = {str(known[name].get("AvailabilityZone")) for name in ids if name in known} if known else None
    return PodSubnetRanges(
        frozenset(ids), Ranges(sorted(set(ranges))), None if zones is None else frozenset(zones)
    )


def optional(seen: Seen, reading: Reading) -> Sequence[Object] | None:
    """The objects of a reading that may be missing, such as one of AWS; None if it cannot be read."""
    try:
        return seen.list(reading)
    except UnreadError:
        return None


def tags_of(found: Object, key: str = "Tags") -> Mapping[str, str]:
    """The tags of an answer of EC2; interfaces have them as ``TagSet``."""
    return {each.get("Key", ""): each.get("Value", "") for each in found.get(key) or ()}

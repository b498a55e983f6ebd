"""Whether the operator's interfaces are attached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, NO_ENI, config, uses_eni
from cdk_eks_cilium.doctor.checks.views.eni_nodes import eni_nodes
from cdk_eks_cilium.doctor.checks.views.subnets import tags_of
from cdk_eks_cilium.doctor.checks.views.words import OPERATOR_LOG, commands, counted
from cdk_eks_cilium.doctor.engine.aws_kinds import INTERFACES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_TAG: Final = "io.cilium/cluster-name"
_FEW: Final = 5
"""As many may be on their way to a node, or from one to their deletion, at any time."""
_MUCH: Final = 0.1
"""The part of nodes that may start at the same time."""


@check(
    "interfaces-attached",
    "the operator's interfaces are attached",
    reads=(INTERFACES, CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="pod subnets and the account's quota of interfaces fill up while nodes are few",
    answers=("CILIUM-leaves-interfaces", "CILIUM-interface-tags"),
    links=(
        "https://docs.cilium.io/en/stable/network/concepts/ipam/eni/",
        "https://github.com/cilium/cilium/pull/21409",
        "https://github.com/cilium/cilium/issues/15877",
    ),
)
def interfaces_attached(seen: Seen) -> Iterator[Outcome]:
    """The operator makes an interface, attaches it to a node, and deletes it where that fails.

    From 1.13 on it also collects what stays behind, every five minutes, by tags; an ``eni-gc-interval`` of 0s
    switches that off. Many loose interfaces mean that it may not attach or delete, or does not collect.
    """
    options = config(seen)
    if not uses_eni(options):
        yield Skip(NO_ENI)
        return
    cluster = options.get("cluster-name", "")
    loose = [
        str(each.get("NetworkInterfaceId")) for each in seen.list(INTERFACES) if _is_loose(each, cluster)
    ]
    if len(loose) <= max(_FEW, _MUCH * len(seen.derived(eni_nodes))):
        yield Fine(f"{len(loose)} not attached")
        return
    evidence = [Evidence(f"ec2 {each}", "Status", "available", "in-use, or deleted") for each in loose]
    interval = options.get("eni-gc-interval")
    if interval and interval.strip("0hms") == "":
        evidence.append(Evidence(CONFIG, "eni-gc-interval", interval, "5m"))
    fix = f"{OPERATOR_LOG} | grep -iE 'delete|attach'\n# What stays does so for good:\n" + commands(
        "aws ec2 delete-network-interface --network-interface-id {}", loose
    )
    yield Finding(
        Severity.WARNING,
        f"{counted(len(loose), 'interface')} of the operator attached to nothing",
        tuple(evidence),
        fix,
    )


def _is_loose(found: Object, cluster: str) -> bool:
    return found.get("Status") == "available" and tags_of(found, "TagSet").get(_TAG) == cluster

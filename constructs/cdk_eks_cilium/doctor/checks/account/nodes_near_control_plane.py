"""Whether nodes run the Kubernetes of the control plane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.kubernetes import api_minor, kubelet_minor
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import NODES
from cdk_eks_cilium.doctor.engine.readings import ApiVersion
from cdk_eks_cilium.doctor.engine.seen import Seen

_TOLD: Final = 2
"""From the next minor on, kubelet-skew tells of the nodes."""


@check(
    "nodes-near-control-plane",
    "nodes run the Kubernetes of the control plane",
    reads=(ApiVersion(), NODES),
    symptom="a control plane was upgraded, and its nodes were forgotten",
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html",
        "https://kubernetes.io/releases/version-skew-policy/",
    ),
)
def nodes_near_control_plane(seen: Seen) -> Iterator[Outcome]:
    """EKS upgrades the control plane alone. Nodes get their release from their image, so a group with an
    image of its own stays behind until it names another.

    That is supported for some minors, and each further upgrade comes nearer to the limit, where another check
    takes over.
    """
    minor = api_minor(seen)
    if minor is None:
        yield Unknown("the API server does not tell its release")
        return
    groups: dict[tuple[str, int], list[str]] = defaultdict(list)
    for node in seen.derived(cluster_nodes):
        own = kubelet_minor(node.object)
        if own is not None and 0 < minor - own <= _TOLD:
            groups[node.group or "nodes without a group", own].append(node.name)
    for (group, own), names in sorted(groups.items()):
        evidence = tuple(
            Evidence(f"Node {name}", "status.nodeInfo.kubeletVersion", f"1.{own}", f"1.{minor}")
            for name in names
        )
        behind = f"{counted(minor - own, 'minor')} behind the control plane"
        yield Finding(
            Severity.WARNING,
            f"{group}: {counted(len(names), 'node')} {behind}",
            evidence,
            "# Take the image of the new release: deploy again, or correct image_version or ami_id "
            "in the settings.\n"
            "cdk-eks-cilium settings check",
        )
    if not groups:
        yield Fine(
            f"1.{minor} on {named(sorted({each.group or 'nodes' for each in seen.derived(cluster_nodes)}))}"
        )

"""Whether nodes run the release of the control plane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.aws_kinds import CLUSTER
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

_SKEW = 3
"""A kubelet may be three minors older than the API server:
https://kubernetes.io/releases/version-skew-policy/#kubelet."""


@check(
    "nodes-near-control-plane",
    "nodes run the Kubernetes of the control plane",
    reads=(CLUSTER, NODES),
    symptom="the next upgrade of the control plane is refused, or nodes behave in two ways",
    links=(
        "https://kubernetes.io/releases/version-skew-policy/#kubelet",
        "https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html",
    ),
)
def nodes_near_control_plane(seen: Seen) -> Iterator[Outcome]:
    """EKS upgrades the control plane alone. Nodes get their release from their image, so a group with an
    image of its own stays behind until it names another.

    A kubelet may be three minors older. EKS does not upgrade a control plane from which nodes would be
    further away.
    """
    control_plane = [_minor(str(each.get("version"))) for each in seen.list(CLUSTER)]
    minor = next((each for each in control_plane if each is not None), None)
    if minor is None:
        yield Unknown("EKS does not tell the release of the control plane")
        return
    groups: dict[tuple[str, int], list[str]] = defaultdict(list)
    for node in seen.derived(cluster_nodes):
        own = _minor(str(at(node.object, "status.nodeInfo.kubeletVersion", "")))
        if own is not None and own < minor:
            groups[node.group or "nodes without a group", own].append(node.name)
    for (group, own), names in sorted(groups.items()):
        behind = minor - own
        severity = Severity.ERROR if behind >= _SKEW else Severity.WARNING
        evidence = tuple(
            Evidence(f"Node {name}", "status.nodeInfo.kubeletVersion", f"1.{own}", f"1.{minor}")
            for name in names
        )
        yield Finding(
            severity,
            f"{group}: {counted(len(names), 'node')} {counted(behind, 'minor')} behind the control plane",
            evidence,
            "# Take the image of the new release: deploy again, or correct image_version or ami_id "
            "in the settings.\n"
            "cdk-eks-cilium settings check",
        )
    if not groups:
        yield Fine(
            f"1.{minor} on {named(sorted({each.group or 'nodes' for each in seen.derived(cluster_nodes)}))}"
        )


def _minor(text: str) -> int | None:
    parts = text.removeprefix("v").split(".")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None

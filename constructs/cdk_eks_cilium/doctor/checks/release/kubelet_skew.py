"""Whether kubelets suit the API server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import GROUP_LABEL
from cdk_eks_cilium.doctor.checks.views.kubernetes import api_minor, kubelet_minor
from cdk_eks_cilium.doctor.checks.views.words import commands, counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import labels_of, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import NODES
from cdk_eks_cilium.doctor.engine.readings import ApiVersion
from cdk_eks_cilium.doctor.engine.seen import Seen

_MOST: Final = 3
"""Minors that a kubelet may be older than the API server; two for kubelets before 1.25."""


@check(
    "kubelet-skew",
    "kubelets suit the API server",
    reads=(NODES, ApiVersion()),
    symptom="EKS refuses the next upgrade of the control plane, or kubelets misbehave",
    answers=("EKS-kubelet-skew",),
    links=("https://kubernetes.io/releases/version-skew-policy/",),
)
def kubelet_skew(seen: Seen) -> Iterator[Outcome]:
    """A kubelet may be up to three minors older than the API server, and not newer.

    Nodes stay behind where a node group is not updated after the control plane. At the limit EKS refuses to
    upgrade the control plane.
    """
    api = api_minor(seen)
    if api is None:
        yield Unknown("the API server does not tell its release")
        return
    nodes = {name_of(node): node for node in seen.list(NODES)}
    told = {name: minor for name, node in nodes.items() if (minor := kubelet_minor(node)) is not None}
    wrong = [name for name, minor in told.items() if minor > api or api - minor > _allowed(minor)]
    edge = [name for name, minor in told.items() if minor < api and api - minor == _allowed(minor)]
    for severity, names, what in (
        (Severity.ERROR, wrong, "outside what the API server supports"),
        (Severity.WARNING, edge, "as old as the API server allows"),
    ):
        if names:
            yield Finding(
                severity,
                f"{counted(len(names), 'kubelet')} {what}",
                tuple(
                    Evidence(
                        f"Node {name}",
                        "status.nodeInfo.kubeletVersion",
                        f"1.{told[name]}",
                        f"1.{api}, or a little older",
                    )
                    for name in names
                ),
                _fix(seen, [labels_of(nodes[name]).get(GROUP_LABEL) for name in names]),
            )
    yield Fine(f"{counted(len(told), 'kubelet')} with Kubernetes 1.{api}")


def _allowed(minor: int) -> int:
    return _MOST if minor >= 25 else 2


def _fix(seen: Seen, groups: Iterable[str | None]) -> str:
    cluster = seen.plan.cluster or "CLUSTER"
    names = sorted({group or "GROUP" for group in groups})
    update = f"aws eks update-nodegroup-version --cluster-name {cluster} --nodegroup-name {{}}"
    return (
        "# Deploy the stack with the release of the control plane: it updates the node groups. By hand,\n"
        "# where EKS chooses the images of a group:\n" + commands(update, names)
    )

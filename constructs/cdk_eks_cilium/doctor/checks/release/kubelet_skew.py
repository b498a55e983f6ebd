"""Whether kubelets suit the API server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.kubernetes import api_minor, kubelet_minor
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import name_of
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
    nodes = {name_of(node): kubelet_minor(node) for node in seen.list(NODES)}
    told = {name: minor for name, minor in nodes.items() if minor is not None}
    wrong = {name: minor for name, minor in told.items() if minor > api or api - minor > _allowed(minor)}
    edge = {name: minor for name, minor in told.items() if minor < api and api - minor == _allowed(minor)}
    if wrong:
        yield _finding(Severity.ERROR, wrong, api, "kubelets are outside what the API server supports")
    if edge:
        yield _finding(Severity.WARNING, edge, api, "kubelets are as old as the API server allows")
    yield Fine(f"{len(told)} kubelets with Kubernetes 1.{api}")


def _allowed(minor: int) -> int:
    return _MOST if minor >= 25 else 2


def _finding(severity: Severity, nodes: dict[str, int], api: int, what: str) -> Finding:
    evidence = tuple(
        Evidence(
            f"Node {name}", "status.nodeInfo.kubeletVersion", f"1.{minor}", f"1.{api}, or a little older"
        )
        for name, minor in nodes.items()
    )
    fix = (
        "# Deploy the stack with the release of the control plane: it updates the node groups. By hand:\n"
        "aws eks update-nodegroup-version --cluster-name CLUSTER --nodegroup-name GROUP"
    )
    return Finding(severity, f"{len(nodes)} {what}", evidence, fix)

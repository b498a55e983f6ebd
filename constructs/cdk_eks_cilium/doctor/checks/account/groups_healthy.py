"""Whether EKS finds the node groups healthy."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.eks_health import A_NODE_GROUP, health_findings
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.aws_kinds import NODE_GROUPS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Fine, Outcome
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "groups-healthy",
    "EKS finds the node groups healthy",
    reads=(NODE_GROUPS,),
    symptom="a node group is degraded, or starts no node",
    links=("https://docs.aws.amazon.com/eks/latest/APIReference/API_Issue.html",),
)
def groups_healthy(seen: Seen) -> Iterator[Outcome]:
    """EKS tells why a group does not start or replace nodes: no capacity, a quota, a launch template or role
    that somebody changed, a key that Auto Scaling may not use, or nodes that never joined.
    """
    groups = seen.list(NODE_GROUPS)
    findings = list(health_findings(A_NODE_GROUP, groups))
    yield from findings
    if not findings:
        yield Fine(counted(len(groups), "node group"))

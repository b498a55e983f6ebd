"""Whether EKS finds the node groups healthy."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.eks_health import EksPart, health_findings
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
    findings = [
        finding
        for each in groups
        for finding in health_findings(
            EksPart(
                "nodegroup",
                str(each.get("nodegroupName")),
                f"aws eks describe-nodegroup --cluster-name {each.get('clusterName')} "
                f"--nodegroup-name {each.get('nodegroupName')}",
            ),
            each,
        )
    ]
    yield from findings
    if not findings:
        yield Fine(counted(len(groups), "node group"))

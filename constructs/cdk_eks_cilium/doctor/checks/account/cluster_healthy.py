"""Whether EKS finds the cluster healthy."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.eks_health import A_CLUSTER, health_findings
from cdk_eks_cilium.doctor.engine.aws_kinds import CLUSTER
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Fine, Outcome
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "cluster-healthy",
    "EKS finds the cluster healthy",
    reads=(CLUSTER,),
    symptom="EKS cannot update the cluster, or reach what it needs",
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html",
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_ClusterIssue.html",
    ),
)
def cluster_healthy(seen: Seen) -> Iterator[Outcome]:
    """EKS tells what it cannot do for a cluster: a subnet, security group, role or key that was deleted, or
    subnets without addresses for the interfaces of the control plane.
    """
    clusters = seen.list(CLUSTER)
    findings = list(health_findings(A_CLUSTER, clusters))
    yield from findings
    if not findings:
        yield Fine(", ".join(f"{each.get('name')} is {each.get('status')}" for each in clusters))

"""Whether EKS offers the Kubernetes release."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.engine.aws_kinds import RELEASES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "kubernetes-offered",
    "EKS offers the Kubernetes release in the region",
    reads=(RELEASES,),
    symptom="InvalidParameterException: unsupported Kubernetes version",
    answers=("EKS-kubernetes-versions",),
    links=(
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeClusterVersions.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
    ),
)
def kubernetes_offered(seen: Seen) -> Iterator[Outcome]:
    """EKS makes clusters of a release until its extended support ends. Extended support costs more for each
    hour of a cluster.
    """
    wanted = str(seen.planned("kubernetes"))
    known = {str(each.get("clusterVersion")): each for each in seen.list(RELEASES)}
    found = known.get(wanted)
    state = (
        str((found or {}).get("versionStatus") or (found or {}).get("status") or "").upper().replace("-", "_")
    )
    offered = sorted(known, key=lambda text: [int(part) for part in text.split(".") if part.isdigit()])
    name = f"eks version {wanted}"
    fix = f"# Name another kubernetes_version: {', '.join(offered)}\ncdk-eks-cilium upgrade plan --help"
    if found is None or state == "UNSUPPORTED":
        evidence = (Evidence(name, "versionStatus", state, "STANDARD_SUPPORT"),)
        yield Finding(Severity.ERROR, f"EKS offers no cluster of Kubernetes {wanted}", evidence, fix)
        return
    end = time_of(found.get("endOfStandardSupportDate"))
    if state == "EXTENDED_SUPPORT":
        evidence = (Evidence(name, "versionStatus", state, "STANDARD_SUPPORT"),)
        yield Finding(
            Severity.WARNING, f"Kubernetes {wanted} is in extended support, which costs more", evidence, fix
        )
        return
    yield Fine(f"{wanted}{f', standard support until {end.date()}' if end else ''}")

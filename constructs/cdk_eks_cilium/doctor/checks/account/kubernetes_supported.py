"""Whether AWS supports the Kubernetes release for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from cdk_eks_cilium.doctor.engine.aws_kinds import CLUSTER, RELEASES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

SOON: Final = timedelta(days=60)
"""It warns this long before a support ends: a choice, of two months for an upgrade."""


@check(
    "kubernetes-supported",
    "AWS supports the Kubernetes release for months to come",
    reads=(CLUSTER, RELEASES),
    symptom="the price of the cluster rises, or EKS upgrades the control plane by itself",
    answers=("EKS-kubernetes-versions",),
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/view-upgrade-policy.html",
    ),
)
def kubernetes_supported(seen: Seen) -> Iterator[Outcome]:
    """When standard support of a release ends, EKS upgrades the control plane, or charges extended support,
    as the upgrade policy says. When extended support ends, it upgrades in any case. Nodes stay behind.
    """
    releases = {str(each.get("clusterVersion")): each for each in seen.list(RELEASES)}
    for cluster in seen.list(CLUSTER):
        release = releases.get(str(cluster.get("version")))
        if release is None:
            yield Unknown(f"EKS does not tell until when it supports {cluster.get('version')}")
            continue
        yield _judged(seen, cluster, release)


def _judged(seen: Seen, cluster: Object, release: Object) -> Outcome:
    number = str(cluster.get("version"))
    standard = time_of(release.get("endOfStandardSupportDate"))
    extended = time_of(release.get("endOfExtendedSupportDate"))
    extends = at(cluster, "upgradePolicy.supportType", "EXTENDED") == "EXTENDED"
    name = f"eks version {number}"
    fix = (
        "# Upgrade one minor at a time; this lists the steps:\n"
        f"cdk-eks-cilium upgrade plan --help\naws eks describe-cluster --name {cluster.get('name')} "
        "--query cluster.upgradePolicy"
    )
    if extended is not None and extended - seen.now < SOON:
        evidence = (Evidence(name, "endOfExtendedSupportDate", str(extended.date()), "later"),)
        return Finding(
            Severity.ERROR, f"EKS upgrades Kubernetes {number} by force on {extended.date()}", evidence, fix
        )
    if standard is not None and standard < seen.now:
        evidence = (Evidence(name, "endOfStandardSupportDate", str(standard.date()), "later"),)
        return Finding(
            Severity.WARNING, f"Kubernetes {number} is in extended support, which costs more", evidence, fix
        )
    if standard is not None and standard - seen.now < SOON:
        then = "extended support begins, which costs more" if extends else "EKS upgrades the control plane"
        evidence = (Evidence(name, "endOfStandardSupportDate", str(standard.date()), "later"),)
        return Finding(Severity.WARNING, f"on {standard.date()} {then}", evidence, fix)
    return Fine(f"{number}{f', until {standard.date()}' if standard else ''}")

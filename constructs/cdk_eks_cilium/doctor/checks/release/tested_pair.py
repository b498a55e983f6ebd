"""Whether Cilium is tested with this Kubernetes, and still maintained."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cilium import AGENTS
from cdk_eks_cilium.doctor.checks.views.known_release import known_release
from cdk_eks_cilium.doctor.checks.views.kubernetes import api_minor
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS
from cdk_eks_cilium.doctor.engine.readings import ApiVersion
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.versions.pairing import pairing_notes, pairing_warnings


@check(
    "tested-pair",
    "Cilium is tested with this Kubernetes, and maintained",
    reads=(DAEMON_SETS, ApiVersion()),
    symptom="agents log errors about APIs that are gone, or a fault stays unfixed",
    answers=("EKS-kubernetes-versions", "CILIUM-one-minor"),
    links=("https://docs.cilium.io/en/stable/network/kubernetes/compatibility/",),
)
def tested_pair(seen: Seen) -> Iterator[Outcome]:
    """Each minor of Cilium is tested with some minors of Kubernetes. EKS upgrades a control plane by itself
    when its support ends, and Cilium stays behind.

    The project fixes its three newest minors, security included, and none before them.
    """
    cilium = seen.derived(known_release)
    image = "spec.template.spec.containers[0].image"
    if cilium.end_of_life:
        yield Finding(
            Severity.WARNING,
            f"Cilium {cilium} has reached its end of life: no more fixes, security included",
            (Evidence(AGENTS, image, f"v{cilium}", "one of the three newest minors"),),
            "cdk-eks-cilium upgrade plan",
        )
    minor = api_minor(seen)
    if minor is None:
        yield Unknown("the API server does not tell its release")
        return
    number = f"1.{minor}"
    for warning in pairing_warnings(cilium, number):
        yield Finding(
            Severity.WARNING,
            warning.partition(";")[0],
            (
                Evidence("API server", "gitVersion", number, "a release that Cilium is tested with"),
                Evidence(AGENTS, image, f"v{cilium}"),
            ),
            f"# {warning.partition('; ')[2]}\ncdk-eks-cilium upgrade plan",
        )
    yield Fine("; ".join(pairing_notes(cilium, number)) or f"Cilium {cilium} with Kubernetes {number}")

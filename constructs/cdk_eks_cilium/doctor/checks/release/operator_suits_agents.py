"""Whether cilium-operator is the one for AWS, of the agents' release, and rolled out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium import OPERATOR, container, release, release_in
from cdk_eks_cilium.doctor.checks.views.cilium_config import config, uses_eni
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import (
    DAEMON_SETS,
    DEPLOYMENTS,
    KUBE_SYSTEM,
    KUBE_SYSTEM_CONFIG_MAPS,
)
from cdk_eks_cilium.doctor.engine.seen import Seen

_OTHER_CLOUDS: Final = ("operator-generic", "operator-azure", "operator-alibabacloud")
_IMAGE: Final = "spec.template.spec.containers[0].image"


@check(
    "operator-suits-agents",
    "cilium-operator is the one for AWS, of the agents' release, and rolled out",
    reads=(DEPLOYMENTS, DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="new nodes get no interfaces, or CRDs are older than the agents",
    answers=("CILIUM-operator-first", "CILIUM-one-minor"),
    links=("https://docs.cilium.io/en/stable/internals/cilium_operator/",),
)
def operator_suits_agents(seen: Seen) -> Iterator[Outcome]:
    """Only the image ``operator-aws`` knows EC2; ``operator-generic`` refuses ENI mode.

    The operator also registers the CRDs that agents need, so an older operator beside newer agents leaves
    older CRDs. Whether its pods are ready is for operator-runs to tell.
    """
    found = seen.one(DEPLOYMENTS, "cilium-operator", KUBE_SYSTEM)
    if found is None:
        yield Skip("the operator is not installed: operator-runs tells more")
        return
    image = str(container(found, "cilium-operator").get("image", ""))
    look = "helm --namespace kube-system get values cilium"
    if uses_eni(seen.derived(config)) and any(name in image for name in _OTHER_CLOUDS):
        yield Finding(
            Severity.ERROR,
            "cilium-operator has an image that does not know EC2",
            (Evidence(OPERATOR, _IMAGE, image, "operator-aws"),),
            f"# The chart takes operator-aws where eni.enabled is true. See what the release sets:\n{look}",
        )
    wanted, given = seen.derived(release), release_in(image)
    if given is not None and given != wanted:
        yield Finding(
            Severity.WARNING,
            f"cilium-operator is of {given}, and the agents are of {wanted}",
            (Evidence(OPERATOR, _IMAGE, image, f"v{wanted}"),),
            f"{look}\n# Take overrides of its image out, and deploy again.",
        )
    generation, observed = at(found, "metadata.generation", 0), at(found, "status.observedGeneration", 0)
    replicas, updated = at(found, "spec.replicas", 1), at(found, "status.updatedReplicas", 0)
    if observed < generation or updated < replicas:
        yield Finding(
            Severity.WARNING,
            "cilium-operator is not rolled out in its wanted revision",
            (
                Evidence(OPERATOR, "status.observedGeneration", str(observed), str(generation)),
                Evidence(OPERATOR, "status.updatedReplicas", str(updated), str(replicas)),
            ),
            "kubectl --namespace kube-system rollout status deployment/cilium-operator --timeout 5m",
        )
    yield Fine(f"cilium-operator of {given or 'an unknown release'}")

"""What is deployed, as a live cluster or a dump tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium import release, release_in
from cdk_eks_cilium.doctor.checks.views.kubernetes import api_minor, kubelet_minor
from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, NODES, PODS
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.upgrade_plan import Deployed
from cdk_eks_cilium.versions.cilium import CiliumVersion

READS: Final = (ApiVersion(), DAEMON_SETS, NODES, PODS)


def deployed(seen: Seen) -> Deployed:
    """What runs.

    Raises:
        InputError: It runs a release that is not known here.
        UnreadError: The release of Cilium or of Kubernetes cannot be read.
    """
    minor = api_minor(seen)
    if minor is None:
        raise UnreadError("the API server does not tell its release")
    number = release(seen)
    kubelets = {found for node in seen.list(NODES) if (found := kubelet_minor(node)) is not None}
    return Deployed(
        CiliumVersion.of(number, where="the DaemonSet cilium"),
        f"1.{minor}",
        tuple(f"1.{each}" for each in sorted(kubelets)),
        tuple(sorted(set(_agents(seen)))),
    )


def _agents(seen: Seen) -> Iterator[str]:
    """The release of each agent that runs."""
    for pod in seen.list(PODS):
        here = at(pod, "metadata.namespace") == KUBE_SYSTEM and labels_of(pod).get("k8s-app") == "cilium"
        for container in at(pod, "status.containerStatuses") or () if here else ():
            if container.get("name") == "cilium-agent" and (found := release_in(str(container.get("image")))):
                yield found

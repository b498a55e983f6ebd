"""Cilium's workloads, and its release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

from . import cilium_config

AGENTS: Final = "DaemonSet kube-system/cilium"
OPERATOR: Final = "Deployment kube-system/cilium-operator"
RESTART: Final = "kubectl --namespace kube-system rollout restart daemonset/cilium"


def replaces_kube_proxy(options: Mapping[str, str]) -> bool:
    """Whether agents do all of kube-proxy's work; releases up to 1.13 call that ``strict``."""
    return options.get("kube-proxy-replacement", "") in ("true", "strict")


def agents(seen: Seen) -> Object:
    """The DaemonSet of the agents; needs `DAEMON_SETS`.

    Raises:
        UnreadError: It could not be read, or is not there.
    """
    found = seen.one(DAEMON_SETS, "cilium", KUBE_SYSTEM)
    if found is None:
        raise UnreadError("the DaemonSet cilium is not there")
    return found


def container(workload: Object, name: str) -> Mapping[str, Any]:
    """The container of a name in a workload's template; the first one where that name is missing."""
    every = at(workload, "spec.template.spec.containers") or [{}]
    return next((each for each in every if each.get("name") == name), every[0])


def release_in(image: str) -> str | None:
    """The release that the tag of an image names, ``1.19.6``; None where it names another thing."""
    found = cilium_config.release_of({"image": image})
    return cilium_config.text_of(found) if found is not None else None


def release(seen: Seen) -> str:
    """The release of Cilium on the cluster, ``1.19.6``; needs `DAEMON_SETS`.

    Raises:
        UnreadError: The DaemonSet could not be read, or neither its image nor the plan names a release.
    """
    found = cilium_config.release(seen)
    if found is None:
        raise UnreadError("neither the image of the DaemonSet cilium nor settings name a release of Cilium")
    return cilium_config.text_of(found)

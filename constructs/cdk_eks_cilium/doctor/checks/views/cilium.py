"""Cilium as it is installed: its configuration, its workloads, and its release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

CONFIG_MAP: Final = "ConfigMap kube-system/cilium-config"
AGENTS: Final = "DaemonSet kube-system/cilium"
OPERATOR: Final = "Deployment kube-system/cilium-operator"
RESTART: Final = "kubectl --namespace kube-system rollout restart daemonset/cilium"

_TAG: Final = re.compile(r":v?(?P<release>\d+\.\d+\.\d+)\b")


def config_map(seen: Seen) -> Object:
    """The ConfigMap ``cilium-config``; needs `KUBE_SYSTEM_CONFIG_MAPS`.

    Raises:
        UnreadError: It could not be read, or is not there.
    """
    found = seen.one(KUBE_SYSTEM_CONFIG_MAPS, "cilium-config", KUBE_SYSTEM)
    if found is None:
        raise UnreadError("the ConfigMap cilium-config is not there")
    return found


def config(seen: Seen) -> Mapping[str, str]:
    """The options of the agents, as texts; needs `KUBE_SYSTEM_CONFIG_MAPS`.

    Raises:
        UnreadError: The ConfigMap could not be read, or is not there.
    """
    data: Mapping[str, str] = seen.derived(config_map).get("data") or {}
    return data


def on(options: Mapping[str, str], name: str) -> bool:
    """Whether an option is switched on; Go reads these words as true (``strconv.ParseBool``)."""
    return options.get(name, "") in ("1", "t", "T", "true", "TRUE", "True")


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
    match = _TAG.search(image)
    return match["release"] if match else None


def release(seen: Seen) -> str:
    """The release of Cilium that the DaemonSet wants, ``1.19.6``; needs `DAEMON_SETS`.

    Raises:
        UnreadError: The DaemonSet could not be read, or its image names no release.
    """
    image = str(container(seen.derived(agents), "cilium-agent").get("image", ""))
    found = release_in(image)
    if found is None:
        raise UnreadError(f"the image {image!r} of the DaemonSet cilium does not name a release")
    return found


def at_least(release: str, bound: tuple[int, int]) -> bool:
    """Whether a release is of a minor or newer."""
    major, minor, *_ = (int(part) for part in release.split("."))
    return (major, minor) >= bound

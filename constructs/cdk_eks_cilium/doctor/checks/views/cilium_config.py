"""What the release runs with: the ConfigMap ``cilium-config``, and the number of the release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

CONFIG: Final = "ConfigMap kube-system/cilium-config"
"""The name of the ConfigMap in evidence."""
NO_ENI: Final = "pods do not get addresses of EC2's interfaces here"
"""Why checks of interfaces do not apply."""

_TAG: Final = re.compile(r":v?(\d+)\.(\d+)\.(\d+)")

Release = tuple[int, int, int]


def config(seen: Seen) -> Mapping[str, str]:
    """The options of agents and operator. A check that asks reads `KUBE_SYSTEM_CONFIG_MAPS`.

    Raises:
        UnreadError: The ConfigMap cannot be read, or is missing.
    """
    found = seen.one(KUBE_SYSTEM_CONFIG_MAPS, "cilium-config", KUBE_SYSTEM)
    if found is None:
        raise UnreadError(f"{CONFIG} is missing")
    return at(found, "data") or {}


def is_on(options: Mapping[str, str], name: str, otherwise: bool = False) -> bool:
    """Whether an option is true; *otherwise* where it is not set."""
    value = options.get(name)
    return otherwise if value is None else str(value).strip().lower() == "true"


def uses_eni(options: Mapping[str, str]) -> bool:
    """Whether pods get addresses of network interfaces of EC2."""
    return options.get("ipam") == "eni"


def release(seen: Seen) -> Release | None:
    """The release of the agents; None where no image tells it. A check that asks reads `DAEMON_SETS`.

    Raises:
        UnreadError: The DaemonSets cannot be read.
    """
    found = seen.one(DAEMON_SETS, "cilium", KUBE_SYSTEM)
    containers = at(found, "spec.template.spec.containers") or ()
    agent = next((each for each in containers if each.get("name") == "cilium-agent"), None)
    return release_of(agent) or _planned(seen)


def release_of(container: Object | None) -> Release | None:
    """The release in the tag of a container's image; None where the tag is another, or only a digest."""
    match = _TAG.search(str((container or {}).get("image", "")))
    return _numbers(match) if match else None


def text_of(number: Release) -> str:
    """``1.19.6``."""
    return ".".join(map(str, number))


def _planned(seen: Seen) -> Release | None:
    match = _TAG.match(f":{seen.plan.cilium or ''}")
    return _numbers(match) if match else None


def _numbers(match: re.Match[str]) -> Release:
    return int(match[1]), int(match[2]), int(match[3])
